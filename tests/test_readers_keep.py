"""What readers once lost, or told otherwise than they kept it: whole replies and short streams."""

import json

import pytest

from harness.model import EventKind, Provider
from harness.transports import TRANSPORTS

BACKEND = Provider(name="somebody", transport="any", base_url="https://example.com", model="m")


def read(name, body):
    reader = TRANSPORTS.get(name).reader(BACKEND)
    events = [*reader.feed(body), *reader.end()]
    return events, reader.outcome.response


def sse(*data):
    return b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in data)


def test_a_mended_call_goes_back_as_it_was_offered():
    """The block that is kept for the next turn holds what was executed, not an empty object."""
    _, response = read(
        "anthropic_messages",
        sse(
            {"type": "message_start", "message": {"id": "msg_1", "content": []}},
            {
                "type": "content_block_start",
                "index": 0,
                "content_block": {"type": "thinking", "thinking": "So."},
            },
            {
                "type": "content_block_start",
                "index": 1,
                "content_block": {"type": "tool_use", "id": "t_1", "name": "look", "input": {}},
            },
            {
                "type": "content_block_delta",
                "index": 1,
                "delta": {"type": "input_json_delta", "partial_json": '{"city": "Oslo",}'},
            },
            {"type": "message_delta", "delta": {"stop_reason": "tool_use"}},
            {"type": "message_stop"},
        ),
    )
    assert response.tool_calls[0].arguments == '{"city":"Oslo"}'
    assert response.anthropic_content_blocks[1]["input"] == {"city": "Oslo"}


def test_a_whole_converse_reply_keeps_its_additional_fields():
    """As a streamed one does."""
    reply = {
        "output": {"message": {"role": "assistant", "content": [{"text": "Warm."}]}},
        "stopReason": "end_turn",
        "additionalModelResponseFields": {"x": 1},
    }
    _, response = read("bedrock_converse", json.dumps(reply).encode())
    assert response.data("additional_fields") == {"x": 1}


def test_a_gateways_whole_call_keeps_every_digit():
    """As a streamed one does."""
    number = 12345678901234567890123
    call = {"id": "call_1", "name": "look", "arguments": {"n": number}}
    _, response = read("gateway", json.dumps({"content": "", "tool_calls": [call]}).encode())
    assert json.loads(response.tool_calls[0].arguments) == {"n": number}


@pytest.mark.parametrize("last", ["delta", "done"])
def test_a_call_that_nobody_added_is_named_before_its_arguments(last):
    """Where the event that opens it says its name."""
    item = {"item_id": "fc_1", "output_index": 0, "name": "look"}
    held = {"delta": "{}"} if last == "delta" else {"arguments": "{}"}
    events, _ = read(
        "codex_responses", sse({"type": f"response.function_call_arguments.{last}", **item, **held})
    )
    assert [e.kind for e in events[:2]] == [EventKind.TOOL_NAME, EventKind.TOOL_ARGUMENTS]


def test_a_call_is_told_by_the_id_that_it_is_kept_by():
    """Blanks around an id are no part of it, in the event as in the reply."""
    item = {
        "type": "function_call",
        "id": "fc_1",
        "call_id": " call_1 ",
        "name": "look",
        "arguments": "{}",
    }
    events, response = read(
        "codex_responses",
        sse(
            {"type": "response.output_item.done", "output_index": 0, "item": item},
            {"type": "response.completed", "response": {"status": "completed", "output": []}},
        ),
    )
    told = next(event for event in events if event.kind is EventKind.TOOL_NAME)
    assert told.id == response.tool_calls[0].id == "call_1"


COUNTED = {
    "chat_completions": ("completion_tokens", {"choices": [{"message": {"content": "so"}}]}),
    "anthropic_messages": ("output_tokens", {"content": []}),
    "codex_responses": ("output_tokens", {"status": "completed", "output": []}),
    "bedrock_converse": ("outputTokens", {"output": {"message": {"content": []}}}),
    "gateway": ("completion_tokens", {"content": "so"}),
}


@pytest.mark.parametrize("wire", COUNTED)
@pytest.mark.parametrize(
    ("said", "count"),
    [(7, 7), (7.0, 7), (0, 0), (-7, None), (True, None), ("7", None), (1e300, None), ([7], None)],
)
def test_a_count_is_a_count_on_every_wire(wire, said, count):
    """A number that is not negative, with a point or without."""
    name, reply = COUNTED[wire]
    whole = {**reply, "usage": {name: said}}
    usage = TRANSPORTS.get(wire).normalize_response(whole, BACKEND).usage
    assert (usage.output_tokens if usage else None) == count
