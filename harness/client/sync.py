"""The blocking client: performs a plan's commands on an httpx or httpx2 client."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Iterator
from typing import Any, Self, Unpack

from harness.client.clock import RealClock, Stop
from harness.client.commands import (
    Command,
    Died,
    Errand,
    Head,
    Hold,
    Next,
    Send,
    Settle,
    Settled,
    Shut,
    Wait,
)
from harness.client.door import Door, died, head_of, module_of, own_client
from harness.client.plan import Plan
from harness.client.reply import Reply
from harness.client.setup import Settings, Setup
from harness.contracts import Clock, Credential, ProviderTransport
from harness.model import Ask, Ending, Provider, Request


class Client:
    """Asks one provider. Safe to share between threads; `http` stays the caller's to close."""

    def __init__(
        self,
        provider: Provider,
        transport: ProviderTransport,
        credential: Credential | None = None,
        *,
        http: Any = None,
        **settings: Unpack[Settings],
    ) -> None:
        self.setup = Setup(provider, transport, credential, **settings)
        self._owned = http is None
        self._http = own_client() if http is None else http
        self._door = Door(module_of(self._http), self.setup.policy.timeouts)
        self._running: dict[Stop, _Hands] = {}
        self._lock = threading.Lock()

    def ask(self, ask: Ask) -> Reply:
        stop = Stop()
        hands = _Hands(self._http, self._door, self.setup.clock, stop, fresh=self._owned)
        with self._lock:
            self._running[stop] = hands
        plan = Plan(self.setup, ask, stop).run()
        try:
            command = next(plan)
            while True:
                command = plan.send(hands.perform(command))
        except StopIteration as done:
            reply: Reply = done.value
            return reply
        finally:
            plan.close()
            hands.close()
            with self._lock:
                del self._running[stop]

    def cancel(self) -> None:
        """Ends every ask that runs now, from any thread; later ones are not concerned."""
        with self._lock:
            running = list(self._running.items())
        for stop, hands in running:
            stop.set()
            hands.interrupt()

    def close(self) -> None:
        if self._owned:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()


class _Hands:
    """The I/O of one ask: at most one exchange is open at a time."""

    def __init__(self, http: Any, door: Door, clock: Clock, stop: Stop, *, fresh: bool) -> None:
        self._http, self._door, self._clock, self._stop = http, door, clock, stop
        self._may_renew = fresh
        self._own: Any = None
        self._response: Any = None
        self._pieces: Iterator[bytes] = iter(())

    def perform(self, command: Command) -> Any:  # noqa: PLR0911 - one for each command
        match command:
            case Next():
                return self._next()
            case Send(request):
                return self._send(request)
            case Shut():
                return self._shut()
            case Errand(step):
                return self.perform(step)
            case Wait(seconds):
                real = isinstance(self._clock, RealClock)
                return self._stop.wait(seconds) if real else self._clock.sleep(seconds)
            case Hold(seconds):
                return self._stop.wait(seconds)
            case Settle(thing):
                return asyncio.run(settled(thing))

    def _open(self, request: Request) -> Any:
        http = self._own or self._http
        return http.send(
            self._door.request(http, request), stream=True, auth=None, follow_redirects=False
        )

    def _send(self, request: Request) -> Head | Died:
        try:
            self._response = self._open(request)
        except self._door.errors as error:
            self._renew()
            return died(error, reading=False)
        self._pieces = self._response.iter_bytes()
        return head_of(self._response)

    def _next(self) -> bytes | Ending | Died:
        try:
            return next(self._pieces, Ending.COMPLETE)
        except self._door.errors as error:
            self._renew()
            return died(error, reading=True)

    def _shut(self) -> None:
        response, self._response, self._pieces = self._response, None, iter(())
        if response is not None:
            response.close()

    def _renew(self) -> None:
        """A connection died, and its neighbours in the pool may be dead too: the next attempt of
        this ask gets a pool of its own, and the shared one is left to the other asks."""
        if self._may_renew:
            if self._own is not None:
                self._own.close()
            self._own = own_client()

    def interrupt(self) -> None:
        """Wakes a read that blocks in another thread, where there is a real socket."""
        response = self._response
        stream = response.extensions.get("network_stream") if response is not None else None
        sock = stream.get_extra_info("socket") if stream is not None else None
        if sock is not None:
            try:
                sock.shutdown(2)
            except OSError:
                return  # it is closed already

    def close(self) -> None:
        self._shut()
        if self._own is not None:
            self._own.close()


async def settled(thing: Awaitable[Any]) -> Settled:
    """What an awaitable came to, its exception as a value. Cancelled, it leaves the thing to run
    on: a refresh that is killed half-way may lose the only good token."""
    task = asyncio.ensure_future(thing)
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        raise
    error = task.exception() if not task.cancelled() else asyncio.CancelledError()
    return Settled(None, error) if error is not None else Settled(task.result())
