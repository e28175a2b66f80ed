"""Matrix in, verdicts out."""

from harness.engine.draw import draw
from harness.engine.judge import run_case

__all__ = ["draw", "run_case"]
