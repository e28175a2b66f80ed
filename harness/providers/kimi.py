"""Kimi (Moonshot AI) over Chat Completions, and over Messages at the same host."""

from harness.model import Ask, JsonObject, Provider
from harness.providers import _schemas, _wishes

CHAT = "https://platform.moonshot.ai/docs/api/chat"


def no_temperature(model: str, asked: float | None) -> None:
    """The server has one right value for each model, and refuses every other (J01)."""


def thinking_or_effort(body: JsonObject, ask: Ask) -> JsonObject:
    """A thinking switch or an effort, never both: both are a 400 (J03)."""
    effort = _wishes.effort(ask, _wishes.TO_HIGH)
    if effort is not None:
        return {**body, "reasoning_effort": effort}
    rest = {key: value for key, value in body.items() if key != "reasoning_effort"}
    return {**rest, "thinking": {"type": "disabled" if _wishes.off(ask) else "enabled"}}


def adaptive(body: JsonObject, ask: Ask) -> JsonObject:
    """Over Messages its models decide how long they think, by an effort; a budget is another
    vendor's word, and so is the temperature that goes with it."""
    if "thinking" not in body:
        return body
    effort = _wishes.effort(ask, _wishes.TO_HIGH) or "medium"
    rest = {key: value for key, value in body.items() if key != "temperature"}
    output = {**body.get("output_config", {}), "effort": effort}
    return {**rest, "thinking": {"type": "adaptive"}, "output_config": output}


def typed_tools(tools: list[JsonObject], ask: Ask) -> list[JsonObject]:
    return _schemas.typed(tools)


PROVIDER = Provider(
    name="kimi",
    aliases=("moonshot", "kimi-coding", "moonshotai"),
    transport="chat_completions",
    base_url="https://api.moonshot.ai/v1",
    base_url_env="KIMI_BASE_URL",
    model="kimi-k2.6",
    hosts=("api.moonshot.ai", "api.moonshot.cn", "api.kimi.com"),
    key_env=("KIMI_API_KEY", "MOONSHOT_API_KEY"),
    default_max_tokens=32_000,
    temperature=no_temperature,
    prepare_tools=typed_tools,
    adapt=thinking_or_effort,
    can=frozenset({"tools", "stream", "parallel_tools", "reasoning", "cache_usage", "vision"}),
    profiles=frozenset({"echo_reasoning_content"}),
    sources={
        "base_url": CHAT,
        "default_max_tokens": "row J02",
        "temperature": "row J01",
        "prepare_tools": "row J05",
        "adapt": "row J03",
        "profiles": "row J06; LiteLLM's moonshot transformation",
        "headers": "row J04: none; a server that wants another agent gets it from extra_headers",
        "caching": "row K04: automatic, no markers",
    },
    also=(
        Provider(
            name="kimi",
            transport="anthropic_messages",
            base_url="https://api.moonshot.ai/anthropic",
            model="kimi-k2.6",
            hosts=("api.moonshot.ai", "api.moonshot.cn", "api.kimi.com"),
            key_env=("KIMI_API_KEY", "MOONSHOT_API_KEY"),
            credential_options={"place": "x-api-key"},
            default_max_tokens=32_000,
            temperature=no_temperature,
            prepare_tools=typed_tools,
            adapt=adaptive,
            can=frozenset({"tools", "stream", "parallel_tools", "reasoning"}),
            profiles=frozenset({"thinking_all"}),
            sources={
                "base_url": "https://platform.moonshot.ai/docs/guide/agent-support",
                "credential_options": "row G21: a key of its own is sent as x-api-key",
                "adapt": "row G17, changed by behaviour V: adaptive thinking and output_config",
                "profiles": "row G07, reversed by behaviour V: blocks go back as they are",
            },
        ),
    ),
)
