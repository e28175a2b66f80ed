"""Bytes as they came are given back as they came: pieces, gaps and ending, through a file."""

from dataclasses import replace

import fidelity
import pytest
from adversarial_upstream import SCRIPTS, Upstream

from harness.model import Ending

# What each script must have been seen to do, so that equal nothing is not taken for fidelity.
RECORDED = {
    "one_byte_chunks": (545, ["complete"]),
    "utf8_split": (10, ["complete"]),
    "paced": (5, ["complete"]),
    "eof_without_finish": (3, ["eof"]),
    "error_event": (3, ["complete"]),
    "reset_mid_tool_call": (3, ["reset"]),
    "stall": (3, ["stall"]),
    "wrong_content_length": (1, ["eof"]),
    "401_then_200": (5, ["complete", "complete"]),
}


@pytest.fixture(scope="module")
def upstream():
    with Upstream() as opened:
        yield opened


@pytest.mark.parametrize("module", ["httpx", "httpx2"])
@pytest.mark.parametrize("script", SCRIPTS)
def test_a_recording_replays_as_it_came(upstream, script, module, tmp_path):
    """Through the tee, a cassette file, and either door."""
    got = fidelity.replay(upstream, script, module, tmp_path)
    pieces, endings = RECORDED[script]
    assert sum(len(exchange.pieces) for exchange in got.original) == pieces
    assert [exchange.ending.value for exchange in got.original] == endings
    assert list(fidelity.differences(got.original, got.inprocess)) == []
    assert list(fidelity.differences(got.original, got.loopback)) == []


def test_the_judge_can_fail(upstream, tmp_path):
    """A byte, a boundary, a gap or an ending that differs is named."""
    was = fidelity.replay(upstream, "paced", "httpx2", tmp_path).original
    first, *rest = was[0].pieces
    faster = tuple(piece._replace(delay=piece.delay / 4) for piece in was[0].pieces)
    for change, says in [
        ({"pieces": (first._replace(data=first.data[:-1]), *rest)}, "bytes"),
        ({"pieces": (first._replace(data=was[0].body),)}, "1 of 5 pieces"),
        ({"pieces": faster}, "ms too short"),
        ({"ending": Ending.EOF}, "ends eof, was complete"),
        ({"status": 500}, "status 500, was 200"),
    ]:
        now = (replace(was[0], **change),)
        assert any(says in found for found in fidelity.differences(was, now))
    assert list(fidelity.differences(was, ())) == ["0 of 1 exchanges"]


def test_stock_vcrpy_is_judged_by_the_same_rule(upstream, tmp_path):
    """It joins the pieces, which is why the tee exists; if it ever stops, this says so."""
    got = fidelity.replay(upstream, "one_byte_chunks", "httpx2", tmp_path)
    assert "1 of 545 pieces" in list(fidelity.differences(got.original, got.vcrpy))
