"""One interaction of a file as an Exchange and the Note beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.cassette import pieces as notation
from harness.cassette.dialects import request_body, response_body
from harness.cassette.events import Path, Plain
from harness.cassette.fault import Bad
from harness.cassette.framing import is_framed, mended
from harness.cassette.shapes import (
    brief,
    data,
    headers,
    kept,
    names,
    only,
    required,
    rest,
    string,
)
from harness.cassette.value import NOTHING, Note
from harness.model import Ending, Exchange, Headers, Piece, Request

EXTRAS = {"pieces", "ending", "head_delay", "http_version", "decoded", "repaired", "meaning"}
EXTRAS |= {"header_order", "request_header_order"}
UNANSWERED = {"at", "request", "ending", "head_delay", "connected", "http_version"}
UNANSWERED |= {"request_header_order"}
_REQUEST = {"method", "uri", "headers", "body", "parsed_body"}
_RESPONSE = {"status", "headers", "body", "harness", "parsed_body"}
_OLD_HTTPX = {"content", "status_code", "http_version"}
_ENDINGS = {ending.value: ending for ending in Ending}


def exchanged(item: Any, path: Path, *, ours: bool) -> tuple[Exchange, Note]:
    """In files of others, one that got no answer stands among the rest, with its ending alone."""
    if not ours and isinstance(item, dict) and "ending" in item and "response" not in item:
        return unanswered(item, path)[1]
    return answered(item, path, ours=ours)


def answered(item: Any, path: Path, *, ours: bool) -> tuple[Exchange, Note]:
    raw = required(item, path)
    at = (*path, "response")
    response = required(raw.get("response"), at)
    extras = required(response.get("harness", NOTHING), (*at, "harness"))
    only(extras, EXTRAS, (*at, "harness"))
    request, null = _request(raw.get("request"), (*path, "request"), extras)
    status, reason = _status(response, at)
    body = data(response_body(response, at), (*at, "body", "string"))
    order = names(extras.get("header_order", []), (*at, "harness", "header_order"))
    found = headers(response.get("headers"), (*at, "headers"), order)
    decoded = _word(extras, "decoded", "", (*at, "harness"))
    repaired = _repaired(extras, (*at, "harness", "repaired"))
    if not ours:
        found, decoded, repaired = mended(found, body, request.method, status)
    old = "status_code" in response
    exchange = Exchange(
        request,
        status,
        reason,
        found,
        _pieces(extras, body, found, (*at, "harness", "pieces")),
        _ending(extras, (*at, "harness", "ending"), Ending.COMPLETE),
        _delay(extras, (*at, "harness", "head_delay")),
        http_version=_word(response if old else extras, "http_version", "HTTP/1.1", at),
    )
    note = Note(
        pieces_known="pieces" in extras or not body,
        decoded=decoded,
        repaired=repaired,
        meaning=_meaning(extras, (*at, "harness", "meaning")),
        body_is_null=null,
        interaction=rest(raw, {"request", "response"}, path),
        response=rest(response, _RESPONSE | _OLD_HTTPX if old else _RESPONSE, at),
    )
    return exchange, note


def unanswered(item: Any, path: Path) -> tuple[int | None, tuple[Exchange, Note]]:
    """An exchange that died before a status, and its place among all."""
    raw = required(item, path)
    only(raw, UNANSWERED, path)
    place, connected = raw.get("at"), raw.get("connected", True)
    if place is not None and (type(place) is not int or place < 0):
        raise Bad((*path, "at"), "is no index", brief(place))
    if type(connected) is not bool:
        raise Bad((*path, "connected"), "is neither true nor false", brief(connected))
    request, null = _request(raw.get("request"), (*path, "request"), raw)
    exchange = Exchange(
        request,
        None,
        ending=_ending(raw, (*path, "ending"), Ending.RESET),
        head_delay=_delay(raw, (*path, "head_delay")),
        connected=connected,
        http_version=_word(raw, "http_version", "HTTP/1.1", path),
    )
    return place, (exchange, Note(body_is_null=null))


def _request(value: Any, path: Path, extras: Mapping[str, Any]) -> tuple[Request, bool]:
    raw = required(value, path)
    unknown = raw.keys() - _REQUEST
    if unknown:
        hint = "vcrpy refuses a file with more in `request` than method, uri, headers and body"
        key = min(map(str, unknown))
        raise Bad((*path, key), "is unknown", brief(key), hint)
    method, url = raw.get("method"), raw.get("uri")
    if not isinstance(method, str) or not isinstance(url, str):
        key = "uri" if isinstance(method, str) else "method"
        raise Bad((*path, key), "is no text", type(raw.get(key)).__name__)
    body = request_body(raw, path)
    order = names(extras.get("request_header_order", []), (*path, "headers"))
    found = headers(raw.get("headers"), (*path, "headers"), order)
    return Request(method, url, found, data(body, (*path, "body"))), body is None


def _status(response: Plain, path: Path) -> tuple[int, str]:
    """`{code, message}`; vcrpy's old httpx stub wrote `status_code`."""
    status = response.get("status", response.get("status_code"))
    code = status.get("code") if isinstance(status, dict) else status
    reason = status.get("message") if isinstance(status, dict) else None
    if isinstance(code, str) and code.isascii() and code.isdigit() and len(code) == 3:
        code = int(code)
    if type(code) is not int or not 100 <= code <= 999:
        raise Bad((*path, "status", "code"), "is no HTTP status", brief(code))
    if isinstance(reason, bytes):
        reason = reason.decode("latin-1")
    return code, string(reason or "", (*path, "status", "message"))


def _pieces(
    extras: Mapping[str, Any], body: bytes, found: Headers, path: Path
) -> tuple[Piece, ...]:
    """Where nobody noted how the body came, it is one piece."""
    if "pieces" not in extras:
        return (Piece(body),) if body else ()
    text = extras["pieces"]
    if type(text) is not str and (type(text) is not int or text < 0):
        raise Bad(path, "is no text", type(text).__name__)
    try:
        return notation.read(str(text), body, framed=is_framed(found, body))
    except ValueError as error:
        hint = "Write the sizes anew, or `events` for one piece an event"
        raise Bad(path, f"cannot be read: {error}", brief(text), hint) from error


def _ending(raw: Mapping[str, Any], path: Path, default: Ending) -> Ending:
    value = raw.get("ending", default)
    ending = _ENDINGS.get(value) if isinstance(value, str) else None
    if ending is None:
        raise Bad(path, "is unknown", brief(value), f"Known are {', '.join(_ENDINGS)}")
    return ending


def _delay(raw: Mapping[str, Any], path: Path) -> float:
    if "head_delay" not in raw:
        return 0.0
    try:
        return notation.read_delay(string(raw["head_delay"], path))
    except ValueError as error:
        raise Bad(path, f"cannot be read: {error}") from error


def _word(raw: Mapping[str, Any], key: str, default: str, path: Path) -> str:
    word = string(raw.get(key, default), (*path, key))
    if key in raw and not word:
        raise Bad((*path, key), "is empty")
    return word


def _meaning(extras: Mapping[str, Any], path: Path) -> Plain | None:
    return kept(required(extras["meaning"], path), path) if "meaning" in extras else None


def _repaired(extras: Mapping[str, Any], path: Path) -> Mapping[str, tuple[str, ...]]:
    if "repaired" not in extras:
        return NOTHING
    return {
        string(name, path): tuple(names(values, (*path, name)))
        for name, values in required(extras["repaired"], path).items()
    }
