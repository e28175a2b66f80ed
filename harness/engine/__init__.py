"""Matrix in, verdicts out."""

from harness.engine.build import build
from harness.engine.cells import Cell, cells
from harness.engine.judge import judge, run_case, run_cell
from harness.engine.names import check_names

__all__ = ["Cell", "build", "cells", "check_names", "judge", "run_case", "run_cell"]
