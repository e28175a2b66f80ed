"""A tool call's arguments come damaged, or in another shape.

`how` is empty (no bytes), truncated, open_string (cut inside a string), trailing_comma,
control_characters (a raw line end in a string), fenced (in a code fence), doubled (twice all),
list, null, text, or object (no string but an object: chat and responses). `call` says whose; all
but `object` need a wire that sends arguments as a string.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from harness.errors import NotApplicable, UsageError
from harness.faults._dialect import CHAT, RESPONSES, dialect_of
from harness.faults._edit import edit, some, walk
from harness.faults._text import object_of, say_in
from harness.model import Exchange, RegionKind, Regions

WIRES = None


def apply(exchange: Exchange, regions: Regions, *, how: str, call: int = 0) -> Exchange:
    spans = some(regions.of(RegionKind.TOOL_ARGUMENTS, call), f"arguments of call {call}")
    whole = "".join(span.text for span in spans)
    if how == "object":
        return _as_object(exchange, regions, whole, call)
    if how not in _DAMAGES:
        raise UsageError(f"{how!r} is no damage", hint=f"Damages: object, {', '.join(_DAMAGES)}")
    damaged = _DAMAGES[how](whole)
    first, *others = spans
    return say_in(exchange, regions, {first: damaged, **dict.fromkeys(others, "")})


def _as_object(exchange: Exchange, regions: Regions, whole: str, call: int) -> Exchange:
    """The first fragment is the object; the fragments after it are empty strings."""
    wire = dialect_of(exchange, regions)
    if wire not in {CHAT, RESPONSES}:
        raise NotApplicable(f"{wire} always sends an object, or fragments of one")
    value, fragments = object_of(whole), {s.text for s in regions.of("tool_arguments", call)}
    state = {"said": False}

    def change(body: Any) -> None:
        for one in walk(body):
            told = one.get("arguments")
            if not isinstance(told, str) or not told:
                continue
            if told == whole:
                one["arguments"] = value
            elif told in fragments:
                one["arguments"] = "" if state["said"] else value
                state["said"] = True

    return edit(exchange, regions, change, what="arguments")


def _open_string(text: str) -> str:
    last = text.rfind('"', 0, text.rfind('"'))
    return text[: last + 2] if last >= 0 else text[:-1]


_DAMAGES: dict[str, Callable[[str], str]] = {
    "empty": lambda text: "",
    "truncated": lambda text: text[: max(1, len(text) // 2)],
    "open_string": _open_string,
    "trailing_comma": lambda text: text.rstrip().removesuffix("}") + ",}",
    "control_characters": lambda text: text.replace('": "', '": "\n\t', 1).replace(
        '":"', '":"\n\t', 1
    ),
    "fenced": lambda text: f"```json\n{text}\n```",
    "doubled": lambda text: text + text,
    "list": lambda text: f"[{text}]",
    "null": lambda text: "null",
    "text": lambda text: "use the tool",
}
