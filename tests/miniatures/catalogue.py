"""The list of miniatures: each spoils a good trace in one known way, which must be seen."""

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.model import Trace


@dataclass(frozen=True)
class Miniature:
    name: str
    invariant: str
    good: Callable[[], Trace]
    spoil: Callable[[Trace], Trace]
    args: dict = field(default_factory=dict)


MINIATURES: list[Miniature] = []


def miniature(invariant, good, **args):
    """Puts a function (good trace) -> bad trace on the list."""

    def add(spoil):
        MINIATURES.append(Miniature(spoil.__name__, invariant, good, spoil, args))
        return spoil

    return add
