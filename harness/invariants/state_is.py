"""What the reply says of itself beside its words is kept under its own name, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.invariants._json import same
from harness.invariants._wire import report_of
from harness.model import Level, Trace

LEVEL = Level.SHOULD
WHY = (
    "Ids, containers, positions and opaque items must go back as they came: "
    "https://platform.openai.com/docs/guides/reasoning#keeping-reasoning-items-in-context, "
    "https://docs.anthropic.com/en/docs/agents-and-tools/tool-use/code-execution-tool (container). "
    "The names are this project's own, so that it is asked only of a target that declares `state`."
)


def check(
    trace: Trace,
    turn: int,
    *,
    reply: Mapping[str, Any] | None = None,
    calls: Sequence[Mapping[str, Any] | None] | None = None,
) -> Iterator[str]:
    """`reply` is all of its provider_data, `calls` that of each of its calls. A key that begins
    with `_` is a stamp of the reader's own, and is compared only where it is named."""
    report = report_of(trace, turn)
    if report is None or "state" not in trace.case.facts.get("features", ()):
        return
    response = report.outcome.response
    if response is None:
        yield "there is no reply that could keep anything"
        return
    yield from _differs("the reply", response.provider_data, reply)
    kept = [call.provider_data for call in response.tool_calls or ()]
    if calls is None:
        return
    if len(kept) != len(calls):
        yield f"{len(kept)} calls are in the reply, and {len(calls)} were sent"
        return
    for number, (got, meant) in enumerate(zip(kept, calls, strict=True)):
        yield from _differs(f"call {number}", got, meant)


def _differs(
    what: str, got: Mapping[str, Any] | None, meant: Mapping[str, Any] | None
) -> Iterator[str]:
    ours, theirs = dict(got or {}), dict(meant or {})
    for name in sorted(ours.keys() | theirs.keys()):
        if name not in ours:
            yield f"{what} has lost {name}, which is {theirs[name]!r}"
        elif name not in theirs:
            yield f"{what} keeps {name} {ours[name]!r}, which nobody sent"
        elif not same(_asked(ours[name], theirs[name]), theirs[name]):
            yield f"{what} keeps {name} as {ours[name]!r}, and {theirs[name]!r} was sent"


def _asked(got: Any, meant: Any) -> Any:
    """The same value without the stamps that nobody asks for."""
    if isinstance(got, dict):
        names = meant if isinstance(meant, dict) else {}
        return {
            name: _asked(value, names.get(name))
            for name, value in got.items()
            if name in names or not name.startswith("_")
        }
    if isinstance(got, list) and isinstance(meant, list):
        pairs = zip(got, [*meant, *[None] * (len(got) - len(meant))], strict=False)
        return [_asked(one, other) for one, other in pairs]
    return got
