"""A credential is sent to the host that it was given for, and to no other."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from harness.model import Level, Request, Trace

LEVEL = Level.MUST
WHY = (
    "RFC 6750 5.3: clients MUST ensure that bearer tokens are not leaked to unintended "
    "parties; RFC 9110 15.4: a redirected request leaves Authorization out; "
    "CVE-2018-1000007: curl took it along to another host; hermes-agent N07."
)
ONCE = True


def check(trace: Trace, turn: int) -> Iterator[str]:
    """Its own host is the first request's, which is the base URL's; `facts.hosts` may say more."""
    hosts = {*trace.case.facts.get("hosts", ()), *(_host(s.request) for s in trace.sent[:1])}
    for sent in trace.sent:
        host = _host(sent.request)
        if host in hosts:
            continue
        text = _text(sent.request)
        for number, secret in enumerate(trace.case.facts.get("secrets", ())):
            if secret and secret in text:
                yield f"secret {number} went to {host}, and is for {', '.join(sorted(hosts))}"


def _host(request: Request) -> str:
    return urlsplit(request.url).netloc.rpartition("@")[2].lower()


def _text(request: Request) -> str:
    fields = (value for _, value in request.headers)
    return "\n".join([request.url, *fields, request.body.decode("utf-8", "replace")])
