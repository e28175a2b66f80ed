"""How a request is signed: one file a kind. Each offers `build(value, **options) -> Credential`.

A kind knows no transport, no provider and no HTTP library. What is particular to one provider
(endpoint, client id, where the refresh token goes) comes as options from that provider's file.
"""

from collections.abc import Callable

from harness.contracts import Credential
from harness.registry import Room

CREDENTIALS: Room[Callable[..., Credential]] = Room(
    "harness.credentials", "build", kind="credential kind", group="harness.credentials"
)
