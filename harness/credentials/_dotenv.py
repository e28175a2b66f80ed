"""One key of a `.env` file set to a new value; every other byte of the file stays as it is.

The file is parsed by python-dotenv, which knows quotes over many lines. Its own `set_key` drops an
`export`, a comment behind the value and the kind of quotes, so the line is written here.
"""

from __future__ import annotations

import re
import stat
from io import StringIO
from pathlib import Path

from dotenv.parser import parse_stream
from filelock import FileLock

from harness.credentials._state import write_private

PATIENCE_S = 5.0
_LINE = re.compile(
    r"""(?P<lead>\s*(?:export\s+)?['"]?[^=#'"\s]+['"]?[^\S\r\n]*=[^\S\r\n]*)
        (?P<value>'(?:[^'\\]|\\.)*' | "(?:[^"\\]|\\.)*" | [^\r\n]*?)
        (?P<tail>(?:[^\S\r\n]+\#[^\r\n]*)?[^\S\r\n]*(?:\r\n|\n|\r)?)\Z""",
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r"[A-Za-z0-9_./:@%+,=-]+\Z")


def set_env(path: str | Path, key: str, value: str) -> None:
    """Replaces the last setting of the key, which is the one that counts; appends if there is none;
    creates the file if there is none. Atomic, and no setting of another writer's is lost; a new
    file is private."""
    path = Path(path).expanduser().resolve()
    with FileLock(path.with_name(path.name + ".lock"), timeout=PATIENCE_S, mode=0o600):
        text = path.read_bytes().decode("utf-8") if path.exists() else ""
        mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0o600
        new = path.with_name(path.name + ".new")
        write_private(new, _with(text, key, value).encode("utf-8"), mode=mode)
        new.replace(path)


def _with(text: str, key: str, value: str) -> str:
    parts = [(binding.key, binding.original.string) for binding in parse_stream(StringIO(text, ""))]
    places = [index for index, (name, _) in enumerate(parts) if name == key]
    lines = [line for _, line in parts]
    if places:
        lines[places[-1]] = _replaced(lines[places[-1]], key, value)
    else:
        if text and not text.endswith(("\n", "\r")):
            lines.append("\n")
        lines.append(f"{key}={_quoted(value, '')}\n")
    return "".join(lines)


def _replaced(line: str, key: str, value: str) -> str:
    found = _LINE.match(line)
    if found is None:  # a bare name without a value
        return f"{key}={_quoted(value, '')}\n"
    old = found["value"]
    quote = old[0] if old[:1] in {"'", '"'} and old[-1:] == old[0] else ""
    return found["lead"] + _quoted(value, quote) + found["tail"]


def _quoted(value: str, quote: str) -> str:
    if not quote and _PLAIN.match(value):
        return value
    quote = quote or "'"
    escaped = value.replace("\\", "\\\\").replace(quote, "\\" + quote)
    return f"{quote}{escaped}{quote}"
