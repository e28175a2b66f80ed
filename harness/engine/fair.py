"""What a target cannot fairly be judged by: drawn, and untestable with its reason."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from urllib.parse import urlsplit

from harness.model import Case, Request, Trace, find_header

# What a scenario may need of the target alone, and a target must say of itself; what else can be
# needed is the backend's too, and every target is taken to have it unless it says `no_<what>`.
AT_ONCE = "at_once"  # its session may be used by many threads; asked for by a turn, not by `needs`
OF_THE_TARGET = frozenset({"continues", "profiles", AT_ONCE})

_A_DATE = re.compile(r"[A-Za-z]{3},? ")


def unsuited(case: Case, features: Iterable[str], *, own_clock: bool) -> str:
    """Before it is run. A target that does not do what a scenario needs says `no_<what>` among its
    features, or leaves out what only some targets do; one with a clock of its own cannot be told a
    date on the recording's."""
    features = set(features)
    lacks = {name.removeprefix("no_") for name in features if name.startswith("no_")}
    lacks |= OF_THE_TARGET - features
    if own_clock:  # a process of its own is asked one turn after the other
        lacks.add(AT_ONCE)
    missing = sorted({*case.needs, *case.facts.get("judges", ())} & lacks)
    if missing:
        return f"the target has no {', '.join(missing)}"
    dated = any(_A_DATE.match(one.header("retry-after") or "") for one in case.tape)
    if own_clock and dated:
        return "a Retry-After date is on the recording's clock, and the target reads its own"
    return ""


def unasked(trace: Trace) -> str:
    """After it was run: what is no answer to the request that was sent. A coding that it did not
    accept (RFC 9110, 12.5.3); a whole body, where a client that was asked for a whole reply streams
    behind the scenes, as some do by themselves where the reply may become long."""
    for sent in trace.sent:
        if not trace.case.turns[sent.turn].ask.stream and _asks_to_stream(sent.request):
            return f"the target asks for a stream in turn {sent.turn}, and a whole reply is played"
        accepts = find_header(sent.request.headers, "accept-encoding")
        if sent.exchange is None or accepts is None:
            continue
        coding = trace.case.tape[sent.exchange].header("content-encoding")
        if coding and coding.lower() not in accepts.lower() and "*" not in accepts:
            return f"the target accepts {accepts!r}, and the answer is coded with {coding}"
    return ""


def _asks_to_stream(request: Request) -> bool:
    """In its body, or by its path."""
    if urlsplit(request.url).path.endswith("stream"):
        return True
    try:
        body = json.loads(request.body)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("stream") is True
