"""DeepSeek over Chat Completions, and over Messages at the same host."""

import re

from harness.model import Ask, JsonObject, Provider
from harness.providers import _models, _wishes

DOCS = "https://api-docs.deepseek.com"
MODEL = "deepseek-reasoner"
_VERSION = re.compile(r"deepseek-v(\d+)")


def thinking(body: JsonObject, ask: Ask) -> JsonObject:
    """The models that think are always told whether to; the older ones are left alone (J21)."""
    if not _thinks(_models.bare(body["model"])):
        return body
    if _wishes.off(ask):
        return {**body, "thinking": {"type": "disabled"}}
    made = {**body, "thinking": {"type": "enabled"}}
    effort = _wishes.effort(ask, _wishes.TO_MAX)
    return {**made, "reasoning_effort": effort} if effort else made


def _thinks(model: str) -> bool:
    version = _VERSION.match(model)
    return model.startswith(MODEL) or (version is not None and int(version[1]) >= 4)


PROVIDER = Provider(
    name="deepseek",
    aliases=("deep-seek",),
    transport="chat_completions",
    base_url="https://api.deepseek.com",
    base_url_env="DEEPSEEK_BASE_URL",
    model=MODEL,
    hosts=("api.deepseek.com",),
    key_env=("DEEPSEEK_API_KEY",),
    adapt=thinking,
    can=frozenset({"tools", "stream", "parallel_tools", "reasoning", "cache_usage"}),
    profiles=frozenset({"echo_reasoning_content"}),
    sources={
        "base_url": f"{DOCS}/",
        "adapt": f"row J21; {DOCS}/guides/thinking_mode",
        "profiles": f"row J06; {DOCS}/guides/thinking_mode#tool-calls",
    },
    also=(
        Provider(
            name="deepseek",
            transport="anthropic_messages",
            base_url="https://api.deepseek.com/anthropic",
            model=MODEL,
            hosts=("api.deepseek.com",),
            key_env=("DEEPSEEK_API_KEY",),
            credential_options={"place": "x-api-key"},
            can=frozenset({"tools", "stream", "parallel_tools", "reasoning"}),
            profiles=frozenset({"thinking_unsigned"}),
            sources={
                "base_url": f"{DOCS}/guides/anthropic_api",
                "credential_options": "row G21",
                "profiles": "row G07",
            },
        ),
    ),
)
