"""The room itself: apart from its doors, so that what looks into it can stand here too."""

from harness.model import Provider
from harness.registry import Room

PROVIDERS: Room[Provider] = Room(
    "harness.providers", "PROVIDER", kind="provider", group="harness.providers"
)
