"""Prompt-cache policies by what the model is (row K04): enveloped in content parts for chat, native
on Anthropic's own wire. What is not named here is sent no marker."""

from __future__ import annotations

from harness.model import NO_CACHE, CachePolicy
from harness.providers import _models

ENVELOPED = CachePolicy(enabled=True)
NATIVE = CachePolicy(enabled=True, native=True)


def claude_or_moonshot(model: str, base_url: str) -> CachePolicy:
    known = _models.is_claude(model) or _models.is_moonshot(model)
    return ENVELOPED if known else NO_CACHE


def native(model: str, base_url: str) -> CachePolicy:
    return NATIVE


def native_for_claude(model: str, base_url: str) -> CachePolicy:
    return NATIVE if "claude" in model.lower() else NO_CACHE
