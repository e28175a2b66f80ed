"""OpenAI over Chat Completions."""

from harness.model import Ask, JsonObject, Provider
from harness.providers import _messages, _models, _wishes

MODEL = "gpt-5.4-mini"
REASONERS = ("o1", "o3", "o4", "gpt-5")
CAN_BE_OFF = ("gpt-5.1", "gpt-5.2", "gpt-5.3", "gpt-5.4", "gpt-5.5", "gpt-5.6")


def developer_first(messages: list[JsonObject], ask: Ask) -> list[JsonObject]:
    return _messages.developer_role(messages, _messages.named(ask, MODEL))


def effort(body: JsonObject, ask: Ask) -> JsonObject:
    """An effort for models that reason; `none` for those that can do without."""
    model = _models.bare(body["model"])
    wished = _wishes.effort(ask, {"ultra": "max"})
    if wished and model.startswith(REASONERS):
        return {**body, "reasoning_effort": wished}
    if _wishes.off(ask) and model.startswith(CAN_BE_OFF):
        return {**body, "reasoning_effort": "none"}
    return body


PROVIDER = Provider(
    name="openai",
    aliases=("gpt",),
    transport="chat_completions",
    base_url="https://api.openai.com/v1",
    base_url_env="OPENAI_BASE_URL",
    model=MODEL,
    hosts=("api.openai.com",),
    key_env=("OPENAI_API_KEY",),
    max_tokens_field="max_completion_tokens",
    prepare_messages=developer_first,
    adapt=effort,
    home=True,
    can=frozenset(
        {
            *("tools", "custom_tools", "parallel_tools", "stream", "cache_usage", "vision"),
            "inline_reasoning",
        }
    ),
    sources={
        "base_url": "https://platform.openai.com/docs/api-reference/chat",
        "max_tokens_field": "row J26: for every model of this endpoint",
        "prepare_messages": "row J25",
        "adapt": "https://platform.openai.com/docs/guides/reasoning",
        "can": "WIRE 11.3: reasoning is never shown on this wire; inline tags stand for every "
        "server that only says it is compatible; custom tools: "
        "https://platform.openai.com/docs/guides/function-calling#custom-tools",
        "caching": "row K04: automatic, no markers",
    },
)
