"""A process that refreshes and is killed at a chosen line of our own code.

    python refresh_victim.py   reads lines of JSON: url, state, token, kill_at (0: live)

Each line is served by a fork, so that imports are paid once. It answers with JSON: `signal` that
ended the fork, `lines` that it executed, and whether the answer had been `kept` by then.
"""

import json
import os
import signal
import sys
from pathlib import Path

import httpx
from toy_wire import BACKEND, TOY

import harness.client
import harness.credentials
from harness.client import Client, Policy, Retry
from harness.credentials import CREDENTIALS
from harness.credentials._state import _FileJournal
from harness.model import Ask

OURS = tuple(str(Path(room.__file__).parent) for room in (harness.client, harness.credentials))
KEPT = _FileJournal.write.__code__


class Tracer:
    """Counts the lines of our rooms, and kills its own process at the one that was asked for."""

    def __init__(self, kill_at, pipe):
        self.kill_at, self.pipe, self.lines = kill_at, pipe, 0

    def __call__(self, frame, event, arg):
        return self.local if frame.f_code.co_filename.startswith(OURS) else None

    def local(self, frame, event, arg):
        if event == "line":
            self.lines += 1
            if self.lines == self.kill_at:
                os.kill(os.getpid(), signal.SIGKILL)
        if event == "return" and frame.f_code is KEPT:
            os.write(self.pipe, b"k")
        return self.local


def refresh(job, pipe):
    credential = CREDENTIALS.get("oauth_refresh")(
        "access-0", token_url=f"{job['url']}/token", refresh_token=job["token"], state=job["state"]
    )
    policy = Policy(retry=Retry(budget=0))
    with httpx.Client(verify=False) as http:
        client = Client(BACKEND, TOY, credential, http=http, base_url=job["url"], policy=policy)
        tracer = Tracer(job["kill_at"], pipe)
        sys.settrace(tracer)
        reply = client.ask(Ask(({"role": "user", "content": "hello"},)))
        sys.settrace(None)
    os.write(pipe, b"%d" % tracer.lines)
    return reply.outcome.response is not None


def serve(job):
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        os._exit(0 if refresh(job, theirs) else 3)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    ended = os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0
    code = os.WEXITSTATUS(status) if os.WIFEXITED(status) else None
    return {
        "signal": ended,
        "code": code,
        "kept": said.startswith(b"k"),
        "lines": int(said.lstrip(b"k") or b"0"),
    }


if __name__ == "__main__":
    for line in sys.stdin:
        print(json.dumps(serve(json.loads(line))), flush=True)  # noqa: T201
