"""Choices of a chunk and of a whole body, told to a reply."""

from __future__ import annotations

from typing import Any

from harness.model import Event, FinishReason, JsonObject, Provider, Span
from harness.transports.chat_completions import meaning
from harness.transports.chat_completions.reply import Reply

MORE_CHOICES = "the reply has more than one choice: only choice 0 is read"


def take_choice(reply: Reply, choice: JsonObject, span: Span | None = None) -> list[Event]:
    """One choice. Some chunks have none of the usual keys: a filter's verdict, a usage."""
    delta, message = choice.get("delta"), choice.get("message")
    if isinstance(message, dict) and (reply.whole or not isinstance(delta, dict)):
        # A whole reply may have an empty delta beside it; in a stream it sums up what was said.
        delta = message if reply.whole or reply.silent else None
    raw = choice.get("finish_reason")
    if raw is not None and (finish := meaning.raw_finish(raw)) is not None:
        reply.finish = finish
    return reply.take(delta, span) if delta and isinstance(delta, dict) else []


def is_reply(body: JsonObject) -> bool:
    """Whether a choice says anything. One vendor leaves out the message that it has filtered, so a
    reason is enough; but a bare stop of nothing is no reply."""
    listed = body.get("choices")
    for choice in listed if isinstance(listed, list) else ():
        if not isinstance(choice, dict):
            continue
        if isinstance(choice.get("message"), dict) or isinstance(choice.get("delta"), dict):
            return True
        finish = meaning.raw_finish(choice.get("finish_reason"))
        if finish is not None and meaning.finish_reason(finish) is not FinishReason.STOP:
            return True
    return False


def take_body(reply: Reply, body: JsonObject) -> tuple[list[Event], list[str]]:
    """A whole reply. One gateway puts text and calls into two choices of the same index: they are
    one reply. Choices of different indexes are alternatives, of which the first is read."""
    events: list[Event] = []
    listed = body.get("choices")
    choices = [c for c in (listed if isinstance(listed, list) else ()) if isinstance(c, dict)]
    first = min((index_of(choice) for choice in choices), default=0)
    for choice in choices:
        if index_of(choice) == first:
            events += take_choice(reply, choice)
    if isinstance(body.get("model"), str) and body["model"]:
        reply.model = body["model"]
    if isinstance(body.get("citations"), list):
        reply.extras = {**reply.extras, "citations": body["citations"]}
    for counts in meaning.usages(body):
        reply.count(counts)
    warnings = [MORE_CHOICES] if any(index_of(choice) != first for choice in choices) else []
    return events, warnings


def read_whole(raw: JsonObject, provider: Provider) -> Reply:
    """A reply that is parsed already."""
    reply = Reply(provider)
    reply.whole = True
    take_body(reply, raw)
    reply.flush()
    return reply


def index_of(choice: JsonObject) -> int:
    """0 for what is no number: streamed and whole alike."""
    index = choice.get("index")
    return index if type(index) is int else 0


def first_object(value: Any) -> Any:
    """One vendor wraps its error in a list."""
    listed = value if isinstance(value, list) else ()
    return next((entry for entry in listed if isinstance(entry, dict)), None)
