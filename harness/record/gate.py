"""The gate before the disk: a cassette passes whole, or not at all.

The rule of this file: it does not trust the scrubbing, so it looks again, at other texts: bodies,
what their fragments say together, headers, URLs, and the file itself as it would be written. What
it says tells where something stands, never what.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from harness.cassette import Cassette, dumps
from harness.errors import SecretFound, Where
from harness.model import Exchange, Headers
from harness.record.nested import layers
from harness.record.placeholders import is_placeholder
from harness.record.places import joined
from harness.secrets import shapes
from harness.secrets.known import Known

_HINT = (
    "Nothing was written. If it is no secret, say so with --allow (a part of the text is enough)"
)


def check(
    cassette: Cassette,
    known: Known,
    path: str | Path | None = None,
    allow: tuple[str, ...] = (),
) -> bytes:
    """The bytes that may be written; SecretFound if anything in them is a secret."""
    found = next(_found(cassette, known, allow), None)
    if found is not None:
        place, what = found
        raise SecretFound(what, where=Where(path), found=place, hint=_HINT)
    return dumps(cassette, str(path) if path else None)


def _found(cassette: Cassette, known: Known, allow: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    for number, exchange in enumerate(cassette.exchanges):
        for place, data, opaque in _parts(exchange):
            for at, what in _secrets(data, known, opaque=opaque, allow=allow):
                yield f"exchange {number}, {place}, at byte {at}", what
    whole = dumps(cassette)
    for at, what in _secrets(whole, known, opaque=True, allow=allow):
        yield f"the file, at byte {at}", what


def _parts(exchange: Exchange) -> Iterator[tuple[str, bytes, bool]]:
    """(place, bytes, whether long random text is normal there)"""
    request = exchange.request
    yield "the URL", request.url.encode("utf-8", "surrogateescape"), False
    yield "the status line", exchange.reason.encode("utf-8", "surrogateescape"), False
    for part, headers in (("request", request.headers), ("response", exchange.headers)):
        for name, value in headers:
            where = f"the {part}'s header {name}"
            yield where, f"{name}: {value}".encode("utf-8", "surrogateescape"), False
    yield from _body("request", request.headers, request.body)
    yield from _body("response", exchange.headers, exchange.body)


def _body(part: str, headers: Headers, body: bytes) -> Iterator[tuple[str, bytes, bool]]:
    for depth, (data, found) in enumerate(layers(headers, body)):
        whose = f"the {part}'s" + " base64's" * depth
        yield f"{whose} body", data, True
        for text in found:
            opaque = bool(shapes.OPAQUE_FIELD.fullmatch(text.field))
            if not opaque or text.kind == "raw":
                yield f"{whose} {text.field or 'text'}", data[text.start : text.end], opaque
        for whole in joined(data, found):
            opaque = bool(shapes.OPAQUE_FIELD.fullmatch(whole.field))
            yield f"{whose} {whole.field or 'text'}, joined", whole.data, opaque


def _secrets(
    data: bytes, known: Known, *, opaque: bool, allow: tuple[str, ...]
) -> Iterator[tuple[int, str]]:
    for hit in known.hits(data):
        if not is_placeholder(hit.secret):
            yield hit.start, f"{known.origin(hit.secret)} stands there ({hit.encoding})"
    looks = [shapes.key_shapes(data)]
    looks += [] if opaque else [shapes.random_text(data)]
    for look in looks:
        for start, end, what in look:
            word = data[start:end]
            if _is_blank(word) or any(part.encode() in word for part in allow):
                continue
            if shapes.entropy(word) > _LEAST:
                yield start, f"{what} stands there"


_LEAST = 2.5  # bits a character: less is a row of one letter


def _is_blank(word: bytes) -> bool:
    return b"scrub" in word or is_placeholder(word)
