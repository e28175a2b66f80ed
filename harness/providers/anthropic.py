"""Anthropic over its own Messages API."""

from harness.model import Provider

PROVIDER = Provider(
    name="anthropic",
    transport="anthropic_messages",
    base_url="https://api.anthropic.com",
    model="claude-sonnet-4-6",
    hosts=("api.anthropic.com",),
    key_env=("ANTHROPIC_API_KEY",),
    credential_options={"place": "x-api-key"},
    home=True,
    can=frozenset(
        {"tools", "stream", "parallel_tools", "reasoning", "signatures", "cache_usage", "vision"}
    ),
)
