"""The whole logic of one ask, as a generator of commands: no socket, no thread, no waiting here.

The order of things: build, sign, send, read to an end, and then at most one of four answers to what
came: a whole reply instead of a refused stream, a recovery from a known refusal, a retry from the
budget, a continuation of what was cut. Only then is the outcome told. The sync and the async client
drive this same generator.
"""

from __future__ import annotations

import re
from collections.abc import Generator
from dataclasses import replace
from typing import Any

from harness.client import continuation, recoveries
from harness.client.clock import Stop
from harness.client.commands import Command, Shut, Wait
from harness.client.exchange import Cancelled, Result, exchange
from harness.client.reply import Attempt, Reply
from harness.client.setup import Setup
from harness.client.sink import SHOWN, Sink
from harness.client.warning import warned
from harness.model import (
    Ask,
    Event,
    EventKind,
    Failure,
    FailureKind,
    Outcome,
    OutcomeKind,
)

STREAM = re.compile(r"(?<![a-z])stream")  # and not the proxies' word upstream
AGAIN = "\n\n⚠ Connection dropped mid tool-call; reconnecting…\n\n"


class Plan:
    def __init__(self, setup: Setup, ask: Ask, stop: Stop) -> None:
        self._setup, self._ask, self._stop = setup, ask, stop
        self._sink = Sink(setup)
        self._attempts: list[Attempt] = []
        self._waits: list[float] = []
        self._cause: BaseException | None = None
        self._parts = continuation.NOTHING  # what was said before the reply that is read now

    def run(self) -> Generator[Command, Any, Reply]:
        try:
            outcome = yield from self._continued()
        except Cancelled as cancelled:
            yield Shut()
            outcome = continuation.joined(self._parts, self._cancelled(cancelled))
        reply = tuple(self._sink.events), tuple(self._attempts), tuple(self._waits)
        return Reply(outcome, *reply, self._cause)

    def _continued(self) -> Generator[Command, Any, Outcome]:
        """The reply, with as many continuations as the policy has for a truncated one."""
        ask, rounds, policy = self._ask, 0, self._setup.policy.continuation
        while True:
            result = yield from self._settled(ask)
            following = policy.next_ask(ask, result.outcome, rounds) if policy else None
            if following is None:
                break
            continues = len(following.messages) > len(ask.messages)
            if continues:
                self._parts = continuation.plus(self._parts, result.outcome)
                self._sink.take(event for event in result.closing if event.kind in SHOWN)
            self._sink.supersede(keep=continues)
            ask, rounds = following, rounds + 1
        outcome = continuation.joined(self._parts, result.outcome)
        closing = [*self._sink.release(), *result.closing]
        if policy and continuation.out_of_room(outcome):
            outcome = continuation.refused(outcome)
            closing = [Event(EventKind.FAILURE, failure=outcome.failure)]
        if self._setup.policy.warn:
            outcome, words = warned(outcome)
            self._sink.say(words)
        self._sink.take(closing)
        return outcome

    def _settled(self, ask: Ask) -> Generator[Command, Any, Result]:
        """Attempts until one stands."""
        tried: tuple[recoveries.Recovery, ...] = ()
        known = self._as_known(ask)
        request, retries = self._setup.build(known), 0
        while True:
            result = yield from exchange(self._setup, known, request, self._sink, self._stop)
            self._attempts.append(Attempt(result.status, result.outcome))
            self._cause = result.cause
            if known.stream and _refuses_streams(result) and not self._sink.spoken:
                self._setup.memory.whole = True
                known = self._as_known(ask)
                request = self._setup.build(known)
                self._sink.supersede(keep=False)
                continue
            recovery = self._recovery(result, tried)
            if recovery is not None:
                tried = (*tried, recovery)
                changed = recoveries.apply(recovery, request)
                if changed is not None:
                    request = changed
                    self._sink.supersede(keep=False)
                    if recovery.lasting:
                        self._setup.memory.lasting = (*self._setup.memory.lasting, recovery)
                    continue
            most = self._setup.policy.retry.most(result.outcome.failure)
            if retries >= most or not self._may_repeat(result):
                return result
            retries += 1
            yield from self._wait(retries, result.outcome.failure)
            self._sink.supersede(keep=False)

    def _as_known(self, ask: Ask) -> Ask:
        return replace(ask, stream=False) if self._setup.memory.whole else ask

    def _recovery(
        self, result: Result, tried: tuple[recoveries.Recovery, ...]
    ) -> recoveries.Recovery | None:
        failure = result.outcome.failure
        if failure is None or not self._setup.policy.recover or self._sink.spoken:
            return None
        return recoveries.find(failure, result.body, tried)

    def _may_repeat(self, result: Result) -> bool:
        """Only what is transient, and only while nothing was shown: else it would show twice."""
        outcome, retry = result.outcome, self._setup.policy.retry
        if outcome.failure is None or not outcome.failure.transient:
            return False
        if not self._sink.spoken:
            return True
        if retry.after_text and outcome.dropped:
            self._sink.aside(AGAIN)
            return True
        return False

    def _wait(self, retries: int, failure: Failure | None) -> Generator[Command, Any, None]:
        seconds = self._setup.policy.retry.wait(retries, failure)
        if seconds <= 0:
            return
        self._waits.append(seconds)
        yield Wait(seconds)
        if self._stop.wanted:
            raise Cancelled

    def _cancelled(self, cancelled: Cancelled) -> Outcome:
        """What was shown stays, and nothing is retried or executed."""
        failure = Failure(FailureKind.CANCELLED, "the ask was cancelled", "cancelled")
        self._sink.take(cancelled.closing)
        response = cancelled.outcome.response if cancelled.outcome else None
        if response is not None:
            response = replace(response, tool_calls=None, finish_reason=None)
        dropped = cancelled.outcome.dropped if cancelled.outcome else ()
        return Outcome(OutcomeKind.INTERRUPTED, response, failure, dropped)


def _refuses_streams(result: Result) -> bool:
    """By the error's own words (D05), or a permission for streams that is missing (D06, H11)."""
    failure = result.outcome.failure
    if result.outcome.kind is not OutcomeKind.ERROR or failure is None:
        return False
    text = f"{failure.message} {result.body[:65536].decode('utf-8', 'replace')}".lower()
    refused = STREAM.search(text) and ("not supported" in text or "unsupported" in text)
    denied = "invokemodelwithresponsestream" in text and failure.status in {401, 403}
    return bool(refused) or denied
