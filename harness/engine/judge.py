"""One case against one target: Case -> player -> target -> Trace -> invariants -> Verdict.

The steps of a run, and what ends each of them:
1. the stage is set: a player, a clock, a door;
2. the target runs each turn. UnexpectedRequest and WaitsForEver end the case as *failed*, by the
   invariants of those names, NotInstalled as *untestable*; any other exception of the adapter is
   *errored*, also one that would end the process, or the task that it believes itself in;
3. a target that never reached the player although its tape expects a request is *errored*;
4. the invariants are asked, and only they can say *failed*.
This is the one place that may catch everything: an adapter's crash must not end the night's run.
"""

from __future__ import annotations

import asyncio
import io
import logging
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from harness.contracts import Target
from harness.engine.build import build
from harness.engine.cells import Cell
from harness.engine.fair import unasked, unsuited
from harness.engine.stage import Stage, set_stage
from harness.engine.turns import reports_of
from harness.errors import HarnessError, NotInstalled
from harness.invariants import INVARIANTS
from harness.model import (
    Case,
    Level,
    Report,
    Trace,
    Verdict,
    VerdictKind,
    Violation,
)
from harness.registry import module_of
from harness.secrets import masked


def run_cell(cell: Cell, target: Target, door: str = "inprocess") -> Verdict:
    """Build the case of a cell and run it; a case that cannot be built is errored, not failed."""
    return _guarded(unbuilt(cell), lambda: _play(build(cell), target, door))


def unbuilt(cell: Cell) -> Case:
    """What is known of a case before it is built."""
    names = (cell.scenario.id, cell.provider.name, cell.transport.name, cell.transport.wire)
    facts = {"family": cell.scenario.family, "path": str(cell.scenario.path)}
    return Case(*names, cell.slug, facts=facts)


def run_case(case: Case, target: Target, door: str = "inprocess") -> Verdict:
    """The verdict on one case. Raises only an interrupt."""
    return _guarded(case, lambda: _play(case, target, door))


def _guarded(case: Case, play: Callable[[], Verdict]) -> Verdict:
    started = time.perf_counter()
    try:
        verdict = play()
    except HarnessError as error:  # our own are sentences already
        verdict = Verdict(case, VerdictKind.ERRORED, reason=error.render())
    except (SystemExit, asyncio.CancelledError):
        verdict = _crashed(case)
    except Exception:  # noqa: BLE001
        verdict = _crashed(case)
    told = tuple(replace(one, sentence=masked(one.sentence)) for one in verdict.violations)
    return replace(
        verdict,
        reason=masked(verdict.reason),
        violations=told,
        seconds=time.perf_counter() - started,
    )


def _crashed(case: Case) -> Verdict:
    return Verdict(case, VerdictKind.ERRORED, reason=traceback.format_exc(limit=-6))


def _play(case: Case, target: Target, door: str) -> Verdict:
    outputs: list[str] = []
    with set_stage(case, door) as stage:
        refusal = _refusal(case, target, door) or stage.refusal
        if refusal:
            return Verdict(case, VerdictKind.UNTESTABLE, reason=refusal)
        ours = "inprocess" in target.doors  # it may sleep on our clock, which a stranger cannot
        with _listening(outputs):
            features = target.start().features
            lacking = unsuited(case, features, own_clock=not ours)
            if lacking:
                return Verdict(case, VerdictKind.UNTESTABLE, reason=lacking)
            told = {"features": features, "scale": stage.clock_scale if ours else 1.0}
            case = replace(case, facts={**case.facts, **told})
            try:
                reports = reports_of(case, target, stage)
            except NotInstalled as error:  # nothing broke, and nothing was judged
                return Verdict(case, VerdictKind.UNTESTABLE, reason=error.render())
        trace = _trace(case, stage, reports, outputs)
    return _judged(trace)


def _refusal(case: Case, target: Target, door: str) -> str:
    """Why a case is not run at all: it means nothing here, or the target has no such door."""
    if case.untestable or door in target.doors:
        return case.untestable or ""
    return f"reached only by: {', '.join(sorted(target.doors))}"


def _judged(trace: Trace) -> Verdict:
    case = trace.case
    skipped = next((report.skipped for report in trace.reports if report.skipped), None)
    reason = f"the target has no {skipped}" if skipped else unasked(trace)
    if reason:
        return Verdict(case, VerdictKind.UNTESTABLE, reason=reason, trace=trace)
    if case.tape and not trace.sent and not _may_send_nothing(case):
        reason = f"the target never reached the player: no request was sent{_told(trace)}"
        return Verdict(case, VerdictKind.ERRORED, reason=reason, trace=trace)
    return judge(trace)


def _trace(case: Case, stage: Stage, reports: list[Report], outputs: list[str]) -> Trace:
    told = [text for report in reports for text in _texts(report)]
    return Trace(
        case=case,
        sent=tuple(stage.player.sent),
        reports=tuple(reports),
        unplayed=stage.player.unplayed,
        outputs=(*outputs, *told),
        waits=stage.waits(),
    )


def _texts(report: Report) -> Iterator[str]:
    """Everything a person could read of a report: where a secret must not be."""
    yield repr(report)
    if report.outcome.failure:
        yield report.outcome.failure.message


def _told(trace: Trace) -> str:
    """Its own error, which says why: an option of the wrong type, a host that it refuses."""
    failures = [report.outcome.failure for report in trace.reports]
    return next((f"; {failure.type}: {failure.message}" for failure in failures if failure), "")


def _may_send_nothing(case: Case) -> bool:
    return any(e.invariant == "attempts" and 0 in e.args.values() for e in case.expect)


def judge(trace: Trace) -> Verdict:
    """Ask every invariant that the case expects, on every turn that it concerns."""
    violations = tuple(_violations(trace))
    failed = any(violation.level is Level.MUST for violation in violations)
    kind = VerdictKind.FAILED if failed else VerdictKind.PASSED
    return Verdict(trace.case, kind, violations, trace=trace)


def _violations(trace: Trace) -> Iterator[Violation]:
    for expectation in trace.case.expect:
        check = INVARIANTS.get(expectation.invariant)
        module = module_of(check)
        level = expectation.level or module.LEVEL
        once = getattr(module, "ONCE", False)  # it looks at the whole case, not at a turn
        turns = range(1) if once else range(len(trace.reports))
        if expectation.turn is not None:
            turns = range(expectation.turn, expectation.turn + 1)
        for turn in turns:
            for sentence in check(trace, turn, **expectation.args):
                yield Violation(expectation.invariant, level, sentence, None if once else turn)


class _Ear(logging.StreamHandler[io.StringIO]):
    """Who logs what cannot be formatted goes on, as with any handler; it is heard as it stands."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 -- the library's name
        self.stream.write(f"{record.msg!r} {record.args!r}\n")


@contextmanager
def _listening(outputs: list[str]) -> Iterator[None]:
    """What the target logs or warns while it runs, down to debug. Nobody else hears it meanwhile:
    the library's own chatter would bury what a failing case has to say."""
    heard = io.StringIO()
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    root.handlers[:] = [_Ear(heard)]
    root.setLevel(logging.DEBUG)
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            yield
        outputs += [str(warning.message) for warning in caught]
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
        outputs.append(heard.getvalue())
