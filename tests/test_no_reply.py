"""A whole body under status 200 that is no reply of its protocol, on all five wires."""

import json

import pytest
from wire_samples import SERVER, read_bytes

from harness.model import EventKind, FailureKind, FinishReason, OutcomeKind
from harness.transports import TRANSPORTS
from harness.wire.document import LIMIT

WIRES = ("chat_completions", "anthropic_messages", "codex_responses", "bedrock_converse", "gateway")
JSON = (("content-type", "application/json"),)

# What no protocol of ours says: each is an error, whoever reads it.
NOBODYS = {
    "nothing": "",
    "blanks": " \n\n",
    "null": "null",
    "number": "7",
    "string": '"Hello"',
    "true": "true",
    "words": "upstream is busy",
    "list": "[]",
    "list_of_numbers": "[7]",
    "list_of_objects": '[{"content":"Hello"}]',
    "empty_object": "{}",
    "other_object": '{"id":1,"usage":{},"model":"m"}',
    "typed_only": '{"type":"message"}',
    "half_object": '{"content":7,"choices":[],"output":7}',
    "numbers": '{"content":7,"choices":7,"output":7,"tool_calls":7}',
    "objects": '{"content":{},"choices":{},"output":{}}',
    "lists_of_numbers": '{"content":[7],"choices":[7],"output":[7]}',
    "reasons_alone": '{"stop_reason":"end_turn","stopReason":"end_turn","finish_reason":"stop"}',
    "status_alone": '{"status":"completed"}',
}

# What one protocol says in a wrong type, with its good end beside it.
ONE_WIRES = {
    "chat_completions": (
        '{"choices":null}',
        '{"choices":[{"finish_reason":"stop","index":0}]}',
        '{"choices":[{"message":null,"finish_reason":"stop"}]}',
        '{"choices":[{"message":7,"finish_reason":"stop"}]}',
        '{"choices":[{"message":["Hello"],"finish_reason":"stop"}]}',
        '{"choices":["Hello"]}',
    ),
    "anthropic_messages": (
        '{"type":"message","content":null,"stop_reason":"end_turn"}',
        '{"type":"message","content":"Hello","stop_reason":"end_turn"}',
        '{"type":"message","content":[7],"stop_reason":"end_turn"}',
        '{"type":"message","content":{"type":"text"},"stop_reason":"end_turn"}',
    ),
    "codex_responses": (
        '{"object":"response","status":"completed","output":7}',
        '{"object":"response","status":"completed","output":[7]}',
        '{"object":"response","status":"completed","output":{}}',
        '{"object":"response","status":7,"output":[]}',
        '{"object":"list","output":[]}',
        '{"output":[]}',
    ),
    "bedrock_converse": (
        '{"stopReason":"end_turn","output":null}',
        '{"stopReason":"end_turn","output":{"message":7}}',
        '{"stopReason":"end_turn","output":{"message":{"content":7}}}',
        '{"stopReason":"end_turn","output":{"message":{"content":["Hello"]}}}',
    ),
    "gateway": (
        '{"choices":[],"content":7}',
        '{"content":{},"usage":{"prompt_tokens":1}}',
        '{"content":[],"tool_calls":[]}',
        '{"tool_calls":null,"usage":null}',
        '{"is_final":true}',
    ),
}

# What looks as empty, and is a reply.
EMPTY = {
    "chat_completions": '{"choices":[{"message":{"content":null},"finish_reason":"stop"}]}',
    "anthropic_messages": '{"type":"message","content":[],"stop_reason":"end_turn"}',
    "codex_responses": '{"object":"response","status":"completed","output":[]}',
    "bedrock_converse": '{"stopReason":"end_turn","output":{"message":{"content":[]}}}',
    "gateway": '{"content":null,"model":"m","usage":null,"tool_calls":null}',
}


# What stands around a reply that is whole, and is none of it.
AROUND = {
    "mark": (b"\xef\xbb\xbf", b""),
    "blanks": (b"\r\n \n", b"\n\n"),
    "another": (b"", b'\n{"error":"late"}'),
    "words": (b"", b"}]done"),
}
PAGES = {"plain": "<html>Sign in</html>", "styled": "<html>{a: b}Sign in</html>", "cut": "<ht"}


def read(wire, body, streamed):
    """As the body comes: whole, and byte by byte."""
    body = body if isinstance(body, bytes) else body.encode()
    headers = JSON if not streamed else (("content-type", streamed),)
    cuts = [body[at : at + 1] for at in range(len(body))]
    whole, _ = read_bytes(TRANSPORTS.get(wire), [body], 200, headers, server=SERVER)
    assert read_bytes(TRANSPORTS.get(wire), cuts, 200, headers, server=SERVER)[0] == whole
    return whole


@pytest.mark.parametrize("streamed", ["", "text/event-stream"], ids=["whole", "streamed"])
@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("name", NOBODYS)
def test_what_is_nobodys_reply_is_an_error(wire, name, streamed):
    """Whatever the content type promises, and on every wire."""
    outcome = read(wire, NOBODYS[name], streamed)
    assert outcome.kind is OutcomeKind.ERROR
    assert outcome.failure.message


@pytest.mark.parametrize(
    ("wire", "body"), [(wire, body) for wire, bodies in ONE_WIRES.items() for body in bodies]
)
def test_a_reply_in_wrong_types_is_an_error(wire, body):
    """A good end beside it does not make it a reply."""
    assert read(wire, body, "").kind is OutcomeKind.ERROR


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("page", PAGES.values(), ids=PAGES)
def test_a_page_is_an_error_that_quotes_it(wire, page):
    """A login page under status 200 is no reply that was cut, whatever brackets it has."""
    outcome = read(wire, page, "")
    assert outcome.kind is OutcomeKind.ERROR
    assert page in outcome.failure.message


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_what_stands_around_a_reply_is_none_of_it(wire, around):
    """It is over with its last bracket, whichever pieces it came in."""
    before, after = around
    outcome = read(wire, before + EMPTY[wire].encode() + after, "")
    assert outcome.kind is OutcomeKind.COMPLETE


@pytest.mark.parametrize("wire", WIRES)
def test_a_reply_that_says_nothing_is_still_one(wire):
    """A model may have nothing to say: then all that its protocol demands is there."""
    outcome = read(wire, EMPTY[wire], "")
    assert outcome.kind is OutcomeKind.COMPLETE
    assert outcome.response.finish_reason is FinishReason.STOP
    assert not outcome.response.content


NAMELESS = {
    "chat_completions": {
        "choices": [
            {
                "index": 0,
                "message": {"tool_calls": [{"id": "c", "function": {"arguments": "{}"}}]},
                "finish_reason": "tool_calls",
            }
        ]
    },
    "anthropic_messages": {
        "type": "message",
        "content": [{"type": "tool_use", "id": "c", "input": {}}],
        "stop_reason": "tool_use",
    },
    "codex_responses": {
        "object": "response",
        "status": "completed",
        "output": [{"type": "function_call", "call_id": "c", "arguments": "{}"}],
    },
    "bedrock_converse": {
        "output": {"message": {"content": [{"toolUse": {"toolUseId": "c", "input": {}}}]}},
        "stopReason": "tool_use",
    },
    "gateway": {"content": "", "tool_calls": [{"id": "c", "arguments": {}}]},
}


@pytest.mark.parametrize("wire", WIRES)
def test_a_call_without_a_name_is_dropped_for_that(wire):
    """Its arguments are whole: what it lacks is a name, and the warning says so."""
    body = json.dumps(NAMELESS[wire]).encode()
    outcome, _ = read_bytes(TRANSPORTS.get(wire), [body], headers=JSON)
    assert outcome.response.tool_calls is None
    assert outcome.warnings == ("tool call (no name) was dropped: it has no name",)


@pytest.mark.parametrize("wire", WIRES)
def test_an_error_beyond_every_limit_keeps_its_status(wire):
    """Nobody reads so much of it, but what the status says is known."""
    flood = [b"x" * LIMIT, b"x"]
    outcome, events = read_bytes(TRANSPORTS.get(wire), flood, 429)
    failure = outcome.failure
    assert (failure.status, failure.kind) == (429, FailureKind.RATE_LIMIT)
    assert f"larger than {LIMIT} bytes" in failure.message
    assert [event.kind for event in events] == [EventKind.FAILURE]


@pytest.mark.parametrize("wire", ["chat_completions", "gateway"])
def test_a_page_beyond_every_limit_is_no_reply(wire):
    outcome, events = read_bytes(TRANSPORTS.get(wire), [b"\n", b"<" * LIMIT, b"x"])
    assert outcome.failure.kind is FailureKind.PROTOCOL
    assert f"larger than {LIMIT} bytes" in outcome.failure.message
    assert [event.kind for event in events] == [EventKind.FAILURE]
