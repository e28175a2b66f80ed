"""Nous Research's inference API, by a short-lived token of its portal."""

from harness.model import NO_CACHE, Ask, CachePolicy, JsonObject, Provider
from harness.providers import (
    _caching,
    _identity,
    _messages,
    _models,
    _routing,
    _schemas,
    _wishes,
)

MODEL = "Hermes-4-70B"
INFERENCE = "inference-api.nousresearch.com"


def tagged(body: JsonObject, ask: Ask) -> JsonObject:
    """Tags say who calls (J17): ours, or those of the user's configuration."""
    ours = [f"product={_identity.PRODUCT}", f"client={_identity.PRODUCT}-v{_identity.VERSION}"]
    tags = [str(tag) for tag in ask.options.get("tags") or ours]
    session = _wishes.option(ask, "session_id")
    made = {**body, **_routing.preferences(ask)}
    made["tags"] = [*tags, f"session={session}"] if session else tags
    effort = _wishes.effort(ask)
    if _wishes.on(ask):
        made["reasoning"] = {"enabled": True, **({"effort": effort} if effort else {})}
    return made


def caching(model: str, base_url: str) -> CachePolicy:
    found = _caching.claude_or_moonshot(model, base_url)
    others = _caching.ENVELOPED if _models.bare(model).startswith(("qwen3", "qwen-")) else NO_CACHE
    return found if found.enabled else others


PROVIDER = Provider(
    name="nous",
    aliases=("nous-portal", "nousresearch"),
    transport="chat_completions",
    base_url=f"https://{INFERENCE}/v1",
    base_url_env="NOUS_INFERENCE_BASE_URL",
    model=MODEL,
    hosts=(INFERENCE,),
    key_env=("NOUS_API_KEY", "LLM_NOUS_API_KEY"),
    credential="oauth_refresh",
    credential_options={
        "token_url": "https://portal.nousresearch.com/api/oauth/token",
        "refresh_header": "x-nous-refresh-token",
        "scope": "inference:invoke",
        "hosts": (INFERENCE,),
        "base_url_field": "inference_base_url",
        "refresh_env": "NOUS_REFRESH_TOKEN",
    },
    default_max_tokens=_models.most_tokens,
    max_tokens_field=_models.limit_field,
    prepare_messages=_messages.for_any_model(MODEL),
    prepare_tools=_schemas.typed_for_moonshot(MODEL),
    adapt=tagged,
    caching=caching,
    can=frozenset({"tools", "stream", "parallel_tools", "reasoning", "inline_reasoning"}),
    profiles=frozenset({"echo_reasoning_details", "echo_extra_content", "refusal_is_content"}),
    sources={
        "base_url": "row N07: the one inference host that may have the token",
        "credential": "rows N01, N02, N04, N05; client_id is the user's to configure, and mint_url "
        "too for the older flow (N03)",
        "default_max_tokens": "row J27",
        "max_tokens_field": "row J26",
        "prepare_messages": "rows J08, J25",
        "prepare_tools": "row J05",
        "adapt": "row J17, behaviour V (the session among the tags); J28",
        "caching": "row K04",
        "profiles": "WIRE 10 (shaped like OpenRouter's); row C20 (a proxy of Claude)",
    },
)
