"""Foreign cassettes to vcrpy's own shape, as plain data; each dialect is told at its function.

Nothing is decided here about exchanges: the reader takes it from there. Unknown keys pass through.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable
from typing import Any

from harness.cassette import har, recorders
from harness.cassette.events import Path, Plain
from harness.cassette.fault import Bad

VCRPY = "vcrpy-v1"
UNVERSIONED = "vcrpy-unversioned"  # stock vcrpy reads it all the same
BEFORE = "vcrpy-v0"
OLD_HTTPX = "vcrpy-old-httpx"
PARSED = "parsed-body"
SPLIT = "requests-and-responses"
CHUNKS = "chunks"


def to_stock(document: Any) -> tuple[Plain, str]:
    """The document in vcrpy's shape, and which dialect it was in."""
    if isinstance(document, list):
        if recorders.is_nock(document):
            return recorders.nock(document), recorders.NOCK
        return {"interactions": document}, BEFORE  # as it was before version 1
    if not isinstance(document, dict):
        raise Bad((), "is no cassette", type(document).__name__, _EXPECTED)
    for keys, read in _SHAPES:
        if all(isinstance(document.get(key), kind) for key, kind in keys.items()):
            return read(document)
    raise Bad(
        (), "is no cassette", f"the keys {', '.join(map(str, document)) or '(none)'}", _EXPECTED
    )


def _interactions(document: Plain) -> tuple[Plain, str]:
    if recorders.is_go(document):
        return recorders.go(document), recorders.GO
    return document, _accent(document)


def _log(document: Plain) -> tuple[Plain, str]:
    if not isinstance(document["log"].get("entries"), list):
        raise Bad(("log", "entries"), "is no list: a HAR has its exchanges there")
    return har.har(document), har.HAR


_EXPECTED = "It needs `interactions`, a list of {request, response}"


def _accent(document: Plain) -> str:
    """What a single interaction has that stock vcrpy would not write makes the file a dialect."""
    for item in document["interactions"]:
        for half in item.values() if isinstance(item, dict) else ():
            if isinstance(half, dict) and "parsed_body" in half:
                return PARSED
            if isinstance(half, dict) and "status_code" in half:
                return OLD_HTTPX
    return VCRPY if "version" in document else UNVERSIONED


def origin(path: Path, dialect: str) -> Path:
    """Where in the document itself stood what is at this path in vcrpy's shape."""
    if dialect == BEFORE:
        return path[1:]
    if dialect == SPLIT and len(path) > 2:
        return (f"{path[2]}s", path[1], *path[3:])
    if dialect == har.HAR:
        return har.origin(path)
    return path[2:] if dialect == CHUNKS else recorders.origin(path, dialect)


def _split(document: Plain) -> Plain:
    """Requests and responses as two lists (LangChain's serializer)."""
    requests, responses = document["requests"], document["responses"]
    if len(requests) != len(responses):
        found = f"{len(requests)} requests, {len(responses)} responses"
        raise Bad(("responses",), "requests and responses do not pair up", found)
    pairs = zip(requests, responses, strict=True)
    rest = {k: v for k, v in document.items() if k not in {"requests", "responses"}}
    return rest | {"interactions": [{"request": a, "response": b} for a, b in pairs]}


def _chunked(document: Plain) -> Plain:
    """One exchange with its chunks in base64, as they came, without times (ReqLLM's fixtures)."""
    chunks = [
        _base64(chunk.get("b64") if isinstance(chunk, dict) else None, ("chunks", number))
        for number, chunk in enumerate(document["chunks"])
    ]
    request = dict(document["request"])
    request["uri"] = request.pop("url", request.get("uri"))
    request.pop("canonical_json", None)  # the body again, for its own matching
    if isinstance(request.get("body"), dict):
        request["body"] = _base64(request["body"].get("b64"), ("request", "body", "b64"))
    response = document.get("response")
    if not isinstance(response, dict):
        raise Bad(("response",), "is no response", type(response).__name__)
    pieces = " ".join(str(len(chunk)) for chunk in chunks)
    stock = {
        "status": {"code": response.get("status"), "message": ""},
        "headers": response.get("headers"),
        "body": {"string": b"".join(chunks)},
        "harness": {"pieces": pieces} if chunks else {},
    }
    known = {"chunks", "request", "response"}
    rest = {key: value for key, value in document.items() if key not in known}
    return rest | {"interactions": [{"request": request, "response": stock}]}


def _base64(text: Any, path: Path) -> bytes:
    if not isinstance(text, str):
        raise Bad(path, "is no base64 text", type(text).__name__)
    try:
        return base64.b64decode(text, validate=False)
    except binascii.Error as error:
        raise Bad(path, "is damaged base64", str(error)) from error


_SHAPES: tuple[tuple[dict[str, type], Callable[[Plain], tuple[Plain, str]]], ...] = (
    ({"interactions": list}, _interactions),
    ({"http_interactions": list}, lambda found: (recorders.ruby(found), recorders.RUBY)),
    ({"requests": list, "responses": list}, lambda found: (_split(found), SPLIT)),
    ({"chunks": list, "request": dict}, lambda found: (_chunked(found), CHUNKS)),
    ({"log": dict}, _log),
    ({"request": dict, "response": dict}, lambda found: (recorders.pair(found), recorders.PAIR)),
)


def request_body(request: Plain, path: Path) -> Any:
    """`parsed_body` (Pydantic AI) is JSON that stands for the body; so is a body that is none."""
    if "parsed_body" in request:
        return _as_json(request["parsed_body"], (*path, "parsed_body"))
    body = request.get("body")
    if not isinstance(body, dict):
        return body
    if "base64_string" in body:
        return _base64(body["base64_string"], (*path, "body", "base64_string"))
    return _as_json(body, (*path, "body"))


def response_body(response: Plain, path: Path) -> Any:
    """`body: {string}` or `{base64_string}`, `parsed_body`, or the old httpx stub's `content`."""
    if "parsed_body" in response:
        return _as_json(response["parsed_body"], (*path, "parsed_body"))
    if "content" in response and "body" not in response:
        return response["content"]
    body = response.get("body")
    if not isinstance(body, dict):
        return body
    if "base64_string" in body:
        return _base64(body["base64_string"], (*path, "body", "base64_string"))
    return body.get("string")


def _as_json(value: Any, path: Path) -> str:
    try:
        return json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise Bad(path, "is no JSON", str(error)) from error
