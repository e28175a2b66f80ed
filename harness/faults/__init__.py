"""What can go wrong on a wire: one pure function a file, (exchange, regions) -> exchange."""

from harness.contracts import FaultFunction
from harness.registry import Room

FAULTS: Room[FaultFunction] = Room("harness.faults", "apply", kind="fault", group="harness.faults")
