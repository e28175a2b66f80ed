"""The turns of a case, run on a target: one after the other, and those of a crowd all at once.

The rule of this file: what a target makes of an answer is its own; only a request that nothing
expects, and a wait without an end, are reports that are written here.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from harness.contracts import Session, Target, TurnSpec
from harness.engine.stage import Stage
from harness.errors import TargetError, UnexpectedRequest
from harness.model import Case, Failure, FailureKind, Outcome, OutcomeKind, Report
from harness.replay.clock import WaitsForEver

_ROUNDS = 4  # what `continue: true` means
_LATE = 2.0  # seconds after which even a busy machine's timeout has had its time


def reports_of(case: Case, target: Target, stage: Stage) -> list[Report]:
    """A report for each turn, until one is declined. The requests of a crowd count for its first
    turn: which thread sent which, the wire does not tell."""
    crowds = {crowd.first: crowd.size for crowd in case.facts.get("crowds", ())}
    reports: list[Report] = []
    session = target.open(stage.wire)
    try:
        while len(reports) < len(case.turns) and not any(report.skipped for report in reports):
            stage.player.turn = number = len(reports)
            count = crowds.get(number, 1)
            if count == 1:
                reports.append(_turn(session, stage, case, number))
            else:
                reports += _at_once(session, stage, case, range(number, number + count))
    finally:
        session.close()
    return reports


def _at_once(session: Session, stage: Stage, case: Case, numbers: range) -> list[Report]:
    with ThreadPoolExecutor(len(numbers)) as threads:
        return list(threads.map(lambda number: _turn(session, stage, case, number), numbers))


def _turn(session: Session, stage: Stage, case: Case, number: int) -> Report:
    client = case.facts.get("client", {})
    spec = TurnSpec(
        id=f"{case.id}#{number}",
        session=case.id,
        turn=number,
        base_url=case.facts.get("home") or stage.wire.base_url,
        transport=case.transport,
        provider=case.provider,
        model=case.turns[number].ask.model or str(case.facts.get("model", "")),
        ask=case.turns[number].ask,
        credential=_credential(case, stage),
        timeout_s=stage.timeout(client.get("timeout_s", 60.0)),
        max_retries=client.get("max_retries", 0),
        continuations=_continuations(client.get("continue", False)),
        profiles=tuple(case.facts.get("dialects", ())),
    )
    try:
        return session.run(spec)
    except (UnexpectedRequest, WaitsForEver) as error:
        # What the client would have made of it is unknown. The player has written down the
        # request that nothing expects; waiting without a timeout is told by the failure's type.
        named = "unexpected_request" if isinstance(error, UnexpectedRequest) else "waits_for_ever"
        return _ended(str(error), named)
    except TargetError:
        if stage.silence() <= spec.timeout_s + _LATE:
            raise
        # Its process was ended. What the door saw of the client is no fault of the adapter's.
        told = f"its timeout was {spec.timeout_s:g} s, and it was still waiting long after that"
        return _ended(told, "waits_for_ever")


def _ended(said: str, named: str) -> Report:
    return Report(Outcome(OutcomeKind.ERROR, failure=Failure(FailureKind.UNKNOWN, said, named)))


def _continuations(asked: bool | int) -> int:
    return _ROUNDS if asked is True else int(asked)


def _credential(case: Case, stage: Stage) -> dict[str, Any]:
    """What the target is given, with the token endpoint at the door of this run."""
    given = dict(case.facts.get("credential", {}))
    path = given.pop("refresh_path", None)
    return given | ({"refresh_url": stage.wire.base_url + path} if path else {})
