"""A body that is one JSON text, or anything else that only means something when it is whole."""

# ruff: noqa: SLF001  a fork is made by its own class

from __future__ import annotations

from typing import Any

from harness.errors import LimitError
from harness.wire.growing import Growing
from harness.wire.jsontext import dumps, loads
from harness.wire.pending import Pending

LIMIT = 64 * 1024 * 1024


class DocumentDecoder:
    """Collects the body. It frames nothing, so everything is pending until HTTP says it is whole;
    then `json` reads it. `limit` bounds the body."""

    __slots__ = ("_body", "limit")

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self._body = Growing()

    def fork(self) -> DocumentDecoder:
        fork = DocumentDecoder.__new__(DocumentDecoder)
        fork.limit, fork._body = self.limit, self._body.fork()
        return fork

    def feed(self, data: bytes) -> list[Any]:
        if len(self._body) + len(data) > self.limit:
            raise LimitError(f"a body is larger than {self.limit} bytes", offset=self.limit)
        self._body.append(data)
        return []

    def end(self) -> Pending | None:
        return Pending(self._body, 0) if self._body else None

    @property
    def raw(self) -> bytes:
        return bytes(self._body)

    def json(self) -> Any:
        """The whole body's value, or a FramingError."""
        return loads(self.raw)


def encode(value: Any) -> bytes:
    return dumps(value)
