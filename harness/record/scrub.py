"""An exchange without its secrets: every byte at its place, every length as it was.

Secrets are looked for in the whole body, then the body is cut into the same pieces again; so one
that was split over two pieces, or over two events of a stream, is found like any other. What must
go is replaced in place; the checksums of an AWS event stream are made anew. A coded body is decoded
first, and stays so: the note says what it was.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import NamedTuple
from urllib.parse import unquote_to_bytes
from zlib import crc32

from harness.cassette.value import Note
from harness.errors import FramingError, SecretFound, WireError
from harness.model import Exchange, Headers, Piece, Request, Span, find_header
from harness.record import headers as tables
from harness.record.nested import DEEPEST, LINES, layers, nested
from harness.record.placeholders import Numbers, is_placeholder
from harness.record.places import Text, frames, joined, texts
from harness.secrets import shapes
from harness.secrets.known import SHORTEST, Known
from harness.wire import coding
from harness.wire.jsontext import decode

_ASKS_A_MODEL = re.compile(rb'"(?:messages|input|contents|prompt)"\s*:')
_PARAMETER = re.compile(rb"[?&]([^=&#]+)=([^&#]*)")
_USER = re.compile(rb"\A([a-z][a-z0-9+.-]*://)([^/@?#]+)@")  # goes altogether


class _Find(NamedTuple):
    """Bytes that must go, in order, and the value that they say."""

    spans: tuple[Span, ...]
    secret: bytes
    digits: bool = False


class Scrubber:
    """For one cassette: it numbers the secrets that it meets, and learns new ones on its way."""

    def __init__(self, known: Known | None = None, *, fixed: bool = False) -> None:
        self.known = Known() if known is None else known
        self._numbers = Numbers(fixed=fixed)

    def exchange(self, exchange: Exchange, note: Note | None = None) -> tuple[Exchange, Note]:
        plain, coded = _decoded(exchange)
        oauth = _is_oauth(plain)
        self._learn(plain, oauth=oauth)
        request = self._request(plain.request, oauth=oauth)
        head = self._headers(plain.headers, tables.RESPONSE)
        body = self._body(plain.headers, plain.body, oauth=oauth)
        scrubbed = replace(
            plain,
            request=request,
            reason=self._line(plain.reason),
            headers=head,
            pieces=tuple(_cut(_checked(plain.headers, plain.body, body), plain.pieces)),
        )
        note = note or Note()
        return scrubbed, replace(note, decoded=coded or note.decoded)

    def request(self, request: Request) -> Request:
        """One that has no answer yet."""
        lone = _decoded(Exchange(request, None))[0]
        oauth = _is_oauth(lone)
        self._learn(lone, oauth=oauth)
        return self._request(lone.request, oauth=oauth)

    def text(self, text: str) -> str:
        """Words for a person: a message, a log line."""
        return self._line(text)

    # Learning: what is a secret in one place is one in every place.

    def _learn(self, exchange: Exchange, *, oauth: bool) -> None:
        request = exchange.request
        user = _USER.match(request.url.encode("utf-8", "surrogateescape"))
        for part in user[2].split(b":") if user else ():
            self.known.add(unquote_to_bytes(part), "a part of the URL")
        for name, held in (*request.headers, *exchange.headers):
            if tables.is_credential(name):
                for secret in tables.secrets_in(name, held):
                    if secret.learn:
                        self.known.add(held[secret.start : secret.end], f"what {name} held")
                for password in tables.passwords_in(held):
                    self.known.add(password, f"the password that {name} held")
        for headers, body in ((request.headers, request.body), (exchange.headers, exchange.body)):
            for data, found in layers(headers, body):
                self._learn_fields(data, found, oauth=oauth and data is body)

    def _learn_fields(self, body: bytes, found: Iterable[Text], *, oauth: bool) -> None:
        for text in found:
            if text.kind == "number" or not _is_secret_field(text.field, oauth=oauth):
                continue
            value = _said(body, text)
            if len(value) >= SHORTEST and not is_placeholder(value):
                self.known.add(value, f"what the field {text.field} held")

    # Requests and headers.

    def _request(self, request: Request, *, oauth: bool) -> Request:
        return replace(
            request,
            url=self._url(request.url, oauth=oauth),
            headers=self._headers(request.headers, tables.REQUEST),
            body=self._body(request.headers, request.body, oauth=oauth),
        )

    def _headers(self, headers: Headers, table: tuple[str, ...]) -> Headers:
        return tuple(
            (name, self._header(name, value, whole=not tables.kept(name, table)))
            for name, value in headers
            if tables.kept(name, table) or tables.is_credential(name) or tables.is_identifying(name)
        )

    def _header(self, name: str, value: str, *, whole: bool) -> str:
        """`whole`: it is no header that is kept as it is, but one that holds a secret."""
        data = value.encode("utf-8", "surrogateescape")
        finds = []
        if whole and data.isascii():
            finds = [
                _Find((Span(start, end),), data[start:end])
                for start, end, _ in tables.secrets_in(name, value)
            ]
        elif whole:
            finds = [_Find((Span(0, len(data)),), data)]
        finds += self._everywhere(data)
        return self._replaced(data, finds).decode("utf-8", "surrogateescape")

    def _url(self, url: str, *, oauth: bool) -> str:
        data = _USER.sub(rb"\1", url.encode("utf-8", "surrogateescape"))
        finds = []
        for parameter in _PARAMETER.finditer(data):
            name = parameter[1].decode("latin-1")
            secret = shapes.SECRET_PARAMETER.fullmatch(name) or shapes.PERSONAL_FIELD.fullmatch(
                name
            )
            if secret or _is_secret_field(name, oauth=oauth):
                value = unquote_to_bytes(parameter[2])
                finds.append(_Find((Span(*parameter.span(2)),), value))
        finds += self._everywhere(data)
        return self._replaced(data, finds).decode("utf-8", "surrogateescape")

    def _line(self, text: str) -> str:
        data = text.encode("utf-8", "surrogateescape")
        found = self._replaced(data, self._everywhere(data))
        return found.decode("utf-8", "surrogateescape")

    # Bodies.

    def _body(self, headers: Headers, body: bytes, *, oauth: bool, depth: int = 0) -> bytes:
        if not body:
            return body
        found = list(texts(headers, body))
        within = nested(body, found) if depth < DEEPEST else None
        if within is not None:
            clean = self._body(LINES, within.data, oauth=False, depth=depth + 1)
            body = within.back(body, clean)
        finds = list(_by_name(body, found, oauth=oauth))
        finds += self._everywhere(body, found)
        for text in joined(body, found):
            opaque = bool(shapes.OPAQUE_FIELD.fullmatch(text.field))
            for start, end, secret in self._hits(text.data, opaque=opaque):
                finds.append(_Find(tuple(text.raw(start, end)), secret))
        return self._replaced(body, finds)

    def _everywhere(self, data: bytes, found: Iterable[Text] | None = None) -> Iterator[_Find]:
        """Known values and shapes, wherever they stand. Random text is looked for in texts that are
        not opaque, so in a body it wants to know where they are."""
        for start, end, secret in self._hits(data, opaque=found is not None):
            yield _Find((Span(start, end),), secret)
        for text in found or ():
            value, opaque = data[text.start : text.end], shapes.OPAQUE_FIELD.fullmatch(text.field)
            looks = [] if opaque else [shapes.random_text(value)]
            if text.kind == "raw":  # what stands before it is no part of it, and may hide its shape
                looks += [shapes.key_shapes(value), shapes.personal(value)]
            for look in looks:
                for start, end, _ in look:
                    yield _Find((Span(text.start + start, text.start + end),), value[start:end])

    def _hits(self, data: bytes, *, opaque: bool) -> Iterator[tuple[int, int, bytes]]:
        for hit in self.known.hits(data):
            yield hit.start, hit.end, hit.secret
        looks = [shapes.key_shapes(data), shapes.personal(data)]
        looks += [] if opaque else [shapes.random_text(data)]
        for look in looks:
            for start, end, _ in look:
                yield start, end, data[start:end]

    def _replaced(self, body: bytes, finds: Iterable[_Find]) -> bytes:
        """The outermost find of each place, in the order of the places: so that the numbers do not
        depend on how secrets were found."""
        data = bytearray(body)
        done = bytearray(len(body))  # 1: replaced
        ordered = sorted(
            (find for find in finds if find.spans),
            key=lambda find: (find.spans[0].start, -find.spans[-1].end),
        )
        for find in ordered:
            if is_placeholder(find.secret):
                continue
            spans = find.spans
            size = sum(span.end - span.start for span in spans)
            if sum(done.count(1, span.start, span.end) for span in spans) == size:
                continue
            stand = self._numbers.stand_in(find.secret, size, digits=find.digits)
            at = 0
            for span in spans:
                width = span.end - span.start
                data[span.start : span.end] = stand[at : at + width]
                done[span.start : span.end] = b"\1" * width
                at += width
        return bytes(data)


def scrub(
    pairs: Iterable[tuple[Exchange, Note]], known: Known | None = None
) -> tuple[tuple[Exchange, ...], tuple[Note, ...]]:
    """Exchanges of one cassette, as one: a secret that is met late is gone from the start too."""
    pairs = list(pairs)
    first = Scrubber(known)
    for exchange, _ in pairs:
        plain = _decoded(exchange)[0]
        first._learn(plain, oauth=_is_oauth(plain))  # noqa: SLF001 -- its own kind
    done = [first.exchange(*pair) for pair in pairs]
    return tuple(exchange for exchange, _ in done), tuple(note for _, note in done)


def _by_name(body: bytes, found: Iterable[Text], *, oauth: bool) -> Iterator[_Find]:
    for text in found:
        value = body[text.start : text.end]
        number = text.kind == "number"
        if number and not (value.isdigit() and len(value) > 3):
            continue
        personal = shapes.PERSONAL_FIELD.fullmatch(text.field)
        if not value or not (personal or _is_secret_field(text.field, oauth=oauth and not number)):
            continue
        yield _Find((Span(text.start, text.end),), _said(body, text), digits=number)


def _said(body: bytes, text: Text) -> bytes:
    """The value of a text, without the escapes of where it stands."""
    value = body[text.start : text.end]
    if text.kind == "raw":
        return value
    if text.kind == "form":
        return unquote_to_bytes(value.replace(b"+", b" "))
    try:
        return decode(value).encode("utf-8", "surrogatepass")
    except FramingError:
        return value


def _is_secret_field(field: str, *, oauth: bool) -> bool:
    if shapes.SECRET_FIELD.fullmatch(field):
        return True
    return oauth and bool(field) and field.lower() not in shapes.OAUTH_WORDS


def _is_oauth(exchange: Exchange) -> bool:
    """By where it went or by what was said; never by what a model wrote about OAuth."""
    request = exchange.request
    if _ASKS_A_MODEL.search(request.body):
        return False
    if shapes.OAUTH_PATH.search(request.url.partition("?")[0]):
        return True
    kind = (exchange.header("content-type") or "").lower()
    said = b"" if "stream" in kind else exchange.body[:4096]
    return bool(shapes.OAUTH_WORD.match(request.body) or _tokens_at_top(exchange.headers, said))


def _tokens_at_top(headers: Headers, body: bytes) -> bool:
    """Whether a JSON answer itself hands out a token."""
    if not shapes.OAUTH_WORD.search(body):
        return False
    return any(
        len(text.path) == 1 and shapes.SECRET_FIELD.fullmatch(text.field)
        for text in texts(headers, body)
    )


def _decoded(exchange: Exchange) -> tuple[Exchange, str]:
    """Both bodies without their content coding, and what the answer's was."""
    asked = exchange.request
    try:
        if find_header(asked.headers, "content-encoding") and asked.body:
            body = coding.decode_body(asked.headers, asked.body, partial=True)
            asked = replace(asked, headers=_plain(asked.headers, len(body)), body=body)
        coded = ", ".join(v for name, v in exchange.headers if name.lower() == "content-encoding")
        if not coding.names(coded) or not exchange.body:
            return replace(exchange, request=asked), ""
        decoder = coding.decoder(coded)
        pieces = tuple(Piece(decoder.feed(data), delay) for data, delay in exchange.pieces)
    except WireError as error:
        raise SecretFound(
            "a body cannot be looked into, so it is not written",
            found=error.what,
            hint="Ask for another accept-encoding",
        ) from error
    size = sum(len(piece.data) for piece in pieces)
    headers = _plain(exchange.headers, size)
    return replace(exchange, request=asked, headers=headers, pieces=pieces), coded


def _plain(headers: Headers, size: int) -> Headers:
    return tuple(
        (name, str(size) if name.lower() == "content-length" else value)
        for name, value in headers
        if name.lower() != "content-encoding"
    )


def _checked(headers: Headers, before: bytes, body: bytes) -> bytes:
    """The frames that were sound have sound checksums again."""
    if before == body:
        return body
    data = bytearray(body)
    for start, _, end in frames(headers, before):
        if crc32(before[start : end - 4]) == int.from_bytes(before[end - 4 : end], "big"):
            data[end - 4 : end] = crc32(bytes(data[start : end - 4])).to_bytes(4, "big")
    return bytes(data)


def _cut(body: bytes, pieces: Iterable[Piece]) -> Iterator[Piece]:
    at = 0
    for data, delay in pieces:
        yield Piece(body[at : at + len(data)], delay)
        at += len(data)
