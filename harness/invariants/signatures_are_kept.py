"""Opaque reasoning state (signatures, encrypted or redacted blocks) is kept in the reply."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Sequence

from harness.invariants._json import within
from harness.invariants._wire import delivered, report_of
from harness.model import Level, RegionKind, Trace

LEVEL = Level.MUST
WHY = "Anthropic, Bedrock, OpenAI and Gemini refuse the next turn without it; langchain PR 39635."


def check(trace: Trace, turn: int, value: Sequence[str] | None = None) -> Iterator[str]:
    report = report_of(trace, turn)
    if report is None:
        return
    wire = delivered(trace, turn)
    sent = [span.text for span in wire.spans if span.kind == RegionKind.SIGNATURE]
    wanted = list(value) if value is not None else sent
    response = report.outcome.response
    state = (
        [response.provider_data, *(c.provider_data for c in response.tool_calls or ())]
        if response
        else []
    )
    kept = [item for item in within(state) if isinstance(item, str)]
    for signature in wanted:
        if not signature or any(signature in item for item in kept):
            continue
        if wire.wire != "converse" or _text_of(signature) not in kept:
            yield f"the signature {signature[:40]!r} was sent, and is not kept in the reply"


def _text_of(blob: str) -> str:
    """A blob of Converse is its bytes, and Base64 on the wire only: a client may keep them."""
    try:
        return base64.b64decode(blob, validate=True).decode()
    except ValueError:
        return blob
