"""OpenAI over Responses."""

from harness.model import Provider

PROVIDER = Provider(
    name="openai_codex",
    transport="codex_responses",
    base_url="https://api.openai.com/v1",
    model="gpt-5.4-mini",
    key_env=("OPENAI_API_KEY",),
    home=True,
    can=frozenset(
        {"tools", "stream", "parallel_tools", "reasoning", "signatures", "cache_usage", "vision"}
    ),
)
