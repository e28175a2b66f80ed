"""Going on after a truncated reply: a policy, off unless the caller wants it.

A reply that was cut is asked to go on from where it stopped, and the parts are joined as they
stand, no blank added or lost (D13). A reply that ran out of room inside a tool call is asked for
again with more room, never executed (D15). A turn that the server has paused goes back to it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from harness.model import (
    Ask,
    Failure,
    FailureKind,
    FinishReason,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
)
from harness.transports._history import assistant_message

CUT = "The connection was lost while you answered. Go on exactly where you stopped; repeat nothing."
TOOL = (
    "The connection was lost inside a tool call, and nothing was executed. "
    "Make the call again, in smaller pieces."
)
FULL = "You reached the output limit. Go on exactly where you stopped; repeat nothing."


@dataclass(frozen=True, slots=True)
class Continuation:
    rounds: int = 4
    pauses: int = 3  # how many of them may be because the server paused
    first_cap: int = 4096
    ceiling: int = 32768

    def next_ask(self, ask: Ask, outcome: Outcome, done: int) -> Ask | None:
        """What to ask next, or None when this reply stands. `done` counts the rounds so far."""
        response = outcome.response
        if done >= self.rounds or response is None:
            return None
        if response.finish_reason is FinishReason.PAUSE:
            return _resumed(ask, response) if done < self.pauses else None
        if not truncated(outcome):
            return None
        full = response.finish_reason is FinishReason.LENGTH
        wider = replace(ask, max_tokens=self._cap(ask.max_tokens)) if full else ask
        if full and (outcome.dropped or response.tool_calls):
            return wider
        if not response.content:
            return None
        words = FULL if full else TOOL if outcome.dropped else CUT
        partial = {"role": "assistant", "content": response.content}
        wish = {"role": "user", "content": words}
        return replace(wider, messages=(*ask.messages, partial, wish))

    def _cap(self, asked: int | None) -> int:
        now = asked or self.first_cap
        return min(now * 2, max(self.ceiling, now))


def truncated(outcome: Outcome) -> bool:
    if outcome.kind is OutcomeKind.INTERRUPTED:
        return outcome.failure is None or outcome.failure.kind is not FailureKind.CANCELLED
    response = outcome.response
    return response is not None and response.finish_reason is FinishReason.LENGTH


def _resumed(ask: Ask, response: NormalizedResponse) -> Ask | None:
    """A pause is the server's: its turn goes back as it is, with its state, and no word of a user
    (F27). The same turn twice would go on for ever, and a call waits for its result."""
    turn = assistant_message(response)
    if response.tool_calls or turn == ask.messages[-1]:
        return None
    return replace(ask, messages=(*ask.messages, turn))


@dataclass(frozen=True, slots=True)
class Parts:
    """What the parts so far have said."""

    content: str = ""
    reasoning: str = ""


NOTHING = Parts()


def plus(before: Parts, outcome: Outcome) -> Parts:
    """The parts so far, with one more."""
    return _with(before, outcome.response) if outcome.response else before


def joined(before: Parts, outcome: Outcome) -> Outcome:
    """The last part's outcome over what all parts have said."""
    if before == NOTHING:
        return outcome
    response = outcome.response or NormalizedResponse()
    said = _with(before, response)
    whole = replace(response, content=said.content or None, reasoning=said.reasoning or None)
    return replace(outcome, response=whole)


def _with(before: Parts, response: NormalizedResponse) -> Parts:
    content, reasoning = response.content or "", response.reasoning or ""
    return Parts(before.content + content, before.reasoning + reasoning)


def out_of_room(outcome: Outcome) -> bool:
    """Still truncated inside a call, after every round."""
    response = outcome.response
    if response is None or response.finish_reason is not FinishReason.LENGTH:
        return False
    return bool(outcome.dropped or response.tool_calls)


def refused(outcome: Outcome) -> Outcome:
    """An error with the text that there is, so that nothing is executed."""
    response = outcome.response or NormalizedResponse()
    names = [call.name for call in response.tool_calls or ()]
    failure = Failure(
        FailureKind.INVALID_REQUEST, "Response truncated due to output length limit", "truncated"
    )
    bare = replace(response, tool_calls=None)
    dropped = (*outcome.dropped, *names)
    return replace(outcome, kind=OutcomeKind.ERROR, response=bare, failure=failure, dropped=dropped)
