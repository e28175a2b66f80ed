"""The named profiles: dialects that a real server speaks legitimately, each with its evidence.

A provider's file names those of its server; a scenario may name one to be judged under. Everything
else that differs from the protocol is a fault.
"""

from __future__ import annotations

from typing import NamedTuple


class Profile(NamedTuple):
    allows: str
    evidence: str


PROFILES: dict[str, Profile] = {
    "eof_is_end": Profile(
        "a clean end of the body without a finish reason is the end of the reply",
        "Ollama sends a null finish reason: https://github.com/pydantic/pydantic-ai/issues/6610",
    ),
}
