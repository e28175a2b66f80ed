"""OpenRouter: everybody's models behind one endpoint, with fields of its own for routing."""

from collections.abc import Mapping

from harness.model import Ask, JsonObject, Provider
from harness.providers import (
    _caching,
    _identity,
    _messages,
    _models,
    _routing,
    _schemas,
    _wishes,
)

MODEL = "google/gemini-3-flash-preview"
CODING_ROUTER = "openrouter/pareto-code"
THINKERS = (
    "deepseek/",
    "anthropic/",
    "openai/",
    "x-ai/",
    "google/gemini-2",
    "google/gemma-4",
    "qwen/qwen3",
    "tencent/hy3",
    "xiaomi/",
)


def attribution(ask: Ask, base_url: str) -> Mapping[str, str]:
    """Who calls, and what the ask says of caching; Grok's conversation goes as a header (J16)."""
    title = _wishes.option(ask, "app_title") or _identity.PRODUCT
    cache = ask.options.get("response_cache")
    ttl = cache.get("ttl") if isinstance(cache, Mapping) else None
    found = {
        "X-Title": title,
        "HTTP-Referer": _wishes.option(ask, "app_url"),
        "X-OpenRouter-Categories": _wishes.option(ask, "app_categories"),
        "X-OpenRouter-Cache": "true" if cache else None,
        "X-OpenRouter-Cache-TTL": str(ttl) if ttl else None,
    }
    if _messages.named(ask, MODEL).startswith("x-ai/"):
        found["x-grok-conv-id"] = _wishes.option(ask, "session_id")
    return {name: value for name, value in found.items() if value}


def routed(body: JsonObject, ask: Ask) -> JsonObject:
    """A model without a vendor is the router's own: `auto` is openrouter/auto."""
    model = body["model"] if "/" in body["model"] else f"openrouter/{body['model']}"
    made = {**body, "model": model, **_routing.preferences(ask), **_reasoning(model, ask)}
    session, score = _wishes.option(ask, "session_id"), ask.options.get("min_coding_score")
    if session:
        made["session_id"] = session
    if model == CODING_ROUTER and score is not None:
        made["plugins"] = [{"id": "pareto-router", "min_coding_score": score}]
    return made


def _reasoning(model: str, ask: Ask) -> JsonObject:
    """Only for models that take the field (J14); an adaptive Claude takes a verbosity (J15)."""
    if ask.reasoning is None or not model.startswith(THINKERS):
        return {}
    if _models.is_adaptive(model):
        effort = _wishes.effort(ask, {"minimal": "low", "ultra": "max"})
        return {"verbosity": effort} if effort else {}
    if _wishes.off(ask):
        return {"reasoning": {"enabled": False}}
    effort = _wishes.effort(ask)
    return {"reasoning": {"enabled": True, **({"effort": effort} if effort else {})}}


PROVIDER = Provider(
    name="openrouter",
    aliases=("open-router",),
    transport="chat_completions",
    base_url="https://openrouter.ai/api/v1",
    base_url_env="OPENROUTER_BASE_URL",
    model=MODEL,
    hosts=("openrouter.ai",),
    key_env=("OPENROUTER_API_KEY",),
    headers_for=attribution,
    default_max_tokens=_models.most_tokens,
    max_tokens_field=_models.limit_field,
    prepare_messages=_messages.for_any_model(MODEL),
    prepare_tools=_schemas.typed_for_moonshot(MODEL),
    adapt=routed,
    caching=_caching.claude_or_moonshot,
    can=frozenset(
        {"tools", "stream", "parallel_tools", "reasoning", "signatures", "cache_usage", "vision"}
    ),
    profiles=frozenset({"echo_reasoning_details", "echo_extra_content"}),
    sources={
        "base_url": "https://openrouter.ai/docs/api-reference/overview",
        "headers_for": "rows J13, J16; https://openrouter.ai/docs/app-attribution",
        "default_max_tokens": "row J27",
        "max_tokens_field": "row J26",
        "prepare_messages": "rows J08, J25",
        "prepare_tools": "row J05",
        "adapt": "rows J13, J14, J15; https://openrouter.ai/docs/use-cases/reasoning-tokens",
        "caching": "rows K03, K04",
        "profiles": "https://openrouter.ai/docs/use-cases/reasoning-tokens"
        "#preserving-reasoning-blocks; row J08",
    },
)
