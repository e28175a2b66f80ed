"""A Cassette to its file: vcrpy's own format, with ours where vcrpy lets it stand.

`metadata.harness` has the file's own facts, `response.harness` those of one exchange, `request`
never anything. Written whole or not at all, and always the same for the same cassette.
"""

from __future__ import annotations

import os
import secrets
import stat
from collections import Counter
from pathlib import Path

from harness.cassette import emit
from harness.cassette import pieces as notation
from harness.cassette.events import Plain
from harness.cassette.framing import is_framed
from harness.cassette.value import FORMAT, Cassette, Note
from harness.disk import sync_folder
from harness.errors import CassetteError, Where
from harness.model import Ending, Exchange, Headers


def save(cassette: Cassette, path: str | Path) -> None:
    """Into a new file beside it, flushed to the disk, then renamed: no reader sees half of it.

    A file that is there keeps its mode, and a link to it stays one."""
    target = Path(path).resolve()
    data = dumps(cassette, str(path))
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{secrets.token_hex(4)}.{target.name[-80:]}")
    try:
        with beside.open("xb") as file:  # under the user's own umask
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if target.exists():
            beside.chmod(stat.S_IMODE(target.stat().st_mode))
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)  # still there only if something failed
    sync_folder(target.parent)


def dumps(cassette: Cassette, name: str | None = None) -> bytes:
    try:
        return emit.document(stock(cassette))
    except ValueError as error:
        raise CassetteError(f"cannot be saved: {error}", where=Where(name)) from error


def stock(cassette: Cassette) -> Plain:
    """What vcrpy's own loader would make of the file."""
    pairs = list(enumerate(zip(cassette.exchanges, cassette.notes, strict=True)))
    harness: Plain = {"format": FORMAT}
    if cassette.provenance:
        harness["provenance"] = dict(cassette.provenance)
    dead = [_unanswered(at, *pair) for at, pair in pairs if pair[0].status is None]
    if dead:
        harness["unanswered"] = dead
    return {
        "version": 1,
        "metadata": {"harness": harness, **cassette.metadata},
        "interactions": [_interaction(*pair) for _, pair in pairs if pair[0].status is not None],
        **cassette.extras,
    }


def _interaction(exchange: Exchange, note: Note) -> Plain:
    response: Plain = {
        "status": emit.Inline(code=exchange.status, message=exchange.reason),
        "headers": _headers(exchange.headers),
    }
    extras = _extras(exchange, note)
    if extras:
        response["harness"] = extras
    response["body"] = {"string": _body(exchange.body)}
    return {
        "request": _request(exchange, note),
        "response": response | dict(note.response),
        **note.interaction,
    }


def _request(exchange: Exchange, note: Note) -> Plain:
    request = exchange.request
    body = None if note.body_is_null and not request.body else _body(request.body)
    return {
        "method": request.method,
        "uri": request.url,
        "headers": _headers(request.headers),
        "body": body,
    }


def _extras(exchange: Exchange, note: Note) -> Plain:
    """Only what differs from what a plain file would be taken for."""
    extras: Plain = {}
    pieces, body = exchange.pieces, exchange.body
    if pieces and (note.pieces_known or len(pieces) > 1 or pieces[0].delay):
        text = notation.write(pieces, body, framed=is_framed(exchange.headers, body))
        extras["pieces"] = emit.Folded(text) if isinstance(text, str) else text
    if exchange.ending is not Ending.COMPLETE:
        extras["ending"] = exchange.ending.value
    extras |= _common(exchange)
    if _is_interleaved(exchange.headers):
        extras["header_order"] = [name for name, _ in exchange.headers]
    if note.decoded:
        extras["decoded"] = note.decoded
    if note.repaired:
        extras["repaired"] = {name: list(values) for name, values in note.repaired.items()}
    if note.meaning is not None:
        extras["meaning"] = dict(note.meaning)
    return extras


def _unanswered(at: int, exchange: Exchange, note: Note) -> Plain:
    dead: Plain = {"at": at, "request": _request(exchange, note), "ending": exchange.ending.value}
    if not exchange.connected:
        dead["connected"] = False
    return dead | _common(exchange)


def _common(exchange: Exchange) -> Plain:
    extras: Plain = {}
    if exchange.head_delay:
        extras["head_delay"] = notation.write_delay(exchange.head_delay)
    if exchange.http_version != "HTTP/1.1":
        extras["http_version"] = exchange.http_version
    if _is_interleaved(exchange.request.headers):
        extras["request_header_order"] = [name for name, _ in exchange.request.headers]
    return extras


def _headers(headers: Headers) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    return values


def _is_interleaved(headers: Headers) -> bool:
    """Whether a mapping of lists would lose the order: a name comes again after another one."""
    runs = Counter(
        name for n, (name, _) in enumerate(headers) if n == 0 or headers[n - 1][0] != name
    )
    return any(count > 1 for count in runs.values())


def _body(body: bytes) -> str | bytes:
    """Text, where the bytes are text; vcrpy's own re-save decides likewise."""
    if b"\0" in body:
        return body
    try:
        return body.decode()
    except UnicodeDecodeError:
        return body
