"""The reference client: drives a transport with a credential, a retry policy and a clock.

It owns what a transport does not: the HTTP client, retries, credentials, caching, cancellation. It
falls back to no other provider, compresses nothing and runs no tools: that is an agent's work.
"""

from harness.client.aio import AsyncClient
from harness.client.continuation import Continuation
from harness.client.policy import Policy, Retry, Timeouts
from harness.client.reply import Attempt, Reply, ReplyFailed
from harness.client.sync import Client

__all__ = [
    "AsyncClient",
    "Attempt",
    "Client",
    "Continuation",
    "Policy",
    "Reply",
    "ReplyFailed",
    "Retry",
    "Timeouts",
]
