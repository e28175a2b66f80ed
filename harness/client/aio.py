"""The async client: the same plan, awaited."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from typing import Any, Self, Unpack

from harness.client.clock import Stop
from harness.client.commands import (
    Command,
    Died,
    Errand,
    Head,
    Hold,
    Next,
    Send,
    Settle,
    Shut,
    Wait,
)
from harness.client.door import Door, died, head_of, module_of, own_async_client
from harness.client.plan import Plan
from harness.client.reply import Reply
from harness.client.setup import Settings, Setup
from harness.client.sync import settled
from harness.contracts import Clock, Credential, ProviderTransport
from harness.model import Ask, Ending, Provider, Request


class AsyncClient:
    """Asks one provider; many asks may run at once. `http` stays the caller's to close."""

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
        self._http = own_async_client() if http is None else http
        self._door = Door(module_of(self._http), self.setup.policy.timeouts)
        self._running: dict[Stop, tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = {}

    async def ask(self, ask: Ask) -> Reply:
        stop, task = Stop(), asyncio.current_task()
        assert task is not None
        hands = _Hands(self._http, self._door, self.setup.clock, stop, fresh=self._owned)
        self._running[stop] = (asyncio.get_running_loop(), task)
        plan = Plan(self.setup, ask, stop).run()
        try:
            command = next(plan)
            while True:
                result = await hands.perform(command, task)
                command = plan.send(result)
                if not isinstance(command, Errand):
                    hands.check()
        except StopIteration as done:
            reply: Reply = done.value
            return reply
        finally:
            del self._running[stop]
            plan.close()
            await hands.close()

    def cancel(self) -> None:
        """Ends every ask that runs now, from any thread; later ones are not concerned."""
        for stop, (loop, _) in list(self._running.items()):
            if stop.wanted:
                continue  # a second cancellation would count as one from outside
            stop.set()
            loop.call_soon_threadsafe(self._wake, stop)

    def _wake(self, stop: Stop) -> None:
        """Only while the ask runs: its task is the caller's, and may be at other work by now."""
        if stop in self._running:
            self._running[stop][1].cancel()

    async def aclose(self) -> None:
        if self._owned:
            await self._http.aclose()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.aclose()


class _Hands:
    """The I/O of one ask: at most one exchange is open at a time."""

    def __init__(self, http: Any, door: Door, clock: Clock, stop: Stop, *, fresh: bool) -> None:
        self._http, self._door, self._clock, self._stop = http, door, clock, stop
        self._may_renew = fresh
        self._own: Any = None
        self._response: Any = None
        self._pieces: AsyncIterator[bytes] | None = None
        self._late = False

    async def perform(self, command: Command, task: asyncio.Task[Any]) -> Any:
        """The command's result. Cancelled by our own `cancel()`, it has none, and the plan sees the
        stop flag; cancelled from outside, the cancellation goes on."""
        if isinstance(command, Errand):
            return await self._finished(self._do(command.step), task)
        try:
            return await self._do(command)
        except asyncio.CancelledError:
            if not self._stop.wanted or task.uncancel() > 0:
                raise
            return Ending.CLIENT_CLOSED

    async def _do(self, command: Command) -> Any:
        match command:
            case Next():
                return await self._next()
            case Send(request):
                return await self._send(request)
            case Shut():
                return await self._shut()
            case Wait(seconds):
                return await self._clock.sleep_async(seconds)
            case Hold(seconds):
                return await asyncio.sleep(seconds)
            case Settle(thing):
                return await settled(thing)

    async def _finished(self, errand: Coroutine[Any, Any, Any], task: asyncio.Task[Any]) -> Any:
        """An errand's step to its end, even when the ask is cancelled meanwhile: what the errand
        brings is given to the credential first, and the cancellation goes on after that."""
        running = asyncio.ensure_future(errand)
        while not running.done():
            try:
                await asyncio.shield(running)
            except asyncio.CancelledError:
                if self._stop.wanted:
                    task.uncancel()
                else:
                    self._late = True
        return running.result()

    def check(self) -> None:
        if self._late:
            raise asyncio.CancelledError

    async def _open(self, request: Request) -> Any:
        http = self._own or self._http
        return await http.send(
            self._door.request(http, request), stream=True, auth=None, follow_redirects=False
        )

    async def _send(self, request: Request) -> Head | Died:
        try:
            self._response = await self._open(request)
        except self._door.errors as error:
            await self._renew()
            return died(error, reading=False)
        self._pieces = self._response.aiter_bytes()
        return head_of(self._response)

    async def _next(self) -> bytes | Ending | Died:
        assert self._pieces is not None
        try:
            return await anext(self._pieces, Ending.COMPLETE)
        except self._door.errors as error:
            await self._renew()
            return died(error, reading=True)

    async def _shut(self) -> None:
        response, self._response, self._pieces = self._response, None, None
        if response is not None:
            await response.aclose()

    async def _renew(self) -> None:
        """As in the blocking client: the next attempt of this ask gets a pool of its own."""
        if self._may_renew:
            if self._own is not None:
                await self._own.aclose()
            self._own = own_async_client()

    async def close(self) -> None:
        await self._shut()
        if self._own is not None:
            await self._own.aclose()
