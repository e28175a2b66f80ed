"""OpenAI over Responses."""

from harness.model import Provider

PROVIDER = Provider(
    name="openai_codex",
    aliases=("openai-codex", "codex", "openai-responses"),
    transport="codex_responses",
    base_url="https://api.openai.com/v1",
    base_url_env="OPENAI_BASE_URL",
    model="gpt-5.4-mini",
    hosts=("api.openai.com",),
    key_env=("OPENAI_API_KEY",),
    home=True,
    can=frozenset(
        {
            *("tools", "custom_tools", "parallel_tools", "stream", "reasoning", "signatures"),
            *("cache_usage", "vision"),
        }
    ),
    sources={
        "base_url": "https://platform.openai.com/docs/api-reference/responses",
        "can": "rows F10-F16: encrypted reasoning is asked for and goes back; custom tools: "
        "https://platform.openai.com/docs/guides/function-calling#custom-tools",
        "developer": "row J25 is the wire's own: a first system message is its instructions",
    },
)
