"""Scenario files: YAML in, a checked value out."""

from harness.scenario.load import Scenario, load

__all__ = ["Scenario", "load"]
