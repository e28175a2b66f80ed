"""Texts inside texts: what a body holds in base64, such as the events of Bedrock's InvokeModel.

All of a body's are one body of their own, a line each, so that what is said there in fragments is
found like in any stream; and they go back to their places, in as many bytes as they had.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from harness.model import Headers, Span
from harness.record.places import Text, texts

DEEPEST = 3  # base64 in base64 in base64
LINES: Headers = (("content-type", "application/x-ndjson"),)  # of a body inside a body
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{12,}={0,2}")
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Nested:
    """`spans` are the places in the body, `inner` those of what they say in `data`."""

    data: bytes
    spans: tuple[Span, ...]
    inner: tuple[Span, ...]

    def back(self, body: bytes, data: bytes) -> bytes:
        """The body with `data`, which is as long as it was, in the place of what it held."""
        if data == self.data:
            return body
        made = bytearray(body)
        for span, place in zip(self.spans, self.inner, strict=True):
            said = data[place.start : place.end]
            if said != self.data[place.start : place.end]:
                made[span.start : span.end] = _coded(said, body[span.start : span.end])
        return bytes(made)


def layers(headers: Headers, body: bytes) -> Iterator[tuple[bytes, list[Text]]]:
    """A body and its texts; then what they hold, and its texts."""
    for _ in range(DEEPEST + 1):
        found = list(texts(headers, body))
        yield body, found
        within = nested(body, found)
        if within is None:
            return
        headers, body = LINES, within.data


def nested(body: bytes, found: Iterable[Text]) -> Nested | None:
    """None where no text of the body is text in base64."""
    spans, inner, lines, size = [], [], [], 0
    for text in found:
        said = _said(body[text.start : text.end]) if text.kind != "number" else None
        if said is not None:
            spans.append(Span(text.start, text.end))
            inner.append(Span(size, size + len(said)))
            lines.append(said)
            size += len(said) + 1
    return Nested(b"\n".join(lines), tuple(spans), tuple(inner)) if lines else None


def _said(value: bytes) -> bytes | None:
    """What is readable in base64. Of anything that is no base64, the first bytes show it."""
    if _decoded(value[:12]) is None or not _BASE64.fullmatch(value):
        return None
    said = _decoded(value)
    if said is None or _CONTROL.search(said):
        return None
    try:
        said.decode()
    except UnicodeDecodeError:
        return None
    return said if _coded(said, value) == value else None


def _decoded(value: bytes) -> bytes | None:
    plain = value.rstrip(b"=").translate(_STANDARD)
    try:
        return base64.b64decode(plain + b"=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        return None


_STANDARD = bytes.maketrans(b"-_", b"+/")
_FOR_URLS = bytes.maketrans(b"+/", b"-_")


def _coded(said: bytes, like: bytes) -> bytes:
    """In the alphabet, and with the padding, of what stood there."""
    made = base64.b64encode(said)
    if b"=" not in like:
        made = made.rstrip(b"=")
    return made.translate(_FOR_URLS) if b"-" in like or b"_" in like else made
