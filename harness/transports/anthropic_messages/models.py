"""What the vendor's models take: a table, read by the longest name that occurs in the model's id.

A name without an entry is taken for the newest generation: that is what appears unannounced.
A provider that differs says so with its own `default_max_tokens`, `temperature` or `adapt`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

ADAPTIVE = "adaptive"
BUDGET = "budget"
NONE = "none"

LEAST_MAX_TOKENS = 128_000

# The most that a reply may hold, by what the id contains; the longest match counts.
MAX_TOKENS = {
    "claude-3-opus": 4096,
    "claude-3-haiku": 4096,
    "claude-3-sonnet": 4096,
    "claude-3-5-": 8192,
    "claude-3-7-sonnet": 128_000,
    "claude-haiku-4": 64_000,
    "claude-sonnet-4": 64_000,
    "claude-opus-4": 32_000,
    "claude-opus-4-5": 64_000,
    "claude-opus-4-6": 128_000,
    "claude-opus-4-7": 128_000,
    "claude-opus-4-8": 128_000,
    "claude-": 128_000,
}

BUDGETS = {"minimal": 4000, "low": 4000, "medium": 8000, "high": 16_000}
MOST_BUDGET = 32_000  # xhigh and above
ROOM = 4096  # what max_tokens must leave beside the budget

EFFORTS = {"minimal": "low", "ultra": "max"}


def effort(wished: str, model: str) -> str:
    """The wish in the words that this model knows."""
    known = EFFORTS.get(wished, wished)
    return "max" if known == "xhigh" and not traits(model).xhigh else known


class Traits(NamedTuple):
    """How a model is asked to think, whether it takes sampling parameters, and whether it knows
    the effort `xhigh`."""

    thinking: str
    sampling: bool
    xhigh: bool


_GENERATION = re.compile(r"claude-(?:(opus|sonnet|haiku|[a-z]+)-)?(\d{1,2})(?:-(\d{1,2}))?(?!\d)")


def wire_name(model: str) -> str:
    """Without an aggregator's prefix; a version's dots are hyphens in the vendor's own ids."""
    bare = model.removeprefix("anthropic/")
    return bare.replace(".", "-") if bare.startswith("claude-") else bare


def max_tokens(model: str) -> int:
    name = wire_name(model).lower()
    found = max((part for part in MAX_TOKENS if part in name), key=len, default=None)
    return MAX_TOKENS[found] if found else LEAST_MAX_TOKENS


def traits(model: str) -> Traits:
    name = wire_name(model).lower()
    if "claude" not in name:
        return Traits(BUDGET, sampling=True, xhigh=False)
    match = _GENERATION.search(name.replace(".", "-"))
    if match is None:
        return Traits(ADAPTIVE, sampling=False, xhigh=True)
    family, version = match[1], (int(match[2]), int(match[3] or 0))
    if family == "haiku" or (family is None and version < (3, 7)):
        return Traits(NONE, sampling=version < (4, 7), xhigh=False)
    modern = version >= (4, 6)
    newest = version >= (4, 7)
    return Traits(ADAPTIVE if modern else BUDGET, sampling=not newest, xhigh=newest)
