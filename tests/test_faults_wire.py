"""Every fault is seen on the wire by a raw client: what it promises is what comes."""

# ruff: noqa: E501  a table is read by its rows

import json
import re
from dataclasses import replace

import pytest
from fault_tapes import TAPES, TEXT, WIRES, tagged
from fault_wire import see

from harness.errors import FramingError, NotApplicable, UsageError, WireError
from harness.faults import FAULTS
from harness.model import Ending, Framing, Piece, Regions
from harness.registry import module_of
from harness.replay.loopback import Loopback
from harness.wire.eventstream import EventStreamDecoder

SSE = [wire for wire in WIRES if wire != "converse"]


def calls(seen):
    """Chat's fragments of calls, in order."""
    choices = [choice for event in seen.events() for choice in event.get("choices") or ()]
    return [
        one for choice in choices for one in (choice.get("delta") or {}).get("tool_calls") or ()
    ]


def names(seen):
    return [one.get("function", {}).get("name") for one in calls(seen)]


def ids(seen):
    return [one.get("id", "absent") for one in calls(seen)]


def indexes(seen):
    return [one.get("index", "absent") for one in calls(seen)]


def given(seen):
    """Chat's argument strings."""
    return [one.get("function", {}).get("arguments") for one in calls(seen)]


def usages(seen):
    return [event["usage"] for event in seen.events() if "usage" in event]


def lines(seen):
    return re.split(rb"\r\n|\r|\n", seen.body)


ARGUMENTS = "".join(TAPES["chat"]()[1].text("tool_arguments", 0))

# (fault, arguments, tape, what a raw client must see; `was` is what it sees of the clean answer)
SEEN = [
    ("cut", {"after": "text"}, WIRES, lambda s, was: was.body.startswith(s.body) and s.end == "fin"),
    ("status", {"code": 429, "retry_after": "7"}, WIRES, lambda s, was: s.status.startswith("HTTP/1.1 429") and s.headers["retry-after"] == "7"),
    ("status", {"code": 503, "retry_after": "date"}, ["chat"], lambda s, was: s.headers["retry-after"].endswith("21:00:03 GMT") and s.headers["date"].endswith("21:00:00 GMT")),
    ("status", {"code": 529}, ["messages"], lambda s, was: json.loads(s.body)["error"]["type"] == "overloaded_error"),
    ("status", {"code": 401}, ["jwt"], lambda s, was: "detail" in json.loads(s.body)),
    ("status", {"code": 403}, ["converse"], lambda s, was: s.headers["x-amzn-errortype"] == "AccessDeniedException"),
    ("status", {"code": 502, "body": "html"}, WIRES, lambda s, was: s.headers["content-type"] == "text/html" and s.body.startswith(b"<html>")),
    ("status", {"code": 500, "body": "empty"}, ["chat"], lambda s, was: s.body == b"" and s.headers["content-length"] == "0"),
    ("status", {"code": 500, "body": "broken"}, ["chat"], lambda s, was: s.body.startswith(b'{"error"') and not s.body.endswith(b"}")),
    ("refuse", {}, WIRES, lambda s, was: s.end == "refused"),
    ("slow_headers", {"seconds": 0.2}, ["chat"], lambda s, was: s.times[0] >= 0.15 and s.body == was.body),
    ("rechunk", {"how": "one_byte"}, WIRES, lambda s, was: {len(c) for c in s.chunks} == {1} and s.body == was.body),
    ("rechunk", {"how": "random", "seed": 7}, WIRES, lambda s, was: s.chunks != was.chunks and s.body == was.body),
    ("rechunk", {"how": "whole"}, WIRES, lambda s, was: len(s.chunks) == 1 and s.body == was.body),
    ("rechunk", {"how": "per_line"}, SSE, lambda s, was: all(c.count(b"\n") == 1 for c in s.chunks) and s.body == was.body),
    ("rechunk", {"how": "inside_code_points"}, WIRES, lambda s, was: sum(c[:1] >= b"\x80" and c[:1] < b"\xc0" for c in s.chunks) >= 3 and s.body == was.body),
    ("pace", {"seconds": 0.05, "event": 3}, WIRES, lambda s, was: s.times[-1] >= 0.04 and s.body == was.body),
    ("keepalive", {"pings": 3, "seconds": 0.01}, ["chat", "jwt"], lambda s, was: s.body.count(b": keep-alive\n\n") == 3),
    ("keepalive", {"pings": 3, "seconds": 0.01}, ["messages"], lambda s, was: s.body.count(b"event: ping\n") == 3),
    ("keepalive", {"pings": 2, "seconds": 0.01, "then": "stall"}, ["responses"], lambda s, was: s.body.count(b"event: keepalive\n") == 2 and s.end == "silent"),
    ("hold_open", {}, WIRES, lambda s, was: s.body == was.body and s.end == "silent"),
    ("trailing_junk", {"what": "text"}, SSE, lambda s, was: s.body.startswith(was.body) and TEXT[0].encode() in s.body[len(was.body) :]),
    ("trailing_junk", {"what": "bytes"}, SSE, lambda s, was: s.body == was.body + b"\x00\xff\xfe{not json\n\n"),
    ("trailing_junk", {"what": "error"}, SSE, lambda s, was: b"too late" in s.body[len(was.body) :]),
    ("content_length", {"by": 10}, ["document"], lambda s, was: int(s.headers["content-length"]) == len(s.body) + 10),
    ("content_length", {"by": -10}, ["document"], lambda s, was: int(s.headers["content-length"]) == len(was.body) - 10),
    ("gzip", {}, WIRES, lambda s, was: s.unpacked == was.body and s.headers["content-encoding"] == "gzip"),
    ("gzip", {"how": "cut"}, ["chat"], lambda s, was: s.unpacked == was.body and s.end == "fin"),
    ("gzip", {"how": "mislabelled"}, ["chat"], lambda s, was: s.body == was.body and s.headers["content-encoding"] == "gzip"),
    ("drop", {"what": "terminator"}, ["chat", "jwt"], lambda s, was: b"[DONE]" not in s.body and was.body.startswith(s.body)),
    ("drop", {"what": "terminator"}, ["messages"], lambda s, was: b"message_stop" not in s.body and b"tool_use" in s.body),
    ("drop", {"what": "terminator"}, ["responses"], lambda s, was: b"response.completed" not in s.body),
    ("drop", {"what": "terminator"}, ["converse"], lambda s, was: b"messageStop" not in s.body and b"usage" in s.body),
    ("drop", {"what": "finish"}, ["chat", "document"], lambda s, was: '"finish_reason": "tool_calls"' not in s.told and '"finish_reason": null' in s.told),
    ("drop", {"what": "finish"}, ["messages", "converse"], lambda s, was: '"tool_use"' not in s.told.replace('"type": "tool_use"', "")),
    ("drop", {"what": "finish"}, ["jwt"], lambda s, was: '"is_final": true' not in s.told),
    ("drop", {"what": "usage"}, [*WIRES, "document"], lambda s, was: '"usage"' in was.told and '"usage"' not in s.told),
    ("drop", {"event": 2}, WIRES, lambda s, was: len(s.events()) == len(was.events()) - 1),
    ("duplicate", {"what": "text"}, WIRES, lambda s, was: s.told.count("Ich schaue") == was.told.replace("".join(TEXT), "").count("Ich schaue") + 1 + was.told.count("".join(TEXT))),
    ("duplicate", {"event": 1}, WIRES, lambda s, was: s.events()[1] == s.events()[2] == was.events()[1]),
    ("reorder", {"event": 1}, WIRES, lambda s, was: s.events()[1:3] == was.events()[2:0:-1]),
    ("reorder", {}, ["chat", "converse"], lambda s, was: s.told.index('"usage"') < s.told.index("stopReason" if "stopReason" in s.told else '"finish_reason": "tool_calls"')),
    ("error_event", {"kind": "overloaded"}, ["chat"], lambda s, was: s.events()[-1]["error"]["type"] == "server_is_overloaded"),
    ("error_event", {"kind": "lost", "shape": "beside_choice"}, ["chat"], lambda s, was: s.events()[-1]["choices"][0]["finish_reason"] == "error" and s.events()[-1]["error"]["code"] == 502),
    ("error_event", {"shape": "text"}, ["chat", "jwt"], lambda s, was: isinstance(s.events()[-1]["error"], str)),
    ("error_event", {"shape": "listed"}, ["chat"], lambda s, was: isinstance(s.events()[-1], list)),
    ("error_event", {"kind": "overloaded"}, ["messages"], lambda s, was: s.events()[-1]["error"]["type"] == "overloaded_error" and b"event: error\n" in s.body),
    ("error_event", {}, ["responses"], lambda s, was: s.events()[-1]["type"] == "error" and "code" in s.events()[-1]),
    ("error_event", {"shape": "nested"}, ["responses"], lambda s, was: "code" in s.events()[-1]["error"]),
    ("error_event", {"shape": "failed"}, ["responses"], lambda s, was: s.events()[-1]["response"]["status"] == "failed"),
    ("error_event", {"kind": "rate_limit"}, ["converse"], lambda s, was: b":exception-type\x07\x00\x13throttlingException" in s.body),
    ("error_event", {"shape": "error_frame"}, ["converse"], lambda s, was: b":error-code" in s.body and b":error-message" in s.body),
    ("error_event", {"after": "nothing"}, ["jwt"], lambda s, was: [sorted(e) for e in s.events()] == [["detail", "error"]]),
    ("not_a_reply", {}, WIRES, lambda s, was: s.status.startswith("HTTP/1.1 200") and s.body.startswith(b"{") and b"had an error" in s.body),
    ("not_a_reply", {"body": "html"}, WIRES, lambda s, was: s.headers["content-type"].startswith("text/html") and s.body.startswith(b"<!DOCTYPE")),
    ("not_a_reply", {"body": "empty"}, WIRES, lambda s, was: s.body == b"" and s.end == "whole"),
    ("not_a_reply", {"body": "done"}, ["chat"], lambda s, was: s.body == b"data: [DONE]\n\n"),
    ("not_a_reply", {"body": "cut"}, WIRES, lambda s, was: s.body.startswith(b"{") and not s.body.endswith(b"}")),
    ("sse_syntax", {"style": "crlf"}, SSE, lambda s, was: s.body == was.body.replace(b"\n", b"\r\n")),
    ("sse_syntax", {"style": "cr"}, SSE, lambda s, was: s.body == was.body.replace(b"\n", b"\r")),
    ("sse_syntax", {"style": "bom"}, SSE, lambda s, was: s.body == b"\xef\xbb\xbf" + was.body),
    ("sse_syntax", {"style": "comments"}, SSE, lambda s, was: s.body.count(b": keep-alive") == len(was.chunks) and s.events() == was.events()),
    ("sse_syntax", {"style": "no_space"}, SSE, lambda s, was: b"data: " not in s.body and s.events() == was.events()),
    ("sse_syntax", {"style": "multi_line"}, SSE, lambda s, was: s.body.count(b"data:") > was.body.count(b"data:") and s.events() == was.events()),
    ("sse_syntax", {"style": "event_names"}, ["chat", "jwt"], lambda s, was: s.body.count(b"event: message\n") == len(was.chunks)),
    ("sse_syntax", {"style": "no_event_names"}, ["messages", "responses"], lambda s, was: b"event:" not in s.body and s.events() == was.events()),
    ("sse_syntax", {"style": "ids"}, SSE, lambda s, was: s.body.count(b"id: ") == len(was.chunks) and b"retry: 3000\n" in s.body),
    ("sse_syntax", {"style": "padded"}, SSE, lambda s, was: b"}  \n" in s.body and s.events() == was.events()),
    ("sse_syntax", {"style": "blank"}, SSE, lambda s, was: b"\n\n\n\n" in s.body and s.events() == was.events()),
    ("sse_syntax", {"style": "empty_event"}, SSE, lambda s, was: s.body.count(b"event: nothing\n\n") == len(was.chunks)),
    ("text_with", {"what": "u2028"}, [*WIRES, "document"], lambda s, was: (b"one\xe2\x80\xa8two" in s.body and "one\u2028two\u2029three" in "".join(map(str, s.events()[0:]))) or "one\u2028two" in s.told),
    ("text_with", {"what": "nul"}, WIRES, lambda s, was: b"nul\\u0000nul" in s.body),
    ("text_with", {"what": "done"}, SSE, lambda s, was: b"data: [DONE]\\n\\ndata: Ich" in s.body),
    ("think_tags", {"how": "lose_close"}, ["tagged"], lambda s, was: "<think>" in s.told and "</think>" not in s.told),
    ("think_tags", {"how": "lose_open"}, ["tagged"], lambda s, was: "<think>" not in s.told and "</think>" in s.told),
    ("think_tags", {"how": "upper_case"}, ["tagged"], lambda s, was: "<THINK>" in s.told and "</THINK>" in s.told),
    ("think_tags", {"how": "split"}, ["tagged"], lambda s, was: "<think>" not in s.told or "</think>" not in s.told),
    ("think_tags", {"how": "spaced"}, ["tagged"], lambda s, was: "\\n<think>\\n" in s.told),
    ("arguments", {"how": "empty"}, ["chat", "messages", "converse"], lambda s, was: "unit" not in s.told and "get_weather" in s.told),
    ("arguments", {"how": "empty"}, ["responses", "document"], lambda s, was: "unit" not in s.told and "get_weather" in s.told),
    ("arguments", {"how": "truncated"}, ["chat", "messages", "responses", "converse"], lambda s, was: "Z" in s.told and "°C" not in s.told),
    ("arguments", {"how": "trailing_comma"}, ["chat"], lambda s, was: any(a and a.endswith(",}") for a in given(s))),
    ("arguments", {"how": "control_characters"}, ["chat"], lambda s, was: any(a and "\n\t" in a for a in given(s))),
    ("arguments", {"how": "doubled"}, ["chat"], lambda s, was: ARGUMENTS * 2 in given(s)),
    ("arguments", {"how": "fenced", "call": 1}, ["chat"], lambda s, was: any(a and a.startswith("```json\n") for a in given(s))),
    ("arguments", {"how": "open_string"}, ["chat"], lambda s, was: any(a and a.count('"') % 2 for a in given(s)) and any(a and a.endswith('"°') for a in given(s))),
    ("arguments", {"how": "list"}, ["chat"], lambda s, was: f"[{ARGUMENTS}]" in given(s)),
    ("arguments", {"how": "null"}, ["chat"], lambda s, was: "null" in given(s)),
    ("arguments", {"how": "text"}, ["chat"], lambda s, was: "use the tool" in given(s)),
    ("arguments", {"how": "object"}, ["chat"], lambda s, was: {"city": "Zürich", "unit": "°C"} in given(s)),
    ("arguments", {"how": "object"}, ["responses", "document"], lambda s, was: '{"city": "Zürich", "unit": "°C"}' in s.told),
    ("chat_calls", {"how": "name_repeated"}, ["chat"], lambda s, was: names(s) == ["get_weather"] * 4 + ["get_time"] * 3),
    ("chat_calls", {"how": "id_repeated"}, ["chat"], lambda s, was: ids(s) == ["call_a"] * 4 + ["call_b"] * 3),
    ("chat_calls", {"how": "identity_repeated"}, ["chat"], lambda s, was: names(s)[3] == "get_weather" and ids(s)[3] == "call_a"),
    ("chat_calls", {"how": "cumulative"}, ["chat"], lambda s, was: given(s)[3] == ARGUMENTS and given(s)[2] == ARGUMENTS[: len(given(s)[2])]),
    ("chat_calls", {"how": "same_index"}, ["chat"], lambda s, was: set(indexes(s)) == {0} and {"call_a", "call_b"} <= set(ids(s))),
    ("chat_calls", {"how": "null_index"}, ["chat"], lambda s, was: set(indexes(s)) == {None}),
    ("chat_calls", {"how": "no_index"}, ["chat"], lambda s, was: set(indexes(s)) == {"absent"}),
    ("chat_calls", {"how": "index_from_one"}, ["chat"], lambda s, was: set(indexes(s)) == {1, 2}),
    ("chat_calls", {"how": "no_id"}, ["chat"], lambda s, was: set(ids(s)) == {"absent"}),
    ("chat_calls", {"how": "null_id"}, ["chat"], lambda s, was: None in ids(s) and "call_a" not in ids(s)),
    ("chat_calls", {"how": "empty_id"}, ["chat"], lambda s, was: "" in ids(s) and "call_a" not in ids(s)),
    ("chat_calls", {"how": "integer_id"}, ["chat"], lambda s, was: {7, 8} <= set(ids(s))),
    ("chat_calls", {"how": "late_id"}, ["chat"], lambda s, was: ids(s)[:2] == ["absent", "call_a"]),
    ("chat_calls", {"how": "no_type"}, ["chat"], lambda s, was: not any("type" in one for one in calls(s))),
    ("chat_calls", {"how": "null_arguments"}, ["chat"], lambda s, was: given(s)[0] is None),
    ("chat_calls", {"how": "both_in_one"}, ["chat"], lambda s, was: indexes(s) == [0, 1] and given(s)[0] == ARGUMENTS),
    ("chat_calls", {"how": "interleaved"}, ["chat"], lambda s, was: indexes(s) == [0, 1, 0, 1, 0, 1, 0] and sorted(given(s)) == sorted(given(was))),
    ("chat_calls", {"how": "whole"}, ["chat"], lambda s, was: given(s)[0] == ARGUMENTS and len(given(s)) == 2),
    ("chat_calls", {"how": "with_text"}, ["chat"], lambda s, was: any('"Zürich."' in json.dumps(e, ensure_ascii=False) and "get_weather" in json.dumps(e) for e in s.events())),
    ("null_field", {"field": "choices"}, ["chat"], lambda s, was: any(e["choices"] is None for e in s.events())),
    ("null_field", {"field": "delta"}, ["chat"], lambda s, was: '"delta": null' in s.told),
    ("null_field", {"field": "content"}, ["chat", "jwt"], lambda s, was: '"content": null' in s.told and '"content": null' not in was.told),
    ("null_field", {"field": "tool_calls"}, ["chat", "jwt"], lambda s, was: '"tool_calls": null' in s.told),
    ("null_field", {"field": "usage"}, ["chat"], lambda s, was: usages(s).count(None) >= 10),
    ("null_field", {"field": "output"}, ["responses"], lambda s, was: s.events()[-1]["response"]["output"] is None),
    ("null_field", {"field": "arguments"}, ["chat", "responses"], lambda s, was: '"arguments": null' in s.told),
    ("unknown", {"what": "event"}, WIRES, lambda s, was: len(s.events()) == len(was.events()) + 1 and "thing" in s.told),
    ("unknown", {"what": "block"}, ["messages", "responses", "converse"], lambda s, was: re.search("thing_?[oO]f_?[tT]omorrow", s.told)),
    ("unknown", {"what": "field"}, WIRES, lambda s, was: s.told.count("field_of_tomorrow") >= 5),
    ("unknown", {"what": "finish"}, ["chat", "messages", "responses", "converse", "document"], lambda s, was: "a_reason_of_tomorrow" in s.told),
    ("empty_choices", {}, ["chat"], lambda s, was: s.events()[0]["choices"] == [] and s.events()[1:] == was.events()),
    ("usage_chunks", {"how": "every_chunk"}, ["chat"], lambda s, was: len(usages(s)) > 10 and usages(s)[-1] == usages(was)[-1]),
    ("usage_chunks", {"how": "null_tail"}, ["chat"], lambda s, was: usages(s)[-2:] == [usages(was)[-1], None]),
    ("usage_chunks", {"how": "twice"}, ["chat"], lambda s, was: usages(s) == usages(was) * 2),
    ("usage_chunks", {"how": "on_finish"}, ["chat"], lambda s, was: next(e for e in s.events() if "usage" in e)["choices"][0]["finish_reason"] == "tool_calls"),
    ("usage_chunks", {"how": "early"}, ["chat"], lambda s, was: "usage" in s.events()[0]),
    ("block_start", {}, ["messages"], lambda s, was: "input_json_delta" not in s.told and '"input": {"city": "Zürich"' in s.told),
    ("block_start", {"block": "text"}, ["messages"], lambda s, was: "text_delta" not in s.told and '"text": "Ich schaue nach' in s.told),
    ("unclosed", {"what": "text"}, ["messages"], lambda s, was: s.told.count("content_block_stop") == was.told.count("content_block_stop") - 1),
    ("unclosed", {"what": "text"}, ["responses"], lambda s, was: "output_text.done" in was.told and "output_text.done" not in s.told),
    ("unclosed", {"what": "text"}, ["converse"], lambda s, was: len(s.events()) == len(was.events()) - 1),
    ("corrupt_frame", {}, ["converse"], lambda s, was: len(s.body) == len(was.body) and s.body != was.body),
    ("corrupt_frame", {"part": "prelude", "frame": 0}, ["converse"], lambda s, was: s.body[:11] == was.body[:11] and s.body[11] != was.body[11]),
    ("corrupt_frame", {"part": "payload"}, ["converse"], lambda s, was: s.body != was.body),
]  # fmt: skip


@pytest.fixture(scope="module")
def door():
    with Loopback() as opened:
        yield opened


def label(entry):
    fault, args, wire, _ = entry
    return "-".join([wire, fault, *(str(value) for value in args.values())]).replace(" ", "_")


ROWS = [(fault, args, wire, seen) for fault, args, wires, seen in SEEN for wire in wires]


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_a_raw_client_sees_it(door, row):
    """Over a real socket the answer differs from the clean one exactly as the fault says."""
    fault, args, wire, promised = row
    exchange, regions = TAPES[wire]()
    clean = see(door, exchange)
    seen = see(door, FAULTS.get(fault)(exchange, regions, **args))
    assert promised(seen, clean), (seen.status, seen.headers, seen.end, seen.body)
    assert (seen.body, seen.headers, seen.end, seen.status) != (
        clean.body, clean.headers, clean.end, clean.status
    ) or seen.chunks != clean.chunks or fault in {"slow_headers", "pace"}  # fmt: skip


def test_every_fault_is_in_the_table():
    """A fault that no raw client has seen is a wish, and a misspelt one is found here."""
    assert {fault for fault, *_ in SEEN} == set(FAULTS.names())


@pytest.mark.parametrize("name", FAULTS.names())
def test_a_fault_says_what_it_is(name):
    """Text, wires, and arguments that are all named."""
    module = module_of(FAULTS.get(name))
    assert len(module.__doc__.strip()) > 30
    assert module.WIRES is None or set(WIRES) >= module.WIRES


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_a_fault_is_pure(row):
    """The same answer twice gives the same damage twice, and the answer is left alone."""
    fault, args, wire, _ = row
    exchange, regions = TAPES[wire]()
    first = FAULTS.get(fault)(exchange, regions, **args)
    assert FAULTS.get(fault)(exchange, regions, **args) == first
    assert (exchange, regions) == TAPES[wire]()


@pytest.mark.parametrize("row", ROWS, ids=label)
def test_binary_frames_stay_whole_unless_they_are_the_target(row):
    """What is rewritten in a frame is framed anew: its checksums are right."""
    fault, args, wire, _ = row
    if wire != "converse" or fault in {"cut", "corrupt_frame", "status", "not_a_reply", "gzip"}:
        return
    exchange, regions = TAPES[wire]()
    body = FAULTS.get(fault)(exchange, regions, **args).body
    decoder = EventStreamDecoder()
    frames = decoder.feed(body)
    assert decoder.end() is None
    assert sum(frame.end - frame.start for frame in frames) == len(body)


def test_a_turned_bit_is_found_by_the_checksum():
    """In each part of a frame."""
    exchange, regions = TAPES["converse"]()
    for part in ("crc", "prelude", "payload"):
        body = FAULTS.get("corrupt_frame")(exchange, regions, part=part).body
        decoder = EventStreamDecoder()
        decoder.feed(body)
        with pytest.raises(WireError):
            decoder.feed(b"\x00")


BEYOND = [
    ("corrupt_frame", {}, "chat"),
    ("sse_syntax", {"style": "crlf"}, "converse"),
    ("sse_syntax", {"style": "no_event_names"}, "chat"),
    ("drop", {"what": "reasoning"}, "jwt"),
    ("drop", {"what": "finish"}, "responses"),
    ("duplicate", {"what": "text"}, "document"),
    ("reorder", {}, "messages"),
    ("arguments", {"how": "truncated"}, "jwt"),
    ("arguments", {"how": "empty", "call": 9}, "chat"),
    ("think_tags", {"how": "split"}, "chat"),
    ("trailing_junk", {}, "document"),
    ("usage_chunks", {"how": "early"}, "document"),
    ("unknown", {"what": "block"}, "jwt"),
    ("unknown", {"what": "finish"}, "jwt"),
    ("block_start", {"block": "redacted"}, "messages"),
    ("error_event", {"shape": "nested"}, "messages"),
    ("null_field", {"field": "output"}, "jwt"),
    ("chat_calls", {"how": "interleaved"}, "tagged"),
    ("pace", {"event": 99}, "chat"),
]


@pytest.mark.parametrize(
    ("fault", "args", "wire"), BEYOND, ids=[f"{f}-{w}-{i}" for i, (f, _, w) in enumerate(BEYOND)]
)
def test_where_a_wire_has_no_such_thing_the_cell_says_why(fault, args, wire):
    """NotApplicable, with a reason to be read."""
    exchange, regions = TAPES[wire]()
    with pytest.raises(NotApplicable) as caught:
        FAULTS.get(fault)(exchange, regions, **args)
    assert len(str(caught.value)) > 15


WRONG = [
    ("rechunk", {"how": "finely"}),
    ("status", {"code": 500, "body": "pdf"}),
    ("sse_syntax", {"style": "odd"}),
    ("text_with", {"what": "odd"}),
    ("think_tags", {"how": "odd"}),
    ("arguments", {"how": "odd"}),
    ("chat_calls", {"how": "odd"}),
    ("null_field", {"field": "odd"}),
    ("unknown", {"what": "odd"}),
    ("usage_chunks", {"how": "odd"}),
    ("error_event", {"kind": "odd"}),
    ("not_a_reply", {"body": "odd"}),
    ("trailing_junk", {"what": "odd"}),
    ("gzip", {"how": "odd"}),
    ("drop", {}),
    ("duplicate", {}),
]


@pytest.mark.parametrize(("fault", "args"), WRONG, ids=[fault for fault, _ in WRONG])
def test_an_argument_that_does_not_exist_is_said(fault, args):
    """With those that do."""
    exchange, regions = tagged() if fault == "think_tags" else TAPES["chat"]()
    with pytest.raises(UsageError) as caught:
        FAULTS.get(fault)(exchange, regions, **args)
    assert caught.value.hint


def test_faults_compose():
    """Each works on what the one before it left."""
    exchange, regions = TAPES["chat"]()
    named = FAULTS.get("chat_calls")(exchange, regions, how="name_repeated")
    cut = FAULTS.get("cut")(named, regions, byte=900, ending="stall")
    last = FAULTS.get("rechunk")(cut, regions, how="one_byte")
    assert len(last.pieces) == 900
    assert last.ending is Ending.STALL
    assert named.body.startswith(last.body)


def test_hostile_bodies_are_normal_input():
    """A body that is not what its regions say gives a typed refusal or an answer, never a crash."""
    exchange, regions = TAPES["chat"]()
    broken = replace(exchange, pieces=(Piece(b"\xff\x00{{{{data: \n\n"),))
    for fault, args, wires, _ in SEEN:
        for anatomy in (regions, Regions(Framing.SSE), Regions(Framing.EVENTSTREAM)):
            if "chat" in wires or anatomy is not regions:
                try:
                    made = FAULTS.get(fault)(broken, anatomy, **args)
                except (NotApplicable, UsageError, FramingError, WireError):
                    continue
                assert made.ending in set(Ending)


@pytest.mark.parametrize("wire", ["chat", "converse", "document"])
@pytest.mark.parametrize(
    ("fault", "args"),
    [
        ("cut", {"byte": 10**9, "ending": "complete"}),
        ("rechunk", {"how": "per_event"}),
        ("hold_open", {}),
        ("refuse", {}),
        ("not_a_reply", {"body": "html"}),
    ],
)
def test_a_fault_that_changes_nothing_says_so(wire, fault, args):
    """Else a case would be counted as passed that was never different from the clean one."""
    exchange, regions = TAPES[wire]()
    apply = FAULTS.get(fault)
    with pytest.raises(NotApplicable):
        apply(apply(exchange, regions, **args), regions, **args)


@pytest.mark.parametrize(
    ("fault", "args"),
    [("pace", {"seconds": 0}), ("slow_headers", {"seconds": -1}), ("keepalive", {"pings": 0})],
)
def test_a_fault_of_no_size_is_a_mistake(fault, args):
    """The scenario's author meant something else."""
    exchange, regions = TAPES["chat"]()
    with pytest.raises(UsageError, match=r"0|-1"):
        FAULTS.get(fault)(exchange, regions, **args)


def test_a_cut_that_http_ends_well_says_how_long_it_is():
    """A length that promises more would be another fault, of the connection."""
    exchange, regions = TAPES["document"]()
    cut = FAULTS.get("cut")(exchange, regions, inside="text", ending="complete")
    assert int(cut.header("content-length")) == len(cut.body)
    assert int(FAULTS.get("cut")(exchange, regions, inside="text").header("content-length")) > len(
        cut.body
    )
