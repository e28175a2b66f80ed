"""What the commands' paths mean: a folder stands for the cassettes below it, in every command, and
a file that cannot be read is one line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from harness.errors import HarnessError, UsageError

_ENDINGS = ("yaml", "yml", "json", "har")


def cassettes(paths: Sequence[str]) -> list[str]:
    """Files as they were given, in order. UsageError for none: nothing found would look good."""
    found: list[str] = []
    for path in paths:
        folder = Path(path)
        if folder.is_dir():
            names = [f"*.{end}{packed}" for end in _ENDINGS for packed in ("", ".gz")]
            found += map(str, sorted({file for name in names for file in folder.rglob(name)}))
        else:
            found.append(path)
    if not found:
        kinds = ", ".join(f".{end}" for end in _ENDINGS)
        raise UsageError(f"no cassette in {', '.join(paths)}", hint=f"Looked for {kinds}, or .gz")
    return found


def why(error: HarnessError | OSError) -> str:
    """What, where and why, without the number of an error."""
    if isinstance(error, HarnessError):
        return error.render()
    return f"{error.filename}: {error.strerror or error}"
