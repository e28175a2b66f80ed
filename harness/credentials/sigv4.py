"""AWS Signature Version 4, by botocore's own signer. Needs the extra `bedrock`.

An expired session token is answered with 403 ExpiredTokenException: that is this wire's 401. It is
worth one more attempt only if the source gives other credentials than the ones that failed. The
signer writes all that it signs, session token too, to its debug log: not for what we sign.
"""

from __future__ import annotations

import contextvars
import json
import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Any
from urllib.parse import urlsplit

from harness.contracts import AuthFlow
from harness.credentials._header import header_safe
from harness.errors import CredentialError, NotInstalled, UsageError
from harness.model import Answer, Request

try:
    import botocore.auth
    import botocore.awsrequest
    import botocore.credentials
    import botocore.exceptions
    import botocore.session
except ModuleNotFoundError as error:
    if error.name != "botocore":  # it is there, and broken: that says itself what it lacks
        raise
    raise NotInstalled(
        "the credential kind sigv4 needs botocore, which is not installed",
        hint="pip install 'provider-harness[bedrock]'",
    ) from error

STALE = frozenset(
    {"ExpiredTokenException", "ExpiredToken", "RequestExpired", "UnrecognizedClientException"}
)
SIGNING = contextvars.ContextVar("SIGNING", default=False)


def _may_be_logged(record: logging.LogRecord) -> bool:
    return not SIGNING.get()


logging.getLogger("botocore.auth").addFilter(_may_be_logged)
Frozen = tuple[str, str, str | None]  # access key, secret key, session token


class SigV4:
    kind = "sigv4"

    def __init__(
        self,
        source: Callable[[], Frozen],
        *,
        region: str | None = None,
        service: str | None = None,
        refresh: Callable[[], object] | None = None,
    ) -> None:
        """Region and service are the host's own where it says them. `refresh` is called on an
        expired token, before the source is asked again."""
        self._source, self._region, self._service = source, region, service
        self._refresh, self._refreshing = refresh, threading.Lock()
        self._seen: dict[str, None] = {}

    def __repr__(self) -> str:
        return f"SigV4(service={self._service!r}, region={self._region!r})"

    def flow(self, request: Request) -> AuthFlow:
        used = self._frozen()
        answer = yield self._sign(request, used)
        if is_stale(answer):
            fresh = self._renewed(used)
            if fresh != used:
                yield self._sign(request, fresh)

    def _renewed(self, used: Frozen) -> Frozen:
        """What another has renewed meanwhile, else what one refresh brings."""
        with self._refreshing:
            fresh = self._frozen()
            if fresh == used and self._refresh is not None:
                self._refresh()
                fresh = self._frozen()
            return fresh

    def secrets(self) -> Iterable[str]:
        return tuple(self._seen)

    def _frozen(self) -> Frozen:
        try:
            frozen = self._source()
        except botocore.exceptions.BotoCoreError as error:
            raise CredentialError(
                "AWS gave no credentials",
                found=type(error).__name__,
                hint="Check the profile or role in use",
            ) from error
        self._seen |= dict.fromkeys(part for part in frozen[1:] if part)
        return frozen

    def _sign(self, request: Request, frozen: Frozen) -> Request:
        access, secret, token = frozen
        header_safe(access, what="the AWS access key id")
        if token is not None:
            header_safe(token, what="the AWS session token")
        credentials = botocore.credentials.Credentials(access, secret, token)
        wire = botocore.awsrequest.AWSRequest(
            method=request.method,
            url=request.url,
            headers=dict(request.headers),
            data=request.body,
        )
        said = _said_by(request.url)
        service, region = self._service or said[0], self._region or said[1]
        signing = SIGNING.set(True)
        try:
            botocore.auth.SigV4Auth(credentials, service, region).add_auth(wire)
        finally:
            SIGNING.reset(signing)
        headers = tuple((str(name), str(value)) for name, value in wire.headers.items())
        return Request(request.method, request.url, headers, request.body)


def is_stale(answer: Answer) -> bool:
    """A plain 401, or the error's name, in the header or in the body, whatever status carries it:
    a token that has expired, or that is known no more."""
    if answer.status not in {400, 401, 403}:
        return False
    named = answer.header("x-amzn-errortype") or ""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = {}
    if not named and isinstance(body, dict):
        named = str(body.get("__type") or body.get("code") or "")
    return answer.status == 401 or named.partition(":")[0].rpartition("#")[2] in STALE


def _said_by(url: str) -> tuple[str, str]:
    """Service and region, from NAME-runtime.REGION.amazonaws.com or a VPC's host; another host is
    taken for API Gateway's."""
    labels = [label for label in (urlsplit(url).hostname or "").split(".") if label != "vpce"]
    end = labels.index("amazonaws") if "amazonaws" in labels else 0
    if end < 2:
        return "execute-api", "us-east-1"
    return labels[end - 2].removesuffix("-runtime"), labels[end - 1]


def _freeze(credentials: Any) -> Frozen:
    if credentials is None:
        raise CredentialError(
            "there are no AWS credentials",
            hint="Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a profile",
        )
    frozen = credentials.get_frozen_credentials()
    return frozen.access_key, frozen.secret_key, frozen.token


def _from_chain(profile: str | None) -> Frozen:
    """A new session each time: it reads again what another program may have renewed."""
    return _freeze(botocore.session.Session(profile=profile).get_credentials())


def build(value: Any = None, *, profile: str | None = None, **options: Any) -> SigV4:
    """`value`: a mapping of access_key, secret_key and token; botocore credentials, refreshable or
    not; a callable that gives a mapping; or None for AWS's own chain."""
    if value is None:
        return SigV4(lambda: _from_chain(profile), **options)
    if callable(value):
        return SigV4(lambda: _mapped(value()), **options)
    if isinstance(value, Mapping):
        return SigV4(lambda: _mapped(value), **options)
    if hasattr(value, "get_frozen_credentials"):
        return SigV4(lambda: _freeze(value), **options)
    raise UsageError(
        "sigv4 needs AWS credentials", found=type(value).__name__, hint="See harness/credentials"
    )


def _mapped(value: Any) -> Frozen:
    try:
        return str(value["access_key"]), str(value["secret_key"]), value.get("token")
    except (KeyError, TypeError, AttributeError) as error:
        raise UsageError(
            "AWS credentials are a mapping of access_key, secret_key and token",
            found=type(value).__name__,
        ) from error
