"""What a client saw, through either door: the same question asked of httpx, httpx2 and the SDKs."""

import asyncio
import contextlib
from dataclasses import dataclass

import anthropic
import httpx
import httpx2
import openai

from harness.model import Ending
from harness.replay.clock import VirtualClock
from harness.replay.inprocess import async_transport, transport
from harness.replay.loopback import Closed
from harness.replay.player import Player

MODULES = {"httpx": httpx, "httpx2": httpx2}
SDKS = ("openai", "anthropic")
KEY = "none"


@dataclass(frozen=True)
class Saw:
    """The items that came, and the error's chain of causes as (class, text)."""

    items: tuple
    error: tuple = ()

    def joined(self):
        return Saw((b"".join(self.items),), self.error)


def chain(error):
    found = []
    while error is not None:
        found.append((f"{type(error).__module__}.{type(error).__qualname__}", str(error)))
        error = error.__cause__
    return tuple(found)


def _sdk(name, asynchronous, **options):
    if name == "openai":
        kind = openai.AsyncOpenAI if asynchronous else openai.OpenAI
    else:
        kind = anthropic.AsyncAnthropic if asynchronous else anthropic.Anthropic
    return kind(api_key=KEY, max_retries=0, **options)


def _ask(name, client):
    said = [{"role": "user", "content": "hi"}]
    if name == "openai":
        return client.chat.completions.create(model="m", messages=said, stream=True)
    return client.messages.create(model="m", messages=said, max_tokens=9, stream=True)


def see(name, base_url, patience, made=None):
    """A sync client's view. `made` is a transport to use."""
    items = []
    try:
        if name in MODULES:
            with (
                MODULES[name].Client(transport=made, timeout=patience) as client,
                client.stream("POST", base_url + "/v1/answer") as response,
            ):
                items.extend(response.iter_bytes())
        else:
            with httpx2.Client(transport=made, timeout=patience) as http:
                url = base_url + ("/v1" if name == "openai" else "")
                with _sdk(name, False, base_url=url, http_client=http, timeout=patience) as client:
                    items.extend(type(event).__name__ for event in _ask(name, client))
    except Exception as error:  # noqa: BLE001 -- whatever a client raises is what it saw
        return Saw(tuple(items), chain(error))
    return Saw(tuple(items))


async def _see_async(name, base_url, patience, made):
    items = []
    try:
        if name in MODULES:
            async with (
                MODULES[name].AsyncClient(transport=made, timeout=patience) as client,
                client.stream("POST", base_url + "/v1/answer") as response,
            ):
                async for item in response.aiter_bytes():
                    items.append(item)  # noqa: PERF401 -- what came before an error is kept
        else:
            async with httpx2.AsyncClient(transport=made, timeout=patience) as http:
                url = base_url + ("/v1" if name == "openai" else "")
                client = _sdk(name, True, base_url=url, http_client=http, timeout=patience)
                async for event in await _ask(name, client):
                    items.append(type(event).__name__)  # noqa: PERF401
    except Exception as error:  # noqa: BLE001
        return Saw(tuple(items), chain(error))
    return Saw(tuple(items))


def see_async(name, base_url, patience, made=None):
    return asyncio.run(_see_async(name, base_url, patience, made))


def inprocess(name, damage, *, asynchronous):
    player = Player([damage.exchange], match_on=("method",), clock=VirtualClock())
    module = name if name in MODULES else "httpx2"
    door, look = (async_transport, see_async) if asynchronous else (transport, see)
    return look(name, "http://127.0.0.1:9", damage.patience, door(player, module))


def loopback(door, name, damage, *, asynchronous):
    look = see_async if asynchronous else see
    with opened(door, damage.exchange) as base_url:
        return look(name, base_url, damage.patience)


@contextlib.contextmanager
def opened(door, exchange):
    if not exchange.connected:
        assert exchange.ending is Ending.RESET
        with Closed() as closed:
            yield closed.base_url
        return
    with door.open(Player([exchange], match_on=("method",))) as handle:
        yield handle.base_url
