"""Pieces of text that arrive one by one and are read once: a stack, shared by all its forks.

Adding and forking cost one tuple, whatever came before; a plain string or a copied list would make
judging every prefix of a stream quadratic.
"""

from __future__ import annotations

from typing import Any

Chain = tuple[Any, str] | None  # (what came before, this piece)


def joined(chain: Chain) -> str:
    """The pieces, in the order in which they were added."""
    pieces: list[str] = []
    while chain is not None:
        chain, piece = chain
        pieces.append(piece)
    pieces.reverse()
    return "".join(pieces)
