"""Adapters of official clients: each a script that imports its client and nothing of ours."""

from __future__ import annotations

import sys
from pathlib import Path

from harness.targets._process import ProcessTarget


def adapter(script: str) -> ProcessTarget:
    """The script in this folder, run by the interpreter that runs us."""
    return ProcessTarget([sys.executable, str(Path(__file__).with_name(script))])
