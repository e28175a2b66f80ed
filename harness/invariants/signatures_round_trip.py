"""Opaque reasoning state goes back to the server unchanged on the next turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.invariants._json import value_of, within
from harness.invariants._wire import delivered, requests_on
from harness.model import Level, RegionKind, Trace

LEVEL = Level.MUST
WHY = (
    "https://docs.anthropic.com/en/docs/build-with-claude/extended-thinking: thinking "
    "blocks go back unmodified; https://ai.google.dev/gemini-api/docs/thought-signatures; "
    "OpenAI API reference, reasoning.encrypted_content with store false."
)


def check(trace: Trace, turn: int, value: Sequence[str] | None = None) -> Iterator[str]:
    """Judged on the turn after: what earlier replies carried must be in its request."""
    earlier = [
        span.text
        for before in range(turn)
        for span in delivered(trace, before).spans
        if span.kind == RegionKind.SIGNATURE and span.text
    ]
    wanted = list(value) if value is not None and turn else earlier
    for sent in requests_on(trace, turn):
        back = [item for item in within(value_of(sent.request.body)) if isinstance(item, str)]
        for signature in wanted:
            if signature not in back:
                yield f"the signature {signature[:40]!r} was sent, and did not come back unchanged"
