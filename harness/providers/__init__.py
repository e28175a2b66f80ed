"""Who answers: one declarative file each. `resolve` finds one by a name, a form or a URL."""

from harness.providers._resolve import Resolved, resolve
from harness.providers._room import PROVIDERS

__all__ = ["PROVIDERS", "Resolved", "resolve"]
