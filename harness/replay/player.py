"""One player: requests in, the tape's exchanges out, everything written down.

The rule of this file: it decides which exchange answers, and knows no socket and no bytes of HTTP.
Both doors ask it, from any thread. Finding an answer costs the same however long the tape is.
"""

from __future__ import annotations

import threading
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence

from harness.contracts import Clock
from harness.errors import UnexpectedRequest
from harness.model import Exchange, Request, Sent
from harness.replay.matching import STRICT, check_parts, closeness, differences, key_of, split_url

_HTTPS = 443
_COMPARED = 32  # exchanges that are compared field by field to find the nearest


class Player:
    """Plays a tape once, strictly. `turn` is set by whoever runs the turns.

    With `repeat`, the last of identical requests is answered again and again, and what was sent is
    told to `on_sent` and not kept (for a served cassette; a case never does that)."""

    def __init__(
        self,
        tape: Sequence[Exchange],
        *,
        match_on: Iterable[str] = STRICT,
        clock: Clock | None = None,
        repeat: bool = False,
        on_sent: Callable[[Sent], None] | None = None,
    ) -> None:
        self.tape = tuple(tape)
        self.match_on = check_parts(match_on)
        self.clock = clock  # None: the door brings its own, virtual or real
        self.repeat = repeat
        self.turn = 0
        self.sent: list[Sent] = []
        self._on_sent = on_sent
        self._lock = threading.Lock()
        self._played: set[int] = set()
        self._first = 0  # no exchange before it is unplayed
        self._refusals = frozenset(i for i, e in enumerate(self.tape) if not e.connected)
        self._due: defaultdict[tuple[Hashable, ...], deque[int]] = defaultdict(deque)
        for index, exchange in enumerate(self.tape):
            if exchange.connected:
                self._due[key_of(exchange.request, self.match_on)].append(index)

    def answer(self, request: Request) -> Exchange:
        """The exchange that expects this request; UnexpectedRequest says how it differs."""
        return self.tape[self._take(request)]

    def _take(self, request: Request) -> int:
        key = key_of(request, self.match_on)
        with self._lock:
            due = self._due.get(key)
            index = self._pick(request, due) if due else None
            if index is not None:
                self._write_down(request, index)
                return index
            text = self._difference(request)
            self._write_down(request, None, text)
        raise UnexpectedRequest(text)

    def _pick(self, request: Request, due: deque[int]) -> int | None:
        """Which of the exchanges that expect it answers a request: the first."""
        return due[0] if self.repeat and len(due) == 1 else due.popleft()

    def refusal_is_due(self) -> bool:
        """Whether the first unplayed exchange of the tape is one that never connected."""
        return bool(self._refusals) and self._first_unplayed() in self._refusals

    def refuse(self, host: str, port: int) -> Exchange | None:
        """For a door, before it connects: the due exchange that never connected, now played.

        What is written down has the tape's method and path, but no headers and no body: nothing
        was sent, so nothing more is known than where the client wanted to go."""
        with self._lock:
            if not self.refusal_is_due():
                return None
            index = self._first_unplayed()
            exchange = self.tape[index]
            scheme = "https" if port == _HTTPS else "http"
            url = split_url(exchange.request.url)._replace(scheme=scheme, netloc=f"{host}:{port}")
            self._write_down(Request(exchange.request.method, url.geturl()), index)
            return exchange

    @property
    def unplayed(self) -> tuple[int, ...]:
        """Indexes of the exchanges that no request has asked for."""
        return tuple(index for index in range(len(self.tape)) if index not in self._played)

    def expected(self) -> Iterator[tuple[tuple[Hashable, ...], Exchange]]:
        """What the tape still expects, once per request: its match key and the next answer.

        Two tapes with a common key are ambiguous."""
        for key, due in self._due.items():
            if due:
                yield key, self.tape[due[0]]

    def _first_unplayed(self) -> int:
        while self._first in self._played:
            self._first += 1
        return self._first

    def _write_down(self, request: Request, index: int | None, difference: str = "") -> None:
        if index is not None:
            self._played.add(index)
        now = self.clock.now() if self.clock is not None else 0.0
        entry = Sent(request, now, index, self.turn, difference)
        if not self.repeat:
            self.sent.append(entry)
        if self._on_sent is not None:
            self._on_sent(entry)

    def _difference(self, request: Request) -> str:
        head = f"no exchange expects {request.method} {request.url.partition('?')[0]}"
        nearest = self._nearest(request)
        if nearest is None:
            return f"{head}: the tape is empty"
        lines = differences(request, self.tape[nearest], self.match_on)
        state = " (already played)" if nearest in self._played else ""
        if not lines:
            return f"{head} once more: exchange {nearest}, the last that did, was already played"
        return "\n  ".join([f"{head}; the nearest is exchange {nearest}{state}:", *lines])

    def _nearest(self, request: Request) -> int | None:
        """Only a failing run pays for this, and a bounded price: unplayed exchanges come first."""
        waiting = [i for i in range(len(self.tape)) if i not in self._played]
        played = sorted(self._played, reverse=True)
        candidates = (waiting + played)[:_COMPARED] + played[:1]
        return max(
            candidates,
            key=lambda i: closeness(request, self.tape[i], self.match_on),
            default=None,
        )
