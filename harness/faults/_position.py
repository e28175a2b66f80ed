"""Where in a body a fault falls: by meaning, on every framing alike.

`inside` and a share (`50%`) is the byte that completes so much of the decoded string. `before` and
`after` are the bounds of the events around a region, or of the region itself in a body that has no
events. A wire that sends a thing whole has no inside: there the share is one of its bytes.
"""

from __future__ import annotations

import re

from harness.errors import NotApplicable, UsageError
from harness.model import Exchange, Framing, Region, RegionKind, Regions
from harness.wire.eventstream import EventStreamDecoder, Frame
from harness.wire.jsontext import char_end

FRAME_PARTS = ("prelude", "headers", "payload", "crc")
PLACES = (*RegionKind, "utf8", "crlf", *FRAME_PARTS)
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]+")


def share(at: str | float) -> float:
    """`50%`, or 0.5, as a share of one."""
    text = str(at).strip()
    try:
        value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise UsageError(f"{at!r} is no share", hint="Write it like 50% or 0.5")
    return value


def inside(
    exchange: Exchange,
    regions: Regions,
    place: str,
    at: str | float = "50%",
    call: int | None = None,
) -> int:
    """The byte at which so much of a place has come."""
    _known(place)
    if place == "utf8":
        return _inside_utf8(exchange.body, share(at))
    if place == "crlf":
        return _inside_crlf(exchange.body, share(at))
    if place in FRAME_PARTS:
        return _inside_frame(exchange.body, regions, place, share(at))
    spans = _spans(regions, place, call)
    return _inside_spans(exchange.body, spans, share(at))


def before(regions: Regions, place: str, call: int | None = None) -> int:
    """The byte at which the first event of a place begins."""
    span = _spans(regions, _known(place), call)[0]
    return span.start if _bare(regions) else regions.units[span.unit].start


def after(regions: Regions, place: str, call: int | None = None) -> int:
    """The byte at which the last event of a place has ended."""
    span = _spans(regions, _known(place), call)[-1]
    return span.end if _bare(regions) else regions.units[span.unit].end


def between_calls(regions: Regions) -> int:
    """The byte at which the second tool call begins."""
    numbers = sorted({span.call for span in regions.spans if span.call is not None})
    if len(numbers) < 2:
        raise NotApplicable("there are no two calls to fall between")
    span = next(span for span in regions.spans if span.call == numbers[1])
    return span.start if _bare(regions) else regions.units[span.unit].start


def event(regions: Regions, number: int) -> int:
    """The byte at which so many events have ended; negative ones count from the last."""
    count = len(regions.units)
    wanted = count + number if number < 0 else number
    if _bare(regions) or not 0 <= wanted <= count:
        raise NotApplicable(f"there is no event {number}", found=f"{count} events")
    return regions.units[wanted - 1].end if wanted else 0


def _known(place: str) -> str:
    if place not in PLACES:
        raise UsageError(f"{place!r} is no place", hint=f"Places are: {', '.join(PLACES)}")
    return place


def _bare(regions: Regions) -> bool:
    return regions.framing is Framing.DOCUMENT


def _spans(regions: Regions, place: str, call: int | None) -> tuple[Region, ...]:
    spans = regions.of(place, call)
    if not spans:
        which = "" if call is None else f" of call {call}"
        raise NotApplicable(f"this answer has no {place}{which}")
    return spans


def _inside_spans(body: bytes, spans: tuple[Region, ...], part: float) -> int:
    lengths = [_length(body, span) for span in spans]
    wanted = int(sum(lengths) * part)
    for span, length in zip(spans, lengths, strict=True):
        if wanted < length or span is spans[-1]:
            return _at(body, span, wanted)
        wanted -= length
    raise AssertionError("a place has a last region")


def _is_string(body: bytes, span: Region) -> bool:
    return body[span.start - 1 : span.start] == b'"' == body[span.end : span.end + 1]


def _length(body: bytes, span: Region) -> int:
    return len(span.text) if _is_string(body, span) else span.end - span.start


def _at(body: bytes, span: Region, count: int) -> int:
    if _is_string(body, span):
        return char_end(body, span.start, span.end, count)
    return min(span.start + count, span.end)


def _inside_utf8(body: bytes, part: float) -> int:
    found = list(_MULTIBYTE.finditer(body))
    if not found:
        raise NotApplicable("every character of this answer is one byte")
    return found[min(int(len(found) * part), len(found) - 1)].start() + 1


def _inside_crlf(body: bytes, part: float) -> int:
    found = [match.start() for match in re.finditer(rb"\r\n", body)]
    if not found:
        raise NotApplicable("no line of this answer ends with CR LF")
    return found[min(int(len(found) * part), len(found) - 1)] + 1


def _inside_frame(body: bytes, regions: Regions, place: str, part: float) -> int:
    """The middle of one part of a frame; the share says which frame."""
    if regions.framing is not Framing.EVENTSTREAM:
        raise NotApplicable("only binary frames have such a part", found=str(regions.framing))
    frames: list[Frame] = EventStreamDecoder().feed(body)
    if not frames:
        raise NotApplicable("no frame of this answer is whole")
    frame = frames[min(int(len(frames) * part), len(frames) - 1)]
    span = getattr(frame, f"{place}_span")
    return int(span.start + (span.end - span.start) // 2)
