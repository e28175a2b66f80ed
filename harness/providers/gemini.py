"""Gemini over Google's OpenAI-compatible endpoint."""

from harness.model import Ask, JsonObject, Provider
from harness.providers import _models, _wishes

DOCS = "https://ai.google.dev/gemini-api/docs/openai"
LEVELS_OF_PRO = {"minimal": "low", "medium": "high", "xhigh": "high", "max": "high"}


def google_thinking(body: JsonObject, ask: Ask) -> JsonObject:
    """A thinking_config inside an `extra_body` that the server itself reads (I06); only for models
    of the family, and only where somebody wished for something."""
    model = _models.bare(body["model"])
    if ask.reasoning is None or not model.startswith("gemini-"):
        return body
    wanted = _wishes.on(ask)
    config: JsonObject = {"include_thoughts": wanted}
    level = _level(model, ask)
    if wanted and level:
        config["thinking_level"] = level
    inner = body.get("extra_body") or {}
    google = {**inner.get("google", {}), "thinking_config": config}
    return {**body, "extra_body": {**inner, "google": google}}


def _level(model: str, ask: Ask) -> str | None:
    """From the third generation on; Pro knows two levels, Flash three."""
    if model.startswith(("gemini-1", "gemini-2")):
        return None
    words = LEVELS_OF_PRO if "pro" in model else _wishes.TO_HIGH
    return _wishes.effort(ask, {**words, "ultra": "high"})


PROVIDER = Provider(
    name="gemini",
    aliases=("google", "google-ai-studio"),
    transport="chat_completions",
    base_url="https://generativelanguage.googleapis.com/v1beta/openai",
    base_url_env="GEMINI_BASE_URL",
    model="gemini-3-flash",
    hosts=("generativelanguage.googleapis.com",),
    key_env=("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    default_max_tokens=65_535,
    adapt=google_thinking,
    can=frozenset({"tools", "stream", "parallel_tools", "signatures", "vision"}),
    profiles=frozenset({"echo_extra_content", "tool_message_name"}),
    sources={
        "base_url": DOCS,
        "credential": "row I01: this route wants a Bearer, the native one must not have it",
        "default_max_tokens": "row I04",
        "adapt": f"row I06; {DOCS}#thinking",
        "profiles": "rows C09, C10, I03, E23; https://ai.google.dev/gemini-api/docs/thought-signatures",
    },
)
