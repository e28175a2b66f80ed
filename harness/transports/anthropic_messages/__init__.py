"""Anthropic's Messages, and everything that speaks it."""

from harness.transports.anthropic_messages.transport import TRANSPORT

__all__ = ["TRANSPORT"]
