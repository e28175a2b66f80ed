"""What an ask wishes of reasoning, in words that every file here shares.

No wish is no field: a server's own default stands unless somebody asked for something.
"""

from __future__ import annotations

from collections.abc import Mapping

from harness.model import Ask

TO_HIGH = {"minimal": "low", "xhigh": "high", "max": "high", "ultra": "high"}
TO_MAX = {"minimal": "low", "xhigh": "max", "ultra": "max"}


def off(ask: Ask) -> bool:
    """Whether reasoning was explicitly refused."""
    wish = ask.reasoning
    return wish is not None and (wish.get("enabled") is False or wish.get("effort") == "none")


def on(ask: Ask) -> bool:
    """Whether reasoning was explicitly asked for."""
    return ask.reasoning is not None and not off(ask)


def effort(ask: Ask, words: Mapping[str, str] | None = None) -> str | None:
    """The effort that was asked for, in the words that this server knows."""
    found = (ask.reasoning or {}).get("effort")
    if not isinstance(found, str) or off(ask):
        return None
    return (words or {}).get(found, found)


def option(ask: Ask, name: str) -> str | None:
    """A text of the ask's options; None for nothing, and for what is no text."""
    found = ask.options.get(name)
    return found if isinstance(found, str) and found else None
