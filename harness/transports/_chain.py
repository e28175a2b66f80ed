"""Pieces of text that arrive one by one and are read once: a stack, shared by all its forks.

Adding and forking cost one tuple, whatever came before; a plain string or a copied list would make
judging every prefix of a stream quadratic.
"""

from __future__ import annotations

from typing import Any

from harness.wire.jsontext import heal

Chain = tuple[Any, str] | None  # (what came before, this piece)


def joined(chain: Chain, memo: list[Any] | None = None) -> str:
    """The pieces, in the order in which they were added. A `memo` (an empty list, which a reader
    shares with its forks) remembers the last answer, so that the next needs only what is new."""
    known, said = memo or (None, "")
    pieces: list[str] = []
    node = chain
    while node is not None and node is not known:
        node, piece = node
        pieces.append(piece)
    pieces.append(said if node is not None else "")
    pieces.reverse()
    text = "".join(pieces)
    if memo is not None:
        memo[:] = (chain, text)
    return text


def paired(half: str, text: str) -> tuple[str, str]:
    """(text that can be encoded, the half of a surrogate pair that awaits its other half)."""
    text = half + text
    if text.isascii():
        return text, ""
    half = text[-1] if "\ud800" <= text[-1] <= "\udbff" else ""
    return heal(text[:-1] if half else text), half


def listed(chain: Any, memo: list[Any] | None = None) -> list[Any]:
    """The elements of a chain of lists, in their order; with a memo as above."""
    known, said = memo or (None, [])
    lists = []
    node = chain
    while node is not None and node is not known:
        node, piece = node
        lists.append(piece)
    elements = list(said) if node is not None else []
    for piece in reversed(lists):
        elements.extend(piece)
    if memo is not None:
        memo[:] = (chain, elements)
    return list(elements)
