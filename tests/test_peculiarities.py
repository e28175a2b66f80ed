"""What real servers and recorders do beside their documents, each in the least that shows it."""

import base64
import json

import pytest

from harness.cassette import loads
from harness.cassette.importing import import_
from harness.cassette.read import read
from harness.engine.reading import read_exchange
from harness.errors import CassetteError
from harness.model import Exchange, Piece, Request
from harness.wire import eventstream

CHAT = "https://llm.example/v1/chat/completions"
RESPONSES = "https://llm.example/v1/responses"
MODEL = "https://bedrock-runtime.eu-north-1.amazonaws.com/model/some.model-v1"


def said(url, body, status=200, kind="", method="POST"):
    """What replay says of one answer."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    headers = (("content-type", kind),) if kind else ()
    return read_exchange(Exchange(Request(method, url), status, "", headers, (Piece(data),))).json()


def sse(*events):
    """Unnamed events, each a JSON text."""
    return b"".join(b"data: %b\n\n" % _text(event) for event in events)


def _text(event):
    return event if isinstance(event, bytes) else json.dumps(event).encode()


def whole(message, finish="stop", usage=None, **beside):
    choice = {"index": 0, "message": message, "finish_reason": finish, **beside}
    return {"object": "chat.completion", "choices": [choice], "usage": usage}


def calls(found):
    return [(one["name"], one["arguments"]) for one in found["response"]["tool_calls"]]


# Chat


def test_a_whole_reply_beats_the_empty_delta_beside_it():
    """A choice of a whole body may hold both: the message is the reply."""
    reply = whole({"content": "Blue."}, delta={"role": "assistant", "content": ""})
    assert said(CHAT, reply)["response"]["content"] == "Blue."


def test_a_summary_beside_a_delta_is_not_said_again():
    """A streamed chunk may carry the message so far beside its delta."""

    def chunk(new, all_of_it, finish=None):
        return {
            "choices": [
                {"delta": {"content": new}, "message": {"content": all_of_it}}
                | {"finish_reason": finish}
            ]
        }

    body = sse(chunk("Bl", "Bl"), chunk("ue.", "Blue.", "stop"), b"[DONE]")
    assert said(CHAT, body)["response"]["content"] == "Blue."


def test_an_empty_legacy_call_is_no_call():
    """A server that marshals every field sends `function_call` with empty texts in each reply."""
    message = {"content": "4", "function_call": {"name": "", "arguments": ""}, "tool_calls": None}
    found = said(CHAT, whole(message))
    assert (found["response"]["content"], found["response"]["finish_reason"]) == ("4", "stop")
    assert calls(found) == []
    assert found["warnings"] == []


def test_a_legacy_call_is_a_call():
    """`function_call` of before tools, whole."""
    message = {"content": None, "function_call": {"name": "look", "arguments": '{"at":1}'}}
    found = said(CHAT, whole(message, "function_call"))
    assert calls(found) == [("look", '{"at":1}')]
    assert found["response"]["finish_reason"] == "tool_calls"


def test_an_empty_custom_object_beside_a_function_does_not_hide_it():
    """The same server gives every call both kinds, of which one is empty."""
    call = {
        "id": "c1",
        "function": {"name": "look", "arguments": '{"at":1}'},
        "custom": {"name": "", "input": ""},
    }
    assert calls(said(CHAT, whole({"tool_calls": [call]}, "tool_calls"))) == [("look", '{"at":1}')]


def test_a_custom_call_may_say_anything():
    """A free-form call's input is no JSON, and is offered as it came."""
    call = {"id": "c1", "type": "custom", "custom": {"name": "sing", "input": "la la"}}
    assert calls(said(CHAT, whole({"tool_calls": [call]}, "tool_calls"))) == [("sing", "la la")]


def test_what_a_silent_stream_cost_is_kept():
    """One empty delta, the usage, `[DONE]`: nothing was said, and it was billed."""
    counts = {"prompt_tokens": 9, "completion_tokens": 0, "total_tokens": 9}
    opening = {"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}}]}
    found = said(CHAT, sse(opening | {"usage": counts}, b"[DONE]"))
    assert found["outcome"] == "interrupted"
    assert found["response"]["usage"]["input_tokens"] == 9
    assert found["response"]["finish_reason"] is None
    assert found["warnings"] == ["the reply ended before it said anything"]


def test_tokens_of_sound_that_only_the_total_has_are_prompt():
    """The prompt's own count leaves the sound out; its details name it."""
    usage = {
        "prompt_tokens": 9,
        "completion_tokens": 20,
        "total_tokens": 129,
        "prompt_tokens_details": {"audio_tokens": 100},
    }
    counts = said(CHAT, whole({"content": "A song."}, usage=usage))["response"]["usage"]
    assert (counts["input_tokens"], counts["output_tokens"]) == (109, 20)


@pytest.mark.parametrize("raw", ['["a"]', '"a"', "1", "true", '["a",]', "[1"])
def test_arguments_are_an_object_or_the_call_is_dropped(raw):
    """A list or a bare value is JSON, and names no parameter."""
    call = {"id": "c1", "function": {"name": "look", "arguments": raw}}
    found = said(CHAT, whole({"tool_calls": [call]}, "tool_calls"))
    assert calls(found) == []
    assert any("look" in sentence for sentence in found["warnings"])


def test_a_body_that_begins_with_blank_lines_is_read():
    """A gateway keeps a slow whole reply alive with line breaks before it."""
    body = b"\n   \n" * 200 + json.dumps(whole({"content": "Late."})).encode()
    assert said(CHAT, body)["response"]["content"] == "Late."


# Responses


def test_parts_that_are_counted_on_from_the_item_before_are_said_once():
    """The message's deltas name part 1, the finished item has it as its only part."""
    events = [
        {
            "type": "response.output_item.added",
            "output_index": 0,
            "item": {"type": "message", "id": "m", "content": []},
        },
        {
            "type": "response.output_text.delta",
            "output_index": 0,
            "item_id": "m",
            "content_index": 1,
            "delta": "One.",
        },
        {
            "type": "response.output_item.done",
            "output_index": 0,
            "item": {
                "type": "message",
                "id": "m",
                "status": "completed",
                "content": [{"type": "output_text", "text": "One. Two."}],
            },
        },
        {"type": "response.completed", "response": {"status": "completed", "output": []}},
    ]
    assert said(RESPONSES, sse(*events))["response"]["content"] == "One. Two."


def program_call(status):
    call = {"type": "function_call", "call_id": "c1", "name": "look", "arguments": "{}"}
    call |= {"status": "in_progress", "caller": {"type": "program", "caller_id": "p1"}}
    return {"object": "response", "status": status, "output": [call]}


def test_a_call_by_the_servers_own_program_waits_for_the_client():
    """It is in progress until it is answered, in a reply that is complete."""
    found = said(RESPONSES, program_call("completed"))
    assert calls(found) == [("look", "{}")]
    assert found["response"]["finish_reason"] == "tool_calls"
    assert calls(said(RESPONSES, program_call("incomplete"))) == []


# Who speaks


def test_a_message_put_into_a_thread_is_no_reply():
    """The Assistants API has a path of the same end."""
    found = said("https://api.openai.com/v1/threads/t1/messages", {"object": "thread.message"})
    assert found["outcome"] == "unsupported"


def test_converse_is_known_behind_a_gateways_prefix():
    """The path's end decides."""
    message = {"role": "assistant", "content": [{"text": "Hi"}]}
    reply = {"output": {"message": message}, "stopReason": "end_turn"}
    found = said("http://localhost:9/bedrock/model/some.model-v1%3A0/converse", reply)
    assert (found["transport"], found["response"]["content"]) == ("bedrock_converse", "Hi")


# Messages inside AWS's frames

EVENTS = (
    {"type": "message_start", "message": {"id": "m", "usage": {"input_tokens": 5}}},
    {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
    {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": "Hi"}},
    {"type": "content_block_stop", "index": 0},
    {
        "type": "message_delta",
        "delta": {"stop_reason": "end_turn"},
        "usage": {"output_tokens": 2},
    },
    {"type": "message_stop"},
)
BINARY = "application/vnd.amazon.eventstream"


def frame(payload, **headers):
    named = {":message-type": "event", ":event-type": "chunk"} | headers
    return eventstream.encode(named, json.dumps(payload).encode())


def held(event):
    text = json.dumps(event, separators=(",", ":")).encode()
    return frame({"bytes": base64.b64encode(text).decode(), "p": "abc"})


def invoked(body):
    return said(f"{MODEL}/invoke-with-response-stream", body, kind=BINARY)


def test_messages_are_read_inside_binary_frames():
    """InvokeModelWithResponseStream holds each event in base64."""
    found = invoked(b"".join(held(event) for event in EVENTS))
    assert (found["transport"], found["outcome"]) == ("anthropic_messages", "complete")
    assert found["response"]["content"] == "Hi"
    assert found["response"]["usage"]["input_tokens"] == 5
    assert found["streamed"]


def test_an_exception_frame_ends_messages_with_its_error():
    """What the server broke off with is the error's type."""
    broken = {":message-type": "exception", ":exception-type": "throttlingException"}
    body = b"".join(map(held, EVENTS[:3])) + frame({"message": "Slow down"}, **broken)
    found = invoked(body)
    assert found["outcome"] == "error"
    assert (found["error"]["type"], found["error"]["message"]) == (
        "throttlingException",
        "Slow down",
    )


def test_a_frame_that_holds_no_event_damages_only_itself():
    """It is named, and the reply goes on."""
    body = b"".join([*map(held, EVENTS[:4]), frame({"bytes": "%%"}), *map(held, EVENTS[4:])])
    found = invoked(body)
    assert found["response"]["content"] == "Hi"
    assert any("no event" in sentence for sentence in found["warnings"])


def test_another_protocol_inside_frames_is_unsupported():
    """Only the first event tells whose words they are."""
    text = base64.b64encode(b'{"outputText":"Hi"}').decode()
    assert invoked(frame({"bytes": text}))["outcome"] == "unsupported"


# Recorders

HI = json.dumps(whole({"content": "Hi"}))
HI_CODED = base64.b64encode(HI.encode()).decode()
ASKED = '{"model":"m"}'


def texts(tape):
    document = tape if isinstance(tape, str) else json.dumps(tape)
    cassette, dialect = read(document.encode())
    return dialect, [read_exchange(one).json()["response"]["content"] for one in cassette.exchanges]


@pytest.mark.parametrize(
    "body",
    [
        {"encoding": "UTF-8", "string": HI},
        {"base64_string": base64.b64encode(HI.encode()).decode()},
    ],
    ids=["text", "base64"],
)
@pytest.mark.parametrize("status", [200, {"code": 200, "message": "OK"}], ids=["number", "pair"])
def test_cassettes_of_ruby_and_r_are_read(body, status):
    """`http_interactions`, a method in small letters, bodies as mappings."""
    asked = {"method": "post", "uri": CHAT, "body": {"string": ASKED}, "headers": {}}
    answer = {"status": status, "headers": {"Content-Type": ["application/json"]}, "body": body}
    item = {"request": asked, "response": answer, "recorded_at": "some day"}
    tape = {"http_interactions": [item], "recorded_with": "VCR"}
    assert texts(tape) == ("http-interactions", ["Hi"])
    request = loads(json.dumps(tape).encode()).exchanges[0].request
    assert (request.method, request.body) == ("POST", ASKED.encode())


def test_cassettes_of_go_are_read():
    """`url`, Go's own fields of a request, the status in two places."""
    asked = {"proto": "HTTP/1.1", "content_length": 13, "host": "", "form": {}, "body": ASKED}
    asked |= {"url": CHAT, "method": "POST", "headers": {"Accept": ["*/*"]}}
    answer = {"proto": "HTTP/2.0", "content_length": -1, "uncompressed": True, "body": HI}
    answer |= {"headers": {}, "status": "200 OK", "code": 200, "duration": "1.2s"}
    tape = {"version": 2, "interactions": [{"id": 0, "request": asked, "response": answer}]}
    assert texts(tape) == ("go-vcr", ["Hi"])
    assert loads(json.dumps(tape).encode()).exchanges[0].reason == "OK"


def test_cassettes_of_nock_are_read():
    """A list of answers with their scope; JSON stands as JSON, binary as hexadecimal text."""
    item = {"scope": "https://llm.example:443", "method": "POST", "path": "/v1/chat/completions"}
    item |= {"body": {"model": "m"}, "status": 200, "rawHeaders": ["Content-Type", "text/plain"]}
    tape = [item | {"response": json.loads(HI)}, item | {"response": HI.encode().hex()}]
    assert texts(tape) == ("nock", ["Hi", "Hi"])
    exchange = loads(json.dumps(tape).encode()).exchanges[0]
    assert exchange.headers == (("Content-Type", "text/plain"),)


def test_a_file_of_one_pair_is_a_cassette():
    """`request` and `response`, with nothing around them."""
    asked = {"method": "POST", "url": CHAT, "headers": {"a": "b"}, "body": ASKED}
    answer = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": HI}
    assert texts({"request": asked, "response": answer}) == ("request-and-response", ["Hi"])


def test_header_names_that_were_pickled_are_text():
    """aiohttp's own kind of text, as stock vcrpy writes and reads it."""
    tape = f"""\
interactions:
- request:
    method: POST
    uri: {CHAT}
    body: null
    headers:
      ? !!python/object/apply:multidict._multidict.istr
      - Accept
      : - text/plain
      ? !!python/object/new:multidict._multidict.istr
      - X-Other
      : - '1'
  response:
    status: {{code: 200, message: OK}}
    headers: {{}}
    body: {{string: '{HI}'}}
version: 1
"""
    assert texts(tape)[1] == ["Hi"]
    request = loads(tape.encode()).exchanges[0].request
    assert request.headers == (("Accept", "text/plain"), ("X-Other", "1"))


def test_a_request_body_that_is_a_mapping_is_json():
    """Some recorders leave the parsed body where the text was."""
    asked = {"method": "POST", "uri": CHAT, "headers": {}, "body": {"model": "m"}}
    answer = {"status": {"code": 200, "message": "OK"}, "headers": {}, "body": {"string": HI}}
    tape = {"version": 1, "interactions": [{"request": asked, "response": answer}]}
    request = loads(json.dumps(tape).encode()).exchanges[0].request
    assert json.loads(request.body) == {"model": "m"}


WRONG = {
    "ruby": ({"http_interactions": [{"request": {"method": "get"}}]}, "http_interactions[0]"),
    "go": ({"interactions": [{"request": {"url": 1, "method": "GET"}}]}, "interactions[0]"),
    "nock": ([{"scope": "x", "path": "/", "status": "?"}], "[0]"),
    "pair": ({"request": {}, "response": {}}, "request"),
}


@pytest.mark.parametrize(("tape", "place"), WRONG.values(), ids=WRONG)
def test_a_foreign_cassette_that_is_wrong_is_refused_with_its_place(tape, place):
    """The path is that of the file itself, not of what we made of it."""
    with pytest.raises(CassetteError) as caught:
        loads(json.dumps(tape).encode())
    assert place in str(caught.value)


def test_a_foreign_cassette_is_imported_as_a_stock_one(tmp_path):
    """Its provenance names the dialect that it was in."""
    asked = {"method": "post", "uri": CHAT, "body": {"string": ASKED}, "headers": {}}
    answer = {"status": 200, "headers": {}, "body": {"string": HI}}
    path = tmp_path / "tape.json"
    path.write_text(json.dumps({"http_interactions": [{"request": asked, "response": answer}]}))
    assert import_(path).provenance["dialect"] == "http-interactions"
