"""xAI: Grok over Responses, and over Chat Completions for whoever asks for that wire."""

from collections.abc import Mapping

from harness.model import Ask, JsonObject, Provider
from harness.providers import _models, _schemas, _wishes

MODEL = "grok-4.3"
DOCS = "https://docs.x.ai/developers/model-capabilities/text/reasoning"
WITH_EFFORT = ("grok-3-mini", "grok-4.20-multi-agent", "grok-4.3")
ENCRYPTED = "reasoning.encrypted_content"
CAN = frozenset({"tools", "stream", "parallel_tools", "reasoning", "cache_usage", "vision"})


def conversation(ask: Ask, base_url: str) -> Mapping[str, str]:
    """Requests of one conversation reach the same cache (J18)."""
    session = _wishes.option(ask, "session_id")
    return {"x-grok-conv-id": session} if session else {}


def known_tools(tools: list[JsonObject], ask: Ask) -> list[JsonObject]:
    """Schemas without what the server refuses (J19); a client's own web search becomes the
    server's, one for one (J20)."""
    return [
        {"type": "web_search"} if _named(tool) == "web_search" else tool
        for tool in _schemas.plain(tools)
    ]


def plain_tools(tools: list[JsonObject], ask: Ask) -> list[JsonObject]:
    return _schemas.plain(tools)


def _named(tool: JsonObject) -> str | None:
    inner = tool.get("function")
    found = (inner if isinstance(inner, dict) else tool).get("name")
    return str(found) if found else None


def _effort(model: str, ask: Ask) -> str | None:
    listed = _models.bare(model).startswith(WITH_EFFORT)
    return _wishes.effort(ask, _wishes.TO_HIGH) if listed else None


def grok_body(body: JsonObject, ask: Ask) -> JsonObject:
    """No service tier, an effort for listed models only, encrypted reasoning always, and the cache
    key beside what the SDK knows."""
    made = {k: v for k, v in body.items() if k not in ("service_tier", "reasoning", "include")}
    effort = _effort(body["model"], ask)
    if effort:
        made["reasoning"] = {"effort": effort, "summary": "auto"}
    made["include"] = list(dict.fromkeys([*body.get("include", ()), ENCRYPTED]))
    key = made.pop("prompt_cache_key", None)
    if key:
        made["extra_body"] = {"prompt_cache_key": key, **made.get("extra_body", {})}
    return made


def grok_chat_body(body: JsonObject, ask: Ask) -> JsonObject:
    made = {key: value for key, value in body.items() if key != "service_tier"}
    effort = _effort(body["model"], ask)
    return {**made, "reasoning_effort": effort} if effort else made


PROVIDER = Provider(
    name="xai",
    aliases=("grok", "x-ai"),
    transport="codex_responses",
    base_url="https://api.x.ai/v1",
    base_url_env="XAI_BASE_URL",
    model=MODEL,
    hosts=("api.x.ai",),
    key_env=("XAI_API_KEY",),
    headers_for=conversation,
    prepare_tools=known_tools,
    adapt=grok_body,
    can=CAN | {"signatures"},
    profiles=frozenset({"responses_thought_alone_is_pause", "responses_answer_inside_thought"}),
    sources={
        "base_url": "https://docs.x.ai/docs/api-reference",
        "headers_for": "row J18",
        "prepare_tools": "rows J19, J20",
        "adapt": f"rows J18, F03, F04, F05; {DOCS}",
        "profiles": "rows F26, F33",
    },
    also=(
        Provider(
            name="xai",
            transport="chat_completions",
            base_url="https://api.x.ai/v1",
            model=MODEL,
            hosts=("api.x.ai",),
            key_env=("XAI_API_KEY",),
            headers_for=conversation,
            prepare_tools=plain_tools,
            adapt=grok_chat_body,
            can=CAN,
            sources={
                "base_url": "https://docs.x.ai/docs/api-reference#chat-completions",
                "headers_for": "row J16",
                "adapt": f"row J18; {DOCS}",
            },
        ),
    ),
)
