"""What a model's name says, wherever it is served: aggregators serve everybody's models.

A name is read without its vendor's prefix, and never compared whole: new names appear unannounced.
"""

from __future__ import annotations

import re

_COMPLETION = re.compile(r"(?:gpt-4o|gpt-4\.1|gpt-5|o[134](?![a-z0-9]))")
_GENERATION = re.compile(r"claude-(?:([a-z]+)-)?(\d{1,2})(?:[.-](\d{1,2})(?!\d))?")
_GOOGLE = re.compile(r"gem(?:ini|ma)")
_MOONSHOT = ("kimi-", "moonshot")

# The most that a reply may hold, for names whose servers must be told (J27); the longest counts.
# What it says of Claude, the table of Anthropic's own wire says too: a test compares them.
_MOST = {
    "claude-3-opus": 4096,
    "claude-3-haiku": 4096,
    "claude-3-sonnet": 4096,
    "claude-3-5-": 8192,
    "claude-haiku-4": 64_000,
    "claude-sonnet-4": 64_000,
    "claude-opus-4": 32_000,
    "claude-opus-4-5": 64_000,
    "claude-opus-4-6": 128_000,
    "claude-opus-4-7": 128_000,
    "claude-opus-4-8": 128_000,
    "claude-": 128_000,
    "minimax-": 131_072,
    "qwen3": 65_536,
}


def bare(model: str) -> str:
    return model.lower().rpartition("/")[2]


def is_claude(model: str) -> bool:
    return bare(model).startswith("claude-")


def is_moonshot(model: str) -> bool:
    return bare(model).startswith(_MOONSHOT) or bare(model) == "k3"


def is_google(model: str) -> bool:
    return _GOOGLE.search(model.lower()) is not None


def wants_developer(model: str) -> bool:
    """Row J25: these models know `developer` where others know `system`."""
    return "gpt-5" in bare(model) or "codex" in bare(model)


def is_adaptive(model: str) -> bool:
    """A Claude that decides by itself how long it thinks: 4.6 and later, and unknown ones."""
    if not is_claude(model) or "haiku" in bare(model):
        return False
    found = _GENERATION.match(bare(model))
    return found is None or (int(found[2]), int(found[3] or 0)) >= (4, 6)


def limit_field(model: str) -> str:
    """Row J26: the newer name of max_tokens, for the models that refuse the old one."""
    return "max_completion_tokens" if _COMPLETION.match(bare(model)) else "max_tokens"


def most_tokens(model: str) -> int | None:
    """Row J27: what to ask for behind any proxy, where nobody said how much."""
    name = bare(model).replace(".", "-")
    found = max((part for part in _MOST if name.startswith(part)), key=len, default=None)
    return _MOST[found] if found else None
