"""Requests of the Converse wire: turns, tools, cache points, and botocore's own service model."""

import base64
import json

import botocore.session
import pytest
from block_asks import TOOLS, TURNS, asked, call, result, tool, user
from botocore.validate import ParamValidator

from harness.contracts import Endpoint
from harness.model import Ask, Provider
from harness.transports.bedrock_converse import TRANSPORT

MODEL = "us.anthropic.claude-sonnet-4-20250514-v1:0"
NEWEST = "us.anthropic.claude-opus-4-7-v1:0"
SIGNED = {"reasoningContent": {"reasoningText": {"text": "Need both.", "signature": "sig"}}}
REDACTED = {"reasoningContent": {"redactedContent": "cmVkYWN0ZWQ="}}


def backend(**more):
    values = {"name": "x", "transport": "bedrock_converse", "base_url": "https://h", "model": MODEL}
    return Provider(**{**values, **more})


def kwargs(*messages, provider=None, **ask):
    return TRANSPORT.build_kwargs(Ask(messages or (user("x"),), **ask), provider or backend())


def turns(*messages, **more):
    return TRANSPORT.convert_messages(messages, backend(**more), Ask(tuple(messages)))["messages"]


def request(arguments, base="https://bedrock-runtime.{region}.amazonaws.com", **options):
    return TRANSPORT.build_request(arguments, backend(), Endpoint(base, options))


# The official SDK ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def service():
    """botocore's description of the service."""
    return botocore.session.get_session().get_service_model("bedrock-runtime")


ASKS = {
    "plain": {},
    "turns": {"tools": TOOLS, "tool_choice": "auto"},
    "forced": {
        "tools": TOOLS,
        "tool_choice": {"type": "function", "function": {"name": "get_time"}},
    },
    "required": {"tools": TOOLS, "tool_choice": "required", "stream": False},
    "none": {"tools": TOOLS, "tool_choice": "none"},
    "thinking": {"reasoning": {"effort": "high"}, "model": NEWEST},
    "budget": {"reasoning": {"effort": "low"}},
    "sampled": {"temperature": 1, "options": {"top_p": 0.9, "stop": "END"}, "max_tokens": 5},
    "guarded": {"options": {"guardrail": {"guardrailIdentifier": "abc", "guardrailVersion": "1"}}},
}
HISTORY = (
    *TURNS,
    asked(call("c3"), reasoning_details=[SIGNED, REDACTED]),
    result("c3", cache_control={"type": "ephemeral"}),
)


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("messages", [(user("x"),), HISTORY], ids=["short", "history"])
def test_the_service_model_accepts_the_arguments(ask, messages, service):
    """H01: no name or type that the operation does not know; `stream` only chooses the method."""
    arguments = kwargs(*messages, **ask)
    name = "ConverseStream" if arguments.pop("stream") else "Converse"
    report = ParamValidator().validate(arguments, service.operation_model(name).input_shape)
    assert not report.has_errors(), report.generate_report()


# Turns --------------------------------------------------------------------------------------


def test_the_turns_of_a_tool_loop():
    """H05, H06: results in the next user turn, images as bytes, an error with its status."""
    made = TRANSPORT.convert_messages(TURNS, backend(), Ask(()))
    assert made["system"] == [{"text": "You are terse."}]
    first, second, third = made["messages"]
    assert first["content"][1] == {
        "image": {"format": "png", "source": {"bytes": base64.b64decode("iVBORw0KGgo=")}}
    }
    assert second["content"][1]["toolUse"]["input"] == {"city": "Oslo"}
    assert [block["toolResult"]["toolUseId"] for block in third["content"]] == ["c1", "c2"]
    assert third["content"][1]["toolResult"]["status"] == "error"


def test_nothing_blank_is_sent():
    """H03: a placeholder with visible characters, and no blank system part."""
    made = TRANSPORT.convert_messages(
        [{"role": "system", "content": " "}, user("  "), {"role": "assistant", "content": ""}],
        backend(),
        Ask(()),
    )
    assert "system" not in made
    texts = [block["text"] for turn in made["messages"] for block in turn["content"]]
    assert texts
    assert all(text.strip() for text in texts)


def test_a_conversation_begins_and_ends_with_the_user():
    """H04: padded where it does not."""
    made = turns({"role": "assistant", "content": "hi"})
    assert [turn["role"] for turn in made] == ["user", "assistant", "user"]


def test_a_remote_image_is_named():
    """H06: a URL would have to be fetched."""
    made = turns(user([{"type": "image_url", "image_url": {"url": "https://h/i.png"}}]))
    assert made[0]["content"] == [{"text": "[image: https://h/i.png]"}]


def test_reasoning_goes_back_before_the_call():
    """Text with its signature, and redacted bytes; nothing unsigned, nothing of another wire."""
    foreign = {"type": "thinking", "thinking": "other", "signature": "other"}
    loose = {"reasoningContent": {"reasoningText": {"text": "loose"}}}
    turn = asked(call("a"), reasoning_details=[SIGNED, REDACTED, foreign, loose])
    said = turns(user("x"), turn, result("a"))[1]["content"]
    assert said[0] == SIGNED
    assert said[1]["reasoningContent"]["redactedContent"] == b"redacted"
    assert "toolUse" in said[2]
    assert len(said) == 3


def test_a_reply_goes_back_as_it_came():
    """Round trip of a reply with signed reasoning, through the stored message."""
    content = [SIGNED, {"toolUse": {"toolUseId": "a", "name": "f", "input": {"n": 1}}}]
    raw = {"output": {"message": {"content": content}}, "stopReason": "tool_use"}
    reply = TRANSPORT.normalize_response(raw, backend())
    one = reply.tool_calls[0]
    stored = asked(call(one.id, one.name, one.arguments), reasoning_details=reply.reasoning_details)
    assert turns(user("x"), stored, result("a"))[1]["content"] == content


# Parameters ---------------------------------------------------------------------------------


def test_cache_markers_become_cache_points():
    """A marker of the caller, and one that a policy put on what was converted."""
    mark = {"type": "ephemeral"}
    ask = Ask((user([{"type": "text", "text": "x", "cache_control": mark}]), *TURNS[2:]))
    converted = TRANSPORT.convert_messages(ask.messages, backend(), ask)
    assert converted["messages"][0]["content"] == [
        {"text": "x"},
        {"cachePoint": {"type": "default"}},
    ]
    last = converted["messages"][-1]["content"]
    last[-1] = {**last[-1], "cache_control": {**mark, "ttl": "1h"}}
    made = TRANSPORT.build_kwargs(ask, backend(), converted)["messages"]
    assert made[0] == converted["messages"][0]
    assert made[-1]["content"][-1] == {"cachePoint": {"type": "default", "ttl": "1h"}}
    assert "cache_control" not in json.dumps([b for t in made for b in t["content"]], default=str)


def test_models_without_tools_get_none(caplog):
    """H07: left out, and said in the log."""
    made = kwargs(model="us.deepseek.r1-v1:0", tools=TOOLS)
    assert "toolConfig" not in made
    assert "takes none" in caplog.text


def test_a_history_with_calls_keeps_its_tools():
    """`none` has no word here, and the service wants the tools that a history speaks of."""
    assert "toolConfig" not in kwargs(tools=TOOLS, tool_choice="none")
    assert "toolChoice" not in kwargs(*TURNS, tools=TOOLS, tool_choice="none")["toolConfig"]


def test_sampling_parameters_only_where_they_are_taken():
    """H08: the newest generation refuses them; max_tokens has a default."""
    wished = {"temperature": 0.5, "options": {"top_p": 0.9}}
    assert kwargs(**wished)["inferenceConfig"] == {
        "maxTokens": 4096,
        "temperature": 0.5,
        "topP": 0.9,
    }
    assert kwargs(model=NEWEST, **wished)["inferenceConfig"] == {"maxTokens": 4096}


def test_the_request():
    """The path names the model, percent-encoded, and whether it streams; bytes become base64."""
    arguments = kwargs(*TURNS, tools=[tool("f")], options={"extra_headers": {"X-Trace": "1"}})
    made = request(arguments, region="eu-west-1")
    assert made.url == (
        "https://bedrock-runtime.eu-west-1.amazonaws.com/model/"
        "us.anthropic.claude-sonnet-4-20250514-v1%3A0/converse-stream"
    )
    body = json.loads(made.body)
    assert not {"modelId", "stream", "extra_headers"} & body.keys()
    assert body["messages"][0]["content"][1]["image"]["source"]["bytes"] == "iVBORw0KGgo="
    assert made.header("x-trace") == "1"
    arn = "arn:aws:bedrock:us-east-1:1:inference-profile/p"
    whole = request(kwargs(model=arn, stream=False), base="http://127.0.0.1:9/")
    assert whole.url.endswith(
        "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fp/converse"
    )


def test_internal_marks_are_not_sent():
    """H01: what begins with an underscore is between our own hands."""
    provider = backend(adapt=lambda body, ask: {**body, "_internal": 1})
    assert "_internal" not in kwargs(provider=provider)
