"""What must hold: one pure function a file, trace -> sentences. The docstring is its text."""

from harness.contracts import InvariantFunction
from harness.registry import Room

INVARIANTS: Room[InvariantFunction] = Room(
    "harness.invariants", "check", kind="invariant", group="harness.invariants"
)
