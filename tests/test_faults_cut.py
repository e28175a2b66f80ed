"""A cut falls where it says, on every framing; a raw client sees those bytes and that ending."""

import json
import math

import pytest
from fault_tapes import TAPES, WIRES, document
from fault_wire import events_of, see

from harness.errors import NotApplicable, UsageError
from harness.faults import FAULTS
from harness.faults.cut import slug
from harness.model import Ending, Framing, RegionKind
from harness.replay.loopback import Loopback
from harness.wire.eventstream import EventStreamDecoder

cut = FAULTS.get("cut")
STRINGS = [wire for wire in WIRES if wire != "jwt"]
ENDS = {"eof": "fin", "reset": "reset", "stall": "silent", "complete": "whole"}
SHARES = ["0%", "1%", "37.5%", "50%", "99%", "100%"]


@pytest.fixture(scope="module")
def door():
    with Loopback() as opened:
        yield opened


def decoded(body, regions, kind):
    """What of a kind's strings stands in these bytes, escapes decoded; a half character counts
    for nothing, and so must not be there."""
    text = ""
    for span in regions.of(kind):
        part = body[span.start : span.end]
        text += json.loads(b'"' + part + b'"') if part else ""
    return text


@pytest.mark.parametrize("at", SHARES)
@pytest.mark.parametrize("kind", ["text", "reasoning", "tool_arguments"])
@pytest.mark.parametrize("wire", STRINGS)
def test_inside_is_a_share_of_the_decoded_string(wire, kind, at):
    """The byte that completes so much of the string: no character is cut in half by it."""
    exchange, regions = TAPES[wire]()
    left = cut(exchange, regions, inside=kind, at=at).body
    whole = regions.text(kind)
    count = math.floor(len(whole) * float(at[:-1]) / 100)
    assert exchange.body.startswith(left)
    assert decoded(left, regions, kind) == whole[:count]


@pytest.mark.parametrize("ending", ENDS)
@pytest.mark.parametrize("wire", WIRES)
def test_a_raw_client_sees_the_same_bytes_and_ending(door, wire, ending):
    """Whatever the protocol: half of the arguments, then this ending."""
    exchange, regions = TAPES[wire]()
    damaged = cut(exchange, regions, inside="tool_arguments", at="50%", ending=ending)
    seen = see(door, damaged)
    assert seen.body == damaged.body
    assert len(seen.body) < len(exchange.body)
    assert seen.end == ENDS[ending]


@pytest.mark.parametrize("kind", ["text", "tool_name", "tool_arguments", "finish", "usage"])
@pytest.mark.parametrize("wire", WIRES)
def test_before_and_after_fall_between_events(door, wire, kind):
    """Whole events only: none that holds such a thing before it, all of them after it."""
    exchange, regions = TAPES[wire]()
    before = see(door, cut(exchange, regions, before=kind)).body
    after = see(door, cut(exchange, regions, after=kind)).body
    assert len(before) in {0, *(unit.end for unit in regions.units)}
    assert len(after) in {unit.end for unit in regions.units}
    assert all(regions.units[span.unit].start >= len(before) for span in regions.of(kind))
    assert all(regions.units[span.unit].end <= len(after) for span in regions.of(kind))


@pytest.mark.parametrize("wire", WIRES)
def test_a_call_can_be_chosen(wire):
    """`call: 1` cuts inside the second, and leaves the first whole."""
    exchange, regions = TAPES[wire]()
    left = cut(exchange, regions, inside="tool_arguments", call=1, at="50%").body
    first, second = (regions.of("tool_arguments", call) for call in (0, 1))
    assert first[-1].end < len(left)
    assert second[0].start < len(left) < second[-1].end


@pytest.mark.parametrize("wire", WIRES)
def test_between_calls_the_second_has_not_begun(wire):
    """Whole events of the first call, and nothing of the second."""
    exchange, regions = TAPES[wire]()
    left = len(cut(exchange, regions, between="calls").body)
    assert left in {unit.end for unit in regions.units}
    assert all(span.start >= left for span in regions.spans if span.call == 1)
    assert all(span.end <= left for span in regions.spans if span.call == 0)


def test_before_the_first_byte_there_is_no_status(door):
    """The connection is accepted, the request read, and nothing comes."""
    exchange, regions = TAPES["chat"]()
    for ending, end in (("eof", "fin"), ("reset", "reset"), ("stall", "silent")):
        seen = see(door, cut(exchange, regions, before="first_byte", ending=ending))
        assert (seen.status, seen.body, seen.end) == ("", b"", end)


def test_after_headers_there_is_a_status_and_no_body(door):
    """The head came whole."""
    exchange, regions = TAPES["chat"]()
    seen = see(door, cut(exchange, regions, after="headers"))
    assert seen.status.startswith("HTTP/1.1 200")
    assert (seen.body, seen.end) == (b"", "fin")


@pytest.mark.parametrize("wire", WIRES)
def test_inside_a_character(door, wire):
    """A UTF-8 sequence has begun and does not end."""
    exchange, regions = TAPES[wire]()
    for at in ("0%", "50%", "100%"):
        body = see(door, cut(exchange, regions, inside="utf8", at=at)).body
        with pytest.raises(UnicodeDecodeError, match="unexpected end"):
            body[-1:].decode()


def test_between_cr_and_lf(door):
    """After the lines were ended by both."""
    exchange, regions = TAPES["chat"]()
    crlf = FAULTS.get("sse_syntax")(exchange, regions, style="crlf")
    body = see(door, cut(crlf, regions, inside="crlf", at="50%")).body
    assert body.endswith(b"\r")
    assert crlf.body[len(body) :].startswith(b"\n")


@pytest.mark.parametrize("part", ["prelude", "headers", "payload", "crc"])
def test_inside_a_frames_parts(door, part):
    """The frame is begun, and ends within that part."""
    exchange, regions = TAPES["converse"]()
    body = see(door, cut(exchange, regions, inside=part, at="50%")).body
    frames = EventStreamDecoder().feed(exchange.body)
    frame = next(frame for frame in frames if frame.start <= len(body) < frame.end)
    span = getattr(frame, f"{part}_span")
    assert span.start < len(body) < span.end


def test_at_a_byte_and_at_an_event():
    """Counted from the start, or from the end."""
    exchange, regions = TAPES["messages"]()
    assert len(cut(exchange, regions, byte=100).body) == 100
    assert len(cut(exchange, regions, byte=-3).body) == len(exchange.body) - 3
    assert len(cut(exchange, regions, event=3).body) == regions.units[2].end
    assert len(cut(exchange, regions, event=-1).body) == regions.units[-2].end
    assert cut(exchange, regions, event=0).body == b""
    with pytest.raises(NotApplicable):
        cut(exchange, regions, event=999)


def test_a_call_sent_whole_has_no_half(door):
    """On a wire that sends calls whole, half of its bytes are half of an event: nothing of it."""
    exchange, regions = TAPES["jwt"]()
    body = see(door, cut(exchange, regions, inside="tool_arguments", at="50%")).body
    whole = body.rpartition(b"\n\n")[0] + b"\n\n"
    assert all(event["tool_calls"] == [] for event in events_of(whole))


def test_a_document_is_cut_by_its_own_bytes(door):
    """It has no events: before is where the value begins."""
    exchange, regions = document()
    half = see(door, cut(exchange, regions, inside="text", at="50%"))
    assert regions.framing is Framing.DOCUMENT
    assert (
        decoded(half.body, regions, "text")
        == regions.text("text")[: len(regions.text("text")) // 2]
    )
    assert half.end == "fin"
    before = cut(exchange, regions, before="finish").body
    assert before.endswith(b'"finish_reason":"')


def test_what_is_not_there_is_not_applicable():
    """The reason is said, and becomes the cell's."""
    exchange, regions = TAPES["jwt"]()
    for given in ({"inside": "reasoning"}, {"inside": "crlf"}, {"inside": "crc"}):
        with pytest.raises(NotApplicable, match=r"no |only "):
            cut(exchange, regions, **given)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"inside": "text", "before": "finish"},
        {"inside": "nothing"},
        {"inside": "text", "at": "half"},
    ],
    ids=["nowhere", "two_places", "no_such_place", "no_share"],
)
def test_a_mistake_is_said(given):
    """Whoever writes the scenario is told what would be right."""
    exchange, regions = TAPES["chat"]()
    with pytest.raises(UsageError) as caught:
        cut(exchange, regions, **given)
    assert caught.value.hint


def test_slugs_are_the_stable_ids():
    """Node ids are a contract."""
    assert slug(inside="tool_arguments", at="50%", ending="eof") == "cut_tool_arguments_50_eof"
    assert slug(inside="tool_arguments", at="50%", call=1) == "cut_tool_arguments_call1_50_eof"
    assert slug(before="finish", ending="reset") == "cut_before_finish_reset"
    assert slug(event=-1) == "cut_event_last1_eof"
    assert slug(inside="text", at="12.5%") == "cut_text_12_5_eof"


def test_delays_of_what_is_left_stay():
    """A cut takes bytes away and no time."""
    exchange, regions = TAPES["chat"]()
    slow = FAULTS.get("pace")(exchange, regions, seconds=2.0)
    left = cut(slow, regions, event=3)
    assert [piece.delay for piece in left.pieces] == [2.0, 2.0, 2.0]
    assert left.ending is Ending.EOF
    assert left.body == exchange.body[: regions.units[2].end]


def test_every_kind_of_region_is_a_place():
    """The vocabulary of places is that of regions, and a little more."""
    exchange, regions = TAPES["messages"]()
    here = [kind for kind in RegionKind if regions.of(kind)]
    assert set(RegionKind) - set(here) == {RegionKind.ERROR}
    for kind in here:
        assert cut(exchange, regions, after=str(kind)).ending is Ending.EOF
