"""Writes docs/doors_clients.md: what each client sees of each ending, measured now.

python bench/clients.py
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from strangers import CLIENTS, rows  # noqa: E402 -- the tests' folder is no package

from harness.replay.loopback import Loopback  # noqa: E402

HEAD = """\
# What each client sees of each ending

Written by `python bench/clients.py`: the loopback door plays one damaged answer to each client, and
this is what came out. A cell is the number of whole events that the client got, then the error's
class and, after `<`, the classes it was made from. "no error" beside a truncated answer is the
failure that this project is about. Retries are off; timeouts are declared by the client. `hangs`
means that the client's own read timeout never fired.

"""


def main():
    with Loopback() as door:
        lines = [f"| {fault} | {' | '.join(cells)} |" for fault, cells in rows(door)]
    head = [f"| answer | {' | '.join(CLIENTS)} |", "| --- |" + " --- |" * len(CLIENTS)]
    target = ROOT / "docs" / "doors_clients.md"
    target.write_text(HEAD + "\n".join([*head, *lines]) + "\n", encoding="utf-8")
    print(f"wrote {target.relative_to(ROOT)}: {len(lines)} answers, {len(CLIENTS)} clients")


if __name__ == "__main__":
    main()
