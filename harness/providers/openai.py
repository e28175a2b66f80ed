"""OpenAI over Chat Completions."""

from harness.model import Provider

PROVIDER = Provider(
    name="openai",
    transport="chat_completions",
    base_url="https://api.openai.com/v1",
    model="gpt-5.4-mini",
    hosts=("api.openai.com",),
    key_env=("OPENAI_API_KEY",),
    home=True,
    can=frozenset(
        {"tools", "stream", "parallel_tools", "cache_usage", "vision", "inline_reasoning"}
    ),
)
