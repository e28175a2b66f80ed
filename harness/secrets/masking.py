"""Words and bytes that people will see, without the secrets of this process.

A client under test, or an exception of its adapter, may tell a key that it found in its
environment. A mask has as many bytes as what it hides, so that offsets and lengths still hold.
"""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator

from harness.secrets.known import Known, secrets_of
from harness.secrets.shapes import is_blank_token, key_shapes

_BLANK = (b"scrub", b"<", b"***", b"xxxx")  # what stands in for a key already


def environment() -> Known:
    """What the variables of this process hold now; made once for the same values."""
    return _known(tuple(secrets_of(os.environ)))


@functools.lru_cache(maxsize=8)
def _known(secrets: tuple[tuple[str, str], ...]) -> Known:
    return Known.of(secrets)


def masked(text: str) -> str:
    """Every known value of the environment in any encoding, and everything of a key's shape."""
    data = text.encode("utf-8", "surrogatepass")
    clean = masked_bytes(data)
    return text if clean is data else clean.decode("utf-8", "surrogatepass")


def masked_bytes(data: bytes) -> bytes:
    """The same object where nothing stands in it."""
    found = sorted(_found(data))
    if not found:
        return data
    made, done = bytearray(data), 0
    for start, end, label in found:
        first = max(start, done)
        if end > first:
            made[first:end] = label[: end - first].ljust(end - first, b"*")
            done = end
    return bytes(made)


def _found(data: bytes) -> Iterator[tuple[int, int, bytes]]:
    known = environment()
    for hit in known.hits(data):
        name = known.origin(hit.secret).removeprefix("the value of ")
        yield hit.start, hit.end, f"<{name}>".encode()
    for shape in key_shapes(data):
        word = data[shape.start : shape.end]
        if not is_blank_token(word) and not any(part in word for part in _BLANK):
            yield shape.start, shape.end, b"<a key>"
