"""The verbs of the house: what a reader, transport, credential, fault, invariant and target offer.

Only protocols stand here. A room implements one of them; the floors above speak to nothing else.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from harness.model import (
    Answer,
    Ask,
    CacheStats,
    Ending,
    Event,
    Exchange,
    Failure,
    FinishReason,
    Headers,
    JsonObject,
    NormalizedResponse,
    Outcome,
    Provider,
    Regions,
    Report,
    Request,
    Script,
)


class Reader(Protocol):
    """Bytes of one response body in, normalized events out. No socket, clock or thread.

    `feed` takes the body with its content coding removed, in pieces of any size, also empty.
    After the protocol's own terminator `finished` is true and further bytes are ignored. `end` says
    how the peer left and may be called once. `fork` copies the state cheaply, so that every prefix
    of a stream can be ended and judged in linear time. Nothing is raised, whatever the bytes:
    hostile ones end in a failed outcome.
    """

    @property
    def finished(self) -> bool: ...
    def feed(self, data: bytes) -> list[Event]: ...
    def end(self, how: Ending = Ending.COMPLETE) -> list[Event]: ...
    def fork(self) -> Reader: ...
    @property
    def outcome(self) -> Outcome: ...


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a request is built for: the base URL in use, and the region ... of the wire."""

    base_url: str
    options: Mapping[str, Any] = field(default_factory=dict)


class ProviderTransport(Protocol):
    """One protocol, whole. It converts, builds, reads and writes; it owns no client lifecycle, no
    credential and no retry policy. The provider is always passed in, as a value."""

    name: str  # the api mode: chat_completions, anthropic_messages ...
    wire: str  # its short name in ids: chat, messages, responses, converse, jwt
    uncounted: tuple[str, ...]  # the token counts that it has no field for
    untold: tuple[str, ...]  # more of them, which its clients need not report

    def convert_messages(
        self, messages: Sequence[JsonObject], provider: Provider, ask: Ask
    ) -> Any: ...
    def convert_tools(self, tools: Sequence[JsonObject], provider: Provider, ask: Ask) -> Any: ...
    def build_kwargs(self, ask: Ask, provider: Provider, converted: Any = None) -> JsonObject:
        """What the official SDK's create call would be given. `converted` is what convert_messages
        made, when the client has put cache markers into it."""
        ...

    def build_request(self, kwargs: JsonObject, provider: Provider, endpoint: Endpoint) -> Request:
        """The same as one HTTP request, without a credential."""
        ...

    def normalize_response(self, raw: JsonObject, provider: Provider) -> NormalizedResponse: ...
    def validate_response(self, raw: Any) -> bool: ...
    def extract_cache_stats(self, raw: JsonObject) -> CacheStats | None: ...
    def map_finish_reason(self, raw: Any) -> FinishReason: ...
    def read_failure(self, answer: Answer, provider: Provider) -> Failure:
        """What an error response says: never raises, whatever the body is."""
        ...

    def reader(self, provider: Provider, status: int = 200, headers: Headers = ()) -> Reader:
        """For a body of any shape this wire may answer with: streamed, whole, or an error."""
        ...

    def recognizes(self, exchange: Exchange) -> bool:
        """Whether this exchange speaks this protocol, by path and body: for `--transport auto`."""
        ...

    def regions(self, exchange: Exchange) -> Regions: ...
    def write(self, script: Script, request: Request, *, stream: bool, model: str) -> Exchange:
        """This wire's answer that means the script."""
        ...

    def write_failure(self, failure: Failure, request: Request, provider: Provider) -> Exchange:
        """This wire's (and this provider's) HTTP error that means the failure."""
        ...


class Clock(Protocol):
    """The only source of time and of waiting in client, replay and engine."""

    def now(self) -> float: ...
    def sleep(self, seconds: float) -> None: ...
    async def sleep_async(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class Pause:
    """Nothing to send: another thread, task or process is refreshing. Resumed with None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Await:
    """Something of the user's that must be awaited. Resumed with its result."""

    thing: Awaitable[Any]


# Requests are resumed with their Answer. A generator may not block: one loop drives many of them.
AuthFlow = Generator[Request | Pause | Await, Any, None]


class Credential(Protocol):
    """How a request is signed, as a generator that yields requests and receives answers; the client
    drives it, sync or async. It may yield token requests between the attempts of the real one: a
    request with another body than the one that it was given. The answer to a signed request has its
    body only when its status is an error, for a good one is read as a stream."""

    kind: str

    def flow(self, request: Request) -> AuthFlow: ...
    def secrets(self) -> Iterable[str]:
        """Every value that must never be seen in an output, old ones included."""
        ...


# A fault module: docstring (its text), `apply` as below, `WIRES` (a frozenset, or None for all) and
# optionally `slug(**arguments) -> str`. It raises NotApplicable where the wire has no such thing.
FaultFunction = Callable[..., Exchange]  # apply(exchange, regions, *, seed=0, **arguments)

# An invariant module: docstring (its text in every report), LEVEL, WHY (what says so: a link or
# section), and `check` as below. It sees the trace only.
InvariantFunction = Callable[..., Iterable[str]]  # check(trace, turn, **arguments) -> sentences


@dataclass(frozen=True, slots=True)
class TurnSpec:
    """Target protocol v1's `run`, as a value. An adapter never sees the expectation."""

    id: str
    session: str
    turn: int
    base_url: str
    transport: str
    provider: str
    model: str
    ask: Ask
    credential: Mapping[str, Any] = field(default_factory=dict)
    timeout_s: float = 60.0
    max_retries: int = 0
    continuations: int = 0  # how often it may go on by itself after a truncated reply
    profiles: tuple[str, ...] = ()  # dialects that its server speaks, for one that can be told so


@dataclass(frozen=True, slots=True)
class Started:
    """Target protocol v1's `started`: who the target is and what it can do."""

    name: str
    version: str
    language: str = "python"
    transports: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    bugs_url: str = ""


class Wire(Protocol):
    """What a target is given to reach the player by: a base URL on either door; in-process also
    transports for httpx and httpx2 and the virtual clock."""

    @property
    def base_url(self) -> str: ...
    @property
    def clock(self) -> Clock: ...
    def transport(self, module: str = "httpx") -> Any: ...
    def async_transport(self, module: str = "httpx") -> Any: ...


class Session(Protocol):
    """One client object, kept through the turns of one case, so that state round-trips."""

    def run(self, turn: TurnSpec) -> Report: ...
    def close(self) -> None: ...


@runtime_checkable
class Target(Protocol):
    """A system under test."""

    doors: frozenset[str]  # which of "inprocess", "loopback" it can be reached by

    def start(self) -> Started: ...
    def open(self, wire: Wire) -> Session: ...
    def stop(self) -> None: ...
