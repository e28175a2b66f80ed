"""The answer stops at a place, and the connection ends in the given way.

`inside`, `before` or `after` name a place: text, reasoning, tool_name, tool_arguments, finish,
usage, terminator, signature, error; inside also utf8, crlf, and prelude, headers, payload or crc of
a binary frame. `before: first_byte` is a connection that dies before a status, `after: headers` an
answer without a body, `between: calls` the start of the second call. `byte` and `event` count.
`ending` is eof, reset, stall, or complete: HTTP ends well, and the protocol does not.
"""

from __future__ import annotations

from dataclasses import replace

from harness.errors import UsageError
from harness.faults import _position as position
from harness.faults._edit import first_bytes, measured, seen
from harness.model import Ending, Exchange, Regions
from harness.scenario import did_you_mean

WIRES = None
_ENDINGS = ("eof", "reset", "stall", "complete")
_NAMES = ("inside", "before", "after", "between", "byte", "event")


def apply(  # noqa: PLR0913  a scenario's own words
    exchange: Exchange,
    regions: Regions,
    *,
    inside: str | None = None,
    before: str | None = None,
    after: str | None = None,
    between: str | None = None,
    byte: int | None = None,
    event: int | None = None,
    at: str | float = "50%",
    call: int | None = None,
    ending: str = "eof",
) -> Exchange:
    given = (inside, before, after, between, byte, event)
    if sum(one is not None for one in given) != 1:
        raise UsageError("a cut falls at one place", hint=f"Say one of {', '.join(_NAMES)}")
    if ending not in _ENDINGS:  # also Ending.CLIENT_CLOSED, which no server can do
        hint = did_you_mean(ending, _ENDINGS)
        raise UsageError(f"{ending!r} is no ending of a cut", hint=hint)
    how = Ending(ending)
    if before == "first_byte":
        return replace(exchange, status=None, reason="", headers=(), pieces=(), ending=how)
    if inside is not None:
        where = position.inside(exchange, regions, inside, at, call)
    elif before is not None:
        where = position.before(regions, before, call)
    elif after is not None:
        where = 0 if after == "headers" else position.after(regions, after, call)
    elif event is not None:
        where = position.event(regions, event)
    elif byte is not None:
        where = byte if byte >= 0 else max(0, len(exchange.body) + byte)
    else:
        where = position.between_calls(regions)
    pieces = first_bytes(exchange.pieces, where)
    headers = exchange.headers
    if how is Ending.COMPLETE:  # HTTP says how long it really is
        headers = measured(headers, pieces)
    return seen(exchange, replace(exchange, headers=headers, pieces=pieces, ending=how))


def slug(**given: object) -> str:
    place = next(name for name in _NAMES if name in given)
    words = ["cut", *([] if place == "inside" else [place]), str(given[place])]
    words += [f"call{given['call']}"] if "call" in given else []
    words += [_percent(given["at"])] if "at" in given else []
    return "_".join([*words, str(given.get("ending", "eof"))]).replace("-", "last")


def _percent(at: object) -> str:
    return f"{round(position.share(str(at)) * 100, 3):g}".replace(".", "_")
