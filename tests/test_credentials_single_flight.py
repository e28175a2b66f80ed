"""Many refusals at once share one refresh: threads, tasks and processes over one state file."""

import os
import subprocess
import sys
from pathlib import Path

from refresh_worker import in_tasks, in_threads
from token_origin import Origin

WORKER = Path(__file__).with_name("refresh_worker.py")
PROCESSES, THREADS, TASKS = 4, 25, 25


def test_two_hundred_simultaneous_refusals_cost_one_refresh(tmp_path):
    """4 processes of 25 threads and 25 tasks: 200 refused at once, 1 refresh, 200 answered."""
    count = PROCESSES * (THREADS + TASKS)
    path = os.pathsep.join([str(WORKER.parent), os.environ.get("PYTHONPATH", "")])
    with Origin(together=count, token_delay=0.05) as origin:
        arguments = [origin.url, str(tmp_path / "own" / "state.json"), str(THREADS), str(TASKS)]
        workers = [
            subprocess.Popen(
                [sys.executable, str(WORKER), *arguments],
                stdout=subprocess.PIPE,
                text=True,
                env={**os.environ, "PYTHONPATH": path},
            )
            for _ in range(PROCESSES)
        ]
        answered = [int(worker.communicate(timeout=100)[0]) for worker in workers]
    assert origin.refused == count
    assert (origin.refreshes, origin.reuses) == (1, 0)
    assert (sum(answered), origin.good) == (count, count)


def test_one_refresh_without_a_state_file():
    """Threads that share a credential object need no file."""
    with Origin(together=20) as origin:
        assert in_threads(origin.url, None, 20) == 20
    assert origin.refreshes == 1


async def test_tasks_of_one_loop_never_block_it(tmp_path):
    """A waiter gives the loop back to the one who refreshes, or they would both wait for ever."""
    with Origin(together=50, token_delay=0.05) as origin:
        assert await in_tasks(origin.url, tmp_path / "own" / "state.json", 50) == 50
    assert origin.refreshes == 1
