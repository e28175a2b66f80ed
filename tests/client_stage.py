"""A client of the toy wire before a played tape, blocking or awaited, in virtual time."""

import asyncio
import random

import httpx
import pytest
from toy_wire import BACKEND, TOY

from harness.client import AsyncClient, Client, Policy, Retry
from harness.model import Ask, Ending, Exchange, Piece, Request
from harness.replay.clock import VirtualClock
from harness.replay.inprocess import async_transport, transport
from harness.replay.player import Player

HELLO = Ask(({"role": "user", "content": "hello"},))
REQUEST = Request("POST", "http://127.0.0.1:9/v1/say", (("content-type", "application/json"),), b"")


def says(*lines, ending=Ending.COMPLETE, gap=0.0, status=200, headers=()):
    """An answer of these lines, a piece each."""
    pieces = tuple(Piece(f"{line}\n".encode(), gap) for line in lines)
    return Exchange(REQUEST, status, "", tuple(headers), pieces, ending)


def refuses(status, text="no", **headers):
    pairs = tuple((name.replace("_", "-"), value) for name, value in headers.items())
    return Exchange(REQUEST, status, "", pairs, (Piece(text.encode()),))


NEVER_CONNECTED = Exchange(REQUEST, None, connected=False, ending=Ending.RESET)
DIED_BEFORE_STATUS = Exchange(REQUEST, None, ending=Ending.EOF)
GOOD = says("T hello", "F stop", ".")


class Stage:
    """`ask` runs one ask; `sent` is what reached the player, `waits` what the client slept."""

    def __init__(self, how, *tape, credential=None, backend=BACKEND, url=None, **policy):
        self.how, self.clock = how, VirtualClock()
        self.player = Player(tape, match_on=("method",), clock=self.clock)
        retry = policy.pop("retry", None) or Retry(random=random.Random(1))
        self.heard, self.ticks = [], []
        self.loop = asyncio.new_event_loop() if how == "async" else None
        module = policy.pop("module", httpx)
        kind, door = (
            (module.AsyncClient, async_transport) if how == "async" else (module.Client, transport)
        )
        made = AsyncClient if how == "async" else Client
        self.client = made(
            backend,
            TOY,
            credential,
            http=kind(transport=door(self.player, module.__name__, self.clock)),
            clock=self.clock,
            base_url=url,
            policy=Policy(retry=retry, **policy),
            on_event=self.heard.append,
            on_activity=lambda: self.ticks.append(1),
        )

    def ask(self, ask=HELLO):
        if self.loop is None:
            return self.client.ask(ask)
        return self.loop.run_until_complete(self.client.ask(ask))

    @property
    def sent(self):
        return [sent.request for sent in self.player.sent]

    @property
    def waits(self):
        return self.clock.waits

    def close(self):
        if self.loop is not None:
            self.loop.close()


@pytest.fixture(params=["sync", "async"])
def stage(request):
    """Makes a stage for the blocking and for the awaited client."""
    made = []

    def make(*tape, **options):
        made.append(Stage(request.param, *tape, **options))
        return made[-1]

    yield make
    for one in made:
        one.close()
