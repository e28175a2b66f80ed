"""A tape to put into an httpx or httpx2 client: it plays what it has and records what it has not.

What is recorded stays in memory, as it came, until the tape is closed; then it is scrubbed as one,
shown to the gate, and saved. The modes are vcrpy's:

    none          plays only; a request that the file does not expect is UnexpectedRequest
    once          plays if there is a file, else records
    new_episodes  plays what the file expects, records everything else, and adds it
    all           records everything anew
"""

from __future__ import annotations

import importlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from harness.cassette import Cassette, Note, load
from harness.contracts import Clock
from harness.errors import UsageError
from harness.model import Exchange, Request
from harness.record import changes, storage
from harness.record.placeholders import without_number
from harness.record.scrub import Scrubber, scrub
from harness.replay import inprocess
from harness.replay.capture import async_tee, tee
from harness.replay.clock import VirtualClock
from harness.replay.matching import STRICT, key_of
from harness.replay.player import Player
from harness.secrets.known import Known


class Mode(StrEnum):
    NONE = "none"
    ONCE = "once"
    NEW_EPISODES = "new_episodes"
    ALL = "all"


class Tape:
    """`known` are the secrets that are looked for besides those of the environment; `origin` says
    from whom this is recorded; `changed` is, after closing, what a new recording has that the old
    one had not."""

    def __init__(  # noqa: PLR0913 - options, by name
        self,
        path: str | Path,
        mode: Mode | str = Mode.ONCE,
        *,
        known: Known | None = None,
        origin: str = "",
        match_on: Sequence[str] = STRICT,
        allow: tuple[str, ...] = (),
        clock: Clock | None = None,
        **facts: str,
    ) -> None:
        self.path, self.mode = Path(path), _mode(mode)
        self.known = Known.of_environment() if known is None else known
        self.changed: list[str] = []
        self._origin, self._allow, self._facts = origin, allow, facts
        self._lock, self._clock = threading.Lock(), clock
        self._fresh: list[Exchange] = []
        self.old = load(self.path) if self.path.exists() else None
        if self.old is None and self.mode is Mode.NONE:
            raise UsageError(
                f"there is no cassette {self.path}",
                hint="Record it: mode once, new_episodes or all (pytest: --harness-record=once)",
            )
        playing = self.mode is not Mode.ALL and self.old is not None
        self.player = _Player(self.old, match_on) if self.old is not None and playing else None
        self.records = self.player is None or self.mode is Mode.NEW_EPISODES

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """What was recorded so far, with everything that must not be seen in it."""
        return tuple(self._fresh)

    def transport(self, module: str = "httpx", inner: Any = None) -> Any:
        """For `Client(transport=...)`; `inner` is where requests really go."""
        if self.player is None:
            return tee(self._take, inner, module=module, clock=self._clock)
        played = inprocess.transport(self.player, module, VirtualClock())
        if not self.records:
            return played
        taken = tee(self._take, inner, module=module, clock=self._clock)
        return _either(_Either, module, self.player, played, taken)

    def async_transport(self, module: str = "httpx", inner: Any = None) -> Any:
        """For `AsyncClient(transport=...)`."""
        if self.player is None:
            return async_tee(self._take, inner, module=module, clock=self._clock)
        played = inprocess.async_transport(self.player, module, VirtualClock())
        if not self.records:
            return played
        taken = async_tee(self._take, inner, module=module, clock=self._clock)
        return _either(_AsyncEither, module, self.player, played, taken)

    def close(self) -> None:
        """Writes what is new. SecretFound if the gate does not let it pass: nothing is written."""
        with self._lock:
            fresh, self._fresh = self._fresh, []
        if not fresh:
            return
        exchanges, notes = scrub([(storage.tidy(one), Note()) for one in fresh], self.known)
        origin = storage.provenance(self._origin or _hosts(exchanges), **self._facts)
        made = Cassette(exchanges, origin, notes)
        if self.mode is Mode.NEW_EPISODES:
            made = storage.joined(self.old, [made])
        elif self.old is not None:
            self.changed = changes.changes(self.old, made)
        storage.write(made, self.path, self.known, self._allow)

    def _take(self, exchange: Exchange) -> None:
        with self._lock:
            self._fresh.append(exchange)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


@contextmanager
def recording(path: str | Path, mode: Mode | str = Mode.ONCE, **options: Any) -> Iterator[Tape]:
    """`with recording(path) as tape: httpx.Client(transport=tape.transport())`. What was recorded
    is kept even if the block raises: an interrupted stream is what one wants to have."""
    with Tape(path, mode, **options) as tape:
        yield tape


def _mode(mode: Mode | str) -> Mode:
    if mode not in {one.value for one in Mode}:
        known = ", ".join(Mode)
        raise UsageError(f"no record mode {str(mode)!r}", hint=f"Known are {known}")
    return Mode(mode)


def _hosts(exchanges: Sequence[Exchange]) -> str:
    hosts = {exchange.request.url.partition("://")[2].partition("/")[0] for exchange in exchanges}
    return ", ".join(sorted(hosts))


class _Player(Player):
    """A tape has placeholders where a request has secrets: both are compared without either."""

    def __init__(self, cassette: Cassette, match_on: Sequence[str]) -> None:
        tape = [replace(one, request=_unnumbered(one.request)) for one in cassette.exchanges]
        super().__init__(tape, match_on=match_on, clock=VirtualClock())

    def answer(self, request: Request) -> Exchange:
        return super().answer(_compared(request))

    def holds(self, request: Request) -> bool:
        wanted = key_of(_compared(request), self.match_on)
        return any(key == wanted for key, _ in self.expected())


def _compared(request: Request) -> Request:
    return _unnumbered(Scrubber(Known.of_environment(), fixed=True).request(request))


def _unnumbered(request: Request) -> Request:
    url = without_number(request.url.encode()).decode()
    return replace(request, url=url, body=without_number(request.body))


class _Either:
    """Plays what the tape expects; everything else goes out, and is recorded."""

    def __init__(self, player: _Player, played: Any, taken: Any) -> None:
        self._player, self._played, self._taken = player, played, taken

    def handle_request(self, request: Any) -> Any:
        request.read()
        chosen = self._played if self._player.holds(_request(request)) else self._taken
        return chosen.handle_request(request)

    def close(self) -> None:
        self._played.close()
        self._taken.close()


class _AsyncEither:
    def __init__(self, player: _Player, played: Any, taken: Any) -> None:
        self._player, self._played, self._taken = player, played, taken

    async def handle_async_request(self, request: Any) -> Any:
        await request.aread()
        chosen = self._played if self._player.holds(_request(request)) else self._taken
        return await chosen.handle_async_request(request)

    async def aclose(self) -> None:
        await self._played.aclose()
        await self._taken.aclose()


def _request(request: Any) -> Request:
    headers = tuple((k.decode("latin-1"), v.decode("latin-1")) for k, v in request.headers.raw)
    return Request(request.method, str(request.url), headers, request.content)


def _either(ours: type[Any], module: str, *parts: Any) -> Any:
    """Our class as one of the library's own, which checks for its own."""
    library = importlib.import_module(module)
    theirs = library.BaseTransport if ours is _Either else library.AsyncBaseTransport
    return type(ours.__name__.strip("_"), (ours, theirs), {})(*parts)
