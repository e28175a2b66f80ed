"""An old file, made as safe as a new recording: scrubbed as one, shown to the gate, saved in place.

Only what must go is changed; where a file comes from stays said as it was. One that did not say it
is from then on derived: a file of ours that says nothing would be a fault.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from harness.cassette import dumps, load
from harness.errors import UsageError, Where
from harness.record.scrub import scrub
from harness.record.storage import write
from harness.secrets.known import Known

BY = "harness cassette scrub"


def scrub_file(
    path: str | Path, known: Known, allow: tuple[str, ...] = (), *, dry: bool = False
) -> bool:
    """Whether anything had to go. With `dry` the file stays as it is."""
    target = Path(path)
    if target.suffix == ".gz":
        hint = "Import it first: harness cassette import FILE.gz --out FILE.yaml"
        raise UsageError("is packed", where=Where(target), hint=hint)
    old = load(target)
    exchanges, notes = scrub(list(zip(old.exchanges, old.notes, strict=True)), known)
    new = replace(old, exchanges=exchanges, notes=notes)
    if dumps(new) == dumps(old):
        return False
    if not dry:
        if not new.provenance:
            new = replace(new, provenance={"kind": "derived", "from": target.name, "by": BY})
        write(new, target, known, allow)
    return True
