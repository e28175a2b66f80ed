"""What a region says, said otherwise: the string in place, and every copy of the whole elsewhere.

Some protocols repeat a finished text or argument string in later events; those copies follow, for a
fault is to damage the answer, not to make it contradict itself.
"""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from harness.errors import NotApplicable
from harness.faults._edit import json_of, walk
from harness.model import Exchange, Framing, Region, Regions, Span
from harness.wire.reframe import Unit, rebuild, units

Texts = Mapping[Region, str]


def is_string(exchange: Exchange, span: Region) -> bool:
    return exchange.body[span.start - 1 : span.start] == b'"'


def say_in(exchange: Exchange, regions: Regions, texts: Texts) -> Exchange:
    """The exchange in which these regions say these texts."""
    found = units(exchange, regions)
    body = exchange.body
    for span in texts:
        if not is_string(exchange, span):
            raise NotApplicable(f"this wire sends {span.kind} as no string")
    by_unit: dict[int, list[Region]] = defaultdict(list)
    for span in texts:
        by_unit[span.unit].append(span)
    copies = _copies(regions, texts)
    for index, unit in enumerate(found):
        spans = by_unit.get(index)
        if spans:
            found[index] = _spliced(unit, regions.units[index], spans, texts, body)
        found[index] = _copied(found[index], copies)
    return rebuild(exchange, found)


def _spliced(unit: Unit, at: Span, spans: list[Region], texts: Texts, body: bytes) -> Unit:
    """From the last to the first, so that offsets hold. A frame's payload stands before its CRC."""
    framed = unit.framing is Framing.EVENTSTREAM
    data = unit.data if framed else body[at.start : at.end]
    base = at.end - 4 - len(unit.data) if framed else at.start
    for span in sorted(spans, key=lambda one: one.start, reverse=True):
        said = json.dumps(texts[span], ensure_ascii=False)[1:-1].encode("utf-8", "surrogatepass")
        data = data[: span.start - base] + said + data[span.end - base :]
    if framed:
        return unit.with_data(data)
    return Unit(unit.framing, data, _data(data, unit), unit.name, {}, unit.before, unit.delay)


def _data(raw: bytes, unit: Unit) -> bytes:
    """A document is its own payload; of an event it is enough here to know its only data line."""
    if unit.framing is not Framing.SSE:
        return raw.strip()
    lines = [line for line in raw.splitlines() if line.startswith(b"data:")]
    return b"\n".join(line[5:].removeprefix(b" ") for line in lines)


def _copies(regions: Regions, texts: Texts) -> dict[str, str]:
    """The whole strings that these regions were fragments of, and what they are now."""
    copies: dict[str, str] = {}
    for kind, call in {(span.kind, span.call) for span in texts}:
        whole = [span for span in regions.spans if span.kind == kind and span.call == call]
        was = "".join(span.text for span in whole)
        if len(was) > 1 and len(whole) > 0:
            copies[was] = "".join(texts.get(span, span.text) for span in whole)
    return copies


def _copied(unit: Unit, copies: Mapping[str, str]) -> Unit:
    value = json_of(unit)
    if not isinstance(value, dict):
        return unit
    was = copy.deepcopy(value)
    for one in walk(value):
        for key, item in one.items():
            if isinstance(item, str) and item in copies:
                one[key] = copies[item]
    return unit if value == was else unit.with_json(value)


def object_of(text: str) -> Any:
    try:
        return json.loads(text or "{}")
    except ValueError as error:
        raise NotApplicable("the arguments are no JSON to begin with", found=text[:40]) from error
