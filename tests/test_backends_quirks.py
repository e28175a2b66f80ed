"""What each backend does to a request, row by row, as the body and the headers that go out."""

import copy
from dataclasses import replace

import pytest
from backend_requests import TRANSPORT, body, headers, kwargs, named
from block_asks import PNG, asked, call, result, tool, user

from harness.client.caching import mark
from harness.contracts import Endpoint
from harness.model import Ask

HIGH = {"enabled": True, "effort": "high"}
OFF = {"enabled": False}
SYSTEM = {"role": "system", "content": "Be brief."}


# Messages and tools ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["openai", "openrouter", "nous", "copilot"])
@pytest.mark.parametrize(("model", "role"), [("gpt-5.4", "developer"), ("gpt-4o", "system")])
def test_the_first_role_is_the_models_own(name, model, role):
    """J25: developer for GPT-5 and Codex names, behind any vendor's prefix; only the first."""
    for spelled in (model, f"openai/{model}"):
        made = body(named(name), SYSTEM, user("x"), SYSTEM, user("y"), model=spelled)
        roles = [message["role"] for message in made["messages"] if message["role"] != "user"]
        assert roles[0] == role
        assert set(roles[1:]) <= {"system"}


def test_every_content_of_the_portal_is_a_list():
    """J09: parts, the session as metadata, images in full resolution, DashScope's headers."""
    options = {"session_id": "s1", "prompt_id": "p1"}
    made = body(named("qwen"), SYSTEM, user("x"), options=options)
    assert [m["content"] for m in made["messages"]] == [
        [{"type": "text", "text": "Be brief."}],
        [{"type": "text", "text": "x"}],
    ]
    assert made["metadata"] == {"sessionId": "s1", "promptId": "p1"}
    assert made["vl_high_resolution_images"] is True
    sent = headers(named("qwen"), user("x"))
    assert sent["x-dashscope-authtype"] == "qwen-oauth"
    assert sent["x-dashscope-cachecontrol"] == "enable"
    assert sent["x-dashscope-useragent"].startswith("provider-harness/")
    assert "metadata" not in body(named("qwen"), user("x"))


TURN = asked(call("call_1"), content=None, reasoning="Other's thought.", reasoning_content="Mine.")
THEN = (user("x"), TURN, result("call_1"), {"role": "assistant", "content": "Hi"}, user("y"))


@pytest.mark.parametrize("name", ["kimi", "deepseek"])
def test_reasoning_goes_back_to_those_who_demand_it(name):
    """J06: on every assistant message; a single space where none is known, never another's."""
    assistants = [m for m in body(named(name), *THEN)["messages"] if m["role"] == "assistant"]
    assert [m["reasoning_content"] for m in assistants] == ["Mine.", " "]
    foreign = {k: v for k, v in TURN.items() if k != "reasoning_content"}
    made = body(named(name), user("x"), foreign, result("call_1"), user("y"))
    assert made["messages"][1]["reasoning_content"] == " "


@pytest.mark.parametrize("name", ["mistral", "openai", "nvidia", "zai", "qwen"])
def test_strict_servers_see_no_foreign_key(name):
    """J07, J08: neither another wire's state nor the caller's own keys, and the caller's messages
    stay as they are."""
    state = {
        "codex_reasoning_items": [{}],
        "codex_message_items": [{}],
        "tool_name": "f",
        "effect_disposition": "x",
        "timestamp": 1,
        "_mine": 1,
        "reasoning_content": "t",
    }
    kept = asked({**call("call_1"), "call_id": "c", "response_item_id": "fc", "extra_content": {}})
    history = (user("x"), kept | state, result("call_1", tool_name="f", timestamp=1), user("y"))
    before = copy.deepcopy(history)
    made = body(named(name), *history)["messages"]
    assert history == before
    assert not any(state.keys() & message.keys() for message in made)
    assert set(made[1]["tool_calls"][0]) == {"id", "type", "function"}


@pytest.mark.parametrize(
    ("name", "model", "kept"),
    [
        ("gemini", "gemini-3-flash", True),
        ("openrouter", "google/gemini-3-flash", True),
        ("openrouter", "google/gemma-4", True),
        ("openrouter", "anthropic/claude-opus-4.6", False),
        ("nous", "Hermes-4-70B", False),
    ],
)
def test_googles_state_goes_to_googles_models(name, model, kept):
    """J08, I03: extra_content of a call goes back only to a model of that family."""
    signed = {**call("call_1"), "extra_content": {"google": {"thought_signature": "c2ln"}}}
    made = body(named(name), user("x"), asked(signed), result("call_1"), model=model)["messages"]
    assert ("extra_content" in made[1]["tool_calls"][0]) is kept


def test_gemini_pairs_results_by_name():
    """E23: a tool message carries its function's name."""
    made = body(named("gemini"), user("x"), asked(call("call_1")), result("call_1"))
    assert made["messages"][2]["name"] == "get_weather"


def test_mistral_takes_ids_of_nine():
    """A call and its result get the same new id, always the same; a good one stays."""
    history = (user("x"), asked(call("call_1"), call("abcDEF123")))
    history += (result("call_1"), result("abcDEF123"), user("y"))
    made = [body(named("mistral"), *history)["messages"] for _ in range(2)]
    assert made[0] == made[1]
    ids = [one["id"] for one in made[0][1]["tool_calls"]]
    assert ids == [made[0][2]["tool_call_id"], made[0][3]["tool_call_id"]]
    assert ids[1] == "abcDEF123"
    assert all(len(one) == 9 and one.isalnum() for one in ids)


def test_mistral_is_spoken_to_in_its_own_words():
    """Thoughts go back as parts, no stream options, its own name for a seed."""
    thought = {"role": "assistant", "content": "Hi", "reasoning": "Hm."}
    made = body(named("mistral"), user("x"), thought, user("y"), options={"seed": 7})
    assert made["messages"][1]["content"][0]["type"] == "thinking"
    assert made["random_seed"] == 7
    assert not {"seed", "stream_options"} & made.keys()
    magistral = body(named("mistral"), user("x"), model="magistral-medium", reasoning=HIGH)
    assert magistral["prompt_mode"] == "reasoning"


def test_copilots_claude_takes_what_was_said_as_a_string():
    """A list of text parts becomes one string, for the assistant's turns and that family alone."""
    said = {"role": "assistant", "content": [{"type": "text", "text": "Hi"}]}
    made = [
        body(named("copilot"), user("x"), said, user("y"), model=model)["messages"][1]["content"]
        for model in ("claude-sonnet-4.6", "gpt-4o")
    ]
    assert made == ["Hi", [{"type": "text", "text": "Hi"}]]


HARD = {
    "type": "object",
    "properties": {
        "format": {"type": "string", "pattern": "^a", "format": "uri"},
        "kind": {"enum": ["a/b", "c"]},
        "size": {"type": ["integer", "null"], "nullable": True},
        "when": {"type": "string", "anyOf": [{"type": "string"}, {"type": "null"}]},
        "either": {"type": "object", "anyOf": [{"type": "string"}, {"type": "integer"}]},
        "any": {"description": "no type"},
        "list": {"items": {"properties": {"x": {}}}},
        "state": {"enum": ["on", "", None]},
    },
}


@pytest.mark.parametrize(
    ("name", "model"),
    [("kimi", None), ("nvidia", "moonshotai/kimi-k2"), ("openrouter", "moonshotai/kimi-k2")],
)
def test_kimi_wants_one_type_at_every_node(name, model):
    """J05: by the model's name on any aggregator, on a copy, at any depth."""
    tools = (tool("f", HARD),)
    before = copy.deepcopy(tools)
    made = body(named(name), user("x"), tools=tools, model=model)
    fields = made["tools"][0]["function"]["parameters"]["properties"]
    assert tools == before
    assert fields == {
        "format": {"type": "string", "pattern": "^a", "format": "uri"},
        "kind": {"type": "string", "enum": ["a/b", "c"]},
        "size": {"type": "integer"},
        "when": {"type": "string"},
        "either": {"anyOf": [{"type": "string"}, {"type": "integer"}]},
        "any": {"type": "string", "description": "no type"},
        "list": {
            "type": "array",
            "items": {"type": "object", "properties": {"x": {"type": "string"}}},
        },
        "state": {"type": "string", "enum": ["on"]},
    }


@pytest.mark.parametrize("mode", ["codex_responses", "chat_completions"])
def test_grok_gets_plain_schemas(mode):
    """J19: no pattern, no format, no enum that holds a slash; a property may be called so."""
    tools = (tool("f", HARD),)
    before = copy.deepcopy(tools)
    made = body(named("xai", mode), user("x"), tools=tools)["tools"][0]
    fields = made.get("function", made)["parameters"]["properties"]
    assert tools == before
    assert fields["format"] == {"type": "string"}
    assert fields["kind"] == {}
    assert fields["state"] == {"enum": ["on", "", None]}


def test_groks_web_search_is_the_servers():
    """J20: a client's function of that name becomes the hosted tool, one for one."""
    made = body(named("xai"), user("x"), tools=(tool("web_search"), tool("f")))
    assert made["tools"][0] == {"type": "web_search"}
    assert made["tools"][1]["name"] == "f"


# Headers, tags, routing -------------------------------------------------------------------------


def test_grok_over_responses():
    """J18, F03, F04, F05: conversation header, cache key, no tier, effort for listed models."""
    options = {"session_id": "s1", "service_tier": "flex"}
    made = kwargs(named("xai"), SYSTEM, user("x"), options=options, reasoning={"effort": "max"})
    assert made["extra_headers"] == {"x-grok-conv-id": "s1"}
    assert made["extra_body"]["prompt_cache_key"].startswith("pck_")
    assert not {"service_tier", "prompt_cache_key"} & made.keys()
    assert made["reasoning"]["effort"] == "high"
    assert made["include"] == ["reasoning.encrypted_content"]
    off = kwargs(named("xai"), user("x"), reasoning=OFF)
    assert off["include"] == ["reasoning.encrypted_content"]
    assert "reasoning" not in off
    assert "reasoning" not in kwargs(named("xai"), user("x"), model="grok-4", reasoning=HIGH)


def test_nims_billing_header_goes_to_the_hosted_catalogue_alone():
    """J10: not to a container of one's own."""
    hosted = named("nvidia")
    assert headers(hosted, user("x"))["x-billing-invoke-origin"] == "provider-harness"
    own = replace(hosted, base_url="http://10.0.0.7:8000/v1")
    assert "x-billing-invoke-origin" not in headers(own, user("x"))


def test_openrouters_fields_for_routing():
    """J13, J16: preferences, session, plugins for one router alone, attribution of our own."""
    wanted = {"only": ["a"], "sort": "price", "order": None, "bogus": 1}
    options = {
        "provider_preferences": wanted,
        "session_id": "s1",
        "min_coding_score": 0.5,
        "app_url": "https://example.com",
        "app_categories": "cli",
        "response_cache": {"ttl": 60},
    }
    router = named("openrouter")
    made = body(router, user("x"), options=options, model="x-ai/grok-4")
    assert made["provider"] == {"only": ["a"], "sort": "price"}
    assert made["session_id"] == "s1"
    assert "plugins" not in made
    coding = body(router, user("x"), options=options, model="pareto-code")
    assert coding["plugins"] == [{"id": "pareto-router", "min_coding_score": 0.5}]
    assert coding["model"] == "openrouter/pareto-code"
    assert headers(router, user("x"), options=options, model="x-ai/grok-4") == {
        "x-title": "provider-harness",
        "http-referer": "https://example.com",
        "x-openrouter-categories": "cli",
        "x-openrouter-cache": "true",
        "x-openrouter-cache-ttl": "60",
        "x-grok-conv-id": "s1",
    }
    assert headers(router, user("x")) == {"x-title": "provider-harness"}
    assert not {"provider", "session_id", "plugins"} & body(router, user("x")).keys()


def test_nous_is_told_who_calls():
    """J17: tags name us, or whom the user configured, and carry the session."""
    ours = body(named("nous"), user("x"))["tags"]
    assert ours[0] == "product=provider-harness"
    assert ours[1].startswith("client=provider-harness-v")
    options = {"tags": ["product=mine"], "session_id": "s1"}
    assert body(named("nous"), user("x"), options=options)["tags"] == ["product=mine", "session=s1"]


def test_copilots_headers_say_who_starts():
    """J28: a user or an agent, an image or none; the integration is the user's to name."""
    sent = headers(named("copilot"), user("x"))
    assert sent["x-initiator"] == "user"
    assert sent["editor-version"].startswith("provider-harness/")
    assert not {"copilot-integration-id", "copilot-vision-request"} & sent.keys()
    image = user([{"type": "image_url", "image_url": {"url": PNG}}])
    turn = (image, asked(call("c1")), result("c1"))
    again = headers(named("copilot"), *turn, options={"integration_id": "mine"})
    assert again["x-initiator"] == "agent"
    assert again["copilot-vision-request"] == "true"
    assert again["copilot-integration-id"] == "mine"


def test_copilots_responses_leave_out_what_it_refuses():
    """F04, F05, F13: no cache key, no message items, encrypted reasoning even when it is off."""
    item = {"type": "message", "id": "msg_1", "role": "assistant", "content": []}
    said = {"role": "assistant", "content": "Hi", "codex_message_items": [item]}
    way = named("copilot", "codex_responses")
    made = body(way, SYSTEM, user("x"), said, user("y"), reasoning=OFF)
    assert "prompt_cache_key" not in made
    assert made["include"] == ["reasoning.encrypted_content"]
    assert "msg_1" not in str(made["input"])


def test_the_chatgpt_backend_takes_the_session_as_headers():
    """F06: headers of at most 64 characters, no limits, the account from the configuration."""
    options = {"session_id": "s" * 80, "account_id": "acc"}
    asks = {"max_tokens": 9, "temperature": 1.0, "options": options}
    made = kwargs(named("chatgpt"), user("x"), **asks)
    assert not {"max_output_tokens", "temperature"} & made.keys()
    assert made["extra_headers"] == {
        "originator": "provider-harness",
        "session_id": "s" * 64,
        "x-client-request-id": "s" * 64,
        "ChatGPT-Account-ID": "acc",
    }


@pytest.mark.parametrize("name", ["kimi", "copilot", "anthropic", "chatgpt"])
def test_the_users_headers_go_over_ours(name):
    """J04, J36: whatever a server wants to be told by, the user's configuration says it last."""
    given = {"User-Agent": "mine/1", "x-initiator": "nobody", "originator": "me"}
    sent = headers(named(name), user("x"), options={"extra_headers": given})
    assert sent["user-agent"] == "mine/1"
    made = TRANSPORT(named(name)).build_request(
        kwargs(named(name), user("x"), options={"extra_headers": given}),
        named(name),
        Endpoint(named(name).base_url),
    )
    assert [value for key, value in made.headers if key.lower() == "user-agent"] == ["mine/1"]


def test_overrides_come_last():
    """J37: over everything, a nested extra_body merged."""
    options = {
        "extra_body": {"a": 1, "tags": ["x"]},
        "overrides": {"max_tokens": 5, "extra_body": {"b": 2}},
    }
    made = body(named("kimi"), user("x"), options=options, max_tokens=9)
    assert (made["max_tokens"], made["a"], made["b"]) == (5, 1, 2)


def test_anthropic_is_sent_betas_and_a_configured_preamble():
    """G20, G23: betas in one header; a first system sentence only where the user configured one."""
    backend = named("anthropic")
    given = {"betas": ["context-1m-2025-08-07"], "system_preamble": "You are mine."}
    sent = headers(backend, SYSTEM, user("x"), options=given)
    assert sent["anthropic-beta"].split(",") == [
        "context-1m-2025-08-07",
        "interleaved-thinking-2025-05-14",
        "fine-grained-tool-streaming-2025-05-14",
    ]
    made = body(backend, SYSTEM, user("x"), options=given)
    assert [block["text"] for block in made["system"]] == ["You are mine.", "Be brief."]
    assert len(body(backend, SYSTEM, user("x"))["system"]) == 1


def test_minimax_refuses_one_beta():
    """G20: tool streaming is left out on its Messages."""
    sent = headers(named("minimax", "anthropic_messages"), user("x"))
    assert sent["anthropic-beta"] == "interleaved-thinking-2025-05-14"


@pytest.mark.parametrize(
    ("name", "kept"),
    [("kimi", ["signed", "open"]), ("deepseek", ["open"]), ("minimax", []), ("zai", [])],
)
def test_which_thinking_goes_to_another_host_of_the_messages_wire(name, kept):
    """G06, G07: all of it, the unsigned alone, or none."""
    signed = {"type": "thinking", "thinking": "signed", "signature": "c2ln"}
    opened = {"type": "thinking", "thinking": "open"}
    said = {"role": "assistant", "content": "Hi", "reasoning_details": [signed, opened]}
    made = body(named(name, "anthropic_messages"), user("x"), said, user("y"))
    thought = [b.get("thinking") for b in made["messages"][1]["content"] if "thinking" in b]
    assert [text for text in thought if text] == kept


# Caching --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "mode", "model", "policy"),
    [
        ("anthropic", None, "claude-opus-4-6", (True, True)),
        ("openrouter", None, "anthropic/claude-opus-4.6", (True, False)),
        ("openrouter", None, "moonshotai/kimi-k2", (True, False)),
        ("openrouter", None, "qwen/qwen3-coder", (False, False)),
        ("nous", None, "anthropic/claude-opus-4.6", (True, False)),
        ("nous", None, "qwen/qwen3-coder", (True, False)),
        ("nous", None, "Hermes-4-70B", (False, False)),
        ("qwen", None, "qwen3-coder-plus", (True, False)),
        ("minimax", "anthropic_messages", "MiniMax-M3", (True, True)),
        ("minimax", "chat_completions", "MiniMax-M3", (False, False)),
        ("ollama", "anthropic_messages", "claude-opus-4-6", (True, True)),
        ("ollama", "anthropic_messages", "glm-5", (False, False)),
        ("kimi", None, "kimi-k2", (False, False)),
        ("zai", None, "glm-5", (False, False)),
        ("openai", None, "gpt-5", (False, False)),
        ("bedrock", None, "anthropic.claude-opus-4-6", (False, False)),
    ],
)
def test_the_cache_policy_by_backend_and_model(name, mode, model, policy):
    """K04: whether markers are sent, and in which layout."""
    way = named(name, mode)
    found = way.caching(model, way.base_url)
    assert (found.enabled, found.native) == policy


def test_markers_of_the_portal_stand_inside_its_parts():
    """J09, K03: the system's last part carries one; no message does itself."""
    backend = named("qwen")
    messages = (SYSTEM, user("x"))
    ask = Ask(messages)
    converted = TRANSPORT(backend).convert_messages(messages, backend, ask)
    marked = mark(converted, backend.caching(backend.model, backend.base_url))
    made = TRANSPORT(backend).build_kwargs(ask, backend, marked)["messages"]
    assert made[0]["content"][-1]["cache_control"] == {"type": "ephemeral"}
    assert not any("cache_control" in message for message in made)
