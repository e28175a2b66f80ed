"""MiniMax over Chat Completions, and over Messages at the same host."""

from harness.model import Ask, JsonObject, Provider
from harness.providers import _caching, _models, _wishes

MODEL = "MiniMax-M3"
HOSTS = ("api.minimax.io", "api.minimaxi.com")
SPLITS = ("minimax-m3",)


def split_reasoning(body: JsonObject, ask: Ask) -> JsonObject:
    """The newest generation can keep its reasoning out of the text, and has a switch (J23)."""
    if not _models.bare(body["model"]).startswith(SPLITS):
        return body
    made = {**body, "reasoning_split": True}
    if ask.reasoning is not None:
        made["thinking"] = {"type": "disabled" if _wishes.off(ask) else "adaptive"}
    return made


PROVIDER = Provider(
    name="minimax",
    aliases=("minimaxi",),
    transport="chat_completions",
    base_url="https://api.minimax.io/v1",
    base_url_env="MINIMAX_BASE_URL",
    model=MODEL,
    hosts=HOSTS,
    key_env=("MINIMAX_API_KEY",),
    default_max_tokens=131_072,
    max_tokens_field="max_completion_tokens",
    adapt=split_reasoning,
    can=frozenset({"tools", "stream", "parallel_tools", "reasoning", "inline_reasoning"}),
    profiles=frozenset({"echo_reasoning_details", "echo_raw_content"}),
    sources={
        "base_url": "https://platform.minimax.io/docs/api-reference/text-openai-api",
        "default_max_tokens": "row G16",
        "max_tokens_field": "WIRE 10: preferred",
        "adapt": "row J23",
        "profiles": "WIRE 10, 11.3: the complete message goes back, its tags and details too",
    },
    also=(
        Provider(
            name="minimax",
            transport="anthropic_messages",
            base_url="https://api.minimax.io/anthropic",
            model=MODEL,
            hosts=HOSTS,
            key_env=("MINIMAX_API_KEY",),
            headers={"anthropic-beta": "interleaved-thinking-2025-05-14"},
            default_max_tokens=131_072,
            caching=_caching.native,
            can=frozenset({"tools", "stream", "parallel_tools", "reasoning"}),
            profiles=frozenset({"thinking_none"}),
            sources={
                "base_url": "https://platform.minimax.io/docs/api-reference/text-anthropic-api",
                "credential": "row G21: a Bearer",
                "headers": "row G20: the beta of tool streaming is refused",
                "default_max_tokens": "row G16",
                "caching": "row K04",
                "profiles": "row G06",
            },
        ),
    ),
)
