"""Every verdict with its whole trace, in the shape of `schemas/verdict.schema.json`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from harness.reports._count import count


def render(documents: Sequence[dict[str, Any]]) -> str:
    """The documents in the order of their ids, so that two runs compare line by line."""
    ordered = sorted(documents, key=lambda document: str(document["case"]))
    whole = {"format": "harness/1", "counts": count(documents), "verdicts": ordered}
    return json.dumps(whole, ensure_ascii=False, indent=1) + "\n"
