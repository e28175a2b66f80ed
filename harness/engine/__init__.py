"""Matrix in, verdicts out."""

from harness.engine.build import build
from harness.engine.cells import Cell, cells
from harness.engine.judge import judge, run_case, run_cell
from harness.engine.names import read_scenario

__all__ = ["Cell", "build", "cells", "judge", "read_scenario", "run_case", "run_cell"]
