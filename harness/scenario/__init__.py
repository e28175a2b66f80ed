"""Scenario files: YAML in, a checked value out."""

from harness.scenario.load import examine, load, read_script
from harness.scenario.schema_faults import did_you_mean
from harness.scenario.value import ExpectSpec, FaultSpec, Scenario, Step, TurnPlan

__all__ = [
    "ExpectSpec",
    "FaultSpec",
    "Scenario",
    "Step",
    "TurnPlan",
    "did_you_mean",
    "examine",
    "load",
    "read_script",
]
