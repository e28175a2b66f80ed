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

from collections.abc import Sequence
from typing import Any

from harness.model import Json, JsonObject, NormalizedResponse
from harness.transports._arguments import as_text
from harness.transports._ids import call_id
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


def identified(messages: Sequence[Any]) -> list[Any]:
    """The history with an id for every call, made of the call itself where it has none (A06), and
    for every result that a call of its turn waits for. A result without one belongs to the first
    call that had none, else to the first that nothing answers."""
    messages = [_of_today(message) for message in messages]
    used: dict[str, int] = {}
    made: list[Any] = []
    begin = 0
    for end in range(1, len(messages) + 1):
        over = end == len(messages) or (_speaks(messages[end]) and not _speaks(messages[end - 1]))
        if over:
            made += _turn(messages[begin:end], used)
            begin = end
    return made


def _of_today(message: Any) -> Any:
    """A message of before there were tools, which had one function call without an id."""
    if not isinstance(message, dict):
        return message
    if message.get("role") == "function":
        return {**message, "role": "tool"}
    if not _speaks(message) or "function_call" not in message:
        return message
    kept = {key: value for key, value in message.items() if key != "function_call"}
    if isinstance(message["function_call"], dict) and not _calls(message):
        kept["tool_calls"] = [{"type": "function", "function": message["function_call"]}]
    return kept


def _turn(turn: Sequence[Any], used: dict[str, int]) -> list[Any]:
    """Calls, and what comes before the model speaks again. `used` are the ids up to here: what is
    still to come changes none, because they stand in a prefix that a server has cached."""
    used |= {key: 1 for message in turn for call in _calls(message) if (key := key_of(call))}
    new: list[str] = []
    made: list[Any] = []
    for message in turn:
        calls = [_with_id(call, n, used, new) for n, call in enumerate(_calls(message))]
        made.append({**message, "tool_calls": calls} if calls else message)
    answered = {_answers(message) for message in made}
    taken = answered.union(new, [""])
    keys = (key_of(call) for message in made for call in _calls(message))
    waiting = iter([*new, *(key for key in keys if key not in taken)])
    for at, message in enumerate(made):
        if _answers(message) == "" and (key := next(waiting, "")):
            made[at] = {**message, "tool_call_id": key}
    return made


def _with_id(call: Any, number: int, used: dict[str, int], new: list[str]) -> Any:
    if not isinstance(call, dict) or key_of(call):
        return call
    own = call.get("function") or call.get("custom") or call
    own = own if isinstance(own, dict) else {}
    said = as_text(own.get("arguments", own.get("input")))
    key = call_id(str(own.get("name") or ""), said, number)
    used[key] = used.get(key, 0) + 1
    if used[key] > 1:
        key = f"{key}_d{used[key]}"
    new.append(key)
    return {**{name: value for name, value in call.items() if name != "call_id"}, "id": key}


def key_of(call: Any) -> str:
    """What pairs a call with its result: call_id where there is one, else id."""
    found = (call.get("call_id") or call.get("id")) if isinstance(call, dict) else None
    return str(found or "").strip()


def _answers(message: Any) -> str | None:
    """The id that a result names; None for what is no result."""
    if not isinstance(message, dict) or message.get("role") != "tool":
        return None
    return str(message.get("tool_call_id") or "").strip()


def _speaks(message: Any) -> bool:
    return isinstance(message, dict) and message.get("role") == "assistant"


def _calls(message: Any) -> Sequence[Any]:
    calls = message.get("tool_calls") if _speaks(message) else ()
    return calls if isinstance(calls, list | tuple) else ()


def healed(value: Json) -> Any:
    """The same JSON with U+FFFD for lone surrogates, which no request body can say."""
    if isinstance(value, str):
        return jsontext.heal(value)
    if isinstance(value, dict):
        return {healed(key): healed(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [healed(entry) for entry in value]
    return value
