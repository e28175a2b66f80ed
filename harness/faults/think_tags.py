"""A think tag in the text comes in a way that must still be understood, or never closes.

`how` is lose_close, lose_open, split (a tag over two fragments), upper_case, or spaced (white space
around the tags).
"""

from __future__ import annotations

import re
from collections.abc import Callable

from harness.errors import NotApplicable, UsageError
from harness.faults._edit import some
from harness.faults._text import say_in
from harness.model import Exchange, RegionKind, Regions

WIRES = None
_TAG = re.compile(r"</?(?:think|thinking|reasoning|thought|reasoning_scratchpad)>", re.IGNORECASE)


def apply(exchange: Exchange, regions: Regions, *, how: str) -> Exchange:
    spans = some(regions.of(RegionKind.TEXT), "text")
    text = "".join(span.text for span in spans)
    if not _TAG.search(text):
        raise NotApplicable("the text has no think tag")
    bounds = _bounds([span.text for span in spans])
    if how == "split":
        bounds = _split(text, bounds)
    elif how in _CHANGES:
        text, bounds = _changed(text, bounds, _CHANGES[how])
    else:
        raise UsageError(f"{how!r} is no way", hint=f"Ways are: split, {', '.join(_CHANGES)}")
    parts = [text[a:b] for a, b in zip([0, *bounds], [*bounds, len(text)], strict=True)]
    return say_in(exchange, regions, dict(zip(spans, parts, strict=True)))


def _bounds(parts: list[str]) -> list[int]:
    """Where in the whole text the fragments meet."""
    bounds: list[int] = []
    for part in parts[:-1]:
        bounds.append(len(part) + (bounds[-1] if bounds else 0))
    return bounds


def _split(text: str, bounds: list[int]) -> list[int]:
    """The bound that is nearest to a tag moves into it."""
    if not bounds:
        raise NotApplicable("the text comes in one fragment")
    inside = [match.start() + 3 for match in _TAG.finditer(text)]
    tag, index = min(
        ((tag, index) for tag in inside for index in range(len(bounds))),
        key=lambda pair: abs(pair[0] - bounds[pair[1]]),
    )
    moved = sorted([*bounds[:index], tag, *bounds[index + 1 :]])
    if moved == bounds:
        raise NotApplicable("the tag is split already")
    return moved


def _changed(text: str, bounds: list[int], change: Callable[[str], str]) -> tuple[str, list[int]]:
    """Each tag changed, and every bound moved with what stands before it."""
    made, moved, last = "", list(bounds), 0
    for match in _TAG.finditer(text):
        made += text[last : match.start()]
        new = change(match.group())
        grown = len(new) - len(match.group())
        at = match.start()
        moved = [m + grown if b > at else m for m, b in zip(moved, bounds, strict=True)]
        made += new
        last = match.end()
    made += text[last:]
    if made == text:
        raise NotApplicable("the text has no such tag")
    return made, [max(0, min(bound, len(made))) for bound in moved]


def _unless(closing: bool) -> Callable[[str], str]:
    return lambda tag: "" if tag.startswith("</") is closing else tag


_CHANGES: dict[str, Callable[[str], str]] = {
    "lose_close": _unless(True),
    "lose_open": _unless(False),
    "upper_case": str.upper,
    "spaced": lambda tag: f"\n{tag}\n",
}
