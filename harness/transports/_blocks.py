"""A reply that is made of numbered blocks: what Messages and Converse have in common.

Both wires open, grow and close blocks of text, reasoning and tool calls. This is what was gathered
of them, as state whose fork is a few references. It knows no wire: the readers tell it what came.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import Any, NamedTuple

from harness.model import Event, EventKind, JsonObject, Span
from harness.transports._chain import paired
from harness.transports._strand import Strand
from harness.wire import jsontext


class Shape(Enum):
    TEXT = "text"
    THINKING = "thinking"
    REDACTED = "redacted"
    CALL = "call"
    OTHER = "other"  # kept for the next turn, and nothing else


class Block(NamedTuple):
    """`raw` is the block as it was opened. `text` is its text, reasoning or arguments so far.
    `damaged`: something meant for it could not be read, so that its text may have a hole."""

    shape: Shape
    raw: JsonObject
    text: Strand
    signature: Strand
    extras: Any = None  # a chain of lists
    call: int | None = None
    id: str | None = None
    name: str = ""
    half: str = ""  # of a surrogate pair that was cut in two fragments
    closed: bool = False
    damaged: bool = False


class Blocks:
    """The blocks in their order of appearance. `at` finds the one that a wire's index means: an
    index that is opened again is a new block, because some proxies number every block 0."""

    __slots__ = ("_at", "_list", "_shared", "_sound", "calls", "latest")

    def __init__(self) -> None:
        self._list: list[Block] = []
        self._at: dict[int, int] = {}
        self._shared = False
        self._sound = 0  # where the blocks begin that no frame was lost for
        self.calls = 0
        self.latest = 0  # the index that was opened last: what a delta without an index means

    def __iter__(self) -> Iterator[Block]:
        return iter(self._list)

    def __len__(self) -> int:
        return len(self._list)

    def fork(self) -> Blocks:
        """Both sides share one list from now on, and whoever changes it first takes a copy."""
        other = Blocks.__new__(Blocks)
        self._shared = other._shared = True  # noqa: SLF001
        other._list, other._at = self._list, self._at  # noqa: SLF001
        other._sound, other.calls = self._sound, self.calls  # noqa: SLF001
        other.latest = self.latest
        return other

    def get(self, index: int) -> Block | None:
        position = self._at.get(index)
        return None if position is None else self._list[position]

    def _own(self) -> None:
        if self._shared:
            self._list, self._at, self._shared = list(self._list), dict(self._at), False

    def _put(self, index: int, block: Block) -> None:
        self._own()
        self._list[self._at[index]] = block

    def open(
        self,
        index: int,
        shape: Shape,
        raw: JsonObject,
        called: tuple[str | None, str] = (None, ""),
        span: Span | None = None,
    ) -> list[Event]:
        """A new block; `called` is the id and the name of a tool call. The start of a call that is
        under way, sent again by a relay, is no second call."""
        called = (called[0] and jsontext.heal(called[0]), jsontext.heal(called[1]))
        known = self.get(index)
        again = known is not None and known.call is not None and not known.closed
        if again and known is not None and shape is Shape.CALL and known.id == called[0]:
            return []
        self._own()
        self._at[index] = len(self._list)
        self.latest = index
        call = None
        if shape is Shape.CALL:
            call, self.calls = self.calls, self.calls + 1
        self._list.append(Block(shape, raw, Strand(), Strand(), None, call, *called))
        if call is None:
            return []
        return [Event(EventKind.TOOL_NAME, called[1], call, *called, span=span)]

    def grow(self, index: int, text: str, span: Span | None = None) -> list[Event]:
        """More of an open block's text: one event, unless it is nothing or of another shape."""
        block = self.get(index)
        if block is None or not text:
            return []
        if block.half or not text.isascii():
            text, half = paired(block.half, text)
            block = block._replace(half=half)
        self._put(index, block._replace(text=block.text.plus(text)))
        if not text:
            return []
        kind = _GROWN.get(block.shape)
        if kind is None:
            return []
        return [Event(kind, text, block.call, block.id, block.name or None, span=span)]

    def sign(self, index: int, signature: str) -> None:
        block = self.get(index)
        if block is not None:
            self._put(index, block._replace(signature=block.signature.plus(signature)))

    def extend(self, index: int, extra: JsonObject) -> None:
        """Something that belongs to the block and is no text: a citation."""
        block = self.get(index)
        if block is not None:
            self._put(index, block._replace(extras=(block.extras, [extra])))

    def merge(self, index: int, more: JsonObject) -> None:
        block = self.get(index)
        if block is not None:
            self._put(index, block._replace(raw=block.raw | more))

    def close(self, index: int, span: Span | None = None) -> list[Event]:
        block = self.get(index)
        if block is None or block.closed:
            return []
        self._put(index, block._replace(closed=True, half=""))
        return self.grow(index, "\ufffd", span) if block.half else []

    def damage(self) -> None:
        """A frame that could not be read may have been meant for any block that is open. However
        many such frames there are, each block is looked at once."""
        if self._sound == len(self._list):
            return  # each of them is closed, or damaged already
        self._own()
        for at in range(self._sound, len(self._list)):
            if not self._list[at].closed:
                self._list[at] = self._list[at]._replace(damaged=True)
        self._sound = len(self._list)

    def flush(self, span: Span | None = None) -> list[Event]:
        """Nothing follows: half of a surrogate pair stays half."""
        halves = [index for index, at in self._at.items() if self._list[at].half]
        return [event for index in halves for event in self.close(index, span)]

    def text(self, shape: Shape) -> str:
        return "".join(str(block.text) for block in self._list if block.shape is shape)


_GROWN = {
    Shape.TEXT: EventKind.TEXT,
    Shape.THINKING: EventKind.REASONING,
    Shape.CALL: EventKind.TOOL_ARGUMENTS,
}


def is_content(raw: object) -> bool:
    """Whether this is the content of a whole reply: blocks, or none; not a list of other things."""
    return isinstance(raw, list) and (not raw or any(isinstance(block, dict) for block in raw))
