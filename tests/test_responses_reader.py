"""The Responses reader: samples, chunkings, prefixes, and servers that break their own rules."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import Ending, EventKind, FailureKind, FinishReason, OutcomeKind, Usage
from harness.transports.codex_responses import TRANSPORT
from tests.responses import (
    NOBODY,
    added,
    arguments,
    call,
    done,
    ended,
    message,
    names,
    read,
    sample,
    stream,
    text,
    whole,
)
from tests.shared_data import shared

# A sample's tool call that was cut by the token limit: the canon lists its fragment, we drop it.
DROPPED = {"stream_length_mid_tool_call", "stream_length_mid_tool_call_no_done"}
FINISH = {None: None} | {reason.value: reason for reason in FinishReason}


@pytest.fixture(params=names())
def a_sample(request):
    return request.param, *sample(shared("wire", "samples", "openai-responses"), request.param)


def joined(events, kind, number=None):
    return "".join(e.text for e in events if e.kind is kind and e.call == number)


def canonical(response):
    calls = response.tool_calls or ()
    items = response.codex_reasoning_items or ()
    return {
        "text": response.content or "",
        "reasoning": response.reasoning or "",
        "refusal": response.data("refusal"),
        "finish": response.finish_reason,
        "finish_raw": response.data("raw_finish_reason"),
        "usage": response.usage,
        "tool_calls": [(c.id, c.name, c.arguments, c.response_item_id) for c in calls],
        "reasoning_items": [{k: v for k, v in i.items() if k[0] != "_"} for i in items],
    }


def wanted(expected, name):
    canon = expected["canonical"]
    keys = ("id", "name", "arguments", "item_id")
    calls = [tuple(each[key] for key in keys) for each in canon["tool_calls"]]
    return {
        **{key: canon[key] for key in ("text", "reasoning", "refusal", "finish_raw")},
        "finish": FINISH[canon["finish"]],
        "usage": canon["usage"] and Usage(**canon["usage"]),
        "tool_calls": [] if name in DROPPED else calls,
        "reasoning_items": canon["reasoning_items"],
    }


def test_every_sample_means_what_it_says(a_sample):
    """Each sample equals its canonical result, or is the error that it says."""
    name, status, headers, body, expected = a_sample
    outcome, events = read([body], status, headers)
    error = expected["error"]
    if error or name == "stream_response_failed":
        assert outcome.kind is OutcomeKind.ERROR
        assert outcome.response is None
        said = (error or {}).get("body") or (error or {}).get("event") or {}
        if not said:
            said = expected["canonical"]["error"]
        assert outcome.failure.message == said["message"]
        assert outcome.failure.status == (status if status >= 400 else None)
        return
    assert canonical(outcome.response) == wanted(expected, name)
    cut = expected["canonical"]["finish"] is None
    assert outcome.kind is (OutcomeKind.INTERRUPTED if cut else OutcomeKind.COMPLETE)
    assert outcome.dropped == (("get_weather",) if name in DROPPED else ())
    assert joined(events, EventKind.TEXT) == (outcome.response.content or "")
    assert joined(events, EventKind.REASONING) == (outcome.response.reasoning or "")
    for number, each in enumerate(outcome.response.tool_calls or ()):
        assert joined(events, EventKind.TOOL_ARGUMENTS, number) == each.arguments


def test_one_byte_pieces_change_nothing(a_sample):
    """A sample fed byte by byte gives the same events and the same outcome."""
    _, status, headers, body, _ = a_sample
    single = [body[at : at + 1] for at in range(len(body))]
    assert read(single, status, headers) == read([body], status, headers)


@pytest.mark.parametrize("name", names())
@given(data=st.data())
def test_no_chunking_changes_anything(name, data):
    """Any cutting of a sample, also into empty pieces, gives the same events and outcome."""
    status, headers, body, _ = sample(shared("wire", "samples", "openai-responses"), name)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(body)), max_size=30)))
    pieces = [body[a:b] for a, b in zip([0, *cuts], [*cuts, len(body)], strict=True)]
    assert read(pieces, status, headers) == read([body], status, headers)


def test_no_prefix_is_a_clean_end(a_sample):
    """Ended at every byte, a stream is complete only once its terminal event is, and before that
    it offers no call and no finish."""
    _, status, headers, body, _ = a_sample
    if status >= 400:
        return
    reader = TRANSPORT.reader(NOBODY, status, headers)
    for at in range(len(body)):
        prefix = reader.fork()
        prefix.end(Ending.EOF)
        if not reader.finished:
            assert prefix.outcome.kind is not OutcomeKind.COMPLETE
            assert not (prefix.outcome.response and prefix.outcome.response.tool_calls)
        reader.feed(body[at : at + 1])
    reader.end()
    assert reader.outcome == read([body], status, headers)[0]


def test_a_fork_shares_no_future():
    """What one fork is fed never shows in the other, whichever goes on first."""
    start = stream(added(0, type="message"), text(0, "He"))
    reader = TRANSPORT.reader(NOBODY)
    reader.feed(start)
    other = reader.fork()
    reader.feed(stream(text(0, "llo"), ended()))
    other.feed(stream(text(0, "rbs"), added(1, **call("f", ""))))
    reader.end()
    other.end(Ending.RESET)
    assert reader.outcome.response.content == "Hello"
    assert reader.outcome.response.tool_calls is None
    assert other.outcome.response.content == "Herbs"
    assert other.outcome.dropped == ("f",)


def test_streamed_equals_whole():
    """The same items mean the same over a stream of ends and in one document."""
    items = [
        {"type": "reasoning", "id": "rs_1", "summary": [{"type": "summary_text", "text": "hm"}]},
        message("Hi", id="msg_1"),
        call("f", '{"a":1}', id="fc_1"),
    ]
    events = [done(number, **item) for number, item in enumerate(items)]
    usage = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7}
    streamed = read([stream(*events, ended(id="resp_1", output=None, usage=usage))])[0]
    document = read([whole(*items, id="resp_1", usage=usage)])[0]
    assert streamed == document
    assert streamed.response.finish_reason is FinishReason.TOOL_CALLS


@pytest.mark.parametrize("output", [None, []])
def test_the_terminal_events_own_output_is_not_trusted(output):
    """An empty or missing output takes nothing back that was streamed (F18)."""
    body = stream(
        added(0, type="message"), text(0, "Hi"), done(0, **message("Hi")), ended(output=output)
    )
    assert read([body])[0].response.content == "Hi"


def test_the_terminal_event_fills_what_was_not_streamed():
    """Items that only the terminal event holds count, and are reported as events."""
    body = stream(ended(output=[message("Hi"), call("f", '{"a":1}')]))
    outcome, events = read([body])
    assert outcome.response.content == joined(events, EventKind.TEXT) == "Hi"
    assert [each.name for each in outcome.response.tool_calls] == ["f"]


def test_text_deltas_alone_make_a_message():
    """Deltas of an item that nobody added are read (F19)."""
    assert read([stream(text(0, "He"), text(0, "y"), ended())])[0].response.content == "Hey"


def test_ids_that_change_from_event_to_event_are_read_by_index():
    """A server that encrypts ids anew in every event is read by output_index."""
    body = stream(
        added(0, **call("f", "", id="x1", status="in_progress")),
        arguments(0, '{"a"', item_id="x2"),
        arguments(0, ":1}", item_id="x3"),
        done(0, **call("f", '{"a":1}', id="x4")),
        ended(output=[call("f", '{"a":1}', id="x5")]),
    )
    assert [c.arguments for c in read([body])[0].response.tool_calls] == ['{"a":1}']


def test_one_index_for_every_item_is_read_by_id():
    """A server that numbers every item 0 is read by item_id."""
    body = stream(
        added(0, **call("f", "", "call_a", id="fc_a")),
        added(0, **call("g", "", "call_b", id="fc_b")),
        arguments(0, '{"a":1}', item_id="fc_a"),
        arguments(0, '{"b":2}', item_id="fc_b"),
        done(0, **call("f", '{"a":1}', "call_a", id="fc_a")),
        done(0, **call("g", '{"b":2}', "call_b", id="fc_b")),
        ended(),
    )
    calls = read([body])[0].response.tool_calls
    assert [(c.id, c.arguments) for c in calls] == [("call_a", '{"a":1}'), ("call_b", '{"b":2}')]


def test_an_end_that_contradicts_its_deltas_wins_and_is_told():
    """The `done` text is the truth, and a warning says that the deltas were something else."""
    body = stream(added(0, type="message"), text(0, "Hullo"), done(0, **message("Hello")), ended())
    outcome = read([body])[0]
    assert outcome.response.content == "Hello"
    assert any("differ" in warning for warning in outcome.warnings)


def test_a_pair_that_was_cut_is_one_character():
    """Half of it in each delta, and half alone at an end, or in a whole reply, is U+FFFD."""
    halves = [text(0, "a\ud83d"), text(0, "\ude00b")]
    outcome, events = read([stream(added(0, type="message"), *halves, ended())])
    assert outcome.response.content == joined(events, EventKind.TEXT) == "a😀b"
    settled = stream(added(0, type="message"), halves[0], done(0, **message("a😀")), ended())
    assert read([settled])[0].response.content == "a😀"
    outcome, events = read([whole(message("a\ud83d"), call("f\ud83d", "{}"))])
    assert outcome.response.content == joined(events, EventKind.TEXT) == "a\ufffd"
    assert outcome.response.tool_calls[0].name == "f\ufffd"


def test_an_item_of_an_unknown_kind_thinks_nothing():
    """What it holds is in no reply, and so it is no event either."""
    unknown = {"type": "new", "id": "n", "content": [{"type": "text", "text": "hm"}]}
    outcome, events = read([stream(added(0, **unknown), done(0, **unknown), ended())])
    assert (outcome.response.reasoning, joined(events, EventKind.REASONING)) == (None, "")


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ({"code": "server_error", "message": "boom", "param": None}, FailureKind.SERVER_ERROR),
        ({"error": {"code": "rate_limit_exceeded", "message": "boom"}}, FailureKind.RATE_LIMIT),
        ({"code": "context_length_exceeded", "message": "boom"}, FailureKind.CONTEXT_OVERFLOW),
    ],
)
def test_an_error_event_is_a_failure(error, kind):
    """Flat or nested, an error event is a failure with the vendor's words (F22)."""
    body = stream({"type": "error", **error})
    outcome, events = read([body])
    assert (outcome.kind, outcome.failure.message) == (OutcomeKind.ERROR, "boom")
    assert outcome.failure.kind is kind
    assert [event.kind for event in events] == [EventKind.FAILURE]


@pytest.mark.parametrize("status", ["failed", "cancelled"])
def test_a_response_that_failed_is_a_failure(status):
    """Streamed or whole, failed and cancelled are errors, never a finish (F32)."""
    error = {"code": "server_error", "message": "boom"}
    streamed = stream({"type": "response.failed", "response": {"status": status, "error": error}})
    for body in (streamed, whole(status=status, error=error)):
        outcome = read([body])[0]
        assert (outcome.kind, outcome.failure.message) == (OutcomeKind.ERROR, "boom")


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("max_output_tokens", FinishReason.LENGTH),
        ("content_filter", FinishReason.CONTENT_FILTER),
        ("steered", FinishReason.PAUSE),
        ("max_messages", FinishReason.PAUSE),
        ("something_new", FinishReason.UNKNOWN),
    ],
)
def test_incomplete_says_why(reason, finish):
    """Each reason has its finish; one that nobody knows is unknown, never stop."""
    body = stream(text(0, "So"), ended("incomplete", incomplete_details={"reason": reason}))
    response = read([body])[0].response
    assert (response.finish_reason, response.content) == (finish, "So")
    assert response.data("raw_finish_reason") == f"incomplete:{reason}"


def test_a_final_answer_outweighs_a_bare_incomplete_and_no_named_limit():
    """F25: phase final_answer under status incomplete is stop, unless a limit is named."""
    item = message("42", phase="final_answer", status="completed")
    bare = read([stream(done(0, **item), ended("incomplete"))])[0]
    limit = {"reason": "max_output_tokens"}
    cut = read([stream(done(0, **item), ended("incomplete", incomplete_details=limit))])[0]
    assert bare.response.finish_reason is FinishReason.STOP
    assert cut.response.finish_reason is FinishReason.LENGTH


@pytest.mark.parametrize("status", ["queued", "in_progress", "incomplete"])
def test_a_call_that_is_not_completed_is_dropped_and_named(status):
    """F28: the call is not offered, and the reply is a pause."""
    outcome = read([stream(done(0, **call("f", "{}", status=status)), ended())])[0]
    assert outcome.response.tool_calls is None
    assert outcome.response.finish_reason is FinishReason.PAUSE
    assert outcome.dropped == ("f",)


def test_arguments_that_cannot_be_mended_are_dropped_and_named():
    """A finished call whose arguments are no JSON is never offered, and the finish says length."""
    outcome = read([whole(call("f", '{"a": foo'))])[0]
    assert outcome.response.tool_calls is None
    assert (outcome.response.finish_reason, outcome.dropped) == (FinishReason.LENGTH, ("f",))


@pytest.mark.parametrize("wire", [["a"], 7, True])
def test_what_is_no_arguments_is_never_an_empty_object(wire):
    """It was said and cannot be run: dropped and named, streamed and whole."""
    grown = stream(
        added(0, **call("f", "")), arguments(0, wire), done(0, **call("f", None)), ended()
    )
    for body in (whole(call("f", wire)), stream(done(0, **call("f", wire)), ended()), grown):
        outcome = read([body])[0]
        assert (outcome.response.tool_calls, outcome.dropped) == (None, ("f",))


@pytest.mark.parametrize("wire", ['{"a":1', "", '{"a":1,}'])
def test_nothing_is_mended_where_a_limit_stopped_the_reply(wire):
    """What could be mended elsewhere may here be the beginning of something else."""
    limit = {"reason": "max_output_tokens"}
    outcome = read([whole(call("f", wire), status="incomplete", incomplete_details=limit)])[0]
    assert (outcome.response.tool_calls, outcome.dropped) == (None, ("f",))
    assert outcome.response.finish_reason is FinishReason.LENGTH


def test_no_arguments_on_a_finished_call_are_an_empty_object():
    """Nothing means `{}`, streamed and whole, and an object becomes its compact text."""
    for wire, meant in (("", "{}"), (None, "{}"), ({"a": [1]}, '{"a":[1]}')):
        assert read([whole(call("f", wire))])[0].response.tool_calls[0].arguments == meant
        streamed = stream(done(0, **call("f", wire)), ended())
        assert read([streamed])[0].response.tool_calls[0].arguments == meant


def test_a_free_form_call_keeps_its_input():
    """F30: a custom tool's input is no JSON and is not mended."""
    item = {"type": "custom_tool_call", "call_id": "call_1", "name": "shell", "input": "ls -l {"}
    found = read([stream(done(0, **item), ended())])[0].response.tool_calls[0]
    assert (found.arguments, found.provider_data["item_type"]) == ("ls -l {", "custom_tool_call")


def test_a_tool_that_the_server_runs_is_no_call():
    """F29: hosted tool items, finished or not, neither are calls nor decide the finish."""
    hosted = {"type": "web_search_call", "id": "ws_1", "status": "in_progress"}
    mcp = {"type": "mcp_call", "id": "mcp_1", "name": "ask", "arguments": "{}", "output": "yes"}
    response = read([whole(hosted, mcp, message("Found."))])[0].response
    assert (response.tool_calls, response.finish_reason) == (None, FinishReason.STOP)


@pytest.mark.parametrize(
    ("ids", "call_id", "item_id"),
    [
        ({"call_id": "call_1", "id": "fc_9"}, "call_1", "fc_9"),
        ({"call_id": None, "id": "call_1|fc_2"}, "call_1", "fc_2"),
        ({"call_id": None, "id": "fc_abc"}, "call_abc", "fc_abc"),
        ({"call_id": "call_abc", "id": None}, "call_abc", "fc_abc"),
        ({"call_id": "a b/c", "id": None}, "a b/c", "fc_a_b_c"),
    ],
)
def test_ids_are_found_wherever_a_server_puts_them(ids, call_id, item_id):
    """F31: the call's id, and an item id that always begins with fc_."""
    found = read([whole(call("f", "{}") | ids)])[0].response.tool_calls[0]
    assert (found.id, found.response_item_id) == (call_id, item_id)


def test_a_call_without_any_id_gets_the_same_one_every_time():
    """A06: derived from what the call says."""
    body = whole(call("f", "{}", None))
    first, again = (read([body])[0].response.tool_calls[0].id for _ in range(2))
    assert first == again
    assert first.startswith("call_")


def test_transient_reasoning_is_not_kept_for_replay():
    """F17: an rs_tmp_ item says what it says, and is no state."""
    item = {"type": "reasoning", "id": "rs_tmp_1", "summary": [{"text": "hm"}]}
    response = read([whole(item, message("Hi"))])[0].response
    assert (response.reasoning, response.codex_reasoning_items) == ("hm", None)


def test_a_thought_that_comes_raw_and_summarized_is_told_once():
    """Whichever form was delivered first is the reply's reasoning; the item keeps both."""
    raw = {"type": "response.reasoning_text.delta", "output_index": 0, "delta": "Long thought."}
    item = {
        "type": "reasoning",
        "summary": [{"type": "summary_text", "text": "Short."}],
        "content": [{"type": "reasoning_text", "text": "Long thought."}],
    }
    outcome, events = read([stream(added(0, type="reasoning"), raw, done(0, **item), ended())])
    assert outcome.response.reasoning == joined(events, EventKind.REASONING) == "Long thought."
    kept = outcome.response.codex_reasoning_items[0]
    assert (kept["summary"], kept["content"]) == (item["summary"], item["content"])


def test_commentary_is_content_unless_a_profile_says_reasoning():
    """F24 is a dialect: by default every message is content, and commentary is named beside it."""
    body = whole(message("Looking.", phase="commentary"))
    response = read([body])[0].response
    assert (response.content, response.commentary) == ("Looking.", "Looking.")
    dialect = frozenset({"responses_commentary_is_reasoning"})
    thinks = type(NOBODY)(name="x", transport="", base_url="", model="", profiles=dialect)
    streamed = stream(
        added(0, type="message", phase="commentary"),
        text(0, "Look"),
        text(0, "ing."),
        done(0, **message("Looking.", phase="commentary")),
        ended(),
    )
    for wire in (body, streamed):
        outcome, events = read([wire], backend=thinks)
        assert (outcome.response.content, outcome.response.reasoning) == (None, "Looking.")
        assert outcome.response.finish_reason is FinishReason.PAUSE
        assert joined(events, EventKind.REASONING) == "Looking."


def test_a_thought_alone_is_a_pause_only_where_a_profile_says_so():
    """F26: stop by default, pause for the backends that stop midway."""
    body = whole({"type": "reasoning", "summary": [{"text": "hm"}]})
    assert read([body])[0].response.finish_reason is FinishReason.STOP
    dialect = frozenset({"responses_thought_alone_is_pause"})
    there = type(NOBODY)(name="x", transport="", base_url="", model="", profiles=dialect)
    assert read([body], backend=there)[0].response.finish_reason is FinishReason.PAUSE


def test_an_answer_inside_a_thought_is_taken_out_only_where_a_profile_says_so():
    """F33: the tail becomes content for the backend that answers inside its reasoning."""
    body = whole({"type": "reasoning", "summary": [{"text": "hm <response>42</response>"}]})
    assert read([body])[0].response.content is None
    dialect = frozenset({"responses_answer_inside_thought"})
    there = type(NOBODY)(name="x", transport="", base_url="", model="", profiles=dialect)
    response = read([body], backend=there)[0].response
    assert (response.content, response.finish_reason) == ("42", FinishReason.STOP)


def test_a_leaked_call_in_the_text_is_a_pause_only_where_a_profile_says_so():
    """E22: text that holds the model's inner call format is taken back, and the reply goes on."""
    body = whole(message('to=functions.f {"a":1}'))
    assert read([body])[0].response.finish_reason is FinishReason.STOP
    dialect = frozenset({"responses_harmony_leak_is_pause"})
    there = type(NOBODY)(name="x", transport="", base_url="", model="", profiles=dialect)
    response = read([body], backend=there)[0].response
    assert (response.content, response.finish_reason) == (None, FinishReason.PAUSE)


@pytest.mark.parametrize("how", list(Ending))
def test_a_stream_without_its_terminal_event_is_interrupted(how):
    """However the peer leaves, also after [DONE]: what came is kept, no call is offered."""
    body = stream(text(0, "Par"), done(1, **call("f", "{}"))) + b"data: [DONE]\n\n"
    outcome = read([body], how=how)[0]
    assert outcome.kind is OutcomeKind.INTERRUPTED
    assert (outcome.response.content, outcome.response.finish_reason) == ("Par", None)
    assert (outcome.response.tool_calls, outcome.dropped) == (None, ("f",))


def test_a_reset_after_the_terminal_event_changes_nothing():
    """The reply is whole by then; what follows it is ignored."""
    body = stream(text(0, "Hi"), ended()) + b"data: {not json\n\n"
    assert read([body], how=Ending.RESET)[0].kind is OutcomeKind.COMPLETE


@pytest.mark.parametrize("body", [b"", b": ping\n\n", b"data: [DONE]\n\n"])
def test_a_success_that_says_nothing_is_a_failure(body):
    """C23: an empty stream that ended in peace is an error that may be tried again."""
    outcome = read([body])[0]
    assert outcome.failure.kind is FailureKind.EMPTY_STREAM
    assert outcome.failure.transient


@pytest.mark.parametrize(
    "body",
    [
        b"data: {not json}\n\n",
        b"data: []\n\n",
        b"data: 7\n\n",
        b'{"object":"response","output" []}',
        b"<html>Bad gateway</html>",
        b'{"detail":"no"}',
        b'{"error":"nope"}',
    ],
)
def test_what_is_not_this_protocol_is_a_failure(body):
    """Nonsense under status 200 is an error, streamed or whole, and never raises."""
    assert read([body])[0].kind is OutcomeKind.ERROR


def test_a_document_that_ends_early_is_interrupted():
    """A whole reply that was cut is no reply."""
    body = whole(message("Hi"))
    for at in range(1, len(body)):
        assert read([body[:at]])[0].kind is OutcomeKind.INTERRUPTED


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=6,
)
KEYS = [
    "item",
    "response",
    "delta",
    "output_index",
    "item_id",
    "text",
    "arguments",
    "error",
    "part",
]
ITEM_KEYS = ["type", "id", "call_id", "name", "arguments", "content", "summary", "status", "phase"]
KINDS = ["message", "function_call", "reasoning", "custom_tool_call", "mcp_call"]
items = st.dictionaries(
    st.sampled_from(ITEM_KEYS), json_values | st.sampled_from(KINDS), max_size=6
)
EVENTS = [
    "response.created",
    "response.output_item.added",
    "response.output_item.done",
    "response.output_text.delta",
    "response.output_text.done",
    "response.function_call_arguments.delta",
    "response.reasoning_summary_text.delta",
    "response.completed",
    "response.incomplete",
    "response.failed",
    "error",
]
odd_events = st.builds(
    lambda kind, rest: {**rest, "type": kind},
    st.sampled_from(EVENTS),
    st.dictionaries(st.sampled_from(KEYS), json_values | items | st.integers(0, 2), max_size=5),
)


@given(st.lists(odd_events, max_size=8), st.sampled_from(list(Ending)))
def test_no_event_however_odd_raises(events, how):
    """Any JSON in any field ends in a typed outcome."""
    body = b"".join(b"data: " + json.dumps(event).encode() + b"\n\n" for event in events)
    assert isinstance(read([body], how=how)[0].kind, OutcomeKind)


@given(
    st.dictionaries(
        st.sampled_from([*KEYS, "output", "object", "status", "usage"]),
        json_values | st.lists(items, max_size=3),
    )
)
def test_no_document_however_odd_raises(document):
    """Any JSON object ends in a typed outcome, and normalize_response takes it too."""
    raw = json.dumps({"object": "response", "status": "completed", **document}).encode()
    assert isinstance(read([raw])[0].kind, OutcomeKind)
    TRANSPORT.normalize_response(document, NOBODY)
    TRANSPORT.validate_response(document)
    TRANSPORT.extract_cache_stats(document)


@given(st.binary(max_size=80), st.sampled_from([200, 400, 503]))
def test_no_bytes_raise(body, status):
    """Any bytes end in a typed outcome."""
    assert isinstance(read([body], status)[0].kind, OutcomeKind)
