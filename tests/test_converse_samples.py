"""The Converse reader over every sample: equal to the SDK's reading, however it is cut."""

import pytest
from block_wires import cuts, deltas, judge_prefixes, plain, read, samples, wanted
from hypothesis import HealthCheck, given, settings
from shared_data import shared

from harness.model import FailureKind, OutcomeKind, Provider, RegionKind
from harness.transports.bedrock_converse import TRANSPORT

BACKEND = Provider(name="x", transport="bedrock_converse", base_url="http://x", model="m")

# Where we give away less than the SDK does.
DIFFERENT = {
    "stream_max_tokens_mid_tool": (
        {"tool_calls": []},
        "half a call is no call: it is dropped and named, never offered as arguments",
    ),
}
ALL = samples("bedrock-converse")
STREAMS = [sample for sample in ALL if sample.name.startswith("stream_")]
KINDS = {
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
}


def by_name(sample):
    return sample.name


def reader_of(sample):
    return TRANSPORT.reader(BACKEND, sample.status, sample.headers)


@pytest.mark.parametrize("sample", ALL, ids=by_name)
def test_a_sample_means_what_the_sdk_read(sample):
    """Text, reasoning, calls, finish and usage are equal, or the difference is explained here."""
    _, reader = read(reader_of(sample), [sample.body])
    outcome = reader.outcome
    if sample.error:
        assert outcome.kind is OutcomeKind.ERROR
        if "code" in sample.error:
            assert outcome.failure.type == sample.error["code"]
        if sample.status >= 400:
            assert outcome.failure.status == sample.error["status"]
        return
    changes, _why = DIFFERENT.get(sample.name, ({}, ""))
    expected = wanted(sample.canonical) | changes
    if sample.canonical["usage"] is None and changes:
        expected.pop("usage")
    said = plain(outcome)
    assert {name: said[name] for name in expected} == expected
    ended = OutcomeKind.COMPLETE if expected["finish"] else OutcomeKind.INTERRUPTED
    assert outcome.kind is ended


@pytest.mark.parametrize("sample", [s for s in ALL if s.name in KINDS], ids=by_name)
def test_an_error_has_its_kind(sample):
    """The vendor's error types fall into the words that a retry policy needs."""
    _, reader = read(reader_of(sample), [sample.body])
    assert reader.outcome.failure.kind is KINDS[sample.name]


@pytest.mark.parametrize("sample", ALL, ids=by_name)
def test_one_byte_pieces_change_nothing(sample):
    """Byte by byte gives the same meaning, outcome and events as at once."""
    events, whole = read(reader_of(sample), [sample.body])
    single, bytewise = read(reader_of(sample), [bytes((b,)) for b in sample.body])
    assert bytewise.outcome == whole.outcome
    assert deltas(single) == deltas(events)


@pytest.mark.parametrize("sample", STREAMS, ids=by_name)
def test_any_cutting_changes_nothing(sample):
    """Every re-chunking that hypothesis finds gives the same outcome."""
    _, whole = read(reader_of(sample), [sample.body])

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(cuts(sample.body))
    def check(pieces):
        _, reader = read(reader_of(sample), pieces)
        assert reader.outcome == whole.outcome

    check()


@pytest.mark.parametrize("sample", STREAMS, ids=by_name)
def test_no_prefix_is_a_clean_end(sample):
    """Cut after any byte: nothing is complete before messageStop, and no call is offered."""
    _, whole = read(reader_of(sample), [sample.body])
    ends = TRANSPORT.regions(sample.exchange()).of(RegionKind.TERMINATOR)
    judge_prefixes(reader_of(sample), sample.body, ends[0].end if ends else None, whole.outcome)


@pytest.mark.parametrize("sample", [s for s in ALL if s.status == 200], ids=by_name)
def test_the_deltas_add_up_to_the_reply(sample):
    """Text, reasoning and arguments of the events concatenate to the final response."""
    events, reader = read(reader_of(sample), [sample.body])
    response, said = reader.outcome.response, deltas(events)
    if response is None:
        return
    assert said.get("text", "") == (response.content or "")
    assert said.get("reasoning", "") == (response.reasoning or "")
    for number, call in enumerate(response.tool_calls or ()):
        assert said["tool_name", number] == call.name
        assert (said.get(("tool_arguments", number)) or "{}") == call.arguments


@pytest.mark.parametrize("sample", [s for s in ALL if s.status == 200], ids=by_name)
def test_the_regions_say_what_the_reader_read(sample):
    """The decoded regions add up to the reply, and each lies at its own bytes."""
    events, reader = read(reader_of(sample), [sample.body])
    regions, said = TRANSPORT.regions(sample.exchange()), deltas(events)
    assert regions.text("text") == said.get("text", "")
    assert regions.text("reasoning") == said.get("reasoning", "")
    for number in {call for kind, call in (k for k in said if isinstance(k, tuple))}:
        assert regions.text("tool_name", number) == said["tool_name", number]
        assert regions.text("tool_arguments", number) == said.get(("tool_arguments", number), "")
    for span in regions.spans:
        unit = regions.units[span.unit]
        assert unit.start <= span.start < span.end <= unit.end
    assert bool(regions.of("terminator")) is (
        reader.outcome.kind is OutcomeKind.COMPLETE and sample in STREAMS
    )
    if sample.name != "stream_bad_crc":  # there the bytes themselves are the error
        assert bool(regions.of("error")) is (reader.outcome.kind is OutcomeKind.ERROR)


def test_a_frame_that_is_cut_after_the_reply_costs_the_usage_only():
    """messageStop makes the reply whole; what is missing behind it is said in a warning."""
    shared()  # skips where the samples are not
    sample = next(s for s in ALL if s.name == "stream_truncated_mid_frame")
    _, reader = read(reader_of(sample), [sample.body])
    assert reader.outcome.kind is OutcomeKind.COMPLETE
    assert reader.outcome.response.usage is None
    assert any("ended inside a frame" in warning for warning in reader.outcome.warnings)
