"""An adapter in its own process: what it does wrong is errored with a reason, and never hangs."""

import json
import os
import shlex
import sys
import textwrap
import threading
import time
from dataclasses import replace

import pytest

from harness.contracts import TurnSpec
from harness.engine import run_case
from harness.errors import TargetError
from harness.model import (
    Ask,
    Case,
    Ending,
    Exchange,
    Expectation,
    Piece,
    Request,
    Turn,
    VerdictKind,
)
from harness.targets._adapters._loop import history
from harness.targets._process import ProcessTarget, from_command

STARTED = {
    "op": "started",
    "name": "toy",
    "version": "1",
    "language": "python",
    "transports": [],
}

GOOD = """
import json, sys, urllib.request
for line in sys.stdin:
    message = json.loads(line)
    if message["op"] == "start":
        answer = STARTED
    elif message["op"] == "stop":
        break
    else:
        url = message["base_url"] + "/v1/chat/completions"
        body = json.dumps({"model": message["model"]}).encode()
        urllib.request.urlopen(urllib.request.Request(url, body)).read()
        answer = {"op": "result", "id": message["id"], "outcome": "complete", "response":
                  {"content": "hi", "tool_calls": [], "finish_reason": "stop"}}
    print(json.dumps(answer), flush=True)
"""

AFTER_START = """
import json, os, sys, time
sys.stdin.readline()
print(json.dumps(STARTED), flush=True)
message = json.loads(sys.stdin.readline())
result = {"op": "result", "id": message["id"], "outcome": "complete", "response":
          {"content": "hi", "tool_calls": [], "finish_reason": "stop"}}
print("my last words", file=sys.stderr, flush=True)
"""

BEFORE_START = "import json, os, sys, time\nsys.stdin.readline()\n"

MISBEHAVIOURS = {
    "crash": (AFTER_START + "raise SystemExit(7)", "ended early (exit code 7)"),
    "killed": (AFTER_START + "os.kill(os.getpid(), 9)", "ended early (by signal 9)"),
    "hang": (AFTER_START + "time.sleep(60)", "hangs"),
    "flood_of_bytes": (
        AFTER_START + "line = 'x' * 65535\nwhile True: sys.stdout.write(line)",
        "a line of over",
    ),
    "flood_of_events": (
        AFTER_START
        + "event = json.dumps({'op': 'event', 'id': message['id'], 'kind': 'text', 'text': 'x'})\n"
        + "while True: sys.stdout.write((event + chr(10)) * 1000)",
        "floods",
    ),
    "flood_of_lines": (
        AFTER_START + "while True: sys.stdout.write(chr(10) * 60000)",
        "no JSON object",
    ),
    "no_number": (
        AFTER_START
        + "event = {'op': 'event', 'id': message['id'], 'kind': 'text', 'at': float('nan')}\n"
        + "print(json.dumps(event), flush=True); time.sleep(60)",
        "(NaN is no JSON)",
    ),
    "too_large_a_number": (
        AFTER_START
        + "event = {'op': 'event', 'id': message['id'], 'kind': 'text', 'at': 0}\n"
        + "print(json.dumps(event).replace('0', '1e999'), flush=True); time.sleep(60)",
        "(1e999 is too large)",
    ),
    "too_deep": (
        AFTER_START + "print('[' * 100000, flush=True); time.sleep(60)",
        "no JSON object",
    ),
    "garbage": (AFTER_START + "print('hello', flush=True); time.sleep(60)", "no JSON object"),
    "lies_about_its_id": (
        AFTER_START + "result['id'] = 'another'; print(json.dumps(result), flush=True)",
        "answered another turn",
    ),
    "breaks_the_schema": (
        AFTER_START + "result['outcome'] = 'fine'; print(json.dumps(result), flush=True)",
        "breaks target protocol",
    ),
    "breaks_the_schema_deep_inside": (
        AFTER_START
        + "result['response']['usage'] = {'input_tokens': -1}\n"
        + "print(json.dumps(result), flush=True)",
        "-1 is less than the minimum of 0, found response.usage.input_tokens",
    ),
    "never_connects": (
        AFTER_START + "print(json.dumps(result), flush=True); time.sleep(60)",
        "never reached the player",
    ),
    "wrong_version": (
        BEFORE_START + "STARTED['version'] = 2\nprint(json.dumps(STARTED), flush=True)\ninput()",
        "breaks target protocol",
    ),
    "wrong_first_word": (
        'print(\'{"op": "hello"}\', flush=True)\ninput()\ninput()',
        "did not answer",
    ),
    "early_exit": ("raise SystemExit(0)", ""),
    "closed_stdin": (
        BEFORE_START + "os.close(0)\nprint(json.dumps(STARTED), flush=True)\ntime.sleep(60)",
        "",
    ),
    "partial_line": (
        AFTER_START + "sys.stdout.write(json.dumps(result)[:20]); sys.stdout.flush()",
        "inside a line",
    ),
}


def adapter(tmp_path, source, **limits):
    script = tmp_path / "adapter.py"
    started = json.dumps(STARTED)
    script.write_text(f"STARTED = {started}\n{textwrap.dedent(source)}")
    return ProcessTarget([sys.executable, str(script)], startup=10, **limits)


def case():
    body = b'{"id":"1","choices":[{"index":0,"message":{"role":"assistant","content":"hi"}}]}'
    exchange = Exchange(
        Request("POST", "http://tape/chat/completions"),
        200,
        "OK",
        (("content-type", "application/json"), ("content-length", str(len(body)))),
        (Piece(body),),
    )
    ask = Ask(({"role": "user", "content": "hi"},), stream=False)
    return Case(
        "toy",
        "toy",
        "chat_completions",
        "chat",
        turns=(Turn(ask, (0,)),),
        tape=(exchange,),
        regions=(None,),
        facts={"client": {"timeout_s": 0.5}},
    )


def test_a_good_adapter_passes_and_its_process_serves_many_cases(tmp_path):
    """The same process answers case after case."""
    target = adapter(tmp_path, GOOD)
    try:
        verdicts = [run_case(case(), target, "loopback") for _ in range(3)]
        assert [verdict.kind for verdict in verdicts] == [VerdictKind.PASSED] * 3
        assert {len(verdict.trace.sent) for verdict in verdicts} == {1}
    finally:
        target.stop()


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_a_misbehaving_adapter_is_errored(tmp_path, name):
    """Errored with a clear reason, never failed, and nothing hangs."""
    source, reason = MISBEHAVIOURS[name]
    target = adapter(tmp_path, source, grace=0.5)
    threads = set(threading.enumerate())
    try:
        verdict = run_case(case(), target, "loopback")
        assert verdict.kind is VerdictKind.ERRORED, verdict
        assert reason in verdict.reason
        if source.startswith(AFTER_START) and name != "never_connects":
            assert "my last words" in verdict.reason
    finally:
        target.stop()
    assert not {one for one in threading.enumerate() if "harness" not in one.name} - threads


PATIENT = (
    AFTER_START
    + """
import urllib.request
body = json.dumps({"model": "m"}).encode()
url = message["base_url"] + "/v1/chat/completions"
answer = urllib.request.urlopen(urllib.request.Request(url, body))
if HEARS: answer.read()
else: answer.close()
time.sleep(60)
"""
)


@pytest.mark.parametrize(("hears", "kind"), [(True, "failed"), (False, "errored")])
def test_a_client_that_stays_with_a_silent_peer_is_failed(tmp_path, hears, kind):
    """The door saw it wait long after its timeout; a client that had left is not to blame for an
    adapter that hangs."""
    target = adapter(tmp_path, f"HEARS = {hears}\n{PATIENT}", grace=1.0)
    silent = replace(case().tape[0], headers=(), ending=Ending.STALL)  # of no known length
    expected = (Expectation("never_waits_for_ever", {}),)
    try:
        verdict = run_case(replace(case(), tape=(silent,), expect=expected), target, "loopback")
        assert verdict.kind == kind, verdict.reason
        named = {violation.invariant for violation in verdict.violations}
        assert named == ({"never_waits_for_ever"} if hears else set())
    finally:
        target.stop()


def test_a_line_of_stderr_that_came_in_parts_is_one_line(tmp_path):
    """Some runtimes write a word at a time: the tail would be all words, and no traceback."""
    words = "for word in ('one', 'two', 'three' + chr(10)): os.write(2, word.encode())"
    target = adapter(tmp_path, AFTER_START + words.replace(": ", ":\n    time.sleep(0.05); ", 1))
    try:
        verdict = run_case(case(), target, "loopback")
        assert "onetwothree" in verdict.reason
    finally:
        target.stop()


DEAF = """
import json, sys, time
sys.stdin.readline()
print(json.dumps(STARTED), flush=True)
time.sleep(60)
"""


def test_an_adapter_that_does_not_read_a_long_question_is_errored(tmp_path):
    """A pipe holds so much and no more: whoever writes beyond it waits for the reader."""
    target = adapter(tmp_path, DEAF, grace=0.5)
    asked = case()
    ask = Ask(({"role": "user", "content": "x" * 1_000_000},), stream=False)
    try:
        verdict = run_case(replace(asked, turns=(Turn(ask, (0,)),)), target, "loopback")
    finally:
        target.stop()
    assert verdict.kind is VerdictKind.ERRORED
    assert "does not read" in verdict.reason


@pytest.mark.skipif(os.name != "posix", reason="process groups are POSIX's")
def test_what_a_command_has_started_ends_with_it(tmp_path):
    """Often it is a shell or a runner of packages, and the adapter its child."""
    import fcntl  # noqa: PLC0415 -- POSIX's too

    held = tmp_path / "held"
    script = tmp_path / "adapter.py"
    holds = f"import fcntl\nheld = open({str(held)!r}, 'w')\nfcntl.flock(held, fcntl.LOCK_EX)\n"
    script.write_text(f"STARTED = {json.dumps(STARTED)}\n{holds}{MISBEHAVIOURS['hang'][0]}")
    command = shlex.join([sys.executable, str(script)])
    target = ProcessTarget(["sh", "-c", f"{command}; true"], startup=10, grace=0.5)
    verdict = run_case(case(), target, "loopback")
    target.stop()
    assert verdict.kind is VerdictKind.ERRORED
    with held.open() as mine:
        for _ in range(100):
            try:
                return fcntl.flock(mine, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                time.sleep(0.05)
    pytest.fail("the adapter outlives its shell")


def test_the_next_case_goes_on_in_a_fresh_process(tmp_path):
    """A crash in one case does not spoil the one after it."""
    marker = tmp_path / "crashed"
    source = GOOD.replace(
        'url = message["base_url"]',
        f"import os, pathlib\n        if not pathlib.Path({str(marker)!r}).exists():\n"
        f"            pathlib.Path({str(marker)!r}).touch()\n            os._exit(3)\n"
        '        url = message["base_url"]',
    )
    target = adapter(tmp_path, source)
    try:
        assert run_case(case(), target, "loopback").kind is VerdictKind.ERRORED
        assert run_case(case(), target, "loopback").kind is VerdictKind.PASSED
    finally:
        target.stop()


def test_a_command_that_does_not_exist_is_errored():
    """The reason names the command."""
    verdict = run_case(case(), from_command("no-such-adapter --x"), "loopback")
    assert verdict.kind is VerdictKind.ERRORED
    assert "no-such-adapter --x" in verdict.reason


@pytest.mark.parametrize("command", ["  ", "node 'adapter.js"])
def test_a_command_that_is_none_is_refused(command):
    """Before anything runs."""
    with pytest.raises(TargetError, match="command"):
        from_command(command)


def test_what_an_adapter_skips_is_untestable(tmp_path):
    """A feature that the client lacks is drawn, and counted as untestable."""
    source = GOOD.replace(
        'url = message["base_url"]',
        "print(json.dumps({'op': 'skipped', 'id': "
        "message['id'], 'feature': 'time travel'}), flush=True)\n        continue\n"
        '        url = message["base_url"]',
    )
    target = adapter(tmp_path, source)
    try:
        verdict = run_case(case(), target, "loopback")
        assert verdict.kind is VerdictKind.UNTESTABLE
        assert "time travel" in verdict.reason
    finally:
        target.stop()


def test_an_unknown_word_for_a_finish_is_unknown(tmp_path):
    """An adapter may hand on its client's own word; it never becomes a stop."""
    source = GOOD.replace('"finish_reason": "stop"', '"finish_reason": "banana"')
    target = adapter(tmp_path, source)
    try:
        report = run_case(case(), target, "loopback").trace.reports[0]
        assert report.outcome.response.finish_reason == "unknown"
        assert report.outcome.response.data("raw_finish_reason") == "banana"
    finally:
        target.stop()


def test_the_adapter_never_sees_the_expectation():
    """What is sent to it holds the ask and the door, and nothing of the judgement."""
    from harness.targets import _messages  # noqa: PLC0415

    spec = TurnSpec("i", "s", 0, "http://x", "chat_completions", "toy", "m", case().turns[0].ask)
    sent = _messages.run(spec)
    assert set(sent) >= {"op", "id", "session", "turn", "base_url", "request", "stream"}
    assert not {"expect", "fault", "faults", "meaning", "scenario"} & set(sent)


def test_a_client_that_gave_no_reply_is_asked_without_it():
    """The message that stands for it is left out, and is no crash of the adapter."""
    asked = [{"role": "user"}, {"role": "assistant", "from": "previous"}, {"role": "user"}]
    assert history(asked, {}) == [asked[0], asked[2]]
    assert history(asked, {"previous": {"role": "assistant"}})[1] == {"role": "assistant"}
