"""Requests of the Responses wire: conversion, round trips, and the SDK's own request types."""

import json

import pytest
from openai.types.responses.response_create_params import ResponseCreateParamsStreaming
from pydantic import TypeAdapter

from harness.contracts import Endpoint
from harness.errors import UsageError
from harness.model import Ask, Provider
from harness.transports._history import assistant_message
from harness.transports.codex_responses import TRANSPORT
from tests.responses import NOBODY, call, message, whole

PARAMS = TypeAdapter(ResponseCreateParamsStreaming)
TOOL = {
    "type": "function",
    "function": {"name": "f", "description": "d", "parameters": {"type": "object"}},
}
THOUGHT = {"type": "reasoning", "id": "rs_1", "encrypted_content": "c2VhbGVk", "summary": []}


def convert(*messages, backend=NOBODY, **options):
    ask = Ask(messages, options=options)
    return TRANSPORT.convert_messages(messages, backend, ask)


def replayed(*items, backend=NOBODY):
    """The assistant's message that a client would store of this reply."""
    return assistant_message(TRANSPORT.normalize_response(json.loads(whole(*items)), backend))


def accepted(kwargs):
    """Whether the SDK's request type takes it, every field of it known. One deviation stands: the
    type demands an id of a reasoning item, which a server that stores nothing must not be sent."""
    body = {
        key: value for key, value in kwargs.items() if key not in ("extra_headers", "extra_body")
    }
    assert body.keys() <= ResponseCreateParamsStreaming.__annotations__.keys() | known()
    items = [
        {"id": "rs", **item} if item.get("type") == "reasoning" else item for item in body["input"]
    ]
    PARAMS.validate_python(body | {"input": items, "stream": True})
    return True


def known():
    return {
        name
        for base in ResponseCreateParamsStreaming.__orig_bases__
        for name in getattr(base, "__annotations__", ())
    }


def test_a_request_has_this_wires_shape():
    """F01, F02, F04: instructions, input, store false, flat tools, encrypted reasoning."""
    messages = ({"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"})
    wish = {"enabled": True, "effort": "minimal"}
    ask = Ask(messages, (TOOL,), "auto", reasoning=wish, max_tokens=9, temperature=0.5)
    kwargs = TRANSPORT.build_kwargs(ask, NOBODY)
    assert kwargs.pop("prompt_cache_key").startswith("pck_")
    assert kwargs == {
        "model": "some-model",
        "instructions": "Be brief.",
        "input": [{"role": "user", "content": "Hi"}],
        "store": False,
        "stream": True,
        "tools": [
            {
                "type": "function",
                "name": "f",
                "description": "d",
                "strict": False,
                "parameters": {"type": "object"},
            }
        ],
        "tool_choice": "auto",
        "parallel_tool_calls": True,
        "reasoning": {"effort": "low", "summary": "auto"},
        "include": ["reasoning.encrypted_content"],
        "max_output_tokens": 9,
        "temperature": 0.5,
    }
    assert accepted(kwargs)


@pytest.mark.parametrize(
    ("wished", "sent"), [("minimal", "low"), ("ultra", "max"), ("high", "high")]
)
def test_an_effort_is_one_that_the_wire_knows(wished, sent):
    """F03: the least and the most have names of their own here."""
    ask = Ask(({"role": "user", "content": "Hi"},), reasoning={"enabled": True, "effort": wished})
    assert TRANSPORT.build_kwargs(ask, NOBODY)["reasoning"]["effort"] == sent


def test_without_tools_no_tool_key_is_sent():
    """F02: a server refuses a tool_choice without tools."""
    kwargs = TRANSPORT.build_kwargs(Ask(({"role": "user", "content": "Hi"},)), NOBODY)
    assert not kwargs.keys() & {"tools", "tool_choice", "parallel_tool_calls"}


def test_reasoning_switched_off_asks_for_none():
    """F04: no reasoning block, and nothing included."""
    ask = Ask(({"role": "user", "content": "Hi"},), reasoning={"enabled": False})
    kwargs = TRANSPORT.build_kwargs(ask, NOBODY)
    assert "reasoning" not in kwargs
    assert kwargs["include"] == []


def test_the_cache_key_depends_on_words_and_tools_alone():
    """F05: the same prefix shares a cache over sessions; a session id is the fallback, in 64
    characters."""
    system = ({"role": "system", "content": "S"},)
    key = TRANSPORT.build_kwargs(Ask(system, options={"session_id": "a"}), NOBODY)
    other = TRANSPORT.build_kwargs(Ask(system, options={"session_id": "b"}), NOBODY)
    tools = TRANSPORT.build_kwargs(Ask(system, (TOOL,)), NOBODY)
    assert key["prompt_cache_key"] == other["prompt_cache_key"] != tools["prompt_cache_key"]
    user = ({"role": "user", "content": "U"},)
    short = TRANSPORT.build_kwargs(Ask(user, options={"session_id": "abc"}), NOBODY)
    long = TRANSPORT.build_kwargs(Ask(user, options={"session_id": "x" * 99}), NOBODY)
    assert short["prompt_cache_key"] == "abc"
    assert len(long["prompt_cache_key"]) <= 64
    assert "prompt_cache_key" not in TRANSPORT.build_kwargs(Ask(user), NOBODY)


def test_user_parts_get_this_wires_names():
    """F07, P01: text, images and files of a user's message."""
    parts = [
        {"type": "text", "text": "What is it?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}},
        {"type": "file", "file": {"file_id": "file_1"}},
    ]
    found = convert({"role": "user", "content": parts})["input"][0]["content"]
    assert found == [
        {"type": "input_text", "text": "What is it?"},
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA", "detail": "auto"},
        {"type": "input_file", "file_id": "file_1"},
    ]


def test_an_assistants_parts_become_its_words():
    """F08: no input_text ever stands in an assistant's message."""
    parts = [{"type": "text", "text": "One"}, {"type": "text", "text": "Two"}]
    assert convert({"role": "assistant", "content": parts})["input"] == [
        {"role": "assistant", "content": "OneTwo"}
    ]


def test_calls_and_results_pair_by_call_id():
    """F09: a call, its result as text or as parts; nothing said is `{}`."""
    assistant = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "call_1|fc_1", "type": "function", "function": {"name": "f"}}],
    }
    picture = [{"type": "image_url", "image_url": {"url": "https://e.com/x.png"}}]
    result = {"role": "tool", "tool_call_id": "call_1", "content": picture}
    assert convert(assistant, result)["input"] == [
        {"type": "function_call", "call_id": "call_1", "name": "f", "arguments": "{}"},
        {
            "type": "function_call_output",
            "call_id": "call_1",
            "output": [
                {"type": "input_image", "image_url": "https://e.com/x.png", "detail": "auto"}
            ],
        },
    ]


def test_an_id_that_lost_its_half_still_pairs():
    assistant = {
        "role": "assistant",
        "tool_calls": [{"id": "|fc_1", "type": "function", "function": {"name": "f"}}],
    }
    result = {"role": "tool", "tool_call_id": "|fc_1", "content": "Done"}
    ids = [item["call_id"] for item in convert(assistant, result)["input"]]
    assert ids == ["fc_1", "fc_1"]


def test_a_turn_goes_back_as_it_came_without_ids():
    """F10, F13, F14: thoughts before what they led to, in the reply's own order; with nothing
    stored, neither a thought's id nor a message's is sent."""
    second = THOUGHT | {"id": "rs_2", "encrypted_content": "dHdv"}
    turn = replayed(
        THOUGHT,
        call("f", "{}", "call_1", id="fc_1"),
        second,
        message("Looking.", id="msg_1", phase="commentary", status="completed"),
        call("g", "{}", "call_2", id="fc_2"),
    )
    found = convert(turn)["input"]
    kinds = [item["type"] for item in found]
    assert kinds == ["reasoning", "function_call", "reasoning", "message", "function_call"]
    assert [item.get("encrypted_content") for item in found[:3]] == ["c2VhbGVk", None, "dHdv"]
    assert found[3] == {
        "type": "message",
        "role": "assistant",
        "content": "Looking.",
        "phase": "commentary",
    }
    assert not any("id" in item or any(key[0] == "_" for key in item) for item in found)
    assert accepted(TRANSPORT.build_kwargs(Ask((turn,)), NOBODY))


def test_a_server_that_stores_gets_both_ids_or_neither():
    """F13, F14: ids go back together; one message id that is too long takes the thought's along."""
    item = message("Hi", id="msg_1", status="completed")
    kept = convert(replayed(THOUGHT, item), store=True)["input"]
    assert [entry["id"] for entry in kept] == ["rs_1", "msg_1"]
    long = convert(replayed(THOUGHT, item | {"id": "m" * 65}), store=True)["input"]
    assert not any("id" in entry for entry in long)


def test_a_thought_is_sent_once():
    """F11: the same item in two messages of a history."""
    turn = replayed(THOUGHT, message("Hi"))
    assert [item.get("type") for item in convert(turn, turn)["input"]].count("reasoning") == 1


def test_a_thought_alone_gets_something_to_follow_it():
    """F12: the server demands an item after reasoning."""
    found = convert(replayed(THOUGHT))["input"]
    assert found[-1] == {"role": "assistant", "content": ""}


def test_another_backends_thought_stays_at_home():
    """F15: what one issuer sealed, no other can open; the stamp itself is never sent, and an
    unstamped one passes."""
    turn = replayed(THOUGHT, message("Hi"))
    elsewhere = Provider(name="elsewhere", transport="", base_url="", model="m")
    assert [item["role"] for item in convert(turn, backend=elsewhere)["input"]] == ["assistant"]
    unstamped = {"role": "assistant", "content": "Hi", "codex_reasoning_items": [THOUGHT]}
    assert convert(unstamped, backend=elsewhere)["input"][0]["type"] == "reasoning"


def test_a_free_form_call_goes_back_as_one():
    """F30: the call and its result keep their kinds."""
    item = {"type": "custom_tool_call", "call_id": "call_1", "name": "sh", "input": "ls"}
    result = {"role": "tool", "tool_call_id": "call_1", "content": "a b"}
    found = convert(replayed(item), result)["input"]
    assert found == [
        item,
        {"type": "custom_tool_call_output", "call_id": "call_1", "output": "a b"},
    ]
    assert accepted(TRANSPORT.build_kwargs(Ask((replayed(item), result)), NOBODY))


def test_the_request_is_one_post_without_a_key():
    """Headers of the provider and of the ask, extra body and query, half surrogates replaced."""
    backend = Provider(
        name="b",
        transport="codex_responses",
        base_url="https://b.example/v1",
        model="m",
        headers={"x-app": "ours"},
        headers_for=lambda ask, base_url: {"session_id": ask.options["session_id"]},
        adapt=lambda body, ask: {k: v for k, v in body.items() if k != "prompt_cache_key"},
    )
    options = {"session_id": "s1", "extra_body": {"more": 1}, "extra_headers": {"x-own": "2"}}
    kwargs = TRANSPORT.build_kwargs(
        Ask(({"role": "user", "content": "half \ud83d"},), options=options), backend
    )
    request = TRANSPORT.build_request(
        kwargs | {"extra_query": {"v": "1"}}, backend, Endpoint("https://b.example/v1/")
    )
    assert (request.method, request.url) == ("POST", "https://b.example/v1/responses?v=1")
    names = ("x-app", "session_id", "x-own", "content-type", "accept", "authorization")
    assert [request.header(name) for name in names] == [
        "ours",
        "s1",
        "2",
        "application/json",
        "text/event-stream",
        None,
    ]
    body = json.loads(request.body)
    assert body["more"] == 1
    assert "prompt_cache_key" not in body
    assert body["input"][0]["content"] == "half \ufffd"


@pytest.mark.parametrize(
    ("wrong", "word"), [({"max_tokens": 3}, "max_tokens"), ({"timeout": float("inf")}, "timeout")]
)
def test_preflight_refuses_what_the_wire_would(wrong, word):
    """F34: an unknown field, or a timeout that never ends, is refused before anything is sent."""
    said = ({"role": "user", "content": "Hi"},)
    here = Endpoint("https://b.example/v1")
    good = TRANSPORT.build_kwargs(Ask(said, options={"overrides": {"timeout": 3}}), NOBODY)
    assert "timeout" not in json.loads(TRANSPORT.build_request(good, NOBODY, here).body)
    bad = TRANSPORT.build_kwargs(Ask(said, options={"overrides": wrong}), NOBODY)
    with pytest.raises(UsageError, match=word):
        TRANSPORT.build_request(bad, NOBODY, here)


def test_structured_output_has_a_flat_form():
    """Chat's response_format becomes text.format."""
    wanted = {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": "object"}}}
    options = {"response_format": wanted, "verbosity": "low"}
    kwargs = TRANSPORT.build_kwargs(
        Ask(({"role": "user", "content": "Hi"},), options=options), NOBODY
    )
    assert kwargs["text"] == {
        "format": {"type": "json_schema", "name": "n", "schema": {"type": "object"}},
        "verbosity": "low",
    }
    assert accepted(kwargs)
