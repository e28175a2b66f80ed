"""The chat reader over every sample of this wire: equal to the reference, however it is cut."""

import re
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wire_samples import check_events, expected, names, pieces, read, response

from harness.model import OutcomeKind
from harness.transports import TRANSPORTS

CHAT = TRANSPORTS.get("chat_completions")
FOLDERS = ("openai-chat", "compat", "groq-chat", "mistral-chat")
NAMES = names(*FOLDERS)

WHATWG = "the SDK dispatches a block without data; the standard dispatches nothing, so we read on"
CALLS = "the reference keeps the vendor's word; a stop that came with calls means the calls"
INCLUDES = (
    "the reference keeps the vendor's number; output includes reasoning (what total has more)"
)
TAGS = "the reference keeps the raw text; think tags are taken out of the content"
ERROR_IN_200 = "the SDK sees no error in a good status; the body says that it is one"

# sample -> (fields that differ from the reference, why)
DIFFERENCES = {
    "openai-chat/compat_finish_stop_with_tools": ({"finish"}, CALLS),
    "openai-chat/sse_quirk_event_without_data": ({"error", "text", "finish", "finish_raw"}, WHATWG),
    "openai-chat/sse_quirk_id_then_comment": ({"error", "text", "finish", "finish_raw"}, WHATWG),
    "openai-chat/sse_quirk_retry_only_block": ({"error", "text", "finish", "finish_raw"}, WHATWG),
    "openai-chat/stream_length_mid_tool_call": (
        {"tool_calls"},
        "a call that the limit cut is dropped and named: it may never be executed",
    ),
    "compat/gemini_compat_parallel_no_index_separate_chunks": ({"usage"}, INCLUDES),
    "compat/gemini_compat_parallel_tools_signature": ({"usage"}, INCLUDES),
    "compat/gemini_compat_thought_tag": ({"usage", "text", "reasoning"}, f"{INCLUDES}; {TAGS}"),
    "compat/gemini_compat_tools_no_index_finish_stop": (
        {"usage", "finish"},
        f"{INCLUDES}; {CALLS}",
    ),
    "compat/minimax_error_in_200_base_resp": ({"error"}, ERROR_IN_200),
    "compat/minimax_reasoning_details_cumulative": (
        {"reasoning"},
        "the reference reads no details; its note names the reasoning that we read",
    ),
    "compat/minimax_reasoning_duplicated_in_content": ({"text"}, TAGS),
    "compat/minimax_think_inline": ({"text", "reasoning"}, TAGS),
    "compat/nim_think_tag_closed_only": (
        {"text"},
        "a lone closer is removed; what stood before it was delivered as text already",
    ),
    "compat/nous_think_tags_inline": ({"text", "reasoning"}, TAGS),
    "compat/openrouter_json_error_in_200": ({"error"}, ERROR_IN_200),
    "compat/vertex_compat_tool_signature_namespace": ({"finish"}, CALLS),
    "compat/vllm_error_midstream_object_error": ({"error"}, ERROR_IN_200),
    "compat/xai_error_json_in_200_stream": ({"error"}, ERROR_IN_200),
    "compat/xai_reasoning_tool": ({"usage"}, INCLUDES),
}


def canonical(outcome):
    reply = outcome.response
    usage = reply.usage
    return {
        "text": reply.content or "",
        "reasoning": reply.reasoning or "",
        "refusal": reply.data("refusal"),
        "tool_calls": [(c.id, c.name, c.arguments) for c in reply.tool_calls or ()],
        "finish": reply.finish_reason.value if reply.finish_reason else None,
        "finish_raw": reply.data("raw_finish_reason"),
        "usage": {name: getattr(usage, name) for name in usage.__slots__} if usage else None,
    }


def differences(name):
    """Where our reading and the reference's part."""
    outcome, _ = read(CHAT, name)
    sample = expected(name)
    parted = {"error"} if bool(sample.get("error")) != (outcome.failure is not None) else set()
    if outcome.failure is not None:
        return parted
    told = dict(sample["canonical"])
    told["tool_calls"] = [(c["id"], c["name"], c["arguments"]) for c in told["tool_calls"]]
    ours = canonical(outcome)
    return parted | {field for field in ours if ours[field] != told.get(field)}


@pytest.mark.parametrize("name", NAMES)
def test_a_sample_means_what_the_reference_says(name):
    """Each difference stands in the table with its reason, and none stands there in vain."""
    response(name)
    assert differences(name) == DIFFERENCES.get(name, (set(), ""))[0]


@pytest.mark.parametrize("name", [name for name in NAMES if re.search(r"error_[45]\d\d", name)])
def test_an_error_keeps_its_status_type_and_message(name):
    """What the SDK's exception carries, our failure carries."""
    error = expected(name)["error"]
    outcome, _ = read(CHAT, name)
    assert outcome.kind is OutcomeKind.ERROR
    assert outcome.response is None
    assert outcome.failure.status == error["status"]
    if isinstance(error.get("type"), str):
        assert outcome.failure.type == error["type"]
    body = error.get("body")
    inner = body.get("error", body) if isinstance(body, dict) else {}
    if isinstance(inner, dict) and isinstance(inner.get("message"), str):
        assert inner["message"].strip() in outcome.failure.message


@pytest.mark.parametrize("name", NAMES)
def test_one_byte_at_a_time_means_the_same(name):
    """The size of the pieces never changes the result, nor what the events come to."""
    whole, events = read(CHAT, name)
    check_events(whole, events)
    for size in (1, 7, 1000):
        outcome, events = read(CHAT, name, pieces(response(name)[2], size))
        assert outcome == whole
        check_events(outcome, events)


@given(data=st.data())
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_any_cutting_means_the_same(data):
    """Hypothesis finds no re-chunking that reads differently."""
    name = data.draw(st.sampled_from(NAMES))
    body = response(name)[2]
    edges = sorted(data.draw(st.sets(st.integers(0, len(body)), max_size=12)) | {0, len(body)})
    cuts = [body[start:end] for start, end in pairwise(edges)]
    assert read(CHAT, name, cuts)[0] == read(CHAT, name)[0]
