"""Append-only text whose copies are free.

A reader is forked at every byte of a stream, so what it gathers must neither be copied by a fork
nor be joined anew for each prefix. A strand is a count into a list of pieces that it shares with
every strand it came from; whoever appends out of turn takes a copy of its own part first.
"""

from __future__ import annotations


class _Tape:
    """The pieces, and how many of them are already joined into `whole`."""

    __slots__ = ("done", "pieces", "whole")

    def __init__(self, pieces: list[str]) -> None:
        self.pieces = pieces
        self.done = 0
        self.whole = ""


class Strand:
    """A value: `plus` gives the longer one, `str` the text so far."""

    __slots__ = ("_count", "_tape")

    def __init__(self, text: str = "") -> None:
        self._tape = _Tape([text] if text else [])
        self._count = len(self._tape.pieces)

    def plus(self, text: str) -> Strand:
        if not text:
            return self
        tape = self._tape
        if len(tape.pieces) != self._count:
            tape = _Tape(tape.pieces[: self._count])
        tape.pieces.append(text)
        longer = Strand.__new__(Strand)
        longer._tape, longer._count = tape, self._count + 1  # noqa: SLF001
        return longer

    def __bool__(self) -> bool:
        return self._count > 0

    def __str__(self) -> str:
        tape = self._tape
        if tape.done > self._count:  # a longer strand was read before this one
            return "".join(tape.pieces[: self._count])
        if tape.done < self._count:
            tape.whole += "".join(tape.pieces[tape.done : self._count])
            tape.done = self._count
        return tape.whole
