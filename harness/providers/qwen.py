"""Qwen: the portal's OpenAI-compatible endpoint, and DashScope's."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from harness.model import NO_CACHE, Ask, CachePolicy, JsonObject, Provider
from harness.providers import _caching, _identity, _messages, _wishes

PORTAL = "portal.qwen.ai"
DASHSCOPE = ("dashscope.aliyuncs.com", "dashscope-intl.aliyuncs.com")


def dashscope_headers(ask: Ask, base_url: str) -> Mapping[str, str]:
    """DashScope's own headers; the kind of sign-in is the portal's to know."""
    signed = {"X-DashScope-AuthType": "qwen-oauth"} if _host(base_url) == PORTAL else {}
    return {
        "X-DashScope-CacheControl": "enable",
        "X-DashScope-UserAgent": _identity.AGENT,
        **signed,
    }


def _host(base_url: str) -> str:
    return urlsplit(base_url).hostname or ""


def parts(messages: list[JsonObject], ask: Ask) -> list[JsonObject]:
    """Every content is a list of parts (J09), so that a cache marker has a place to stand."""
    return [_messages.as_parts(message) for message in messages]


def portal_body(body: JsonObject, ask: Ask) -> JsonObject:
    """Images in full resolution, and the session as metadata."""
    ids = {"sessionId": "session_id", "promptId": "prompt_id"}
    told = {name: value for name, key in ids.items() if (value := _wishes.option(ask, key))}
    made = {**body, "vl_high_resolution_images": True}
    if told:
        made["metadata"] = {**(body.get("metadata") or {}), **told}
    return thinking_switch(made, ask)


def thinking_switch(body: JsonObject, ask: Ask) -> JsonObject:
    return body if ask.reasoning is None else {**body, "enable_thinking": _wishes.on(ask)}


def caching(model: str, base_url: str) -> CachePolicy:
    return _caching.ENVELOPED if "qwen" in model.lower() else NO_CACHE


PROVIDER = Provider(
    name="qwen",
    aliases=("qwen-portal", "alibaba", "dashscope"),
    transport="chat_completions",
    base_url=f"https://{PORTAL}/v1",
    base_url_env="QWEN_BASE_URL",
    model="qwen3-coder-plus",
    hosts=(PORTAL,),
    key_env=("QWEN_API_KEY", "DASHSCOPE_API_KEY"),
    headers_for=dashscope_headers,
    default_max_tokens=65_536,
    prepare_messages=parts,
    adapt=portal_body,
    caching=caching,
    can=frozenset({"tools", "stream", "parallel_tools", "reasoning", "cache_usage", "vision"}),
    sources={
        "base_url": "row J09; Qwen Code's OAuth client",
        "headers_for": "row J09; the agent's name is ours",
        "default_max_tokens": "row J09",
        "prepare_messages": "row J09",
        "adapt": "row J09; https://help.aliyun.com/zh/model-studio/deep-thinking (enable_thinking)",
        "caching": "rows J09, K04",
    },
    also=(
        Provider(
            name="qwen",
            transport="chat_completions",
            base_url="https://dashscope-intl.aliyuncs.com/compatible-mode/v1",
            model="qwen3-coder-plus",
            hosts=DASHSCOPE,
            key_env=("QWEN_API_KEY", "DASHSCOPE_API_KEY"),
            headers_for=dashscope_headers,
            default_max_tokens=65_536,
            prepare_messages=parts,
            adapt=thinking_switch,
            caching=caching,
            can=frozenset({"tools", "stream", "parallel_tools", "reasoning", "cache_usage"}),
            sources={
                "base_url": "https://help.aliyun.com/zh/model-studio/compatibility-of-openai-with-"
                "dashscope",
                "adapt": "https://help.aliyun.com/zh/model-studio/deep-thinking",
                "caching": "row K04",
            },
        ),
    ),
)
