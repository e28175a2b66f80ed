"""Ollama, and any other server of one's own that says it is compatible."""

from harness.model import Ask, JsonObject, Provider
from harness.providers import _caching, _models, _wishes

CLOUD = "ollama.com"
LADDER = ("minimal", "low", "medium", "high", "xhigh", "max")
DOCS = "https://docs.ollama.com/openai"


def local_reasoning(body: JsonObject, ask: Ask) -> JsonObject:
    """Off is said twice, because servers differ in which they hear (J11); an effort once; only
    `enabled` is the server's default, so nothing is said. Where the server's list is known
    (`options.reasoning_efforts`), an effort is clamped to it, or left out (J29)."""
    made = dict(body)
    if _wishes.off(ask):
        made |= {"reasoning_effort": "none", "think": False}
    else:
        effort = _allowed(_wishes.effort(ask), ask)
        made |= {"reasoning_effort": effort} if effort else {}
    size = ask.options.get("num_ctx")
    if size is not None:
        made["options"] = {**(body.get("options") or {}), "num_ctx": size}
    return made


def _allowed(effort: str | None, ask: Ask) -> str | None:
    listed = ask.options.get("reasoning_efforts")
    if effort is None or not isinstance(listed, list | tuple) or effort in listed:
        return effort
    known = [word for word in LADDER if word in listed]
    if effort not in LADDER or not known:
        return None
    at_most = [word for word in known if LADDER.index(word) <= LADDER.index(effort)]
    return at_most[-1] if at_most else None


def cloud_reasoning(body: JsonObject, ask: Ask) -> JsonObject:
    """Thinking is on by default there, so off must be said; few efforts are known (J12)."""
    if _wishes.off(ask):
        return {**body, "reasoning_effort": "none"}
    effort = _wishes.effort(ask, {"xhigh": "max", "ultra": "max"})
    return (
        {**body, "reasoning_effort": effort} if effort in {"low", "medium", "high", "max"} else body
    )


PROVIDER = Provider(
    name="ollama",
    aliases=("custom", "local", "vllm", "lmstudio"),
    transport="chat_completions",
    base_url="http://127.0.0.1:11434/v1",
    base_url_env="OLLAMA_BASE_URL",
    model="qwen3:8b",
    key_env=("OLLAMA_API_KEY",),
    default_max_tokens=65_536,
    max_tokens_field=_models.limit_field,
    adapt=local_reasoning,
    can=frozenset({"tools", "stream", "parallel_tools", "reasoning", "vision", "inline_reasoning"}),
    sources={
        "base_url": DOCS,
        "default_max_tokens": "row J11",
        "max_tokens_field": "row J26: a custom endpoint may serve those models",
        "adapt": f"rows J11, J29; {DOCS}",
        "profiles": "none: C24 is the scenario's or the user's to name, since a cut looks the same",
    },
    also=(
        Provider(
            name="ollama",
            transport="chat_completions",
            base_url=f"https://{CLOUD}/v1",
            model="gpt-oss:120b",
            hosts=(CLOUD,),
            key_env=("OLLAMA_API_KEY",),
            adapt=cloud_reasoning,
            can=frozenset({"tools", "stream", "parallel_tools", "reasoning"}),
            sources={"base_url": "https://docs.ollama.com/cloud", "adapt": "row J12"},
        ),
        Provider(
            name="ollama",
            transport="anthropic_messages",
            base_url="http://127.0.0.1:11434",
            model="qwen3:8b",
            key_env=("OLLAMA_API_KEY",),
            credential_options={"place": "x-api-key"},
            caching=_caching.native_for_claude,
            can=frozenset({"tools", "stream", "parallel_tools", "reasoning"}),
            profiles=frozenset({"thinking_none"}),
            sources={
                "base_url": "https://docs.ollama.com/api/anthropic-compatibility",
                "credential_options": "row G21: another host's key is sent as x-api-key",
                "caching": "row K04: any other host of this wire, for Claude only",
                "profiles": "row G06",
            },
        ),
        Provider(
            name="ollama",
            transport="codex_responses",
            base_url="http://127.0.0.1:11434/v1",
            model="qwen3:8b",
            key_env=("OLLAMA_API_KEY",),
            can=frozenset({"tools", "stream", "parallel_tools"}),
            sources={"base_url": DOCS, "can": "row F01: no encrypted reasoning is asked for"},
        ),
    ),
)
