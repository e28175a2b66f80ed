"""Inline reasoning tags, taken out of content: `<think>` and its four synonyms, any case.

The rule of this file: one machine for streamed and whole text alike, so that any cutting of the
same text gives the same words on the same channel. Its laws:

- A tag opens reasoning only at a block boundary: where its line holds nothing visible before it.
  Anywhere else it is a mention in prose and is kept, and so is the closer that belongs to it.
- The same name closes it. A block that is never closed is reasoning to the end.
- White space around a block belongs to neither side, except what separates visible text.
- A closer without an opener is removed with the white space after it (not after a back-tick: that
  is prose). What stood before it has been delivered as text and stays text, unless the reader was
  told that the server's prompt template opens the tag (`opened`): then all is withheld until the
  closer or the end decides.
- A piece that may be the start of a tag is held back, at most a tag long; at the end it is text.
"""

from __future__ import annotations

import re
from typing import Any

from harness.transports._chain import Chain, joined

TEXT = "text"
REASONING = "reasoning"
NAMES = ("think", "thinking", "reasoning", "thought", "reasoning_scratchpad")

Said = tuple[str, str]  # (TEXT or REASONING, words)

_TAG = re.compile(rf"<(/?)({'|'.join(NAMES)})>", re.IGNORECASE | re.ASCII)
_PREFIXES = frozenset(
    tag[:length]
    for name in NAMES
    for tag in (f"<{name}>", f"</{name}>")
    for length in range(1, len(tag))
)
_LONGEST = max(map(len, _PREFIXES))
_REMEMBERED = 8  # openers kept as prose whose closers are awaited


class ThinkSplitter:
    """Text in, (channel, words) out. `fork` is one shallow copy."""

    __slots__ = (
        "_fresh",
        "_gap",
        "_gap_shut",
        "_inside",
        "_lead",
        "_partial",
        "_prose",
        "_said_text",
        "_skip",
        "_tail",
        "_thought",
        "_unsure",
        "_unsure_says",
        "last",
        "plain",
        "tagged",
    )

    def __init__(self, *, opened: bool = False) -> None:
        self.tagged = False  # whether any tag was taken out
        self.plain = False  # outside, mid-line, nothing held: words without a tag just pass
        self._unsure: Chain = (None, "") if opened else None
        self._unsure_says = False  # whether anything visible is among that
        self._inside = ""  # the name of the open tag
        self._partial = ""  # the start of what may be a tag
        self._fresh = True  # no visible text since the start or the last closer
        self._skip = False  # drop white space: right after a closer
        self._gap: Chain = None  # white space from a line end on, before what is not known yet
        self._gap_shut = False  # a block or closer followed that white space
        self._said_text = False
        self._lead = True  # drop white space: at the start of a block
        self._tail: Chain = None  # white space inside a block, before what is not known yet
        self._thought = False  # an earlier block said something
        self._prose: tuple[str, ...] = ()
        self.last = ""

    def fork(self) -> ThinkSplitter:
        twin = object.__new__(ThinkSplitter)
        for name in ThinkSplitter.__slots__:
            setattr(twin, name, getattr(self, name))
        return twin

    def passes(self, text: str) -> bool:
        """Whether `text` goes through as it is: the way of almost every delta. True means that it
        has been taken in; otherwise it must still be fed."""
        if not self.plain or "<" in text:
            return False
        if text[-1:].isspace() and "\n" in text[len(text.rstrip()) :]:
            return False
        self.last = text[-1:] or self.last
        return True

    def run(self, words: list[str], text: str) -> list[str] | None:
        """What each of these pieces of `text` delivers, where no tag is near: the same as `feed`,
        piece by piece. None means that nothing has been taken in."""
        if "<" in text:
            return None
        if self.plain and "\n" not in text:
            self.last = text[-1:] or self.last
            return words
        if self._fresh or self._inside or self._partial or self._unsure:
            return None
        said: list[str] = []
        gap = self._gap
        for piece in words:
            visible = piece.rstrip()
            if gap and not visible:
                gap = (gap, piece)
                said.append("")
                continue
            held = piece.find("\n", len(visible))
            told = piece if held < 0 else piece[:held]
            if told:
                self.last = told[-1]
            if gap:
                told = (joined(gap) if gap[0] else gap[1]) + told
            said.append(told)
            gap = None if held < 0 else (None, piece[held:])
        self._gap, self.plain = gap, gap is None
        return said

    def feed(self, text: str) -> list[Said]:
        said: list[Said] = []
        text, self._partial = self._partial + text, ""
        position = 0
        while position < len(text):
            start = text.find("<", position)
            if start < 0:
                self._say(text[position:], said)
                break
            self._say(text[position:start], said)
            if tag := _TAG.match(text, start):
                self._tag(tag[0], tag[2].lower(), said, closes=bool(tag[1]))
                position = tag.end()
            elif len(text) - start <= _LONGEST and text[start:].lower() in _PREFIXES:
                self._partial = text[start:]
                break
            else:
                self._say("<", said)
                position = start + 1
        self.plain = not (self._inside or self._partial or self._gap or self._fresh or self._unsure)
        return _merged(said)

    def end(self) -> list[Said]:
        """What was held back, now that nothing follows."""
        said: list[Said] = []
        partial, self._partial = self._partial, ""
        if self._unsure is not None:
            text, self._unsure = joined(self._unsure) + partial, None
            return _merged([*self.feed(text), *self.end()])
        if partial:
            self._say(partial, said)
        if self._gap and not self._gap_shut and not self._inside:
            said.append((TEXT, joined(self._gap)))
        self._gap = self._tail = None
        return _merged(said)

    def _tag(self, tag: str, name: str, said: list[Said], *, closes: bool) -> None:
        if self._unsure is not None:
            self._decide(tag, name, said, closes=closes)
        elif self._inside:
            if closes and name == self._inside:
                self._shut()
            else:
                self._say(tag, said)
        elif closes and name not in self._prose and self.last != "`":
            self._shut()
        elif not closes and (self._fresh or self._gap):
            self._open(name)
        else:
            kept = list(self._prose)
            if not closes:
                kept.append(name)
            elif name in kept:
                kept.remove(name)
            self._prose = tuple(kept[-_REMEMBERED:])
            self._say(tag, said)

    def _decide(self, tag: str, name: str, said: list[Said], *, closes: bool) -> None:
        """The first tag of a reply whose opening tag may stand in the prompt."""
        if not closes and self._unsure_says:
            self._unsure = (self._unsure, tag)
            return
        before, self._unsure = joined(self._unsure).strip(), None
        if before:
            self._thought = True
            said.append((REASONING, before))
        if closes:
            self._shut()
        else:
            self._open(name)

    def _open(self, name: str) -> None:
        self.tagged, self._inside, self._lead = True, name, True
        self._gap_shut = True
        if not self._said_text:
            self._gap = None

    def _shut(self) -> None:
        self.tagged, self._inside, self._tail = True, "", None
        self._fresh = self._skip = self._gap_shut = True

    def _say(self, text: str, said: list[Said]) -> None:
        if self._unsure is not None:
            self._unsure = (self._unsure, text)
            self._unsure_says = self._unsure_says or not (text.isspace() or text == "")
        elif self._inside:
            self._think(text, said)
        elif text:
            self._speak(text.lstrip() if self._skip else text, said)

    def _speak(self, text: str, said: list[Said]) -> None:
        visible = text.rstrip()
        if visible:
            self._fresh = self._skip = self._gap_shut = False
            self._said_text = True
            said.append((TEXT, joined(self._gap) + visible))
            self._gap, self.last = None, visible[-1]
        space = text[len(visible) :]
        # From a line end on, white space may stand before a block: it is held.
        held = 0 if self._gap or self._fresh else space.find("\n")
        if held < 0:
            held = len(space)
        if held:
            said.append((TEXT, space[:held]))
            self.last = space[held - 1]
        if space[held:]:
            self._gap = (self._gap, space[held:])

    def _think(self, text: str, said: list[Said]) -> None:
        if self._lead:
            text = text.lstrip()
            if not text:
                return
            self._lead = False
            if self._thought:
                said.append((REASONING, "\n\n"))
            self._thought = True
        visible = text.rstrip()
        if visible:
            said.append((REASONING, joined(self._tail) + visible))
            self._tail = None
        if space := text[len(visible) :]:
            self._tail = (self._tail, space)


def _merged(said: list[Said]) -> list[Said]:
    """Neighbours on one channel as one, so that hostile text makes few events."""
    if len(said) < 2:
        return said if said and said[0][1] else []
    runs: list[tuple[str, list[str]]] = []
    for channel, words in said:
        if not words:
            continue
        if runs and runs[-1][0] == channel:
            runs[-1][1].append(words)
        else:
            runs.append((channel, [words]))
    return [(channel, "".join(words)) for channel, words in runs]


def split_whole(text: str, *, opened: bool = False) -> tuple[str, str]:
    """(content, reasoning) of a text that is whole."""
    splitter = ThinkSplitter(opened=opened)
    said: list[Any] = [*splitter.feed(text), *splitter.end()]
    content = "".join(words for channel, words in said if channel == TEXT)
    return content, "".join(words for channel, words in said if channel == REASONING)
