"""The words that tell a user of a lost tool call (D11): the client's, never the reader's."""

from __future__ import annotations

from dataclasses import replace

from harness.model import Event, EventKind, NormalizedResponse, Outcome, OutcomeKind

NAMES_AT_MOST = 3


def warned(outcome: Outcome) -> tuple[Outcome, list[Event]]:
    """An interrupted outcome that lost calls says so under its text; any other stays as it is."""
    if outcome.kind is not OutcomeKind.INTERRUPTED or not outcome.dropped:
        return outcome, []
    response = outcome.response or NormalizedResponse()
    words = _words(outcome.dropped)
    if response.content:
        words = "\n\n" + words
    made = replace(response, content=(response.content or "") + words)
    return replace(outcome, response=made), [Event(EventKind.TEXT, words)]


def _words(dropped: tuple[str, ...]) -> str:
    names = ", ".join(dropped[:NAMES_AT_MOST])
    if len(dropped) > NAMES_AT_MOST:
        names += f", +{len(dropped) - NAMES_AT_MOST} more"
    return (
        f"⚠ Stream stalled mid tool-call ({names}); the action was not executed. "
        "Ask me to retry if you want to continue."
    )
