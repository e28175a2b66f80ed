"""Every invariant fails on a miniature and passes on the reference."""

import pytest
from miniatures.invents_stop import InventsStop

from harness.data import builtin
from harness.engine import draw, run_case
from harness.model import VerdictKind
from harness.scenario import load
from harness.targets.reference import Reference

CASES = list(draw(load(builtin("scenarios") / "stream_dies_mid_tool_call.yaml")))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.fault)
def test_truncation_is_visible(case):
    """A client that invents a stop is caught; the reference is acquitted."""
    assert run_case(case, InventsStop()).kind is VerdictKind.FAILED
    assert run_case(case, Reference()).kind is VerdictKind.PASSED
