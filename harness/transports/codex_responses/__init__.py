"""OpenAI's Responses, and everything that speaks it."""

from harness.transports.codex_responses.transport import TRANSPORT

__all__ = ["TRANSPORT"]
