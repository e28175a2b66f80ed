"""Requests of the Messages wire: turns, tools, thinking, markers, and the SDK's request types."""

import copy
import json
from collections.abc import Iterable

import pydantic
import pytest
from anthropic.types import message_create_params
from block_asks import TOOLS, TURNS, asked, call, result, tool, user

from harness.contracts import Endpoint
from harness.model import Ask, Provider
from harness.providers._models import most_tokens
from harness.transports._ids import call_id
from harness.transports.anthropic_messages import TRANSPORT, models

SIGNED = {"type": "thinking", "thinking": "Need both.", "signature": "sig"}
UNSIGNED = {"type": "thinking", "thinking": "Loose."}
REDACTED = {"type": "redacted_thinking", "data": "blob"}
NEW, OLD, PLAIN = "claude-sonnet-4-6", "claude-sonnet-4-20250514", "some-model"


def backend(**more):
    values = {"name": "x", "transport": "anthropic_messages", "base_url": "http://x", "model": NEW}
    return Provider(**{**values, **more})


def converted(*messages, **more):
    made = TRANSPORT.convert_messages(messages, backend(**more), Ask(tuple(messages)))
    return made["messages"]


def kwargs(*messages, provider=None, **ask):
    messages = messages or (user("x"),)
    return TRANSPORT.build_kwargs(Ask(messages, **ask), provider or backend())


def blocks(turn):
    return [block["type"] for block in turn["content"]]


# The official SDK ---------------------------------------------------------------------------


def consumed(value):
    """Validated as deep as it goes: the SDK's iterables are checked while they are read."""
    if isinstance(value, dict):
        return {key: consumed(item) for key, item in value.items()}
    if isinstance(value, str) or not isinstance(value, Iterable):
        return value
    return [consumed(item) for item in value]


def accepted(arguments):
    """The SDK's own types know every key, at any depth: an unknown one would be dropped."""
    kind = (
        message_create_params.MessageCreateParamsStreaming
        if arguments.get("stream")
        else message_create_params.MessageCreateParamsNonStreaming
    )
    body = {key: value for key, value in arguments.items() if not key.startswith("extra_")}
    types = pydantic.TypeAdapter(kind)  # held: its lazy iterables need it while they are read
    assert consumed(types.validate_python(body)) == body


ASKS = {
    "plain": {},
    "turns": {"tools": TOOLS, "tool_choice": "auto"},
    "forced": {
        "tools": TOOLS,
        "tool_choice": {"type": "function", "function": {"name": "get_time"}},
    },
    "required": {"tools": TOOLS, "tool_choice": "required", "stream": False},
    "thinking": {"reasoning": {"enabled": True, "effort": "high"}, "tools": TOOLS},
    "budget": {"reasoning": {"enabled": True, "effort": "low"}, "model": OLD},
    "sampled": {"temperature": 0.2, "options": {"top_p": 0.9, "stop": ["END"]}, "model": OLD},
    "json": {
        "options": {
            "response_format": {
                "type": "json_schema",
                "json_schema": {"schema": {"type": "object"}},
            }
        }
    },
    "not_thinking": {"reasoning": {"enabled": False}},
}


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
def test_the_sdk_accepts_the_arguments(ask):
    """Names and types are those of the SDK's create call; what it does not know is extra_body."""
    accepted(kwargs(*TURNS, **ask))


def test_what_the_sdk_has_no_parameter_for_is_extra_body():
    """Sampling parameters, which the newest SDK dropped, and whatever a backend adapts."""
    provider = backend(adapt=lambda body, _: {**body, "vendor_field": 1, "instructions": "no"})
    made = kwargs(provider=provider, temperature=0.5, model=OLD)
    assert made["extra_body"] == {"temperature": 0.5, "vendor_field": 1}
    assert "instructions" not in made


# Turns --------------------------------------------------------------------------------------


def test_the_turns_of_a_tool_loop():
    """System apart, calls as objects, all results of one turn in the next user turn, in front."""
    made = TRANSPORT.convert_messages([*TURNS, user("and?")], backend(), Ask(()))
    assert made["system"] == [{"type": "text", "text": "You are terse."}]
    first, second, third = made["messages"]
    assert blocks(first) == ["text", "image"]
    assert first["content"][1]["source"]["media_type"] == "image/png"
    assert blocks(second) == ["text", "tool_use", "tool_use"]
    assert second["content"][1]["input"] == {"city": "Oslo"}
    assert blocks(third) == ["tool_result", "tool_result", "text"]
    assert third["content"][1]["is_error"] is True


def test_nothing_of_the_callers_is_changed():
    """Conversion, building and marking leave the canonical messages as they were."""
    before = copy.deepcopy(TURNS)
    kwargs(*TURNS, tools=TOOLS)
    assert before == TURNS


def test_orphans_do_not_travel():
    """G09: a call that the next user turn does not answer, and a result that nobody asked for."""
    made = converted(user("x"), asked(call("a"), call("b"), content="t"), result("b"), result("z"))
    assert [b.get("id") for b in made[1]["content"]] == [None, "b"]
    assert [b["tool_use_id"] for b in made[2]["content"]] == ["b"]


def test_an_orphan_takes_its_signature_along():
    """G08: thinking that was signed over a call that is gone is said as text."""
    turn = asked(call("a"), content="t", reasoning_details=[SIGNED])
    made = converted(user("x"), turn, user("next"))
    assert made[1]["content"] == [
        {"type": "text", "text": "Need both."},
        {"type": "text", "text": "t"},
    ]


def test_neighbours_of_one_role_are_merged():
    """G10: and what the second one thought is dropped with its place."""
    said = {"role": "assistant", "content": "b", "reasoning_details": [SIGNED]}
    made = converted(user("x"), {"role": "assistant", "content": "a"}, said, user("y"), user("z"))
    assert [turn["role"] for turn in made] == ["user", "assistant", "user"]
    assert [block["text"] for block in made[1]["content"]] == ["a", "b"]


def test_nothing_empty_is_sent():
    """G11: placeholders for an empty user turn, assistant turn and tool result."""
    made = converted(
        user(""),
        {"role": "assistant", "content": " "},
        user("x"),
        asked(call("a")),
        result("a", ""),
    )
    assert made[0]["content"][0]["text"] == "(empty message)"
    assert made[1]["content"][0]["text"] == "(empty)"
    assert made[4]["content"][0]["content"] == "(no output)"


def test_ids_are_made_of_what_the_wire_takes():
    """G13: other characters become underscores, on both sides of the pair; none at all gets the
    one that a stored reply has (A06)."""
    made = converted(user("x"), asked(call("call|x:1")), result("call|x:1"))
    assert made[1]["content"][0]["id"] == "call_x_1" == made[2]["content"][0]["tool_use_id"]
    made_up = call_id("f", "{}", 0)
    made = converted(user("x"), asked(call(None, "f", "{}")), result(made_up))
    assert made[1]["content"][0]["id"] == made_up == made[2]["content"][0]["tool_use_id"]


def test_corrupt_arguments_are_confessed_in_the_result():
    """E11: the call is sent with {}, and its result says so."""
    made = converted(user("x"), asked(call("a", arguments='{"city": "Os')), result("a", "done"))
    assert made[1]["content"][0]["input"] == {}
    assert made[2]["content"][0]["content"].startswith("[The call's arguments were not valid JSON")
    assert made[2]["content"][0]["content"].endswith("done")


def test_images_may_stand_in_a_result():
    """G12: a list of parts becomes the result's content."""
    parts = [
        {"type": "text", "text": "see"},
        {"type": "image_url", "image_url": {"url": "https://h/i.png"}},
    ]
    made = converted(user("x"), asked(call("a")), result("a", parts))
    assert made[2]["content"][0]["content"][1] == {
        "type": "image",
        "source": {"type": "url", "url": "https://h/i.png"},
    }


def test_only_the_latest_images_of_results_are_kept_where_somebody_says_how_many():
    """G12: `options.keep_images`; what stands for an older one says so, and no text is lost."""
    see = {"type": "text", "text": "see"}
    images = [{"type": "image_url", "image_url": {"url": f"https://h/{n}.png"}} for n in range(4)]
    talk = [user("x")]
    for name, shown in zip("abcd", images, strict=True):
        talk += [asked(call(name)), result(name, [see, shown])]

    def kept(**options):
        made = TRANSPORT.convert_messages(talk, backend(), Ask(tuple(talk), options=options))
        turns = made["messages"]
        results = [block for turn in turns for block in turn["content"] if "tool_use_id" in block]
        assert all(block["content"][0] == see for block in results)
        return [block["content"][1]["type"] for block in results]

    assert kept() == kept(keep_images=None) == ["image"] * 4
    assert kept(keep_images=3) == ["text", "image", "image", "image"]
    assert kept(keep_images=0) == ["text"] * 4


# Thinking -----------------------------------------------------------------------------------


def test_the_vendors_blocks_go_back_verbatim_and_in_order():
    """G03, G04: what interleaves stays interleaved; fields that only an SDK has are removed."""
    use = {"type": "tool_use", "id": "a", "name": "f", "input": {"n": 1}}
    text = {"type": "text", "text": "t"}
    held = [
        SIGNED,
        {**use, "caller": {"type": "direct"}},
        REDACTED,
        {**text, "citations": None, "parsed_output": 1},
    ]
    made = converted(
        user("x"), {"role": "assistant", "anthropic_content_blocks": held}, result("a")
    )
    assert made[1]["content"] == [SIGNED, use, REDACTED, text]


TALK = (
    user("one"),
    {"role": "assistant", "content": "1", "reasoning_details": [SIGNED]},
    user("two"),
    asked(call("a"), reasoning_details=[SIGNED, REDACTED], reasoning_content="plain"),
    result("a"),
    asked(call("b"), content="t", reasoning_details=[UNSIGNED, {"type": "redacted_thinking"}]),
    result("b"),
)


@pytest.mark.parametrize(
    ("profile", "kept"),
    [
        (
            set(),
            [["text"], ["thinking", "redacted_thinking", "tool_use"], ["text", "text", "tool_use"]],
        ),
        ({"thinking_none"}, [["text"], ["tool_use"], ["text", "tool_use"]]),
        (
            {"thinking_unsigned"},
            [["text"], ["thinking", "tool_use"], ["thinking", "text", "tool_use"]],
        ),
        (
            {"thinking_all"},
            [
                ["thinking", "text"],
                ["thinking", "redacted_thinking", "tool_use"],
                ["thinking", "redacted_thinking", "text", "tool_use"],
            ],
        ),
    ],
    ids=["signer", "none", "unsigned", "all"],
)
def test_which_thinking_goes_back_is_a_profile(profile, kept):
    """G05-G07: the signer's current tool loop, nothing, unsigned only, or everything."""
    made = converted(*TALK, profiles=frozenset(profile))
    assert [blocks(turn) for turn in made if turn["role"] == "assistant"] == kept


def test_an_empty_reasoning_text_still_leads_the_turn():
    """G07: servers without signatures want the block even when it says nothing."""
    turn = asked(call("a"), reasoning_content="")
    made = converted(user("x"), turn, result("a"), profiles=frozenset({"thinking_unsigned"}))
    assert made[1]["content"][0] == {"type": "thinking", "thinking": ""}


def test_a_turn_of_thinking_alone_is_dropped_whole():
    """G32: and its neighbours are merged."""
    made = converted(
        user("a"), {"role": "assistant", "content": "", "reasoning_details": [SIGNED]}, user("b")
    )
    assert [turn["role"] for turn in made] == ["user"]
    assert [block["text"] for block in made[0]["content"]] == ["a", "b"]


def test_a_reply_goes_back_as_it_came():
    """Round trip: what normalize kept, convert sends unchanged."""
    content = [
        SIGNED,
        {"type": "text", "text": "t"},
        {"type": "tool_use", "id": "a", "name": "f", "input": {}},
    ]
    reply = TRANSPORT.normalize_response({"content": content, "stop_reason": "tool_use"}, backend())
    stored = {
        "role": "assistant",
        "content": reply.content,
        "anthropic_content_blocks": reply.anthropic_content_blocks,
        "reasoning_details": reply.reasoning_details,
    }
    assert converted(user("x"), stored, result("a"))[1]["content"] == content


# Parameters ---------------------------------------------------------------------------------


def test_tools():
    """G14: unions with null collapse, top-level combinators go, a name stands once."""
    schema = {
        "anyOf": [{"required": ["a"]}],
        "properties": {
            "a": {"anyOf": [{"type": "string"}, {"type": "null"}], "description": "d"},
            "b": {"type": ["integer", "null"]},
        },
    }
    made = TRANSPORT.convert_tools(
        [tool("f", schema), tool("f"), tool("g", None)], backend(), Ask(())
    )
    assert [one["name"] for one in made] == ["f", "g"]
    assert made[0]["input_schema"] == {
        "type": "object",
        "properties": {"a": {"type": "string", "description": "d"}, "b": {"type": "integer"}},
    }
    assert made[1]["input_schema"] == {"type": "object", "properties": {}}


@pytest.mark.parametrize(
    ("choice", "sent"),
    [
        (None, None),
        ("auto", {"type": "auto"}),
        ("required", {"type": "any"}),
        ("get_time", {"type": "tool", "name": "get_time"}),
        (
            {"type": "function", "function": {"name": "get_time"}},
            {"type": "tool", "name": "get_time"},
        ),
    ],
)
def test_tool_choice(choice, sent):
    """G15: every way of asking for a tool."""
    made = kwargs(tools=TOOLS, tool_choice=choice)
    assert made.get("tool_choice") == sent
    assert "tools" in made


def test_no_tool_means_no_tools():
    """G15: `none` leaves the tools out."""
    assert not {"tools", "tool_choice"} & kwargs(tools=TOOLS, tool_choice="none").keys()


@pytest.mark.parametrize("name", models.MAX_TOKENS)
def test_a_model_holds_as_much_behind_any_door(name):
    """J27: what an aggregator is asked for is what the model's own server would be asked for."""
    assert most_tokens(f"anthropic/{name}") == most_tokens(name) == models.max_tokens(name)


@pytest.mark.parametrize("asked_for", [None, 0, -5, float("nan")])
def test_max_tokens_is_always_a_positive_number(asked_for):
    """G16: the backend's default, else the model's table."""
    declared = backend(default_max_tokens=lambda model: 777)
    assert kwargs(max_tokens=asked_for, provider=declared)["max_tokens"] == 777
    assert kwargs(max_tokens=asked_for)["max_tokens"] == models.max_tokens(NEW)
    assert kwargs(max_tokens=12)["max_tokens"] == 12


@pytest.mark.parametrize(
    ("held", "most"), [(100, 99), (10**9, 777), (None, 777), (0, 777), ("x", 777), (1, 1)]
)
def test_a_reply_is_smaller_than_what_the_model_holds(held, most):
    """G16: `options.context_length`, of whoever knows it."""
    declared = backend(default_max_tokens=777)
    assert kwargs(provider=declared, options={"context_length": held})["max_tokens"] == most


def test_thinking_is_asked_for_in_the_models_own_way():
    """G17: adaptive with an effort; or a budget, temperature 1 and room beside it."""
    new = kwargs(reasoning={"effort": "minimal"}, temperature=0.3)
    assert new["thinking"] == {"type": "adaptive", "display": "summarized"}
    assert new["output_config"] == {"effort": "low"}
    assert "extra_body" not in new
    old = kwargs(reasoning={"effort": "high"}, model=OLD, max_tokens=10, temperature=0.3)
    assert old["thinking"]["type"] == "enabled"
    assert old["max_tokens"] >= old["thinking"]["budget_tokens"] + 4096
    assert old["extra_body"]["temperature"] == 1
    assert "thinking" not in kwargs(reasoning={"effort": "high"}, model="claude-3-haiku-20240307")
    assert "thinking" not in kwargs()


def test_sampling_parameters_only_where_they_are_taken():
    """G18: the newest generation refuses them."""
    taken = {"temperature": 0.5, "options": {"top_p": 0.9}}
    assert kwargs(model=OLD, **taken)["extra_body"] == {"temperature": 0.5, "top_p": 0.9}
    assert "extra_body" not in kwargs(model="claude-opus-4-7", **taken)


def test_betas_of_all_sources_are_one_header():
    """G20: declared, computed and asked betas, in order, each once."""
    provider = backend(
        headers={"Anthropic-Beta": "a,b", "x-static": "1"},
        headers_for=lambda ask, url: {"anthropic-beta": "b,c", "x-dynamic": "2"},
    )
    made = kwargs(provider=provider, options={"betas": ["d"]})
    request = TRANSPORT.build_request(made, provider, Endpoint("http://x"))
    assert request.header("anthropic-beta").split(",") == ["d", "a", "b", "c"]
    assert (request.header("x-static"), request.header("x-dynamic")) == ("1", "2")


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("https://h", "https://h/v1/messages"),
        ("https://h/v1/", "https://h/v1/messages"),
        ("https://h/anthropic", "https://h/anthropic/v1/messages"),
        ("https://h/anthropic?api-version=1", "https://h/anthropic/v1/messages?api-version=1"),
    ],
)
def test_the_url(base, url):
    """G27, G28: /v1 stands once, and a query stays a query."""
    request = TRANSPORT.build_request(kwargs(), backend(), Endpoint(base))
    assert request.url == url
    assert request.header("anthropic-version")
    assert request.header("x-api-key") is None


def test_the_models_name_on_the_wire():
    """G29: no aggregator's prefix; hyphens for the vendor's own names, dots for others."""
    assert kwargs(model="anthropic/claude-opus-4.6")["model"] == "claude-opus-4-6"
    assert kwargs(model="qwen3.5-plus")["model"] == "qwen3.5-plus"


def test_surrogate_halves_are_not_sent():
    """L07: the body is UTF-8, whatever the conversation holds."""
    request = TRANSPORT.build_request(kwargs(user("a\ud83d b")), backend(), Endpoint("http://x"))
    assert json.loads(request.body)["messages"][0]["content"][0]["text"] == "a\ufffd b"


# Cache markers ------------------------------------------------------------------------------

MARK = {"type": "ephemeral", "ttl": "1h"}


def test_a_marker_of_the_caller_travels():
    """K02: on a system part, a content part and a tool message: that one into its result."""
    made = TRANSPORT.convert_messages(
        [
            {"role": "system", "content": [{"type": "text", "text": "s", "cache_control": MARK}]},
            user([{"type": "text", "text": "x", "cache_control": MARK}]),
            asked(call("a")),
            result("a", cache_control=MARK),
        ],
        backend(),
        Ask(()),
    )
    assert made["system"][0]["cache_control"] == MARK
    assert made["messages"][0]["content"][0]["cache_control"] == MARK
    assert made["messages"][2]["content"][0]["cache_control"] == MARK


def test_a_marker_on_a_converted_message_moves_onto_its_last_block():
    """K02: never beside the content, never on thinking."""
    ask = Ask((*TURNS[:2], asked(call("c1"), reasoning_details=[SIGNED]), result("c1")))
    made = TRANSPORT.convert_messages(ask.messages, backend(), ask)
    for message in made["messages"]:
        message["cache_control"] = MARK
    for message in TRANSPORT.build_kwargs(ask, backend(), made)["messages"]:
        assert set(message) == {"role", "content"}
        assert message["content"][-1]["cache_control"] == MARK
        assert not any("cache_control" in block for block in message["content"][:-1])
