"""The canonical history: chat-shaped messages that every transport converts to its own wire.

An assistant message, as `assistant_message` makes it of a reply and as `convert_messages` takes it:

    role                    "assistant"
    content                 text with think tags taken out, or None
    tool_calls              [{id, type: "function", function: {name, arguments}, extra_content?,
                            call_id?, response_item_id?, ...}]: `arguments` is the JSON text, never
                            masked; the other keys are the call's provider_data
    finish_reason           the canonical reason
    reasoning               what was delivered on the reasoning channel, as text
    reasoning_content       that field as the wire had it; "" is not the same as absent
    reasoning_details       opaque, verbatim, in order
    reasoning_text, reasoning_opaque, thinking_signature, extra_content, raw_content
    anthropic_content_blocks, codex_reasoning_items, codex_message_items

Everything but role, content and tool_calls is protocol state: of no use to another wire, and sent
only by a transport to whose server it belongs. Keys that start with `_` are the caller's own.
"""

from __future__ import annotations

from typing import Any

from harness.model import Json, JsonObject, NormalizedResponse
from harness.wire import jsontext

STATE = (
    "reasoning_content",
    "reasoning_details",
    "reasoning_text",
    "reasoning_opaque",
    "thinking_signature",
    "extra_content",
    "raw_content",
    "refusal",
    "anthropic_content_blocks",
    "codex_reasoning_items",
    "codex_message_items",
)
_NOT_OF_A_CALL = ("raw_arguments", "type")


def assistant_message(response: NormalizedResponse) -> JsonObject:
    """The reply as the assistant's turn of the next request."""
    message: JsonObject = {"role": "assistant", "content": response.content}
    if response.tool_calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
                **{
                    key: value
                    for key, value in (call.provider_data or {}).items()
                    if key not in _NOT_OF_A_CALL
                },
            }
            for call in response.tool_calls
        ]
    if response.reasoning is not None:
        message["reasoning"] = response.reasoning
    if response.finish_reason is not None:
        message["finish_reason"] = response.finish_reason.value
    data = response.provider_data or {}
    message |= {key: data[key] for key in STATE if key in data}
    return message


def healed(value: Json) -> Any:
    """The same JSON with U+FFFD for lone surrogates, which no request body can say."""
    if isinstance(value, str):
        return jsontext.heal(value)
    if isinstance(value, dict):
        return {healed(key): healed(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [healed(entry) for entry in value]
    return value
