"""Errors in any shape: the kind, whether to try again, and when."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model import FailureKind as K
from harness.transports._failures import classify, is_error, retry_after


def error(message="", **more):
    return {"error": {"message": message, **more}}


RAW = json.dumps({"error": {"message": "upstream is slow", "type": "overloaded_error"}})

# row, status, body -> kind, transient
CASES = [
    ("M01", 401, error("bad key"), K.AUTHENTICATION, False),
    ("M02", 403, error("no"), K.PERMISSION, False),
    ("M02", 403, error("Key limit exceeded"), K.BILLING, False),
    ("M03", 402, error("Insufficient credits"), K.BILLING, False),
    ("M03", 402, error("Usage limit reached, try again later"), K.RATE_LIMIT, True),
    ("M04", 404, error("The model `x` does not exist"), K.NOT_FOUND, False),
    ("M04", 404, error("No endpoints matching your data policy"), K.POLICY_BLOCKED, False),
    ("M04", 404, b"", K.UNKNOWN, True),
    ("M05", 408, b"", K.TIMEOUT, True),
    ("M06", 413, b"<html>", K.PAYLOAD_TOO_LARGE, False),
    ("M07", 429, error("slow down"), K.RATE_LIMIT, True),
    ("M07", 429, error("The model is overloaded"), K.OVERLOADED, True),
    ("M07", 429, error("extra usage is needed for long context"), K.CONTEXT_OVERFLOW, False),
    ("M07", 429, error("x", code="insufficient_quota"), K.BILLING, False),
    ("M08", 400, error("Unsupported parameter: max_tokens"), K.INVALID_REQUEST, False),
    ("M08", 400, error("maximum context length is 8"), K.CONTEXT_OVERFLOW, False),
    ("M08", 400, error("no", code="context_length_exceeded"), K.CONTEXT_OVERFLOW, False),
    ("M09", 500, error("validation error: bad field"), K.INVALID_REQUEST, False),
    ("M09", 502, error("prompt is too long"), K.CONTEXT_OVERFLOW, False),
    ("M09", 500, b"oops", K.SERVER_ERROR, True),
    ("M10", 503, error("x"), K.OVERLOADED, True),
    ("M10", 529, error("x"), K.OVERLOADED, True),
    ("M11", 400, error("violates our usage policies"), K.CONTENT_FILTER, False),
    ("M11", None, error("new_sensitive (1027)"), K.CONTENT_FILTER, False),
    ("M12", None, error("ssl alert: bad record mac"), K.CONNECTION, True),
    ("M13", None, error("server disconnected"), K.CONNECTION, True),
    ("D02", None, error("Network connection lost."), K.CONNECTION, True),
    ("D03", None, error("Invalid model configuration."), K.UNKNOWN, False),
    ("M14", 502, error("Provider returned error", metadata={"raw": RAW}), K.OVERLOADED, True),
    ("M16", 403, error("You do not have an active Grok subscription"), K.PERMISSION, False),
    ("11.4", 400, {"code": "x", "error": "Incorrect API key provided: s"}, K.AUTHENTICATION, False),
    ("11.4", 401, {"status": 401, "message": "blocked"}, K.AUTHENTICATION, False),
    ("11.4", 403, {"detail": "Authorization failed"}, K.AUTHENTICATION, False),
    ("11.4", 400, [error("API key not valid.")], K.AUTHENTICATION, False),
    ("3.5", 503, error("x", code="server_is_overloaded"), K.OVERLOADED, True),
    ("10", None, {"base_resp": {"status_code": 1002, "status_msg": "rpm"}}, K.RATE_LIMIT, True),
    ("10", 429, error("Insufficient balance", code="1113"), K.BILLING, False),
    ("10", None, error("x", code=502), K.SERVER_ERROR, True),
]


@pytest.mark.parametrize(("row", "status", "body", "kind", "transient"), CASES)
def test_an_error_is_known_by_status_words_and_codes(row, status, body, kind, transient):
    """Each row of section M, and the shapes of single vendors."""
    failure = classify(status, body)
    assert (failure.kind, failure.transient) == (kind, transient), row
    if status is not None:
        assert failure.status == status


def test_the_servers_word_on_retrying_beats_ours():
    """`x-should-retry` overrides the status."""
    assert not classify(500, b"", (("x-should-retry", "false"),)).transient
    assert classify(400, b"", (("X-Should-Retry", "true"),)).transient


def test_the_message_behind_an_aggregator_is_read():
    """`error.metadata.raw` holds the words of the server behind it (M14)."""
    failure = classify(429, error("Provider returned error", metadata={"raw": RAW}))
    assert failure.message == "Provider returned error: upstream is slow"


WAITS = [
    ((("retry-after", "3"),), 3.0),
    ((("Retry-After", "0.5"),), 0.5),
    ((("retry-after-ms", "1500"), ("retry-after", "9")), 1.5),
    (
        (
            ("date", "Fri, 20 Nov 2026 21:00:00 GMT"),
            ("retry-after", "Fri, 20 Nov 2026 21:00:40 GMT"),
        ),
        40.0,
    ),
    ((("retry-after", "Fri, 20 Nov 2026 21:00:40 GMT"),), None),
    ((("retry-after", "soon"),), None),
    ((("retry-after", "-1"),), None),
    ((("retry-after", "nan"),), None),
    ((), None),
]


@pytest.mark.parametrize(("headers", "seconds"), WAITS)
def test_the_wait_is_read_in_every_unit(headers, seconds):
    """Seconds, a fraction, milliseconds, or a date counted from the response's own (D26)."""
    assert retry_after(headers) == seconds
    assert classify(429, b"", headers).retry_after == seconds


def test_a_delay_inside_the_body_is_read():
    """Where no header says it."""
    details = [{"@type": "RetryInfo", "retryDelay": "17s"}]
    body = error("quota", status="RESOURCE_EXHAUSTED", details=details)
    failure = classify(429, body)
    assert (failure.kind, failure.retry_after) == (K.RATE_LIMIT, 17.0)
    assert "retry_delay" not in (failure.provider_data or {})


HOSTILE = {
    "deep_lists": b'{"error":' + b"[" * 900 + b"]" * 900 + b"}",
    "deep_objects": b'{"error":{"message":' + b'{"a":' * 450 + b"1" + b"}" * 452,
    "digits": b'{"error":{"message":"no","code":"' + b"9" * 5000 + b'"}}',
    "no_digit": '{"error":{"message":"no","code":"²"}}'.encode(),
    "half_a_pair": b'{"error":{"message":"\\ud800"}}',
    "no_utf_8": b'{"error":{"message":"\xff"}}',
    "endless_delay": b'{"error":{"message":"no","details":[{"retryDelay":"%bs"}]}}' % (b"9" * 400),
}


@pytest.mark.parametrize("body", HOSTILE.values(), ids=HOSTILE)
def test_a_hostile_body_is_answered(body):
    """In words that can be written down, and without a wait that never ends."""
    failure = classify(400, body)
    assert failure.message.encode()
    assert failure.kind is K.INVALID_REQUEST
    assert failure.retry_after is None


def test_the_words_of_a_damaged_body_are_read():
    """A byte order mark or a byte that is no UTF-8 hides no message."""
    assert classify(400, b'\xef\xbb\xbf{"error":{"message":"busy"}}').message == "busy"
    assert classify(400, b'{"error":{"message":"busy \xff"}}').message == "busy \ufffd"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 999) | st.text(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["error", "message", "code", "type", "detail", "metadata", "raw", "base_resp"]
            ),
            inner,
        )
    ),
    max_leaves=12,
)


@given(JSON | st.binary(), st.none() | st.integers(100, 599))
def test_any_body_is_answered(body, status):
    """Nothing is raised, and there are always words."""
    failure = classify(status, body)
    assert failure.message
    assert failure.type
    if isinstance(body, dict):
        is_error(body)
