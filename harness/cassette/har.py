"""HAR, in which browsers and debugging proxies export what passed: an entry is an exchange.

The rule of this file: what a HAR does not say is not made up. It keeps no pieces, and bodies as
they were read; how a connection broke is known where a browser named its error.
"""

from __future__ import annotations

from typing import Any

from harness.cassette.events import Path, Plain
from harness.cassette.pieces import write_delay
from harness.model import Ending

HAR = "har"
_ENDLESS = 1e12  # milliseconds: a wait that nobody saw the end of
_DIED = {
    "ERR_CONNECTION_RESET": Ending.RESET,
    "ERR_CONNECTION_CLOSED": Ending.EOF,
    "ERR_CONTENT_LENGTH_MISMATCH": Ending.EOF,
    "ERR_EMPTY_RESPONSE": Ending.EOF,
    "ERR_INCOMPLETE_CHUNKED_ENCODING": Ending.EOF,
    "ERR_TIMED_OUT": Ending.STALL,
    "ERR_ABORTED": Ending.CLIENT_CLOSED,
}


def har(document: Plain) -> Plain:
    return {"interactions": [_exchange(entry) for entry in document["log"]["entries"]]}


def _exchange(entry: Any) -> Any:
    """An entry of status 0 got no answer: it has an ending, and no response."""
    if not isinstance(entry, dict):
        return entry
    request, response = _request(entry.get("request")), entry.get("response")
    died = _DIED.get(_error(entry))
    if isinstance(response, dict) and response.get("status") == 0:
        return {"request": request, "ending": died or Ending.RESET}
    extras = _delay(entry) | ({"ending": died} if died else {})
    return {"request": request, "response": _response(response, extras)}


def origin(path: Path) -> Path:
    names = {"request": {"uri": "url", "body": "postData"}, "response": {"body": "content"}}
    renamed = names.get(str(path[2]), {}) if len(path) > 3 else {}
    return ("log", "entries", *(renamed.get(str(step), step) for step in path[1:]))


def _request(raw: Any) -> Any:
    if not isinstance(raw, dict):
        return raw
    posted = raw.get("postData")
    return {
        "method": raw.get("method"),
        "uri": raw.get("url"),
        "headers": _headers(raw.get("headers")),
        "body": _posted(posted) if isinstance(posted, dict) else posted,
    }


def _response(raw: Any, extras: Plain) -> Any:
    """A length that was promised and not kept is told by the ending: how much was missing is lost
    with the content coding."""
    if not isinstance(raw, dict):
        return raw
    content = raw.get("content")
    without = "content-length" if "ending" in extras else None
    return {
        "status": {"code": raw.get("status"), "message": raw.get("statusText") or ""},
        "headers": _headers(raw.get("headers"), without),
        "body": _body(content) if isinstance(content, dict) else content,
        "harness": extras,
    }


def _posted(content: Plain) -> Any:
    body = _body(content)
    return body.get("string", body)


def _body(content: Plain) -> Plain:
    key = "base64_string" if content.get("encoding") == "base64" else "string"
    return {key: content.get("text") or ""}


def _headers(raw: Any, without: str | None = None) -> Any:
    """Pairs, without the pseudo-headers of HTTP/2, which are the request line."""
    if not isinstance(raw, list) or not all(isinstance(item, dict) for item in raw):
        return raw
    pairs = [[item.get("name"), item.get("value")] for item in raw]
    return [pair for pair in pairs if not _is(pair[0], without)]


def _is(name: Any, unwanted: str | None) -> bool:
    return isinstance(name, str) and (name.startswith(":") or name.lower() == unwanted)


def _error(entry: Plain) -> str:
    response = entry.get("response")
    beside = response.get("_error") if isinstance(response, dict) else None
    return str(beside or entry.get("_error") or "").removeprefix("net::")


def _delay(entry: Plain) -> Plain:
    timings = entry.get("timings")
    wait = timings.get("wait") if isinstance(timings, dict) else None
    if not isinstance(wait, int | float) or isinstance(wait, bool) or not 0 < wait < _ENDLESS:
        return {}
    return {"head_delay": write_delay(wait / 1000)}
