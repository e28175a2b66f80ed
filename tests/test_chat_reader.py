"""The chat reader's rules, one by one: assembly of calls, reasoning, endings, errors."""

import json
from dataclasses import replace

import pytest
from wire_samples import SERVER, check_events, read_bytes, said

from harness.model import (
    Ending,
    EventKind,
    Exchange,
    FailureKind,
    FinishReason,
    OutcomeKind,
    Piece,
    RegionKind,
    Request,
    Usage,
)
from harness.transports import TRANSPORTS

CHAT = TRANSPORTS.get("chat_completions")


def chunk(delta=None, finish=None, **more):
    return {"choices": [{"index": 0, "delta": delta or {}, "finish_reason": finish}], **more}


def stream(*chunks, done=True):
    parts = [c if isinstance(c, str) else json.dumps(c) for c in chunks]
    return b"".join(f"data: {part}\n\n".encode() for part in [*parts, *["[DONE]"] * done])


def call(arguments="", *, index=0, id=None, name=None, **more):  # noqa: A002
    function = {"arguments": arguments} | ({"name": name} if name is not None else {})
    return {"index": index, "id": id, "function": function, **more}


def fragments(*entries, finish="tool_calls"):
    return stream(*(chunk({"tool_calls": [entry]}) for entry in entries), chunk({}, finish))


def outcome_of(body, *profiles, how=Ending.COMPLETE, status=200, headers=()):
    server = replace(SERVER, profiles=frozenset(profiles))
    whole, events = read_bytes(CHAT, [body], status, headers, how=how, server=server)
    cuts = [body[at : at + 1] for at in range(len(body))]
    assert read_bytes(CHAT, cuts, status, headers, how=how, server=server)[0] == whole
    check_events(whole, events)
    return whole


def reply_of(body, *profiles, **how):
    outcome = outcome_of(body, *profiles, **how)
    assert outcome.kind is OutcomeKind.COMPLETE, outcome
    return outcome.response


def calls_of(body, *profiles):
    return [(c.id, c.name, c.arguments) for c in reply_of(body, *profiles).tool_calls or ()]


# Text and usage


def test_text_is_the_sum_of_its_deltas():
    """C01: every delta once, in order; no tool calls are None, never empty."""
    body = stream(chunk({"content": "Hello"}), chunk({"content": " world"}), chunk({}, "stop"))
    _, events = read_bytes(CHAT, [body])
    assert [e.text for e in events if e.kind is EventKind.TEXT] == ["Hello", " world"]
    reply = reply_of(body)
    assert (reply.content, reply.tool_calls, reply.finish_reason) == (
        "Hello world",
        None,
        FinishReason.STOP,
    )


def test_events_know_their_frame():
    """A delta's span is the byte range of the event that caused it, in a run of plain words too."""
    body = stream(*(chunk({"content": f"w{n} "}) for n in range(8)), chunk({}, "stop"))
    events = read_bytes(CHAT, [body])[1][:8]
    assert [event.text for event in events] == [f"w{n} " for n in range(8)]
    for event in events:
        frame = body[event.span.start : event.span.end]
        assert frame.endswith(b"}\n\n")
        assert json.loads(frame[6:])["choices"][0]["delta"]["content"] == event.text


@pytest.mark.parametrize(
    "words",
    ['say "x"', "back\\slash", "line\nend", "<think>", "tab\t", "é👋", "\u2028", "", "\ud83d"],
)
def test_a_run_of_plain_words_stops_at_anything_else(words):
    """What is escaped, a tag or not printable is parsed like any chunk."""
    plain = [chunk({"content": f"w{n} "}) for n in range(5)]
    odd = chunk({"content": words})
    body = stream(*plain, odd, *plain, chunk({}, "stop"))
    alone = "".join(f"w{n} " for n in range(5))
    expected = words.replace("\ud83d", "\ufffd")
    assert reply_of(body).content == alone + expected + alone


@pytest.mark.parametrize("more", [{"usage": {"prompt_tokens": 1}}, {"error": {"message": "x"}}])
def test_a_chunk_that_says_more_fits_no_template(more):
    """The same words beside a usage or an error are not plain words."""
    plain = [chunk({"content": f"w{n}"}, usage=None, error=None) for n in range(5)]
    loud = chunk({"content": "w"}, **({"usage": None, "error": None} | more))
    outcome = outcome_of(stream(*plain, loud, chunk({}, "stop")))
    if "error" in more:
        assert outcome.failure.message == "x"
    else:
        assert outcome.response.usage == Usage(input_tokens=1)


def test_halves_of_a_surrogate_pair_are_joined():
    """They came in two deltas; a half that stays alone is U+FFFD."""
    halves = [
        '{"choices":[{"delta":{"content":"\\ud83d"}}]}',
        '{"choices":[{"delta":{"content":"\\ude00"}}]}',
    ]
    assert reply_of(stream(*halves, chunk({}, "stop"))).content == "😀"
    assert reply_of(stream(halves[0], chunk({}, "stop"))).content == "\ufffd"


def test_usage_is_merged_and_never_summed():
    """C02: wherever it stands; the last value that is not null counts, field by field."""
    body = stream(
        chunk({"content": "a"}, usage={"prompt_tokens": 9, "completion_tokens": 1}),
        chunk({}, "stop", usage={"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}),
        {"choices": [], "usage": {"completion_tokens": None, "prompt_cache_hit_tokens": 3}},
        {"choices": [], "usage": None},
    )
    assert reply_of(body).usage == Usage(9, 4, 13, 3)


def test_the_last_model_named_is_the_model():
    """C03: also on a chunk without choices."""
    body = stream(chunk({"content": "a"}, "stop", model="m1"), {"choices": [], "model": "m2"})
    assert reply_of(body).data("model") == "m2"


# Tool calls


def test_fragments_of_calls_are_joined_by_index():
    """C04, C05: also interleaved, with names and ids sent again or sent empty."""
    body = fragments(
        call('{"a":', index=0, id="c0", name="f"),
        call('{"b":', index=1, id="c1", name="g"),
        call("1", index=0, id="c0", name="f"),
        call("2}", index=1, id="", name=""),
        call("}", index=0),
    )
    assert calls_of(body) == [("c0", "f", '{"a":1}'), ("c1", "g", '{"b":2}')]


def test_a_new_id_with_a_name_on_a_used_index_is_a_new_call():
    """C06: parallel calls that are all numbered 0."""
    body = fragments(call('{"a":1}', id="c0", name="f"), call("{}", id="c1", name="f"))
    assert calls_of(body) == [("c0", "f", '{"a":1}'), ("c1", "f", "{}")]


def test_a_new_id_without_a_name_continues_the_call():
    """Some servers make up an id for every fragment."""
    body = fragments(call('{"a"', id="x1", name="f"), call(":1}", id="x2"))
    assert calls_of(body) == [("x1", "f", '{"a":1}')]


def test_calls_without_index_and_id_are_told_apart_by_what_is_complete():
    """C07, C29: a name after complete arguments begins a call; ids are made of what was called."""
    body = fragments(
        call('{"a":1}', index=None, name="f"),
        call('{"a"', index=None, name="f"),
        call(":2}", index=None),
    )
    made = calls_of(body)
    assert [one[1:] for one in made] == [("f", '{"a":1}'), ("f", '{"a":2}')]
    assert made[0][0] != made[1][0]
    assert calls_of(body) == made


def test_ids_that_are_numbers_are_text():
    """C08."""
    assert calls_of(fragments(call("{}", id=7, name="f"))) == [("7", "f", "{}")]


def test_extra_content_stays_with_its_call():
    """C09: streamed, and C10: whole."""
    signed = {"google": {"thought_signature": "sig"}}
    entry = call("{}", id="c", name="f", extra_content=signed)
    whole = {"choices": [{"message": {"tool_calls": [entry]}, "finish_reason": "tool_calls"}]}
    for body in (fragments(entry), json.dumps(whole).encode()):
        assert reply_of(body).tool_calls[0].extra_content == signed


def test_arguments_as_an_object_become_json():
    """E12."""
    assert calls_of(fragments(call({"a": 1}, id="c", name="f"))) == [("c", "f", '{"a":1}')]


def test_arguments_are_mended_only_where_the_reply_is_whole():
    """E10: the raw text is kept beside; after a limit nothing is mended, and the call is named."""
    mended = reply_of(fragments(call('{"a":1,}', id="c", name="f"))).tool_calls[0]
    assert mended.arguments == '{"a":1}'
    assert mended.provider_data["raw_arguments"] == '{"a":1,}'
    for raw in ('{"a":1,}', '{"a":1', ""):
        cut = outcome_of(fragments(call(raw, id="c", name="f"), finish="length"))
        assert cut.kind is OutcomeKind.COMPLETE
        assert (cut.response.tool_calls, cut.dropped) == (None, ("f",))
        assert "f" in cut.warnings[0]


def test_a_call_that_cannot_be_mended_makes_the_reply_a_cut_one():
    """C26: its finish is length, and no call is offered."""
    outcome = outcome_of(fragments(call('{"a":"x', id="c", name="f")))
    assert outcome.response.finish_reason is FinishReason.LENGTH
    assert outcome.response.tool_calls is None
    assert outcome.response.data("dropped_tool_calls") == ["f"]
    assert outcome.response.data("raw_finish_reason") == "tool_calls"


def test_a_call_without_a_name_is_dropped():
    """Nobody could execute it."""
    assert outcome_of(fragments(call("{}", id="c"))).dropped == ("(no name)",)


def test_a_cumulative_resend_is_a_profile():
    """C28: appended by default, which is then no JSON; replaced where a server is known for it."""
    body = fragments(call('{"a"', id="c", name="f"), call('{"a":1}'))
    assert outcome_of(body).dropped == ("f",)
    assert calls_of(body, "cumulative_arguments") == [("c", "f", '{"a":1}')]


def test_text_after_a_call_is_text():
    """C17, C18: and a reply of calls alone has no text events."""
    entry = call("{}", id="c", name="f")
    body = stream(chunk({"tool_calls": [entry]}), chunk({"content": "then"}), chunk({}, "stop"))
    reply = reply_of(body)
    assert (reply.content, reply.finish_reason) == ("then", FinishReason.TOOL_CALLS)
    assert said(read_bytes(CHAT, [fragments(entry)])[1], EventKind.TEXT) == ""


def test_a_custom_call_keeps_its_text():
    """Its input is no JSON, and need not be."""
    entry = {"index": 0, "id": "c", "type": "custom", "custom": {"name": "sh", "input": "ls -l"}}
    assert calls_of(fragments(entry)) == [("c", "sh", "ls -l")]


def test_a_legacy_function_call_is_a_call():
    """function_call in the delta, and as the finish reason."""
    body = stream(
        chunk({"function_call": {"name": "f", "arguments": '{"a"'}}),
        chunk({"function_call": {"arguments": ":1}"}}),
        chunk({}, "function_call"),
    )
    assert [one[1:] for one in calls_of(body)] == [("f", '{"a":1}')]


# Reasoning


@pytest.mark.parametrize("name", ["reasoning", "reasoning_content", "reasoning_text", "thinking"])
def test_reasoning_has_its_own_channel(name):
    """C12, C16: never in the content, whatever the field is called."""
    body = stream(chunk({name: "why "}), chunk({name: "so"}), chunk({"content": "42"}, "stop"))
    reply = reply_of(body)
    assert (reply.reasoning, reply.content) == ("why so", "42")


def test_reasoning_content_is_kept_apart_even_empty():
    """C13: absent is not the same as empty."""
    assert (
        reply_of(stream(chunk({"reasoning_content": ""}), chunk({}, "stop"))).reasoning_content
        == ""
    )
    assert reply_of(stream(chunk({"reasoning": "a"}), chunk({}, "stop"))).reasoning_content is None


def test_one_thought_under_two_names_is_told_once():
    """C15: different ones are told both."""
    detail = {"type": "reasoning.text", "text": "a", "signature": "s"}
    body = stream(
        chunk({"reasoning": "a", "reasoning_content": "a", "reasoning_details": [detail]}),
        chunk({"content": "x"}, "stop"),
    )
    reply = reply_of(body)
    assert (reply.reasoning, reply.reasoning_details) == ("a", [detail])
    body = stream(chunk({"reasoning": "a", "reasoning_content": "b"}), chunk({}, "stop"))
    assert reply_of(body).reasoning == "a\n\nb"


@pytest.mark.parametrize("key", ["summary", "thinking", "content", "text"])
def test_details_alone_are_reasoning_too(key):
    """C14: whatever the text in them is called; and they are kept as they came."""
    detail = {"type": "reasoning.any", key: "why", "signature": "s"}
    body = stream(chunk({"reasoning_details": [detail]}), chunk({"content": "x"}, "stop"))
    reply = reply_of(body)
    assert (reply.reasoning, reply.reasoning_details) == ("why", [detail])


def test_inline_tags_are_heard_only_where_no_field_speaks():
    """C15, L05, L06: and the raw text is kept for a server that wants it back."""
    inline = "<think>why</think>42"
    pieces = [chunk({"content": inline[at : at + 3]}) for at in range(0, len(inline), 3)]
    reply = reply_of(stream(*pieces, chunk({}, "stop")))
    assert (reply.content, reply.reasoning) == ("42", "why")
    assert reply.data("raw_content") == inline
    both = reply_of(stream(chunk({"reasoning_content": "why"}), *pieces, chunk({}, "stop")))
    assert (both.content, both.reasoning) == ("42", "why")


def test_think_tags_by_profile():
    """They may be plain text, or opened by the prompt."""
    body = stream(chunk({"content": "why</think>42"}), chunk({}, "stop"))
    assert reply_of(body).content == "why42"
    assert reply_of(body, "think_tags_are_text").content == "why</think>42"
    reply = reply_of(body, "think_tag_in_prompt")
    assert (reply.content, reply.reasoning) == ("42", "why")


def test_a_list_of_parts_is_content_and_thinking():
    """C33: parts of unknown kind say nothing."""
    parts = [
        {"type": "thinking", "thinking": [{"type": "text", "text": "why"}], "signature": "s"},
        {"type": "text", "text": "42"},
        {"type": "reference", "reference_ids": [1]},
        "odd",
    ]
    reply = reply_of(stream(chunk({"content": parts}, "stop")))
    assert (reply.content, reply.reasoning) == ("42", "why")
    assert reply.data("thinking_signature") == "s"


def test_a_thought_in_a_part_beside_a_field_is_told_once():
    """C15: parts are asked only where no field thinks; tags only where neither does."""
    parts = [{"type": "thinking", "thinking": "why"}, {"type": "text", "text": "<think>w</think>4"}]
    message = {"reasoning": "why", "content": parts}
    whole = json.dumps({"choices": [{"message": message, "finish_reason": "stop"}]}).encode()
    apart = stream(chunk({"reasoning": "why"}), chunk({"content": parts}, "stop"))
    for body in (
        whole,
        stream(chunk(message, "stop")),
        apart,
        stream(chunk({"content": parts}, "stop")),
    ):
        reply = reply_of(body)
        assert (reply.content, reply.reasoning) == ("4", "why")


PARTS = [{"type": "thinking", "thinking": "why"}, {"type": "text", "text": "4"}]
ODD_DELTAS = {
    "a_thought_in_a_part": [{"content": PARTS}],
    "beside_its_field": [{"reasoning": "why", "content": PARTS}],
    "after_its_field": [{"reasoning_details": [{"text": "why"}]}, {"content": PARTS}],
    "a_call_alone": [{"tool_calls": call("{}", id="a", name="f")}],
    "indexes_in_quotes": [
        {"tool_calls": [call("{", index="0", id="a", name="f"), call("{", index="1", name="g")]},
        {"tool_calls": [call("}", index="0"), call("}", index="1")]},
    ],
}


@pytest.mark.parametrize("deltas", ODD_DELTAS.values(), ids=ODD_DELTAS)
def test_the_anatomy_of_a_stream_is_what_is_read_of_it(deltas):
    """Whoever judges a reader by the bytes must find no more in them, and no less."""
    body = stream(*map(chunk, deltas), chunk({}, "stop"))
    reply = reply_of(body)
    regions = CHAT.regions(Exchange(Request("POST", "/"), pieces=(Piece(body),)))
    assert regions.text(RegionKind.TEXT) == (reply.content or "")
    assert regions.text(RegionKind.REASONING) == (reply.reasoning or "")
    for number, each in enumerate(reply.tool_calls or ()):
        assert regions.text(RegionKind.TOOL_NAME, number) == each.name
        assert regions.text(RegionKind.TOOL_ARGUMENTS, number) == each.arguments


def test_a_refusal_in_a_part_is_a_refusal():
    """The wire has such a part, and nothing else of it was said."""
    parts = [{"type": "refusal", "refusal": "I can"}, {"type": "refusal", "refusal": "not"}]
    assert reply_of(stream(chunk({"content": parts}, "stop"))).data("refusal") == "I cannot"


def test_a_call_outside_of_a_list_is_a_call():
    """One object where a list belongs must not end as a finish of calls without any."""
    one = stream(chunk({"tool_calls": call("{}", id="a", name="f")}, "tool_calls"))
    assert calls_of(one) == [("a", "f", "{}")]


def test_indexes_in_quotes_are_indexes():
    """Or a piece of one call would end up in another, and a choice in none."""
    body = fragments(
        call('{"a":', index="0", id="x", name="f"),
        call("{", index="1", id="y", name="g"),
        call("1}", index="0"),
        call("}", index="1"),
    )
    assert calls_of(body) == [("x", "f", '{"a":1}'), ("y", "g", "{}")]
    choice = {"index": "0", "delta": {"content": "so"}, "finish_reason": "stop"}
    assert reply_of(stream({"choices": [choice]})).content == "so"


def test_content_that_is_an_object_is_its_json():
    """A server's JSON mode answers with the object itself: the answer must not be lost."""
    content = {"name": "Zoë", "age": 32}
    message = {"role": "assistant", "content": content}
    choices = [{"index": 0, "message": message, "finish_reason": "stop"}]
    whole = json.dumps({"object": "chat.completion", "choices": choices}).encode()
    for body in (whole, stream(chunk({"content": content}, "stop"))):
        reply = reply_of(body)
        assert (reply.content, reply.finish_reason) == ('{"name":"Zoë","age":32}', "stop")


def test_a_refusal_is_kept_apart_unless_a_profile_shows_it():
    """C20: the wire finishes with stop, and so do we."""
    body = stream(chunk({"refusal": "I can"}), chunk({"refusal": "not"}), chunk({}, "stop"))
    reply = reply_of(body)
    assert (reply.content, reply.finish_reason) == (None, FinishReason.STOP)
    assert reply.data("refusal") == "I cannot"
    outcome, _ = read_bytes(
        CHAT, [body], server=replace(SERVER, profiles=frozenset({"refusal_is_content"}))
    )
    assert outcome.response.content == "I cannot"
    assert outcome.response.finish_reason is FinishReason.CONTENT_FILTER


# How it ends


REASONS = {
    "stop": FinishReason.STOP,
    "eos": FinishReason.STOP,
    "length": FinishReason.LENGTH,
    "model_length": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "sensitive": FinishReason.CONTENT_FILTER,
    "network_error": FinishReason.ERROR,
    "of_the_future": FinishReason.UNKNOWN,
    24: FinishReason.UNKNOWN,
}


@pytest.mark.parametrize(("raw", "finish"), REASONS.items())
def test_a_vendors_reason_has_one_meaning(raw, finish):
    """B04: an unknown word is unknown, never stop (A09 overruled)."""
    reply = reply_of(stream(chunk({"content": "x"}), chunk({}, raw)))
    assert (reply.finish_reason, reply.data("raw_finish_reason")) == (finish, str(raw))
    assert CHAT.map_finish_reason(raw) is finish


def test_without_a_finish_reason_a_reply_is_interrupted():
    """C24, C25: text stays, calls go and are named; no finish is made up."""
    entry = call("{}", id="c", name="f")
    body = stream(chunk({"content": "text"}), chunk({"tool_calls": [entry]}), done=False)
    outcome = outcome_of(body)
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert (outcome.response.content, outcome.response.finish_reason) == ("text", None)
    assert (outcome.response.tool_calls, outcome.dropped) == (None, ("f",))
    assert any("f" in warning for warning in outcome.warnings)


def test_a_whole_call_before_the_terminator_is_kept_without_a_reason():
    """C24: [DONE] says that no fragment is to come; the end that the reply had stays unknown."""
    body = fragments(call('{"a":1}', id="c", name="f"), finish=None)
    outcome = outcome_of(body)
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert outcome.response.finish_reason is None
    assert [(one.id, one.name, one.arguments) for one in outcome.response.tool_calls] == [
        ("c", "f", '{"a":1}')
    ]
    assert (outcome.dropped, outcome.warnings) == ((), ())


@pytest.mark.parametrize("raw", ['{"a":1', '{"a":1,}', "", '"a"', '{"a":1}{'])
def test_a_call_that_is_not_whole_before_the_terminator_goes(raw):
    """C25: without a reason nothing is mended, and nothing is not taken for `{}`."""
    good, bad = call('{"a":1}', id="c", name="f"), call(raw, index=1, id="d", name="g")
    outcome = outcome_of(fragments(good, bad, finish=None))
    assert [one.name for one in outcome.response.tool_calls] == ["f"]
    assert outcome.dropped == ("g",)
    assert any("g" in warning for warning in outcome.warnings)


def test_a_server_that_never_sends_a_reason_has_a_profile():
    """The end of the body, or [DONE] alone, is then the end; a cut call stays a cut call."""
    entry = call("{}", id="c", name="f")
    body = stream(chunk({"content": "a"}), chunk({"tool_calls": [entry]}), done=False)
    reply = reply_of(body, "eof_is_end")
    assert (reply.finish_reason, len(reply.tool_calls)) == (FinishReason.TOOL_CALLS, 1)
    assert outcome_of(body, "done_is_end").kind is OutcomeKind.INTERRUPTED
    assert outcome_of(body, "eof_is_end", how=Ending.RESET).kind is OutcomeKind.INTERRUPTED
    assert outcome_of(body + b"data: {", "eof_is_end").kind is OutcomeKind.INTERRUPTED
    done = reply_of(stream(chunk({"content": "a"})), "done_is_end")
    assert done.finish_reason is FinishReason.STOP
    cut = stream(chunk({"tool_calls": [call('{"a":1', id="c", name="f")]}), done=False)
    assert outcome_of(cut, "eof_is_end").dropped == ("f",)


@pytest.mark.parametrize(
    "body", [b"", b"\n\n", b": ping\n\n", stream(), stream(chunk({"role": "assistant"}))]
)
def test_a_stream_that_says_nothing_is_a_failure(body):
    """C23: never a made-up stop; worth a retry."""
    outcome = outcome_of(body)
    assert outcome.kind is OutcomeKind.ERROR
    assert outcome.failure.kind is FailureKind.EMPTY_STREAM
    assert outcome.failure.transient
    assert outcome_of(body.removesuffix(b"data: [DONE]\n\n"), how=Ending.RESET).kind is (
        OutcomeKind.INTERRUPTED
    )


ERRORS = {
    "object": '{"error":{"message":"boom","type":"server_error"}}',
    "in a chunk": json.dumps(chunk({}, "error", error={"message": "boom"})),
    "flat": '{"object":"error","message":"boom","code":500}',
    "string": '{"error":"boom"}',
    "groq": '{"choices":[],"x_groq":{"error":{"message":"boom"}}}',
    "list": '[{"error":{"message":"boom"}}]',
    "envelope": '{"choices":null,"base_resp":{"status_code":1002,"status_msg":"boom"}}',
}


@pytest.mark.parametrize("error", ERRORS.values(), ids=ERRORS)
@pytest.mark.parametrize("before", [b"", stream(chunk({"content": "Par"}), done=False)])
def test_an_error_in_the_stream_is_an_error_in_every_shape(error, before):
    """Under status 200; what follows it is not read."""
    outcome = outcome_of(before + stream(error, chunk({"content": "x"}, "stop")))
    assert outcome.kind is OutcomeKind.ERROR
    assert outcome.failure.message == "boom"


def test_a_named_error_event_needs_no_error_key():
    """`event: error`, with words or with JSON."""
    for data in ('{"message":"boom"}', "boom"):
        outcome = outcome_of(f"event: error\ndata: {data}\n\n".encode())
        assert outcome.failure.message == "boom"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"error":{"message":"boom"}}', "boom"),
        (b"<html>bad gateway</html>", "bad gateway"),
        (b'{"id":"x"}', "no choices"),
        (b'{"choices":[]}', "no choices"),
        (b'{"choices":[{}],}', "no JSON"),
        (b"[1]", "1"),
    ],
)
def test_a_body_that_is_no_stream_and_no_reply_is_an_error(body, words):
    """C21, C22: whatever its content type says."""
    outcome = outcome_of(body, headers=(("content-type", "text/event-stream"),))
    assert outcome.kind is OutcomeKind.ERROR
    assert words in outcome.failure.message


def test_a_broken_chunk_breaks_the_reply():
    """What was lost with it is not known: the reply is never a clean one."""
    outcome = outcome_of(stream(chunk({"content": "a"}), "{not json", chunk({}, "stop")))
    assert outcome.kind is OutcomeKind.ERROR
    assert outcome.failure.kind is FailureKind.PROTOCOL


def test_odd_chunks_say_nothing_and_break_nothing():
    """C11: wrong types where objects are expected."""
    odd = ["null", "[]", '{"choices":[null,{"delta":[]},{"delta":{"tool_calls":[null,{}]}}]}', "{}"]
    outcome = outcome_of(stream(*odd, chunk({"content": 7}), chunk({"content": "a"}, "stop")))
    assert outcome.response.content == "a"


def test_only_choice_0_is_read_and_the_others_are_warned_of():
    """n > 1."""
    other = {"choices": [{"index": 1, "delta": {"content": "no"}, "finish_reason": None}]}
    outcome = outcome_of(stream(chunk({"content": "yes"}), other, chunk({}, "stop")))
    assert outcome.response.content == "yes"
    assert "choice 0" in outcome.warnings[0]
    whole = {
        "choices": [
            {"index": 1, "message": {"content": "no"}},
            {"index": 0, "message": {"content": "yes"}, "finish_reason": "stop"},
        ]
    }
    assert outcome_of(json.dumps(whole).encode()).response.content == "yes"


def test_nothing_is_read_after_the_end():
    """Bytes after [DONE], and a second end, are ignored."""
    reader = CHAT.reader(SERVER)
    reader.feed(stream(chunk({"content": "a"}, "stop")))
    assert reader.finished
    assert reader.feed(b"data: {broken\n\n") == []
    reader.end()
    outcome = reader.outcome
    assert reader.end() == []
    assert reader.outcome is outcome


def test_whole_and_streamed_replies_mean_the_same():
    """The same message as one body and as deltas."""
    message = {
        "content": "a<think>",
        "reasoning_content": "why",
        "tool_calls": [call("{}", id="c", name="f")],
    }
    counts = {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}
    whole = {
        "model": "m",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": counts,
    }
    streamed = stream(
        *(chunk({key: value}, model="m") for key, value in message.items()),
        chunk({}, "tool_calls", usage=counts),
    )
    assert reply_of(json.dumps(whole).encode()) == reply_of(streamed)
    assert CHAT.normalize_response(whole, SERVER) == reply_of(streamed)


def test_cache_stats_and_validity():
    """C30, C31: None where nothing was cached; a reply needs a choice."""
    usage = {
        "prompt_tokens": 9,
        "prompt_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
    }
    assert CHAT.extract_cache_stats({"usage": usage}).cached_tokens == 4
    written = {"prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 5}}
    assert CHAT.extract_cache_stats({"usage": written}).creation_tokens == 5
    nothing = {"prompt_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0}}
    assert CHAT.extract_cache_stats({"usage": nothing}) is None
    assert CHAT.extract_cache_stats({"usage": {"prompt_tokens": 9}}) is None
    assert CHAT.extract_cache_stats({}) is None
    assert CHAT.validate_response({"choices": [{}]})
    for raw in (None, {}, {"choices": None}, {"choices": []}, {"error": {}, "choices": []}):
        assert not CHAT.validate_response(raw)
