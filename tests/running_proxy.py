"""A recording proxy on a thread of its own, and a client that asks for a script's answers."""

import asyncio
import contextlib
import threading

import httpx
from adversarial_upstream import PATIENCE, SCRIPTS

from harness.cassette import load
from harness.record import Known, Scrubber, proxy, storage
from harness.replay.capture import tee

BODY = {"model": "m", "stream": True, "messages": [{"role": "user", "content": "hi"}]}


class Running:
    """A proxy on a thread of its own; `tape` is what it recorded, once it has ended."""

    def __init__(self, upstream, path):
        self.path, self.said = path, []
        self.parts = storage.Parts(path, storage.provenance("a test"), Known())
        deck = proxy.Deck(self.parts, Scrubber(Known()), self.said.append)
        self._deck, self._upstream = deck, upstream
        self._ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()))

    async def _serve(self):
        self._loop, self._over = asyncio.get_running_loop(), asyncio.Event()
        made = proxy.Proxy(self._upstream, self._deck)
        self.url = await made.start()
        self._ready.set()
        await self._over.wait()
        await made.stop()

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *error):
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(20)
        assert not self._thread.is_alive()
        self._deck.close()
        self.parts.join()

    @property
    def tape(self):
        return load(self.path).exchanges


def ask(base_url, script, inner=None):
    """Every answer of a script, as the client's own tee saw it."""
    seen = []
    patience = PATIENCE if script == "stall" else 60  # no busy machine is taken for a silent one
    with httpx.Client(transport=tee(seen.append, inner), timeout=patience) as client:
        for _ in SCRIPTS[script]:
            with contextlib.suppress(httpx.TransportError):
                client.post(f"{base_url}/{script}", json=BODY)
    return seen
