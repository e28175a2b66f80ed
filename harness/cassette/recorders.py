"""Cassettes of other languages' recorders, made vcrpy's shape: what they call things differs.

The rule of this file: it only renames. Where a part is no mapping it is passed on as it stands, and
whoever reads it says what is wrong and where.
"""

from __future__ import annotations

import json
from typing import Any

from harness.cassette.events import Path, Plain

RUBY = "http-interactions"
GO = "go-vcr"
PAIR = "request-and-response"
NOCK = "nock"

_TRANSPORT = {"proto", "proto_major", "proto_minor", "content_length", "host", "remote_addr"}
_TRANSPORT |= {"transfer_encoding", "trailer", "form", "request_uri", "uncompressed"}


def ruby(document: Plain) -> Plain:
    """VCR for Ruby, and vcr for R: `http_interactions`, whose request bodies are mappings too."""
    rest = {key: value for key, value in document.items() if key != "http_interactions"}
    return rest | {"interactions": [_ruby(item) for item in document["http_interactions"]]}


def _ruby(item: Any) -> Any:
    if not isinstance(item, dict) or not isinstance(item.get("request"), dict):
        return item
    request = dict(item["request"])
    body = request.get("body")
    if isinstance(body, dict):
        request["body"] = body.get("string")
        if "base64_string" in body:
            request["body"] = body  # its decoding is the reader's
    return item | {"request": _upper(request)}


def is_go(document: Plain) -> bool:
    """Whether every exchange names its place `url`, which vcrpy never does."""
    requests = [item.get("request") for item in document["interactions"] if isinstance(item, dict)]
    return bool(requests) and all(
        isinstance(request, dict) and "url" in request and "uri" not in request
        for request in requests
    )


def go(document: Plain) -> Plain:
    """go-vcr: `url`, the status as `code`, and the fields of Go's own request beside them."""
    return document | {"interactions": [_go(item) for item in document["interactions"]]}


def _go(item: Any) -> Any:
    if not isinstance(item, dict) or not isinstance(item.get("request"), dict):
        return item
    found = item | {"request": _url_is_uri(item["request"])}
    response = item.get("response")
    if isinstance(response, dict) and "code" in response:
        words = str(response.get("status") or "").partition(" ")[2]
        rest = {key: value for key, value in response.items() if key not in _TRANSPORT}
        rest.pop("code")
        found["response"] = rest | {"status": {"code": response["code"], "message": words}}
    return found


def pair(document: Plain) -> Plain:
    """A file of one exchange: `request` and `response`, nothing around them."""
    halves = {"request": _url_is_uri(document["request"]), "response": document["response"]}
    rest = {key: value for key, value in document.items() if key not in halves}
    return rest | {"interactions": [halves]}


def is_nock(document: list[Any]) -> bool:
    first = document[0] if document else None
    return isinstance(first, dict) and "scope" in first and "path" in first


def nock(document: list[Any]) -> Plain:
    """Nock, of Node: JSON bodies stand as JSON, binary ones as hexadecimal text."""
    return {"interactions": [_nock(item) for item in document]}


def _nock(item: Any) -> Any:
    if not isinstance(item, dict):
        return item
    return {
        "request": {
            "method": item.get("method"),
            "uri": f"{item.get('scope')}{item.get('path')}",
            "body": _text(item.get("body")),
            "headers": item.get("reqheaders"),
        },
        "response": {
            "status": item.get("status"),
            "headers": _paired(item.get("rawHeaders")),
            "body": {"string": _nock_body(item.get("response"))},
        },
    }


def _paired(raw: Any) -> Any:
    """Names and values by turns become pairs."""
    if not isinstance(raw, list) or not all(isinstance(text, str) for text in raw):
        return raw
    return [list(two) for two in zip(raw[::2], raw[1::2], strict=False)]


def _nock_body(value: Any) -> Any:
    """Chunks of a body that had a content coding are a list, each in hexadecimal like a body."""
    parts = value if isinstance(value, list) else [value]
    if parts and all(isinstance(part, str) for part in parts):
        try:
            return b"".join(bytes.fromhex(part) for part in parts)
        except ValueError:
            pass
    return _text(value)


def _text(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _url_is_uri(request: Any) -> Any:
    if not isinstance(request, dict):
        return request
    known = {key: value for key, value in request.items() if key not in _TRANSPORT}
    if "url" in known and "uri" not in known:
        known["uri"] = known.pop("url")
    return _upper(known)


def _upper(request: Plain) -> Plain:
    method = request.get("method")
    return request | {"method": method.upper()} if isinstance(method, str) else request


def origin(path: Path, dialect: str) -> Path:
    """Where in the document stood what is at this path in vcrpy's shape."""
    if dialect == RUBY:
        return ("http_interactions", *path[1:])
    if dialect == PAIR:
        return path[2:]
    return path[1:2] if dialect == NOCK else path
