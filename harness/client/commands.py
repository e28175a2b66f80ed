"""What the plan of an ask wants done, and what a driver answers: the seam between logic and I/O.

A plan is a generator of commands; a driver performs each, blocking or awaiting, and sends the
result back. No driver decides anything, and no plan touches a socket or a clock's waiting.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

from harness.model import Ending, Failure, Headers, Request


@dataclass(frozen=True, slots=True)
class Send:
    """Open the exchange -> Head or Died."""

    request: Request


@dataclass(frozen=True, slots=True)
class Next:
    """The next piece of the open body, content coding removed -> bytes, Ending or Died."""


@dataclass(frozen=True, slots=True)
class Shut:
    """Close the open exchange, if any -> None."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Sleep on the injected clock -> None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Sleep in real time, because what is waited for is another real process -> None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Settle:
    """Await something of the user's -> Settled."""

    thing: Awaitable[Any]


@dataclass(frozen=True, slots=True)
class Errand:
    """A step of the credential's own request -> the step's result. It is never abandoned, even when
    the ask is cancelled: what the server answers may exist nowhere else."""

    step: Send | Next | Shut


Command = Send | Next | Shut | Wait | Hold | Settle | Errand


@dataclass(frozen=True, slots=True)
class Head:
    status: int
    headers: Headers


@dataclass(frozen=True, slots=True)
class Died:
    """The exchange failed in the client's own hands; `ending` is set when a body was open."""

    failure: Failure
    cause: BaseException
    ending: Ending | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    value: Any = None
    error: BaseException | None = None
