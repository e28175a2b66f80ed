"""The readers of Messages and Converse over every sample: equal to the SDK's reading, however it is
cut."""

from typing import Any, NamedTuple

import pytest
from block_wires import Sample, cuts, deltas, judge_prefixes, plain, read, samples, wanted
from hypothesis import HealthCheck, given, settings
from shared_data import shared

from harness.model import FailureKind, OutcomeKind, Provider, RegionKind
from harness.transports import TRANSPORTS


class Wire(NamedTuple):
    transport: str
    folder: str
    error: str  # what a sample calls the type of an error
    differences: dict[str, Any]  # where we read more, or give away less, than the SDK does
    kinds: dict[str, FailureKind]
    spare: int  # bytes of a terminator that need not have come


DAMAGED = "stream_bad_crc"  # no error of the service's: the bytes themselves are wrong
HALF_A_CALL = (
    {"tool_calls": []},
    "half a call is no call: it is dropped and named, never offered as arguments",
)
WIRES = {
    "messages": Wire(
        "anthropic_messages",
        "anthropic-messages",
        "error_type",
        {
            "stream_max_tokens_mid_tool": HALF_A_CALL,
            "stream_no_event_lines": (
                {"finish": "stop", "finish_raw": "end_turn", "text": "Hello"},
                "an event is known by the type in its data: a server needs no event lines",
            ),
        },
        {
            "error_400_invalid": FailureKind.INVALID_REQUEST,
            "error_400_prompt_too_long": FailureKind.CONTEXT_OVERFLOW,
            "error_401": FailureKind.AUTHENTICATION,
            "error_402_billing": FailureKind.BILLING,
            "error_403": FailureKind.PERMISSION,
            "error_404": FailureKind.NOT_FOUND,
            "error_413": FailureKind.PAYLOAD_TOO_LARGE,
            "error_429": FailureKind.RATE_LIMIT,
            "error_429_spend_limit": FailureKind.BILLING,
            "error_500": FailureKind.SERVER_ERROR,
            "error_504": FailureKind.TIMEOUT,
            "error_529": FailureKind.OVERLOADED,
        },
        1,
    ),
    "converse": Wire(
        "bedrock_converse",
        "bedrock-converse",
        "code",
        {"stream_max_tokens_mid_tool": HALF_A_CALL},
        {
            "error_400_validation": FailureKind.INVALID_REQUEST,
            "error_403_access_denied": FailureKind.PERMISSION,
            "error_403_expired_token": FailureKind.AUTHENTICATION,
            "error_403_signature": FailureKind.AUTHENTICATION,
            "error_403_type_in_body": FailureKind.AUTHENTICATION,
            "error_403_unrecognized_client": FailureKind.AUTHENTICATION,
            "error_404_model": FailureKind.NOT_FOUND,
            "error_408_model_timeout": FailureKind.TIMEOUT,
            "error_424_model_error": FailureKind.SERVER_ERROR,
            "error_429_throttling": FailureKind.RATE_LIMIT,
            "error_500_internal": FailureKind.SERVER_ERROR,
            "error_503_unavailable": FailureKind.OVERLOADED,
            "stream_bad_crc": FailureKind.PROTOCOL,
            "stream_error_frame": FailureKind.SERVER_ERROR,
            "stream_exception_throttling": FailureKind.RATE_LIMIT,
            "stream_exception_service_unavailable": FailureKind.OVERLOADED,
        },
        0,
    ),
}


class Told(NamedTuple):
    """A sample and the wire that it speaks."""

    name: str
    wire: Wire
    sample: Sample

    @property
    def streamed(self):
        return self.sample.name.startswith("stream_")

    def regions(self):
        return TRANSPORTS.get(self.wire.transport).regions(self.sample.exchange())

    def reader(self):
        backend = Provider(name="x", transport=self.wire.transport, base_url="http://x", model="m")
        transport = TRANSPORTS.get(self.wire.transport)
        return transport.reader(backend, self.sample.status, self.sample.headers)

    def read(self, pieces=None):
        return read(self.reader(), [self.sample.body] if pieces is None else pieces)


ALL = [
    Told(f"{name}-{sample.name}", wire, sample)
    for name, wire in WIRES.items()
    for sample in samples(wire.folder)
]
GOOD = [told for told in ALL if told.sample.status == 200]
STREAMS = [told for told in ALL if told.streamed]


def every(found):
    return pytest.mark.parametrize("told", found, ids=lambda told: told.name)


@every(ALL)
def test_a_sample_means_what_the_sdk_read(told):
    """Text, reasoning, calls, finish and usage are equal, or the difference is explained here."""
    sample = told.sample
    _, reader = told.read()
    outcome = reader.outcome
    if sample.error:
        assert outcome.kind is OutcomeKind.ERROR
        if sample.name != DAMAGED:
            assert outcome.failure.type == sample.error[told.wire.error]
        if sample.status >= 400:
            assert outcome.failure.status == sample.error["status"]
        return
    changes, _why = told.wire.differences.get(sample.name, ({}, ""))
    expected = wanted(sample.canonical) | changes
    if sample.canonical["usage"] is None and changes:
        expected.pop("usage")
    said = plain(outcome)
    assert {name: said[name] for name in expected} == expected
    ended = OutcomeKind.COMPLETE if expected["finish"] else OutcomeKind.INTERRUPTED
    assert outcome.kind is ended


@every([told for told in ALL if told.sample.name in told.wire.kinds])
def test_an_error_has_its_kind(told):
    """The vendor's error types fall into the words that a retry policy needs."""
    _, reader = told.read()
    assert reader.outcome.failure.kind is told.wire.kinds[told.sample.name]


@every(ALL)
def test_one_byte_pieces_change_nothing(told):
    """Byte by byte gives the same meaning, outcome and events as at once."""
    events, whole = told.read()
    single, bytewise = told.read([bytes((b,)) for b in told.sample.body])
    assert bytewise.outcome == whole.outcome
    assert deltas(single) == deltas(events)


@every(STREAMS)
def test_any_cutting_changes_nothing(told):
    """Every re-chunking that hypothesis finds gives the same outcome."""
    _, whole = told.read()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cuts(told.sample.body))
    def check(pieces):
        assert told.read(pieces)[1].outcome == whole.outcome

    check()


@every(STREAMS)
def test_no_prefix_is_a_clean_end(told):
    """Cut after any byte: nothing is complete before the terminator, and no call is offered."""
    _, whole = told.read()
    ends = told.regions().of(RegionKind.TERMINATOR)
    terminator = ends[0].end - told.wire.spare if ends else None
    judge_prefixes(told.reader(), told.sample.body, terminator, whole.outcome)


@every(GOOD)
def test_the_deltas_add_up_to_the_reply(told):
    """Text, reasoning and arguments of the events concatenate to the final response."""
    events, reader = told.read()
    response, said = reader.outcome.response, deltas(events)
    if response is None:
        return
    assert said.get("text", "") == (response.content or "")
    assert said.get("reasoning", "") == (response.reasoning or "")
    for number, call in enumerate(response.tool_calls or ()):
        assert said["tool_name", number] == call.name
        assert (said.get(("tool_arguments", number)) or "{}") == call.arguments


@every(GOOD)
def test_the_regions_say_what_the_reader_read(told):
    """The decoded regions add up to the reply, and each lies at its own bytes."""
    events, reader = told.read()
    regions, said = told.regions(), deltas(events)
    assert regions.text("text") == said.get("text", "")
    assert regions.text("reasoning") == said.get("reasoning", "")
    for number in {call for kind, call in (k for k in said if isinstance(k, tuple))}:
        assert regions.text("tool_name", number) == said["tool_name", number]
        assert regions.text("tool_arguments", number) == said.get(("tool_arguments", number), "")
    for span in regions.spans:
        unit = regions.units[span.unit]
        assert unit.start <= span.start < span.end <= unit.end
    complete = reader.outcome.kind is OutcomeKind.COMPLETE
    assert bool(regions.of("terminator")) is (complete and told.streamed)
    if told.sample.name != DAMAGED:
        assert bool(regions.of("error")) is (reader.outcome.kind is OutcomeKind.ERROR)


def test_a_frame_that_is_cut_after_the_reply_costs_the_usage_only():
    """messageStop makes the reply whole; what is missing behind it is said in a warning."""
    shared()  # skips where the samples are not
    told = next(one for one in ALL if one.name == "converse-stream_truncated_mid_frame")
    _, reader = told.read()
    assert reader.outcome.kind is OutcomeKind.COMPLETE
    assert reader.outcome.response.usage is None
    assert any("ended inside a frame" in warning for warning in reader.outcome.warnings)
