"""One case against one target: Case -> player -> target -> Trace -> invariants -> Verdict."""

from __future__ import annotations

from typing import Any

from harness.contracts import Target, TurnSpec
from harness.invariants import INVARIANTS
from harness.model import Case, Level, Trace, Verdict, VerdictKind, Violation
from harness.replay.inprocess import transport
from harness.replay.player import Player


class _Wire:
    base_url = "http://127.0.0.1/v1"
    clock: Any = None

    def __init__(self, player: Player) -> None:
        self._player = player

    def transport(self, module: str = "httpx") -> Any:
        return transport(self._player)

    def async_transport(self, module: str = "httpx") -> Any:
        raise LookupError(module)


def run_case(case: Case, target: Target) -> Verdict:
    player = Player(case.tape)
    wire = _Wire(player)
    session = target.open(wire)
    reports = []
    for index, turn in enumerate(case.turns):
        reports.append(
            session.run(
                TurnSpec(
                    case.id,
                    case.id,
                    index,
                    wire.base_url,
                    case.transport,
                    case.provider,
                    "model",
                    turn.ask,
                )
            )
        )
    session.close()
    trace = Trace(case, tuple(player.sent), tuple(reports), player.unplayed)
    violations = tuple(judge(trace))
    failed = any(violation.level is Level.MUST for violation in violations)
    kind = VerdictKind.FAILED if failed else VerdictKind.PASSED
    return Verdict(case, kind, violations, trace=trace)


def judge(trace: Trace) -> list[Violation]:
    return [
        Violation(expectation.invariant, expectation.level or Level.MUST, sentence, turn)
        for expectation in trace.case.expect
        for turn in range(len(trace.reports))
        for sentence in INVARIANTS.get(expectation.invariant)(trace, turn, **expectation.args)
    ]
