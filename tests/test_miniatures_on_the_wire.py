"""A miniature that is a real target, judged through the whole engine beside the reference."""

from miniatures.invents_stop import InventsStop

from harness.data import builtin
from harness.engine import build, cells, run_case
from harness.model import VerdictKind
from harness.scenario import load
from harness.targets.reference import Reference


def test_a_real_target_that_invents_a_stop():
    """A client that invents a stop is caught over a real wire, and the reference is acquitted."""
    scenario = load(builtin("scenarios") / "stream_dies_mid_tool_call.yaml")
    cases = [build(cell) for cell in cells(scenario)]
    cases = [case for case in cases if case.untestable is None]
    assert cases
    for case in cases:
        assert run_case(case, InventsStop()).kind is VerdictKind.FAILED
        assert run_case(case, Reference()).kind is VerdictKind.PASSED
