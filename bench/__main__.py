"""Every measurement, in one run, each as a ratio to its floor: `python bench`.

No figure is a verdict: machines differ and are noisy, so what counts is the ratio to something that
was measured beside it.
"""

import runpy
import sys
from pathlib import Path

PARTS = ("load", "match", "replay", "decode", "chat_reader", "fidelity")


def main():
    here = Path(__file__).resolve().parent
    sys.argv[1:] = []
    for part in PARTS:
        print(f"\n== {part}", flush=True)
        runpy.run_path(str(here / f"{part}.py"), run_name="__main__")


if __name__ == "__main__":
    main()
