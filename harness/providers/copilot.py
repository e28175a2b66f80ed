"""GitHub Copilot over Chat Completions, and over Responses for the models that need it."""

from collections.abc import Mapping

from harness.model import Ask, JsonObject, Provider
from harness.providers import _identity, _messages, _models, _wishes

MODEL = "gpt-5.4-mini"
PLANS = ("individual", "business", "enterprise")
BASE = "https://api.githubcopilot.com"
CAN = frozenset({"tools", "stream", "parallel_tools", "cache_usage", "vision"})


def editor(ask: Ask, base_url: str) -> Mapping[str, str]:
    """Who starts the turn, and whether an image goes along. Which integration calls is the user's
    to configure (`options.integration_id`, or extra_headers): we borrow no editor's name."""
    last = ask.messages[-1].get("role") if ask.messages else "user"
    found = {
        "Editor-Version": _identity.AGENT,
        "Openai-Intent": "conversation-edits",
        "x-initiator": "user" if last == "user" else "agent",
        "Copilot-Integration-Id": _wishes.option(ask, "integration_id"),
        "Copilot-Vision-Request": "true" if _messages.has_image(ask.messages) else None,
    }
    return {name: value for name, value in found.items() if value}


def prepared(messages: list[JsonObject], ask: Ask) -> list[JsonObject]:
    """Behind this door a Claude wants what the assistant said as a string."""
    model = _messages.named(ask, MODEL)
    if _models.is_claude(model):
        messages = [_messages.as_text(m) if m.get("role") == "assistant" else m for m in messages]
    return _messages.developer_role(messages, model)


def without_items(messages: list[JsonObject], ask: Ask) -> list[JsonObject]:
    """Its Responses never takes a message item back (F13)."""
    return [
        {key: value for key, value in message.items() if key != "codex_message_items"}
        for message in messages
    ]


def listed_effort(body: JsonObject, ask: Ask) -> JsonObject:
    """Only an effort that the catalogue lists for the model (`options.reasoning_efforts`)."""
    effort = _listed(ask)
    return {**body, "reasoning_effort": effort} if effort else body


def github_body(body: JsonObject, ask: Ask) -> JsonObject:
    """No cache key (F05); encrypted reasoning is asked for even when reasoning is off (F04)."""
    made = {k: v for k, v in body.items() if k not in ("prompt_cache_key", "reasoning")}
    effort = _listed(ask)
    if effort:
        made["reasoning"] = {"effort": effort, "summary": "auto"}
    return {**made, "include": ["reasoning.encrypted_content"]}


def _listed(ask: Ask) -> str | None:
    listed = ask.options.get("reasoning_efforts")
    effort = _wishes.effort(ask)
    known = isinstance(listed, list | tuple) and effort in listed
    return effort if known else None


EXCHANGE = {
    "token_url": "https://api.github.com/copilot_internal/v2/token",
    "hosts": ("api.githubcopilot.com", *(f"api.{plan}.githubcopilot.com" for plan in PLANS)),
}
PROVIDER = Provider(
    name="copilot",
    aliases=("github-copilot", "github"),
    transport="chat_completions",
    base_url=BASE,
    base_url_env="COPILOT_BASE_URL",
    model=MODEL,
    hosts=("githubcopilot.com",),
    key_env=("COPILOT_GITHUB_TOKEN",),
    credential="token_exchange",
    credential_options=EXCHANGE,
    headers_for=editor,
    max_tokens_field="max_completion_tokens",
    prepare_messages=prepared,
    adapt=listed_effort,
    can=CAN | {"reasoning"},
    profiles=frozenset({"echo_reasoning_text"}),
    sources={
        "base_url": "WIRE 10; row N16: a token's own answer may name another",
        "credential": "row N16: a GitHub token buys short ones, and the answer says where to ask",
        "headers_for": "row J28",
        "max_tokens_field": "row J26",
        "prepare_messages": "row J25; WIRE 10 (Claude's content)",
        "adapt": "row J28, behaviour V (xhigh stays when it is listed)",
        "profiles": "WIRE 10, 11.3",
    },
    also=(
        Provider(
            name="copilot",
            transport="codex_responses",
            base_url=BASE,
            model=MODEL,
            hosts=("githubcopilot.com",),
            key_env=("COPILOT_GITHUB_TOKEN",),
            credential="token_exchange",
            credential_options=EXCHANGE,
            headers_for=editor,
            prepare_messages=without_items,
            adapt=github_body,
            can=CAN | {"reasoning", "signatures"},
            profiles=frozenset({"responses_thought_alone_is_pause"}),
            sources={
                "base_url": "WIRE 10",
                "prepare_messages": "row F13",
                "adapt": "rows F04, F05, J28",
                "profiles": "row F26",
            },
        ),
    ),
)
