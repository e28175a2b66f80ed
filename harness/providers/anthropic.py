"""Anthropic over its own Messages API."""

from harness.model import Ask, JsonObject, Provider
from harness.providers import _caching, _wishes

BETAS = "interleaved-thinking-2025-05-14,fine-grained-tool-streaming-2025-05-14"


def preamble_first(messages: list[JsonObject], ask: Ask) -> list[JsonObject]:
    """A sign-in may demand a first system sentence (G23). It is the user's to configure, as
    `options.system_preamble`: we pass ourselves off as nobody."""
    said = _wishes.option(ask, "system_preamble")
    return [{"role": "system", "content": said}, *messages] if said else messages


PROVIDER = Provider(
    name="anthropic",
    aliases=("claude",),
    transport="anthropic_messages",
    base_url="https://api.anthropic.com",
    base_url_env="ANTHROPIC_BASE_URL",
    model="claude-sonnet-4-6",
    hosts=("api.anthropic.com",),
    key_env=("ANTHROPIC_API_KEY",),
    credential_options={"place": "x-api-key"},
    headers={"anthropic-beta": BETAS},
    prepare_messages=preamble_first,
    caching=_caching.native,
    home=True,
    can=frozenset(
        {"tools", "stream", "parallel_tools", "reasoning", "signatures", "cache_usage", "vision"}
    ),
    sources={
        "base_url": "https://docs.anthropic.com/en/api/messages",
        "credential_options": "row G21; a sign-in's token is a Bearer, for whoever configures it",
        "headers": "row G20",
        "prepare_messages": "row G23: the mechanism, without a borrowed identity",
        "caching": "row K04; https://docs.anthropic.com/en/docs/build-with-claude/prompt-caching",
        "default_max_tokens": "row G16: the wire's own table",
        "profiles": "none: it signed its thinking itself (row G05)",
    },
)
