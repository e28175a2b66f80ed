"""The protocols: one folder each, sans-IO."""

from harness.contracts import ProviderTransport
from harness.registry import Room

TRANSPORTS: Room[ProviderTransport] = Room(
    "harness.transports", "TRANSPORT", kind="transport", group="harness.transports"
)
