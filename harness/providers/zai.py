"""Z.AI: GLM over Chat Completions, and over Messages at the same host."""

import re

from harness.model import Ask, JsonObject, Provider
from harness.providers import _models, _wishes

HOSTS = ("api.z.ai", "open.bigmodel.cn")
KEYS = ("ZAI_API_KEY", "GLM_API_KEY", "Z_AI_API_KEY")
_VERSION = re.compile(r"glm-(\d+)(?:\.(\d+))?")


def glm_thinking(body: JsonObject, ask: Ask) -> JsonObject:
    """A switch from 4.5 on, only where somebody wished for something; from 5.2 on an effort too,
    of which the server knows two (J22)."""
    found = _VERSION.match(_models.bare(body["model"]))
    version = (int(found[1]), int(found[2] or 0)) if found else (0, 0)
    if ask.reasoning is None or version < (4, 5):
        return body
    if _wishes.off(ask):
        return {**body, "thinking": {"type": "disabled"}}
    made = {**body, "thinking": {"type": "enabled"}}
    effort = _wishes.effort(ask)
    if effort and version >= (5, 2):
        made["reasoning_effort"] = "max" if effort in {"xhigh", "max", "ultra"} else "high"
    return made


PROVIDER = Provider(
    name="zai",
    aliases=("z-ai", "z.ai", "glm", "zhipu", "bigmodel"),
    transport="chat_completions",
    base_url="https://api.z.ai/api/paas/v4",
    base_url_env="ZAI_BASE_URL",
    model="glm-5.2",
    hosts=HOSTS,
    key_env=KEYS,
    adapt=glm_thinking,
    can=frozenset({"tools", "stream", "parallel_tools", "reasoning", "cache_usage"}),
    sources={
        "base_url": "https://docs.z.ai/api-reference/introduction",
        "adapt": "row J22; https://docs.z.ai/guides/capabilities/thinking",
        "profiles": "none: reasoning need not go back (WIRE 11.3)",
    },
    also=(
        Provider(
            name="zai",
            transport="anthropic_messages",
            base_url="https://api.z.ai/api/anthropic",
            model="glm-5.2",
            hosts=HOSTS,
            key_env=KEYS,
            credential_options={"place": "x-api-key"},
            can=frozenset({"tools", "stream", "parallel_tools", "reasoning"}),
            profiles=frozenset({"thinking_none"}),
            sources={
                "base_url": "https://docs.z.ai/scenario-example/develop-tools/claude",
                "credential_options": "row G21",
                "profiles": "row G06",
            },
        ),
    ),
)
