"""What an error says, whichever of their many shapes a server chose: one `Failure` for all wires.

The rule of this file: read the body (object, list, string, flat, nested, HTML, nothing), then let
`_verdicts` name the kind. Nothing is raised, whatever the body is; nothing is retried here.
"""

from __future__ import annotations

import email.utils
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from harness.errors import WireError
from harness.model import Answer, Failure, FailureKind, Headers, Provider, find_header
from harness.transports import _verdicts
from harness.transports._arguments import compact
from harness.wire import jsontext

_LONGEST_MESSAGE = 2000
_STATUS = re.compile("[45][0-9][0-9]")
_DELAY = re.compile("([0-9]{1,9}(?:[.][0-9]{1,9})?)s")
_KEPT = ("code", "param", "failed_generation", "innererror", "request_id")
_REQUEST_IDS = ("x-request-id", "request-id", "x-amzn-requestid", "apim-request-id")


@dataclass(slots=True)
class _Said:
    message: str = ""
    type: str = ""
    code: str = ""
    status: int | None = None
    more: str = ""  # words that count for the verdict, and are not the message
    upstream: bool = False
    kept: dict[str, Any] = field(default_factory=dict)


def classify(
    status: int | None, body: Any, headers: Headers = (), provider: Provider | None = None
) -> Failure:
    """`body` is bytes, text or parsed JSON. `status` is None (or 200) for an error inside a
    stream: then the failure's status is the one that the body itself names, if any."""
    said = _read(parsed(body))
    aws = find_header(headers, "x-amzn-errortype")
    if aws:
        said.type = aws.partition(":")[0].rpartition("#")[2]
    inside = status is None or status < 300
    shown = said.status if inside else status
    kind = _verdicts.kind(shown, said.type, said.code, f"{said.message} {said.more}")
    transient = _verdicts.transient(kind, shown)
    told = find_header(headers, "x-should-retry")
    if told in ("true", "false") and not inside:
        transient = told == "true"
    wait = retry_after(headers)
    for name in _REQUEST_IDS:
        if "request_id" not in said.kept and (value := find_header(headers, name)):
            said.kept["request_id"] = value
    if said.upstream:
        said.kept["upstream"] = True
    return Failure(
        kind,
        said.message[:_LONGEST_MESSAGE] or _default_message(shown, provider),
        said.type or _word(said.code) or kind.value,
        shown,
        transient,
        wait if wait is not None else said.kept.pop("retry_delay", None),
        {name: value for name, value in said.kept.items() if name != "retry_delay"} or None,
    )


def failure_of(answer: Answer, provider: Provider) -> Failure:
    """By status, headers and body, as the vendors of every wire use them."""
    return classify(answer.status, answer.body, answer.headers, provider)


def unread(error: WireError, answer: Answer, provider: Provider) -> Failure:
    """Of an error whose body cannot be taken in: the status still says what it is."""
    failure = failure_of(answer, provider)
    return replace(failure, message=f"{failure.message}, and its body was not read: {error}")


def broken(what: str, *, kind: FailureKind = FailureKind.PROTOCOL) -> Failure:
    """The peer's bytes break their own protocol: a new attempt may well succeed."""
    return Failure(kind, what, kind.value, None, transient=True)


def is_error(chunk: Mapping[str, Any]) -> bool:
    """Whether a JSON object that came under status 200 is an error, in any known shape."""
    if chunk.get("error"):
        return True
    envelope = chunk.get("base_resp")
    if isinstance(envelope, dict) and envelope.get("status_code"):
        return True
    if "choices" in chunk and chunk["choices"] is not None:
        return False
    if chunk.get("object") == "error" or chunk.get("type") == "error":
        return True
    bare = isinstance(chunk.get("message"), str) or "detail" in chunk
    return bare and not any(name in chunk for name in ("choices", "content", "id", "output"))


def retry_after(headers: Headers) -> float | None:
    """The seconds that the server asks for: `retry-after-ms`, then `retry-after` as a number or as
    an HTTP date, which is counted from the response's own date (there is no clock here)."""
    for name, unit in (("retry-after-ms", 1000.0), ("retry-after", 1.0)):
        value = (find_header(headers, name) or "").strip()
        if not value:
            continue
        try:
            seconds = float(value) / unit
        except ValueError:
            seconds = _until(value, find_header(headers, "date") or "")
        if math.isfinite(seconds) and seconds >= 0:
            return seconds
    return None


def _until(when: str, now: str) -> float:
    try:
        later, sooner = map(email.utils.parsedate_to_datetime, (when, now))
        return max(0.0, (later - sooner).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return math.nan


def parsed(body: Any) -> Any:
    """JSON out of bytes or text; text that is none stays text."""
    if not isinstance(body, bytes | str):
        return body
    raw = body.encode("utf-8", "replace") if isinstance(body, str) else body
    try:
        return jsontext.loads(raw)
    except WireError:
        return raw.decode("utf-8", "replace")


def _default_message(status: int | None, provider: Provider | None) -> str:
    who = provider.name if provider else "the server"
    return f"{who} answered {status}" if status else f"{who} reported an error without words"


def _word(code: str) -> str:
    return code if re.fullmatch(r"[A-Za-z][\w.-]*", code) else ""


def _text(value: Any) -> str:
    """Words of a value that ought to be a string: validation lists and objects become readable."""
    if isinstance(value, str):
        return jsontext.heal(value).strip()
    if isinstance(value, list):
        return "; ".join(filter(None, map(_text, value)))
    if isinstance(value, dict):
        inner = next(
            (value[name] for name in ("message", "msg", "detail") if value.get(name)), None
        )
        where = value.get("loc")
        at = ".".join(map(str, where)) + ": " if isinstance(where, list) and inner else ""
        return at + _text(inner or compact(value))
    return "" if value is None or isinstance(value, bool) else str(value)


def _read(body: Any) -> _Said:
    while isinstance(body, list):
        body = next((entry for entry in body if entry), None)
    if not isinstance(body, dict):
        return _Said(_text(body))
    envelope = body.get("base_resp")
    if isinstance(envelope, dict) and envelope.get("status_code"):
        code = _text(envelope.get("status_code"))
        status = _verdicts.ENVELOPE_STATUS.get(code)
        return _Said(_text(envelope.get("status_msg")), code=code, status=status)
    error = body.get("error")
    if isinstance(error, str) and error[:1] == "{":
        error = parsed(error)
    if isinstance(error, dict):
        return _read_object(error, body)
    said = _Said(_text(body.get("detail")) or _text(error))
    for name in ("message", "Message", "msg", "error_description", "title"):
        said.message = said.message or _text(body.get(name))
    said.type = _text(body.get("__type")).rpartition("#")[2] or _text(body.get("type"))
    if body.get("detail") and _word(_text(error)):
        said.type = _text(error)
    if said.type == "error":
        said.type = ""
    said.code = _text(body.get("code"))
    if said.code.isdigit() and not said.message:
        said.message = _text(body)
    said.more = _text(error) + " " + said.code
    _number(said, body)
    _keep(said, body)
    return said


def _read_object(error: dict[str, Any], body: dict[str, Any]) -> _Said:
    said = _Said(_text(error.get("message")) or _text(error.get("detail")))
    said.type = _text(error.get("type")) or _text(error.get("status"))
    if said.type.isdigit():
        said.type = ""
    said.code = _text(error.get("code"))
    _number(said, error)
    details = error.get("details")
    for detail in details if isinstance(details, list) else [details]:
        if isinstance(detail, dict):
            said.more += f" {_text(detail.get('reason'))} {_text(detail.get('error_code'))}"
            if delay := _DELAY.fullmatch(_text(detail.get("retryDelay"))):
                said.kept["retry_delay"] = float(delay[1])
    inner = error.get("innererror")
    if isinstance(inner, dict):
        said.more += " " + _text(inner.get("code"))
    metadata = error.get("metadata")
    if isinstance(metadata, dict):
        _read_metadata(said, metadata)
    if not said.message:
        said.message = _text(error)
    _keep(said, {**body, **error})
    return said


def _read_metadata(said: _Said, metadata: dict[str, Any]) -> None:
    """An aggregator's error: the words of the backend behind it stand in `raw`, itself JSON."""
    said.upstream = "provider_name" in metadata and metadata.get("raw") is not None
    raw = parsed(metadata.get("raw"))
    behind = _read(raw) if raw else _Said()
    if behind.message:
        said.message = f"{said.message}: {behind.message}" if said.message else behind.message
    said.more += f" {behind.type} {behind.code} {_text(metadata.get('error_type'))}"
    if metadata.get("reasons"):
        said.more += f" flagged {_text(metadata['reasons'])}"


def _number(said: _Said, source: Mapping[str, Any]) -> None:
    """The HTTP status that the body itself names."""
    for name in ("status_code", "raw_status_code", "code", "status"):
        value = source.get(name)
        if isinstance(value, str) and _STATUS.fullmatch(value):
            value = int(value)
        if type(value) is int and 400 <= value < 600:
            said.status = value
            return


def _keep(said: _Said, source: Mapping[str, Any]) -> None:
    for name in _KEPT:
        if source.get(name) is not None:
            said.kept[name] = source[name]
