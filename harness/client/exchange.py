"""One exchange of an ask: signed as the credential's flow wants it, read by the transport's reader.

The flow may send errands of its own and may sign the request again after a refusal; the body stays
the same, byte by byte. An answer that is no error is never read before the flow has let it pass.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from harness.client.clock import Stop
from harness.client.commands import (
    Command,
    Died,
    Errand,
    Head,
    Hold,
    Next,
    Send,
    Settle,
    Shut,
)
from harness.client.setup import Setup
from harness.client.sink import Sink
from harness.contracts import Await, Clock, Pause, Reader
from harness.errors import CredentialError
from harness.model import (
    Answer,
    Ask,
    Ending,
    Event,
    EventKind,
    Failure,
    FailureKind,
    Outcome,
    OutcomeKind,
    Request,
    find_header,
)

ERROR_BODY_LIMIT = 1 << 20
ENDED = {
    Ending.COMPLETE: (FailureKind.PROTOCOL, "the stream ended without its protocol's terminator"),
    Ending.EOF: (FailureKind.CONNECTION, "the connection was closed inside the reply"),
    Ending.RESET: (FailureKind.CONNECTION, "the connection was reset inside the reply"),
    Ending.STALL: (FailureKind.TIMEOUT, "nothing more came, and nobody closed the connection"),
}


@dataclass(slots=True)
class Result:
    """`closing` are the events of the end, told only if this result stands."""

    outcome: Outcome
    closing: Sequence[Event] = ()
    status: int | None = None
    body: bytes = b""  # of an error
    cause: BaseException | None = None


class Cancelled(BaseException):
    """The caller wants no more. With what had been read by then. No Exception, never swallowed."""

    def __init__(self, outcome: Outcome | None = None, closing: Sequence[Event] = ()) -> None:
        self.outcome, self.closing = outcome, closing
        super().__init__()


def exchange(
    setup: Setup, ask: Ask, request: Request, sink: Sink, stop: Stop
) -> Generator[Command, Any, Result]:
    result = yield from _exchanged(setup, ask, request, sink, stop)
    failure = result.outcome.failure
    if failure is not None:
        result.outcome = replace(result.outcome, failure=setup.hide(failure))
    return result


def _exchanged(
    setup: Setup, ask: Ask, request: Request, sink: Sink, stop: Stop
) -> Generator[Command, Any, Result]:
    if stop.wanted:
        raise Cancelled
    watch = _Watch(setup.clock, setup.policy.timeouts.stale, setup.policy.timeouts.total)
    try:
        head, answer = yield from _authorized(setup, request, stop, watch)
    except _Refused as refused:
        return _refused(setup, refused)
    if isinstance(head, Died):
        return _failed(head.failure, cause=head.cause)
    if answer is not None:
        failure = setup.transport.read_failure(answer, setup.provider)
        result = _failed(failure, status=head.status)
        result.body = answer.body
        return result
    return (yield from _read(setup, head, sink, stop, watch, streams=ask.stream))


class _Refused(Exception):
    """The credential gave up: on the server's answer, or before anything was sent."""

    def __init__(self, answer: Answer | None, cause: CredentialError) -> None:
        self.answer, self.cause = answer, cause
        super().__init__()


def _refused(setup: Setup, refused: _Refused) -> Result:
    """The original error surfaces, with the failed refresh as its cause."""
    cause = refused.cause
    if refused.answer is None:
        return _failed(Failure(FailureKind.AUTHENTICATION, cause.what, "credential"), cause=cause)
    failure = setup.transport.read_failure(refused.answer, setup.provider)
    result = _failed(replace(failure, transient=False), status=refused.answer.status, cause=cause)
    result.body = refused.answer.body
    return result


def _failed(
    failure: Failure, *, status: int | None = None, cause: BaseException | None = None
) -> Result:
    closing = [Event(EventKind.FAILURE, failure.message, failure=failure)]
    return Result(Outcome(OutcomeKind.ERROR, failure=failure), closing, status, cause=cause)


def _authorized(
    setup: Setup, request: Request, stop: Stop, watch: _Watch
) -> Generator[Command, Any, tuple[Head | Died, Answer | None]]:
    """The head that stands, and the whole answer if it is an error."""
    if setup.credential is None:
        return (yield from _sent(request, stop, watch))
    flow = setup.credential.flow(request)
    head: Head | Died | None = None
    answer: Answer | None = None
    try:
        step = next(flow)
        while True:
            if isinstance(step, Request) and step.body == request.body:
                yield Shut()
                head, answer = yield from _sent(step, stop, watch)
                if isinstance(head, Died):
                    return head, None
                step = flow.send(answer or Answer(head.status, head.headers))
            else:
                step = yield from _aside(flow, step, stop)
    except StopIteration:
        if head is None:
            raise CredentialError(f"{setup.credential!r} signed no request") from None
        return head, answer
    except CredentialError as error:
        yield Shut()
        raise _Refused(answer, error) from error
    finally:
        flow.close()


def _aside(
    flow: Generator[Any, Any, None], step: Request | Pause | Await, stop: Stop
) -> Generator[Command, Any, Any]:
    """What a flow wants besides the request itself. A stop ends a wait at once, and a request of
    the flow's own only after the flow has its answer."""
    if isinstance(step, Pause):
        yield Hold(step.seconds)
        if stop.wanted:
            raise Cancelled
        return flow.send(None)
    if isinstance(step, Await):
        settled = yield Settle(step.thing)
        if stop.wanted:
            raise Cancelled
        return flow.throw(settled.error) if settled.error else flow.send(settled.value)
    got = yield from _fetched(step)
    if isinstance(got, Died):
        return flow.throw(CredentialError(got.failure.message, found=got.failure.type))
    return flow.send(got)


def _fetched(request: Request) -> Generator[Command, Any, Answer | Died]:
    head = yield Errand(Send(request))
    if isinstance(head, Died):
        return head
    body = bytearray()
    while isinstance(piece := (yield Errand(Next())), bytes) and len(body) < ERROR_BODY_LIMIT:
        body += piece
    yield Errand(Shut())
    return piece if isinstance(piece, Died) else Answer(head.status, head.headers, bytes(body))


def _sent(
    request: Request, stop: Stop, watch: _Watch
) -> Generator[Command, Any, tuple[Head | Died, Answer | None]]:
    """The head of an answer, and all of it if it is an error: then nothing else is of use."""
    if stop.wanted:
        raise Cancelled
    head = yield Send(request)
    if stop.wanted:
        raise Cancelled
    if isinstance(head, Died) or 200 <= head.status < 300:
        return head, None
    body = bytearray()
    while len(body) < ERROR_BODY_LIMIT and isinstance(piece := (yield Next()), bytes):
        body += piece
        if stop.wanted or watch.over(meant=True):
            break
    if stop.wanted:
        raise Cancelled
    yield Shut()
    return head, Answer(head.status, head.headers, bytes(body[:ERROR_BODY_LIMIT]))


def _read(  # noqa: PLR0913 - one call, and each is of its own
    setup: Setup, head: Head, sink: Sink, stop: Stop, watch: _Watch, *, streams: bool
) -> Generator[Command, Any, Result]:
    reader = setup.transport.reader(setup.provider, head.status, head.headers)
    watch.over(meant=True)
    how, died = Ending.COMPLETE, None
    while not reader.finished:
        piece = yield Next()
        if stop.wanted:
            closing = reader.end(Ending.CLIENT_CLOSED)
            raise Cancelled(reader.outcome, [e for e in closing if e.kind is EventKind.USAGE])
        if isinstance(piece, Died):
            how, died = piece.ending or Ending.EOF, piece
            break
        if isinstance(piece, Ending):
            how = piece
            break
        events = reader.feed(piece)
        sink.tick()
        sink.take(events)
        # A reply that comes whole means nothing before its end: there, what is no blank is alive.
        meant = bool(events) or (not streams and bool(piece.strip()))
        if watch.over(meant=meant) and not reader.finished:
            how = Ending.STALL
            break
    yield Shut()
    return _ended(reader, how, died, head)


def _ended(reader: Reader, how: Ending, died: Died | None, head: Head) -> Result:
    closing = reader.end(how)
    outcome = reader.outcome
    if outcome.kind is OutcomeKind.INTERRUPTED and outcome.failure is None:
        kind, words = ENDED.get(how, ENDED[Ending.EOF])
        # A call that came whole is there: asked again, the model would call a second time.
        called = outcome.response is not None and outcome.response.tool_calls is not None
        found = Failure(kind, words, kind.value, transient=not called)
        outcome = replace(outcome, failure=_named(died.failure, head) if died else found)
    return Result(outcome, closing, head.status, cause=died.cause if died else None)


def _named(failure: Failure, head: Head) -> Failure:
    """A body that its coding does not fit names the coding: libraries say only what zlib says."""
    coding = find_header(head.headers, "content-encoding")
    if failure.kind is not FailureKind.PROTOCOL or not coding:
        return failure
    words = f"the body is not in the coding {coding[:40]!r} that it says, or is damaged"
    return replace(failure, message=f"{words}: {failure.message}")


class _Watch:
    """Notices a stream that is kept alive and says nothing (D18), and one that takes too long."""

    def __init__(self, clock: Clock, stale: float | None, total: float | None) -> None:
        self._clock, self._stale, self._total = clock, stale, total
        self._began = self._meant = clock.now()

    def over(self, *, meant: bool) -> bool:
        now = self._clock.now()
        if meant:
            self._meant = now
        stale = self._stale is not None and now - self._meant > self._stale
        return stale or (self._total is not None and now - self._began > self._total)
