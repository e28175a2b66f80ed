"""AWS signatures by botocore's signer, and the expired token that is this wire's 401."""

import logging
import re

import pytest
from flows import drive

from harness.credentials import CREDENTIALS
from harness.credentials.sigv4 import is_stale
from harness.errors import UsageError
from harness.model import Answer, Request

build = CREDENTIALS.get("sigv4")
URL = "https://bedrock-runtime.eu-central-1.amazonaws.com/model/a%3A0/converse"
ASK = Request("POST", URL, (("content-type", "application/json"),), b'{"messages": []}')
EXPIRED = Answer(403, (("x-amzn-ErrorType", "ExpiredTokenException:http://x"),), b"{}")
KEYS = {"access_key": "AKID", "secret_key": "s3cr3t", "token": "session-1"}


def test_a_request_is_signed_for_its_region():
    """The host says the region, the signature names it, and the body is untouched."""
    sent, _ = drive(build(KEYS), lambda _: Answer(200), ASK)
    header = sent[0].header("authorization")
    assert re.search(r"Credential=AKID/\d{8}/eu-central-1/bedrock/aws4_request", header)
    assert sent[0].header("x-amz-security-token") == "session-1"
    assert (sent[0].url, sent[0].body) == (URL, ASK.body)
    assert "s3cr3t" not in repr(sent[0])


@pytest.mark.parametrize(
    ("host", "scope"),
    [
        ("bedrock-runtime.us-west-2.amazonaws.com", "us-west-2/bedrock"),
        ("vpce-1.bedrock-runtime.eu-west-1.vpce.amazonaws.com", "eu-west-1/bedrock"),
        ("bedrock-runtime.cn-north-1.amazonaws.com.cn", "cn-north-1/bedrock"),
        ("own.example", "us-east-1/execute-api"),
    ],
)
def test_service_and_region_are_the_hosts(host, scope):
    """Where it says them; options go first."""
    ask = Request("POST", f"https://{host}/x", (), b"{}")
    sent, _ = drive(build(KEYS), lambda _: Answer(200), ask)
    assert f"/{scope}/aws4_request" in sent[0].header("authorization")
    sent, _ = drive(build(KEYS, region="r", service="s"), lambda _: Answer(200), ask)
    assert "/r/s/aws4_request" in sent[0].header("authorization")


def test_an_expired_token_is_renewed_once():
    """The source is asked again, and other credentials are worth one more attempt."""
    keys = iter([KEYS, {**KEYS, "token": "session-2"}, {**KEYS, "token": "session-3"}])
    sent, answer = drive(build(lambda: next(keys)), lambda _: EXPIRED, ASK)
    assert [r.header("x-amz-security-token") for r in sent] == ["session-1", "session-2"]
    assert answer is EXPIRED


def test_the_same_credentials_again_are_not_tried_again():
    """A static key that has expired stays expired."""
    sent, _ = drive(build(KEYS), lambda _: EXPIRED, ASK)
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("answer", "stale"),
    [
        (EXPIRED, True),
        (Answer(403, (), b'{"__type": "com.amazon.coral#ExpiredTokenException"}'), True),
        (Answer(403, (), b'{"__type": "UnrecognizedClientException"}'), True),
        (Answer(401, (), b""), True),
        (Answer(403, (), b'{"__type": "AccessDeniedException"}'), False),
        (Answer(403, (), b"not json"), False),
        (Answer(500, (("x-amzn-errortype", "ExpiredTokenException"),), b""), False),
    ],
    ids=["header", "body", "unknown", "plain", "denied", "garbage", "other_status"],
)
def test_what_a_stale_token_is(answer, stale):
    """By the error's name, wherever it stands, and not by the status alone."""
    assert is_stale(answer) is stale


def test_botocores_own_credentials_are_taken_as_they_are():
    """Refreshable ones too: whatever freezes is asked to before each attempt."""
    credentials = pytest.importorskip("botocore.credentials").Credentials("AKID", "s", None)
    sent, _ = drive(build(credentials), lambda _: Answer(200), ASK)
    assert "Credential=AKID/" in sent[0].header("authorization")


def test_the_signers_debug_log_is_silent_for_us(caplog):
    """It would hold the session token."""
    with caplog.at_level(logging.DEBUG):
        drive(build(KEYS), lambda _: Answer(200), ASK)
    assert "session-1" not in caplog.text
    assert "CanonicalRequest" not in caplog.text


def test_what_is_no_credential_is_refused():
    """With its type, never its value."""
    with pytest.raises(UsageError, match="int"):
        build(7)


def test_what_another_has_renewed_is_not_renewed_again():
    """Two requests that were refused together: the source is asked before the refresh is."""
    keys, calls = dict(KEYS), []

    def refresh():
        calls.append(1)
        keys["token"] = f"session-{len(calls) + 1}"

    made = build(lambda: dict(keys), refresh=refresh)
    flows = [made.flow(ASK) for _ in range(2)]
    for flow in flows:
        next(flow)
    again = [flow.send(EXPIRED).header("x-amz-security-token") for flow in flows]
    assert again == ["session-2", "session-2"]
    assert calls == [1]
