"""What we hand out is what the shipped schemas say."""

import json

import jsonschema
import pytest

from harness.data import builtin
from harness.engine import cells, run_cell
from harness.model import (
    Event,
    EventKind,
    Failure,
    FailureKind,
    FinishReason,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
    ToolCall,
    Usage,
)
from harness.plain import plain
from harness.scenario import load
from harness.schemas import schema, validator
from harness.targets.reference import Reference


def test_every_enum_of_the_nouns_is_the_schemas():
    """A new kind of event, outcome or finish must be added to the schema with it."""
    defs = schema("trace")["$defs"]
    assert defs["event"]["properties"]["kind"]["enum"] == list(EventKind)
    assert defs["outcome"]["properties"]["kind"]["enum"] == list(OutcomeKind)
    assert defs["finish_reason"]["enum"] == [*FinishReason, None]


def test_a_full_response_is_valid_and_a_spoiled_one_is_not():
    """The schema accepts the noun with every field in use, and refuses a misnamed token count."""
    response = NormalizedResponse(
        "text",
        (ToolCall("1", "f", "{}"),),
        FinishReason.TOOL_CALLS,
        "why",
        Usage(1, 2, 3),
        {"a": 1},
    )
    document = json.loads(json.dumps(plain(response)))
    validator("trace", "response").validate(document)
    document["usage"]["prompt_tokens"] = 1
    with pytest.raises(jsonschema.ValidationError):
        validator("trace", "response").validate(document)


def test_failures_and_events_are_valid():
    """An outcome with a failure and an event with one fit their definitions."""
    failure = Failure(FailureKind.RATE_LIMIT, "slow down", "rate_limit_error", 429, True, 1.5)
    outcome = plain(Outcome(OutcomeKind.ERROR, None, failure, ("f",), ("w",)))
    validator("trace", "outcome").validate(outcome)
    validator("trace", "event").validate(plain(Event(EventKind.FAILURE, failure=failure)))


@pytest.mark.parametrize("number", [float("nan"), float("inf")])
def test_a_float_that_is_no_number_makes_no_broken_json(number):
    """An adapter's clock may say anything; a report with it could not be read any more."""
    event = plain(Event(EventKind.TEXT, "x", at=number))
    validator("trace", "event").validate(json.loads(json.dumps(event, allow_nan=False)))


def test_every_trace_of_a_run_is_valid():
    """A trace from a real run fits the schema, on every wire."""
    for cell in cells(load(builtin("scenarios") / "text_then_call.yaml")):
        trace = run_cell(cell, Reference()).trace
        validator("trace").validate(json.loads(json.dumps(plain(trace))))
