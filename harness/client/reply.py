"""What one ask came to."""

from __future__ import annotations

from dataclasses import dataclass

from harness.errors import AuthenticationFailed, HarnessError
from harness.model import (
    Event,
    Failure,
    FailureKind,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
)


class ReplyFailed(HarnessError):
    """The ask came to nothing; `failure` is why, as a value."""

    def __init__(self, failure: Failure) -> None:
        self.failure, self.status = failure, failure.status
        status = f"HTTP {failure.status} " if failure.status else ""
        super().__init__(f"{status}{failure.kind.value}: {failure.message}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request of the ask itself: its status (None: none came), and how it ended."""

    status: int | None
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Reply:
    """`events` are those of the attempt that stands; superseded ones went to `on_event` only.
    `cause` is what made a credential give up, or the exception that ended the exchange."""

    outcome: Outcome
    events: tuple[Event, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    waits: tuple[float, ...] = ()
    cause: BaseException | None = None

    def value(self) -> NormalizedResponse:
        """The response, or the failure raised: a refused credential as AuthenticationFailed. An
        interrupted reply that has something is returned, and its finish reason is None."""
        response, failure = self.outcome.response, self.outcome.failure
        if self.outcome.kind is OutcomeKind.COMPLETE and response is not None:
            return response
        if self.outcome.kind is OutcomeKind.INTERRUPTED and response and response.content:
            return response
        failure = failure or Failure(FailureKind.UNKNOWN, "there is no response")
        if failure.kind is FailureKind.AUTHENTICATION:
            raise AuthenticationFailed(failure.message) from self.cause
        raise ReplyFailed(failure) from self.cause
