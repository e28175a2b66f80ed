"""Progress: a moving line for a person, a plain line now and then for a log, nothing when quiet."""

import pytest

from harness.cli import _progress
from harness.cli._progress import Progress
from harness.model import Case, Verdict, VerdictKind

PASSED = Verdict(Case("s", "b", "t", "chat"), VerdictKind.PASSED)
FAILED = Verdict(Case("s", "b", "t", "chat"), VerdictKind.FAILED)


@pytest.fixture
def clock(monkeypatch):
    """A clock that is set by hand."""
    told = [0.0]
    monkeypatch.setattr(_progress.time, "monotonic", lambda: told[0])
    return told


def watched(monkeypatch, clock, *, live, seconds=25, **words):
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setattr("sys.stderr.isatty", lambda: live, raising=False)
    progress = Progress(100, **{"quiet": False, "color": True, **words})
    for _ in range(seconds):
        clock[0] += 1
        progress.seen(PASSED)
    progress.seen(FAILED)
    progress.say("the story of a failure")
    progress.close()


def test_a_log_gets_a_plain_line_every_ten_seconds(monkeypatch, clock, capsys):
    """No escape code, no carriage return: counts, rate and what is left."""
    watched(monkeypatch, clock, live=False)
    lines = capsys.readouterr().err.splitlines()
    assert [line for line in lines if "/100" in line] == [
        "10/100  10 passed  1/s  90 s left",
        "20/100  20 passed  1/s  80 s left",
    ]
    assert "the story of a failure" in lines
    assert not any("\x1b" in line or "\r" in line for line in lines)


def test_a_person_gets_one_moving_line_in_colour(monkeypatch, clock, capsys):
    """It is rewritten in place; a failure is told above it."""
    watched(monkeypatch, clock, live=True)
    told = capsys.readouterr().err
    assert told.count("\r") > 20
    assert "\x1b[32m25 passed\x1b[0m, \x1b[31m1 failed\x1b[0m" in told
    assert told.endswith("\n")


def test_no_color_keeps_the_line_and_leaves_the_colours(monkeypatch, clock, capsys):
    """The option, and the variable, say so."""
    watched(monkeypatch, clock, live=True, color=False)
    assert "[32m" not in capsys.readouterr().err


def test_quiet_says_nothing(monkeypatch, clock, capsys):
    """Neither lines nor a moving line."""
    watched(monkeypatch, clock, live=True, quiet=True)
    assert "/100" not in capsys.readouterr().err
