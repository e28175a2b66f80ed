"""Requests over chat: what the SDK's own types accept, and what a strict server accepts."""

import copy
import json
from dataclasses import replace

import openai
import pytest
from openai.types.chat import completion_create_params as params
from pydantic import TypeAdapter
from wire_samples import SERVER, read_bytes

from harness.contracts import Endpoint
from harness.model import Ask
from harness.providers import PROVIDERS
from harness.transports import TRANSPORTS
from harness.transports._history import assistant_message
from harness.transports.chat_completions.build import PARAMETERS
from harness.transports.chat_completions.history import CORRUPT, UNAVAILABLE, UNNAMED

CHAT = TRANSPORTS.get("chat_completions")
SPOKEN = [name for name in PROVIDERS.names() if PROVIDERS.get(name).transport == CHAT.name]
BODIES = {
    True: TypeAdapter(params.CompletionCreateParamsStreaming),
    False: TypeAdapter(params.CompletionCreateParamsNonStreaming),
}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


def called(id_, arguments="{}", name="f", **more):
    return {
        "id": id_,
        "type": "function",
        "function": {"name": name, "arguments": arguments},
        **more,
    }


def result(id_, content="ok"):
    return {"role": "tool", "tool_call_id": id_, "content": content}


HISTORY = (
    {"role": "system", "content": "Be terse."},
    {"role": "user", "content": [{"type": "text", "text": "hi"}]},
    {"role": "assistant", "content": None, "tool_calls": [called("c1")], "reasoning": "why"},
    result("c1"),
    {"role": "user", "content": "go on"},
)


def converted(*messages, profiles=()):
    server = replace(SERVER, profiles=frozenset(profiles))
    return CHAT.convert_messages(messages, server, Ask(messages=messages))


def kwargs(server=SERVER, **ask):
    return CHAT.build_kwargs(Ask(**{"messages": HISTORY, **ask}), server)


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("name", SPOKEN)
def test_the_sdks_request_types_accept_what_is_built(name, stream):
    """Every parameter is known to `create`, and its value has the declared type."""
    ask = Ask(
        messages=HISTORY,
        tools=(TOOL,),
        tool_choice="auto",
        stream=stream,
        max_tokens=64,
        temperature=0.5,
        reasoning={"enabled": True, "effort": "low"},
        options={"stop": ["END"], "parallel_tool_calls": True},
    )
    built = CHAT.build_kwargs(ask, PROVIDERS.get(name))
    body = {key: value for key, value in built.items() if not key.startswith("extra_")}
    assert set(body) <= PARAMETERS
    BODIES[stream].validate_python(body)


def test_our_parameters_are_the_sdks():
    """What stands in neither would be refused as an unknown argument."""
    known = set(openai.resources.chat.completions.Completions.create.__annotations__)
    known |= set(params.CompletionCreateParamsNonStreaming.__annotations__)
    for base in params.CompletionCreateParamsNonStreaming.__orig_bases__:
        known |= set(getattr(base, "__annotations__", ()))
    assert known >= PARAMETERS


def test_a_stream_asks_for_its_usage():
    """C27: unless a profile says that the host refuses the parameter."""
    assert kwargs()["stream_options"] == {"include_usage": True}
    bare = replace(SERVER, profiles=frozenset({"no_stream_options"}))
    assert "stream_options" not in kwargs(bare)
    assert "stream" not in kwargs(stream=False)


def test_limits_come_from_the_ask_or_the_declaration():
    """J26, J27: in the declared field; what is no positive number was not asked."""
    server = replace(
        SERVER,
        default_max_tokens=lambda model: 7,
        max_tokens_field=lambda model: "max_completion_tokens",
    )
    assert kwargs(server)["max_completion_tokens"] == 7
    assert kwargs(server, max_tokens=9)["max_completion_tokens"] == 9
    assert kwargs(server, max_tokens=0)["max_completion_tokens"] == 7
    assert not {"max_tokens", "max_completion_tokens"} & set(kwargs())


def test_temperature_passes_the_declaration():
    """J01: a backend may fix or omit it."""
    assert kwargs(temperature=0.2)["temperature"] == 0.2
    assert "temperature" not in kwargs(
        replace(SERVER, temperature=lambda m, t: None), temperature=1
    )


def test_a_tool_choice_in_any_shape():
    """N10: words of other wires, a bare name; and none without tools."""
    one = {"type": "function", "function": {"name": "f"}}
    for asked, sent in (
        ("any", "required"),
        ("auto", "auto"),
        ("f", one),
        ({"type": "tool", "name": "f"}, one),
        ({"type": "any"}, "required"),
        (one, one),
    ):
        assert kwargs(tools=(TOOL,), tool_choice=asked)["tool_choice"] == sent
    assert "tool_choice" not in kwargs(tool_choice="auto")
    assert "tools" not in kwargs()


def test_the_body_is_adapted_and_then_overridden():
    """J36, J37: overrides are merged last; unknown fields stand in extra_body, headers apart."""
    server = replace(
        SERVER,
        adapt=lambda body, ask: {**body, "vendor": 1, "seed": 1},
        headers={"x-a": "ours"},
        headers_for=lambda ask, base: {"x-b": base},
    )
    options = {
        "extra_body": {"more": 2},
        "overrides": {"seed": 2, "extra_body": {"late": 3}},
        "extra_headers": {"X-A": "theirs"},
    }
    built = kwargs(server, options=options)
    assert built["seed"] == 2
    assert built["extra_body"] == {"vendor": 1, "more": 2, "late": 3}
    request = CHAT.build_request(built, server, Endpoint("https://h.test/v1/?k=1"))
    assert request.url == "https://h.test/v1/chat/completions?k=1"
    assert request.header("x-a") == "theirs"
    assert request.header("x-b") == SERVER.base_url
    body = json.loads(request.body)
    assert (body["vendor"], body["more"], body["seed"]) == (1, 2, 2)
    assert not [key for key in body if key.startswith("extra_")]


def test_the_callers_history_is_never_changed():
    """Whatever is repaired in it is repaired in a copy."""
    messages = [
        {"role": "assistant", "tool_calls": [called("a", "{broken"), called("a")], "_x": 1},
        result("a"),
    ]
    before = copy.deepcopy(messages)
    converted(*messages)
    assert messages == before


def test_keys_of_other_wires_and_of_the_caller_are_not_sent():
    """J07, J08: protocol state goes only to whom it belongs."""
    message = {
        "role": "assistant",
        "content": "x",
        "reasoning": "r",
        "reasoning_content": "r",
        "reasoning_details": [],
        "codex_reasoning_items": [],
        "codex_message_items": [],
        "anthropic_content_blocks": [],
        "finish_reason": "stop",
        "timestamp": 1,
        "_own": 1,
        "tool_calls": [called("c", call_id="c", response_item_id="fc_1", extra_content={"g": 1})],
    }
    sent = converted({"role": "user", "content": "q"}, message, result("c"))[1]
    assert sent == {"role": "assistant", "content": "x", "tool_calls": [called("c")]}


STATE = {
    "reasoning": "r",
    "reasoning_content": "rc",
    "reasoning_details": [{"type": "reasoning.encrypted", "data": "d"}],
    "reasoning_text": "rt",
    "reasoning_opaque": "ro",
    "thinking_signature": "ts",
    "raw_content": "<think>r</think>x",
}


@pytest.mark.parametrize(
    ("profile", "sent"),
    [
        ("echo_reasoning_content", {"reasoning_content": "rc"}),
        ("echo_reasoning_details", {"reasoning_details": STATE["reasoning_details"]}),
        ("echo_reasoning_text", {"reasoning_text": "rt", "reasoning_opaque": "ro"}),
        ("echo_raw_content", {"content": "<think>r</think>x"}),
        (
            "echo_thinking_parts",
            {
                "content": [
                    {
                        "type": "thinking",
                        "thinking": [{"type": "text", "text": "r"}],
                        "signature": "ts",
                    },
                    {"type": "text", "text": "x"},
                ]
            },
        ),
    ],
)
def test_state_goes_back_to_the_server_that_wants_it(profile, sent):
    """WIRE 11.3, J06: each by its own profile, and nothing else with it."""
    message = {"role": "assistant", "content": "x", **STATE}
    made = converted(message, profiles=[profile])[0]
    assert made == {"role": "assistant", "content": "x", **sent}


def test_a_server_that_demands_reasoning_gets_a_space():
    """J06: where none is known; "" is refused."""
    for known in ({}, {"reasoning_content": ""}):
        made = converted(
            {"role": "assistant", "content": "x", **known}, profiles=["echo_reasoning_content"]
        )
        assert made[0]["reasoning_content"] == " "


def test_a_reply_goes_back_as_the_server_wants_it():
    """A07, A08, C09, C10, C14: read, stored, and sent again with its signature."""
    signed = {"google": {"thought_signature": "sig"}}
    arguments = '{"cmd":"PGPASSWORD=x psql"}'
    body = {
        "choices": [
            {
                "message": {
                    "content": None,
                    "reasoning": "why",
                    "reasoning_details": [
                        {"type": "reasoning.text", "text": "why", "signature": "s"}
                    ],
                    "tool_calls": [called("c", arguments, extra_content=signed)],
                },
                "finish_reason": "tool_calls",
            }
        ]
    }
    outcome, _ = read_bytes(CHAT, [json.dumps(body).encode()])
    message = assistant_message(outcome.response)
    assert message["tool_calls"][0]["function"]["arguments"] == arguments
    assert (message["reasoning"], message["finish_reason"]) == ("why", "tool_calls")
    sent = converted(
        message, result("c"), profiles=["echo_extra_content", "echo_reasoning_details"]
    )
    assert sent[0]["tool_calls"][0]["extra_content"] == signed
    assert sent[0]["reasoning_details"] == body["choices"][0]["message"]["reasoning_details"]


def test_broken_arguments_in_a_history_are_replaced_and_told():
    """E11: the model sees that its call was corrupt."""
    made = converted({"role": "assistant", "tool_calls": [called("c", '{"a":"x')]}, result("c"))
    assert made[0]["tool_calls"][0]["function"]["arguments"] == "{}"
    assert made[1]["content"] == CORRUPT + "ok"


def test_names_that_no_server_accepts_are_made_legal():
    """E13 as far as the wire goes, E14: a blank one is named, and stays paired."""
    names = ['terminal" parameter="command"', "write file", "", None]
    calls = [called(f"c{n}", name=name) for n, name in enumerate(names)]
    made = converted(
        {"role": "assistant", "tool_calls": calls}, *(result(f"c{n}") for n in range(4))
    )
    assert [call["function"]["name"] for call in made[0]["tool_calls"]] == [
        "terminal",
        "write_file",
        UNNAMED,
        UNNAMED,
    ]
    assert [message["tool_call_id"] for message in made[1:]] == ["c0", "c1", "c2", "c3"]


@pytest.mark.parametrize("calls", [[], None, "x", {}])
def test_an_empty_list_of_calls_is_not_sent(calls):
    """E15."""
    assert (
        "tool_calls" not in converted({"role": "assistant", "content": "x", "tool_calls": calls})[0]
    )


def test_an_id_used_twice_is_made_two():
    """E16: nothing is lost, and each call has its own result."""
    made = converted(
        {"role": "assistant", "tool_calls": [called("a"), called("a")]},
        result("a", "1"),
        result("a", "2"),
    )
    assert [call["id"] for call in made[0]["tool_calls"]] == ["a", "a_d2"]
    assert [(m["tool_call_id"], m["content"]) for m in made[1:]] == [("a", "1"), ("a_d2", "2")]


def test_orphans_go_and_missing_results_are_told():
    """E17: results in the order of the calls; E18: call_id first, white space off."""
    made = converted(
        result("nobody"),
        {"role": "assistant", "tool_calls": [called("x", call_id=" a "), called("b")]},
        result("b"),
        result("stranger"),
        result("a"),
        {"role": "assistant", "tool_calls": [called("c")]},
        {"role": "user", "content": "next"},
        result("c"),
    )
    assert [(m["role"], m.get("tool_call_id"), m["content"]) for m in made if "content" in m] == [
        ("tool", "a", "ok"),
        ("tool", "b", "ok"),
        ("tool", "c", UNAVAILABLE),
        ("user", None, "next"),
    ]


def test_turns_of_one_role_are_one_turn():
    """E19: users with a blank line, assistants with their calls."""
    made = converted(
        {"role": "user", "content": "a"},
        {"role": "user", "content": [{"type": "text", "text": "b"}]},
        {"role": "assistant", "content": "c", "tool_calls": [called("1")]},
        {"role": "assistant", "content": "d", "tool_calls": [called("2")]},
        result("1"),
        result("2"),
        {"role": "user", "content": "e"},
        {"role": "user", "content": "f"},
    )
    assert [message["role"] for message in made] == ["user", "assistant", "tool", "tool", "user"]
    assert made[0]["content"] == [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]
    assert [call["id"] for call in made[1]["tool_calls"]] == ["1", "2"]
    assert made[1]["content"] == "c\nd"
    assert made[-1]["content"] == "e\n\nf"


def test_the_functions_name_goes_with_its_result_where_it_is_wanted():
    """E23."""
    history = ({"role": "assistant", "tool_calls": [called("c")]}, result("c"))
    assert "name" not in converted(*history)[1]
    assert converted(*history, profiles=["tool_message_name"])[1]["name"] == "f"


def test_half_characters_are_replaced_everywhere():
    """L07: a body that no encoder can write is never built."""
    bad = "\ud800"
    ask = {
        "messages": ({"role": "user", "content": bad},),
        "tools": ({"type": "function", "function": {"name": "f", "description": bad}},),
        "options": {"extra_body": {bad: bad}},
    }
    request = CHAT.build_request(kwargs(**ask), SERVER, Endpoint("https://h.test"))
    assert "\ud800" not in json.dumps(json.loads(request.body), ensure_ascii=False)
