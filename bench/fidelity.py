"""The fidelity self-test as a table, stock vcrpy judged beside it; exit 1 if a door differs.

python bench/fidelity.py [httpx|httpx2]
"""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from adversarial_upstream import Upstream
from fidelity import table


def main():
    with Upstream() as upstream:
        rows = list(table(upstream, *sys.argv[1:2]))
    print("\n".join(rows))
    cells = [row.split(" | ")[2:4] for row in rows[2:]]
    sys.exit(any(cell != "same" for pair in cells for cell in pair))


if __name__ == "__main__":
    main()
