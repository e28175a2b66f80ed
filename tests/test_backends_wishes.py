"""How much each backend is asked for, and how it is told to think."""

import pytest
from backend_requests import body, named
from block_asks import user

HIGH = {"enabled": True, "effort": "high"}
OFF = {"enabled": False}


def wishes(name, **ask):
    """The fields about reasoning that a body has: without a wish, switched off, and at high."""
    fields = ("thinking", "reasoning_effort", "reasoning", "verbosity", "think", "enable_thinking")
    found = []
    for reasoning in (None, OFF, HIGH):
        made = body(named(name), user("x"), reasoning=reasoning, **ask)
        found.append({field: made[field] for field in fields if field in made})
    return found


# Limits and temperature -----------------------------------------------------------------------


def test_kimi_sends_no_temperature():
    """J01: the key is absent, whatever was asked."""
    assert "temperature" not in body(named("kimi"), user("x"), temperature=0.2)


@pytest.mark.parametrize(
    ("name", "most"),
    [("kimi", 32_000), ("nvidia", 16_384), ("qwen", 65_536), ("ollama", 65_536)],
)
def test_a_default_limit_gives_way_to_what_was_asked(name, most):
    """J02, J09, J10, J11, J27: the backend's own number, unless a positive one was asked for."""
    backend = named(name)
    assert body(backend, user("x"))["max_tokens"] == most
    assert body(backend, user("x"), max_tokens=7)["max_tokens"] == 7
    assert body(backend, user("x"), max_tokens=-1)["max_tokens"] == most


@pytest.mark.parametrize(
    ("model", "field", "most"),
    [
        ("anthropic/claude-opus-4.6", "max_tokens", 128_000),
        ("anthropic/claude-sonnet-4.5", "max_tokens", 64_000),
        ("minimax/minimax-m3", "max_tokens", 131_072),
        ("qwen/qwen3-coder", "max_tokens", 65_536),
        ("openai/o3-mini", "max_completion_tokens", None),
        ("meta/llama-4", "max_tokens", None),
    ],
)
def test_behind_a_proxy_the_models_name_sets_the_limit(model, field, most):
    """J26, J27: some models must be told how much, and some by the newer field."""
    made = body(named("openrouter"), user("x"), model=model)
    assert made.get(field) == most
    assert body(named("openrouter"), user("x"), model=model, max_tokens=9)[field] == 9


@pytest.mark.parametrize("name", ["openai", "copilot"])
def test_the_newer_limit_goes_to_those_who_know_it(name):
    """J26: max_completion_tokens for every model of OpenAI's own endpoint and of Copilot."""
    made = body(named(name), user("x"), model="whatever", max_tokens=9)
    assert made["max_completion_tokens"] == 9
    assert "max_tokens" not in made


# Reasoning ------------------------------------------------------------------------------------


def test_kimi_takes_a_switch_or_an_effort():
    """J03: never both; without a wish thinking is switched on."""
    assert wishes("kimi") == [
        {"thinking": {"type": "enabled"}},
        {"thinking": {"type": "disabled"}},
        {"reasoning_effort": "high"},
    ]
    given = body(named("kimi"), user("x"), options={"reasoning_effort": "low"}, reasoning=OFF)
    assert "reasoning_effort" not in given


def test_kimi_over_messages_thinks_by_an_effort():
    """G17: adaptive, without a budget or a temperature; nothing without a wish."""
    way = named("kimi", "anthropic_messages")
    made = body(way, user("x"), reasoning=HIGH, temperature=0.2)
    assert made["thinking"] == {"type": "adaptive"}
    assert made["output_config"] == {"effort": "high"}
    assert "temperature" not in made
    assert "thinking" not in body(way, user("x"))


def test_a_server_of_ones_own_hears_off_twice():
    """J11: an effort of none and think false; a mere yes says nothing; num_ctx goes along."""
    assert wishes("ollama") == [
        {},
        {"reasoning_effort": "none", "think": False},
        {"reasoning_effort": "high"},
    ]
    made = body(named("ollama"), user("x"), options={"num_ctx": 8192}, reasoning={"enabled": True})
    assert made["options"] == {"num_ctx": 8192}
    assert "reasoning_effort" not in made


@pytest.mark.parametrize(
    ("wished", "listed", "sent"),
    [
        ("high", ["low", "medium", "high"], "high"),
        ("max", ["low", "medium"], "medium"),
        ("low", ["high"], None),
        ("high", [], None),
        ("odd", ["low"], None),
        ("odd", None, "odd"),
    ],
)
def test_an_effort_is_clamped_to_a_servers_own_list(wished, listed, sent):
    """J29: downwards to the next that is allowed; left out where none is."""
    options = {} if listed is None else {"reasoning_efforts": listed}
    made = body(named("ollama"), user("x"), reasoning={"effort": wished}, options=options)
    assert made.get("reasoning_effort") == sent


def test_the_cloud_knows_few_efforts():
    """J12: xhigh and above are max, what it does not know is left out, off is said."""
    cloud = next(way for way in named("ollama").also if "ollama.com" in way.hosts)
    found = [
        body(cloud, user("x"), reasoning=wish).get("reasoning_effort")
        for wish in (None, OFF, {"effort": "ultra"}, {"effort": "low"}, {"effort": "minimal"})
    ]
    assert found == [None, "none", "max", "low", None]


def test_openrouter_asks_only_models_that_take_the_field():
    """J13, J14: a reasoning object for the listed vendors, nothing for the others."""
    assert wishes("openrouter", model="deepseek/deepseek-r1") == [
        {},
        {"reasoning": {"enabled": False}},
        {"reasoning": {"enabled": True, "effort": "high"}},
    ]
    assert wishes("openrouter", model="meta/llama-4") == [{}, {}, {}]


@pytest.mark.parametrize("model", ["anthropic/claude-opus-4.6", "anthropic/claude-next"])
def test_an_adaptive_claude_takes_a_verbosity(model):
    """J15: no reasoning field; the effort is the verbosity."""
    assert wishes("openrouter", model=model) == [{}, {}, {"verbosity": "high"}]
    older = wishes("openrouter", model="anthropic/claude-sonnet-4.5")
    assert older[2] == {"reasoning": {"enabled": True, "effort": "high"}}


def test_nous_leaves_reasoning_out_when_it_is_off():
    """J17, J28: asked for it is an object; off or without a wish there is nothing."""
    assert wishes("nous") == [{}, {}, {"reasoning": {"enabled": True, "effort": "high"}}]


def test_deepseek_is_always_told_whether_to_think():
    """J21: from V4 on and for the reasoner; the older models are left alone."""
    thinks = [
        {"thinking": {"type": "enabled"}},
        {"thinking": {"type": "disabled"}},
        {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
    ]
    assert wishes("deepseek") == thinks
    assert wishes("deepseek", model="deepseek-v4-pro") == thinks
    assert wishes("deepseek", model="deepseek-chat") == [{}, {}, {}]
    assert wishes("deepseek", model="deepseek-v3.2") == [{}, {}, {}]
    most = body(named("deepseek"), user("x"), reasoning={"effort": "xhigh"})
    assert most["reasoning_effort"] == "max"


def test_glm_is_told_only_what_somebody_wished():
    """J22: a switch from 4.5 on; an effort, of two, from 5.2 on."""
    on, off = {"thinking": {"type": "enabled"}}, {"thinking": {"type": "disabled"}}
    assert wishes("zai", model="glm-4.6") == [{}, off, on]
    assert wishes("zai", model="glm-5.2") == [{}, off, {**on, "reasoning_effort": "high"}]
    assert wishes("zai", model="glm-4-flash") == [{}, {}, {}]
    most = body(named("zai"), user("x"), model="glm-5.2", reasoning={"effort": "max"})
    low = body(named("zai"), user("x"), model="glm-5.2", reasoning={"effort": "low"})
    assert [most["reasoning_effort"], low["reasoning_effort"]] == ["max", "high"]


def test_minimax_splits_the_newest_models_reasoning():
    """J23: reasoning_split always, a switch if configured; nothing for the older models."""
    assert body(named("minimax"), user("x"))["reasoning_split"] is True
    assert wishes("minimax") == [
        {},
        {"thinking": {"type": "disabled"}},
        {"thinking": {"type": "adaptive"}},
    ]
    assert "reasoning_split" not in body(named("minimax"), user("x"), model="MiniMax-M2.5")


@pytest.mark.parametrize(
    ("model", "effort", "config"),
    [
        ("gemini-3-flash", "medium", {"include_thoughts": True, "thinking_level": "medium"}),
        ("gemini-3-pro-preview", "medium", {"include_thoughts": True, "thinking_level": "high"}),
        ("gemini-3-pro-preview", "minimal", {"include_thoughts": True, "thinking_level": "low"}),
        ("gemini-2.5-flash", "high", {"include_thoughts": True}),
        ("gemini-3-flash", "none", {"include_thoughts": False}),
    ],
)
def test_gemini_hears_of_thinking_inside_its_own_extra_body(model, effort, config):
    """I06: snake case, in `extra_body.google` of the body; levels differ by model."""
    made = body(named("gemini"), user("x"), model=model, reasoning={"effort": effort})
    assert made["extra_body"] == {"google": {"thinking_config": config}}


def test_gemma_is_no_gemini():
    """I06: other families of that server take no thinking_config; no wish, none either."""
    assert "extra_body" not in body(named("gemini"), user("x"), model="gemma-4", reasoning=HIGH)
    assert "extra_body" not in body(named("gemini"), user("x"))


def test_copilot_sends_only_a_listed_effort():
    """J28: by the catalogue that the application knows; xhigh stays when it is listed."""
    listed = {"options": {"reasoning_efforts": ["low", "xhigh"]}}
    assert wishes("copilot") == [{}, {}, {}]
    made = body(named("copilot"), user("x"), reasoning={"effort": "xhigh"}, **listed)
    assert made["reasoning_effort"] == "xhigh"
    assert "reasoning_effort" not in body(named("copilot"), user("x"), reasoning=HIGH, **listed)


def test_openai_is_told_an_effort_where_the_model_reasons():
    """Off is an effort of none for the models that can do without; others are left alone."""
    assert wishes("openai", model="gpt-5.4") == [
        {},
        {"reasoning_effort": "none"},
        {"reasoning_effort": "high"},
    ]
    assert wishes("openai", model="gpt-4o") == [{}, {}, {}]
    assert wishes("openai", model="o3")[1] == {}


def test_qwen_and_nim_have_switches():
    """Only where somebody wished for something: a field, or arguments of the chat template."""
    assert wishes("qwen") == [{}, {"enable_thinking": False}, {"enable_thinking": True}]
    made = [
        body(named("nvidia"), user("x"), reasoning=r).get("chat_template_kwargs")
        for r in (None, OFF, HIGH)
    ]
    switch = [None, False, True]
    assert made == [s if s is None else {"thinking": s, "enable_thinking": s} for s in switch]
