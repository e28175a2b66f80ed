"""Bytes that grow at their end, and that a fork shares until either of the two writes on."""

# ruff: noqa: SLF001  a fork is made by its own class

from __future__ import annotations


class Growing:
    """Appending costs what was appended, forking costs nothing.

    Forks share one buffer and each knows how much of it is its own. Whoever appends first does so
    in place; the other then sees a buffer longer than its own part and copies that part first.
    """

    __slots__ = ("_buffer", "_length")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def __bytes__(self) -> bytes:
        return bytes(memoryview(self._buffer)[: self._length])

    def append(self, data: bytes) -> None:
        if len(self._buffer) != self._length:
            self._buffer = self._buffer[: self._length]
        self._buffer += data
        self._length += len(data)

    def take(self) -> bytes:
        """All of it, and empty afterwards. The buffer is left alone: a fork may still hold it."""
        taken = bytes(self)
        self._buffer = bytearray()
        self._length = 0
        return taken

    def fork(self) -> Growing:
        fork = Growing.__new__(Growing)
        fork._buffer = self._buffer
        fork._length = self._length
        return fork
