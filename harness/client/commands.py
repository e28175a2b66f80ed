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
class Rest:
    """What is left of an error's body, at most `limit` bytes -> bytes."""

    limit: int


@dataclass(frozen=True, slots=True)
class Shut:
    """Close the open exchange, if any -> None."""


@dataclass(frozen=True, slots=True)
class Fetch:
    """A request of the credential's own, whole -> Answer or Died. Once sent it is never abandoned:
    what it answers may exist nowhere else."""

    request: Request
    limit: int


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


Command = Send | Next | Rest | Shut | Fetch | Wait | Hold | Settle


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
