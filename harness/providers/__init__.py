"""Who answers: one declarative file each."""

from harness.model import Provider
from harness.registry import Room

PROVIDERS: Room[Provider] = Room(
    "harness.providers", "PROVIDER", kind="provider", group="harness.providers"
)
