"""An LLM gateway that holds the vendors' keys itself and is asked with a JWT."""

from harness.transports.gateway.transport import TRANSPORT

__all__ = ["TRANSPORT"]
