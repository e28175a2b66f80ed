"""OpenAI's Responses, and everything that speaks it."""

from harness.transports.codex_responses.transport import CodexResponses

TRANSPORT = CodexResponses()
