"""The story of a case, in text and as the parts that the HTML report shows."""

from itertools import pairwise

import pytest
from report_documents import judged

from harness.data import builtin
from harness.engine import run_cell
from harness.engine.alignment import story_of
from harness.engine.document import Terms
from harness.engine.run import select
from harness.engine.story import tell
from harness.engine.targets import make_target


def verdict(case, target="naive"):
    (cell,) = select([case], (builtin("scenarios"),))
    return run_cell(cell, make_target(target))


CUT = "stream_dies_mid_tool_call[{}-cut_tool_arguments_50_reset]"


def rows_of(document):
    return [
        row
        for turn in story_of(document)["turns"]
        for exchange in turn["exchanges"]
        if exchange["answer"]
        for row in exchange["answer"]["rows"]
    ]


def test_a_told_case_shows_the_cut_beside_what_was_reported():
    """The frames in time, the deltas beside them, where it was cut, and what was made of it."""
    told = tell(verdict(CUT.format("openai-chat")))
    lines = told.splitlines()
    beside = [line for line in lines if " | " in line]
    assert next(line.split("< ")[1].split("|")[0].strip() for line in beside) == "text I wil"
    assert all(line.split("< ")[1].split("|")[0].strip() in line.split(" | ")[1] for line in beside)
    assert any("cut here: reset" in line for line in lines)
    assert "reported: complete" in told
    assert "MUST truncation_is_visible" in told
    assert "      0.000s >" in told


def test_explain_shows_every_frame_and_a_failure_only_the_ends():
    """The short story says how many frames it left out, and where the whole one is."""
    case = next(
        document["case"]
        for document in judged("naive", ("rechunking_changes_nothing",), frozenset({"openai"}))
        if len(rows_of(document)) > 8
    )
    one = verdict(case)
    assert "more frames" in tell(one)
    assert f"harness explain '{case}'" in tell(one)
    assert "more frames" not in tell(one, all_pieces=True)


def test_the_commands_of_a_story_ask_the_target_that_was_judged():
    """Typed as they stand they show the same case again, and not the reference's."""
    one = verdict(CUT.format("openai-chat"))
    case = f"'{one.case.id}'"
    told = tell(one, Terms("naive")).splitlines()
    assert f"  replay it: harness run {case} --target naive" in told
    assert f"  the whole story: harness explain {case} --target naive" in told
    assert "--target-cmd 'node adapter.mjs'" in tell(one, Terms("node adapter.mjs", command=True))


@pytest.mark.parametrize("target", ["naive", "reference"])
def test_rows_cover_every_byte_of_the_body_once(target):
    """Frames, what stands between them, and the frame that never ended: nothing is left out."""
    for document in judged(target):
        for turn in (story_of(document) or {"turns": []})["turns"]:
            for exchange in filter(lambda one: one["answer"], turn["exchanges"]):
                rows = exchange["answer"]["rows"]
                spans = [row["bytes"] for row in rows if "bytes" in row]
                assert all(a[1] == b[0] for a, b in pairwise(spans))
                assert not spans or (spans[0][0], spans[-1][1]) == (0, exchange["answer"]["bytes"])


def test_every_reported_event_has_one_place():
    """No event but the silent ones is lost or told twice."""
    for document in judged("reference"):
        if not document["trace"]:
            continue
        reported = [
            event["kind"]
            for report in document["trace"]["reports"]
            for event in report["events"]
            if event["kind"] not in {"activity", "first_delta"}
        ]
        placed = [
            event[0]
            for turn in story_of(document)["turns"]
            for exchange in turn["exchanges"]
            if exchange["answer"]
            for place in (*exchange["answer"]["rows"], {"events": exchange["answer"]["after"]})
            for event in place["events"]
        ]
        assert sorted(placed) == sorted(reported)


def test_a_target_without_spans_is_aligned_by_counting():
    """Deltas that tell no place stand beside the same frames as those that do."""
    for document in judged("reference", ("stream_dies_mid_tool_call",)):
        told = [row["events"] for row in rows_of(document)]
        for report in document["trace"]["reports"]:
            for event in report["events"]:
                event.pop("span", None)
        assert [row["events"] for row in rows_of(document)] == told
