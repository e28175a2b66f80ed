"""The story of one case, aligned: each frame of the wire beside what the target reported of it.

The rule of this file: it reads documents and makes smaller ones; it knows no HTML. Offsets are
bytes of a body. An event finds its frame by its span where the target told one, else by counting:
the n-th character of a meaning was reported when the frame with the n-th character had come.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise
from typing import Any

Json = dict[str, Any]

_MIDDLE_DOT, _RETURN = "\u00b7", "\u21b5"
_PICTURES = dict.fromkeys([*range(32), *range(127, 160), 0x2028, 0x2029], _MIDDLE_DOT)
_PICTURES |= {9: "\u21e5", 10: _RETURN, 13: "\u240d"}
_LONG = 2000  # characters of one segment
_MANY = 400  # rows of one exchange
_COUNTED = ("text", "reasoning", "tool_name", "tool_arguments")
_SILENT = {"activity", "first_delta"}


def story_of(document: Json) -> Json | None:
    """Turn by turn: what was asked, each exchange in time, and what was reported."""
    trace = document["trace"]
    if trace is None:
        return None
    start = trace["sent"][0]["at"] if trace["sent"] else 0.0
    turns = [_turn(trace, number, start) for number in range(len(trace["asks"]))]
    return {"turns": turns, "unplayed": trace["unplayed"]}


def _turn(trace: Json, number: int, start: float) -> Json:
    report = trace["reports"][number] if number < len(trace["reports"]) else None
    sent = [one for one in trace["sent"] if one["turn"] == number]
    wires = [
        _Wire(trace["tape"][s["exchange"]]) if s["exchange"] is not None else None for s in sent
    ]
    if report:
        _place(report["events"], [wire for wire in wires if wire])
    said = [wire for wire in wires if wire]
    return {
        "ask": trace["asks"][number],
        "meant": trace["meanings"][number],
        "arrived": said[-1].arrived() if said else None,
        "report": {key: report[key] for key in ("outcome", "retried", "skipped")}
        if report
        else None,
        "exchanges": [_exchange(one, wire, start) for one, wire in zip(sent, wires, strict=True)],
    }


def _exchange(sent: Json, wire: _Wire | None, start: float) -> Json:
    request = {key: sent[key] for key in ("method", "url", "headers", "difference")}
    request["body"] = _cut(_printable(sent["body"], breaks=True), 20_000)
    request["at"] = round(sent["at"] - start, 4)
    return request | ({"answer": wire.told()} if wire else {"answer": None})


@dataclass
class _Row:
    start: int
    end: int
    finished: bool = True
    events: list[list[Any]] = field(default_factory=list)


class _Wire:
    """One exchange of the tape: its bytes again, its rows, and where each meaning stands."""

    def __init__(self, exchange: Json) -> None:
        self.exchange = exchange
        pieces = exchange["pieces"]
        self.body = b"".join(_bytes(size, text) for _, size, text in pieces)
        self.ends = list(accumulate(size for _, size, _ in pieces))
        self.times = list(accumulate((d for d, _, _ in pieces), initial=exchange["head_delay"]))[1:]
        inside = (r for r in exchange["regions"] if 0 <= r[1] <= r[2] <= len(self.body))
        self.regions = sorted(inside, key=lambda region: region[1])
        self.rows = list(_rows(exchange["units"], self.ends, len(self.body)))
        self.starts = [row.start for row in self.rows]
        self.after: list[list[Any]] = []  # events that came with, or after, the ending
        self._counts = {kind: self._count(kind) for kind in _COUNTED}

    def _count(self, kind: str) -> tuple[list[int], list[int]]:
        """How many characters of a meaning had come, and the rows in which they came."""
        found = [r for r in self.regions if r[0] == kind]
        rows = [self.row_at(region[1]) for region in found]
        return list(accumulate(len(region[4]) for region in found)), rows

    def row_at(self, offset: int) -> int:
        return max(bisect_right(self.starts, offset) - 1, 0)

    def holds(self, span: Sequence[int]) -> bool:
        return bool(self.rows) and span[1] <= len(self.body)

    def row_of_character(self, kind: str, position: int) -> int | None:
        totals, rows = self._counts[kind]
        index = bisect_left(totals, position)
        return rows[index] if index < len(rows) else None

    def row_of_kind(self, kind: str) -> int | None:
        return next((self.row_at(r[1]) for r in self.regions if r[0] == kind), None)

    def arrived(self) -> Json:
        """What this exchange's bytes say, damaged as they are."""
        calls: dict[int, Json] = {}
        for kind, _, _, number, text in self.regions:
            if kind in {"tool_name", "tool_arguments"}:
                call = calls.setdefault(number or 0, {"names": [], "arguments": ""})
                if kind == "tool_name":
                    call["names"].append(text)
                else:
                    call["arguments"] += text
        spoken = {kind: self._joined(kind) for kind in ("text", "reasoning", "finish", "usage")}
        body = "" if self.regions else _cut(_printable(self.body.decode("utf-8", "replace")), 600)
        return spoken | {"calls": list(calls.values()), "body": body, **self._ended()}

    def _joined(self, kind: str) -> str:
        between = "\n" if kind == "usage" else ""  # each count is told whole
        return between.join(region[4] for region in self.regions if region[0] == kind)

    def _ended(self) -> Json:
        keys = ("status", "ending", "connected")
        return {key: self.exchange[key] for key in keys}

    def told(self) -> Json:
        rows = [self._row(row) for row in self.rows]
        hidden = len(rows) - _MANY
        if hidden > 0:
            rows[_MANY // 2 : -_MANY // 2] = [{"hidden": hidden}]
        return {
            **self._ended(),
            "headers": self.exchange["headers"],
            "head_at": self.exchange["head_delay"],
            "bytes": len(self.body),
            "pieces": len(self.ends),
            "end_at": self.times[-1] if self.times else self.exchange["head_delay"],
            "rows": rows,
            "after": self.after,
        }

    def _row(self, row: _Row) -> Json:
        first, last = bisect_right(self.ends, row.start), bisect_left(self.ends, row.end)
        told: Json = {
            "at": self.times[last],
            "bytes": [row.start, row.end],
            "pieces": [first, last],
            "text": list(self._segments(row)),
            "events": row.events,
        }
        return told if row.finished else told | {"unfinished": True}

    def _segments(self, row: _Row) -> Iterator[list[str]]:
        """[meaning or "", text], in order, without the blank line that ends a frame."""
        low = bisect_left(self.regions, row.start, key=lambda region: region[1])
        at, end = row.start, row.end
        while end > at and self.body[end - 1 : end] in {b"\n", b"\r"}:
            end -= 1
        for kind, start, stop, *_ in self.regions[low:]:
            if start >= row.end:
                break
            if start < at or stop > row.end:
                continue
            yield ["", self._text(at, start)]
            yield [kind, self._text(start, stop)]
            at = stop
        yield ["", self._text(at, end)]

    def _text(self, start: int, end: int) -> str:
        return _cut(_printable(self.body[start:end].decode("utf-8", "backslashreplace")), _LONG)


def _rows(units: Sequence[Sequence[int]], ends: Sequence[int], size: int) -> Iterator[_Row]:
    """Frames, and what stands between and after them; pieces, where the wire has no frames."""
    if not units or units[-1][1] > size:
        for start, end in pairwise([0, *ends]):
            if end > start:
                yield _Row(start, end)
        return
    at = 0
    for start, end in units:
        if start > at:
            yield _Row(at, start)
        if end > at:
            yield _Row(max(start, at), end)
        at = max(at, end)
    if at < size:
        yield _Row(at, size, finished=False)


def _place(events: Sequence[Json], wires: list[_Wire]) -> None:
    """Each event into the row that caused it; what no row caused stands after the ending.

    A target that retries reads several bodies: a span before the last one belongs to the next."""
    spoken = [wire for wire in wires if wire.exchange["units"]] or wires[-1:]
    if not spoken:
        return
    current, last, counts = 0, -1, dict.fromkeys(_COUNTED, 0)
    for event in events:
        kind = event["kind"]
        if kind in _SILENT:
            continue
        told = [kind, _event_text(event), event.get("at"), event.get("call")]
        span = event.get("span")
        if span and span[0] < last and current + 1 < len(spoken):
            current, last = current + 1, -1
        wire = spoken[current] if span else spoken[-1]
        row = _row_for(event, span, wire, counts)
        if row is None or row >= len(wire.rows):
            wire.after.append(told)
        else:
            wire.rows[row].events.append(told)
            last = span[0] if span else last


def _row_for(event: Json, span: Any, wire: _Wire, counts: dict[str, int]) -> int | None:
    kind = event["kind"]
    if kind in counts:
        counts[kind] += len(event.get("text") or event.get("name") or "")
    if span:
        return wire.row_at(span[0]) if wire.holds(span) else None
    if kind in counts:
        return wire.row_of_character(kind, counts[kind])
    return wire.row_of_kind(kind) if kind in {"finish", "usage"} else None


def _event_text(event: Json) -> str:
    if event.get("failure"):
        failure = event["failure"]
        return f"{failure['kind']}: {failure['message']}"
    if event.get("usage"):
        usage = event["usage"].items()
        return ", ".join(f"{k.removesuffix('_tokens')} {v}" for k, v in usage if v is not None)
    return _cut(
        _printable(str(event.get("text") or event.get("name") or event.get("finish") or "")), _LONG
    )


def _bytes(size: int, text: str) -> bytes:
    """A piece's text as the bytes that it was: the document shows them in Latin-1 or in UTF-8."""
    data = text.encode("utf-8", "replace")
    return data if len(data) == size else text.encode("latin-1", "replace")[:size].ljust(size, b"?")


def _printable(text: str, *, breaks: bool = False) -> str:
    pictures = {k: v for k, v in _PICTURES.items() if k != 10} if breaks else _PICTURES
    return text.translate(pictures)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}\u2026 (+{len(text) - most})"
