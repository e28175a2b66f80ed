"""Where the shared corpora are: real recordings and wire samples that are read in place.

`HARNESS_SHARED` names the folder; without it, `shared` beside the checkout is taken. A folder that
was named and is absent is a failure; where none was named and none is there, tests skip and say so.
"""

import os
from pathlib import Path

import pytest

ABSENT = "shared corpora not found (set HARNESS_SHARED)"


def find():
    named = os.environ.get("HARNESS_SHARED")
    folder = Path(named) if named else Path(__file__).resolve().parent.parent.parent / "shared"
    return folder if folder.is_dir() else None


def shared(*parts):
    """The shared folder, or a path in it; fails or skips where there is none."""
    folder = find()
    if folder is None:
        if os.environ.get("HARNESS_SHARED"):
            pytest.fail(f"HARNESS_SHARED={os.environ['HARNESS_SHARED']} is no folder")
        pytest.skip(ABSENT)
    return folder.joinpath(*parts)
