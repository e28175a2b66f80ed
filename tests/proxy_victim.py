"""A process that forks one recording proxy a job, so that each can be killed and costs no start."""

import json
import os
import sys
from pathlib import Path

import httpx  # noqa: F401 -- loaded once, for all that are forked
import httpx2  # noqa: F401

from harness.cli import (
    main,
    record,  # noqa: F401
)


def proxy(job):
    words = ["record", "--proxy", "--upstream", job["upstream"], "--out", job["out"]]
    sys.stderr = Path(job["log"]).open("w", buffering=1)  # noqa: SIM115 -- until it ends
    return main(words)


if __name__ == "__main__":
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os._exit(proxy(json.loads(line)))
        sys.stdout.write(f"{pid}\n")
        sys.stdout.flush()
        os.waitpid(pid, 0)
        sys.stdout.write("over\n")
        sys.stdout.flush()
