"""What a script means, worked out from its lines alone: no reader has a part in it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from harness.model import FinishReason, NormalizedResponse, SayKind, Script, ToolCall


def meaning_of(script: Script, *, uncounted: Iterable[str] = ()) -> NormalizedResponse:
    """`uncounted` names the token counts that the wire has no field for."""

    def joined(kind: SayKind) -> str | None:
        return "".join(say.text for say in script if say.kind is kind) or None

    calls = tuple(
        ToolCall(say.id, say.name or "", say.arguments or "{}", _signed(say.signature))
        for say in script
        if say.kind is SayKind.CALL
    )
    finish = next((say.finish for say in script if say.kind is SayKind.FINISH), None)
    usage = next((say.usage for say in script if say.kind is SayKind.USAGE), None)
    if usage is not None:
        usage = replace(usage, **dict.fromkeys(uncounted))
    refusal = joined(SayKind.REFUSAL)
    return NormalizedResponse(
        content=joined(SayKind.TEXT),
        tool_calls=calls or None,
        finish_reason=finish or (FinishReason.TOOL_CALLS if calls else FinishReason.STOP),
        reasoning=joined(SayKind.REASONING),
        usage=usage,
        provider_data={"refusal": refusal} if refusal else None,
    )


def _signed(signature: str | None) -> dict[str, str] | None:
    return {"signature": signature} if signature else None
