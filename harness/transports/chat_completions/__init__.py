"""OpenAI's Chat Completions, and everything that speaks it."""

from harness.transports.chat_completions.transport import TRANSPORT

__all__ = ["TRANSPORT"]
