"""The client over the real transports: what a damaged reply costs, sync and async (D07, D08)."""

import asyncio
import json
import zlib
from dataclasses import replace

import httpx
import pytest

from harness.client import AsyncClient, Client, Policy, Retry
from harness.contracts import Endpoint
from harness.model import (
    Ask,
    Ending,
    EventKind,
    Exchange,
    FailureKind,
    FinishReason,
    OutcomeKind,
    Piece,
    Say,
    SayKind,
)
from harness.providers import PROVIDERS
from harness.replay.clock import VirtualClock
from harness.replay.inprocess import async_transport, transport
from harness.replay.player import Player
from harness.transports import TRANSPORTS

HOMES = [backend for backend in PROVIDERS if backend.home]
SCRIPT = (
    Say(SayKind.TEXT, "Hello, Ada."),
    Say(SayKind.FINISH, finish=FinishReason.STOP),
)


def asked(*, stream):
    return Ask(({"role": "user", "content": "hello"},), stream=stream, max_tokens=64)


def good(backend, ask):
    wire = TRANSPORTS.get(backend.transport)
    kwargs = wire.build_kwargs(ask, backend)
    request = wire.build_request(kwargs, backend, Endpoint("http://127.0.0.1:9"))
    return wire.write(SCRIPT, request, stream=ask.stream, model="m")


def damaged(exchange, body):
    kept = tuple(pair for pair in exchange.headers if pair[0].lower() != "content-length")
    return Exchange(exchange.request, 200, "", kept, (Piece(body),), Ending.COMPLETE)


def ask_of(client_kind, backend, ask, *tape, retry=None):
    clock = VirtualClock()
    player = Player(tape, match_on=("method",), clock=clock)
    wire, url = TRANSPORTS.get(backend.transport), "http://127.0.0.1:9"
    policy = Policy(retry=retry or Retry(budget=2))
    if client_kind == "sync":
        with httpx.Client(transport=transport(player, "httpx", clock)) as http:
            client = Client(backend, wire, http=http, clock=clock, policy=policy, base_url=url)
            return client.ask(ask), player

    async def run():
        async with httpx.AsyncClient(transport=async_transport(player, "httpx", clock)) as http:
            client = AsyncClient(backend, wire, http=http, clock=clock, policy=policy, base_url=url)
            return await client.ask(ask), player

    return asyncio.run(run())


@pytest.mark.parametrize("client_kind", ["sync", "async"])
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("backend", HOMES, ids=lambda backend: backend.transport)
def test_both_clients_speak_every_wire(backend, stream, client_kind):
    """And hear the same."""
    ask = asked(stream=stream)
    reply, player = ask_of(client_kind, backend, ask, good(backend, ask))
    assert reply.value().content == "Hello, Ada."
    assert reply.value().finish_reason is FinishReason.STOP
    assert len(player.sent) == 1


@pytest.mark.parametrize("backend", HOMES, ids=lambda backend: backend.transport)
def test_half_a_document_is_asked_for_again(backend):
    """D08: a whole reply that is cut short is a transport's error, not the caller's."""
    ask = asked(stream=False)
    whole = good(backend, ask)
    half = damaged(whole, whole.body[: len(whole.body) // 2])
    reply, player = ask_of("sync", backend, ask, half, whole)
    assert reply.value().content == "Hello, Ada."
    assert len(player.sent) == 2


@pytest.mark.parametrize("backend", HOMES, ids=lambda backend: backend.transport)
def test_damaged_frames_are_asked_for_again(backend):
    """D07: frames that break their own protocol, before anything was shown."""
    ask = asked(stream=True)
    whole = good(backend, ask)
    broken = damaged(whole, b"data: {not json\n\n" + b"\x00\x00\x00\x20\xff\xff\xff\xff" * 4)
    reply, player = ask_of("sync", backend, ask, broken, whole)
    assert reply.value().content == "Hello, Ada."
    assert len(player.sent) == 2
    assert reply.attempts[0].outcome.kind is not OutcomeKind.COMPLETE


@pytest.mark.parametrize(
    ("asked_for", "sent"),
    [
        ("any", "required"),
        ("required", "required"),
        ("auto", "auto"),
        ("f", {"type": "function", "function": {"name": "f"}}),
    ],
    ids=["any", "required", "auto", "name"],
)
def test_a_tool_choice_is_put_into_the_wires_words(asked_for, sent):
    """N10: on Chat Completions, any is required, and a name selects the function."""
    tool = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}
    backend = next(home for home in HOMES if TRANSPORTS.get(home.transport).wire == "chat")
    ask = Ask(({"role": "user", "content": "hello"},), (tool,), tool_choice=asked_for)
    assert TRANSPORTS.get(backend.transport).build_kwargs(ask, backend)["tool_choice"] == sent


@pytest.mark.parametrize("client_kind", ["sync", "async"])
def test_a_request_that_brought_a_call_is_not_sent_again(client_kind):
    """C24, D01: no reason came, but the terminator and a whole call did; a second one would run
    the tool twice."""
    backend, ask = PROVIDERS.get("openai"), asked(stream=True)
    function = {"name": "f", "arguments": '{"a":1}'}
    entry = {"index": 0, "id": "c", "type": "function", "function": function}
    chunk = json.dumps({"choices": [{"index": 0, "delta": {"tool_calls": [entry]}}]})
    cut = damaged(good(backend, ask), f"data: {chunk}\n\ndata: [DONE]\n\n".encode())
    reply, player = ask_of(client_kind, backend, ask, cut, good(backend, ask))
    assert reply.outcome.kind is OutcomeKind.INTERRUPTED
    assert [call.arguments for call in reply.outcome.response.tool_calls] == ['{"a":1}']
    assert len(player.sent) == 1


@pytest.mark.parametrize("client_kind", ["sync", "async"])
def test_an_overloaded_server_may_be_given_a_long_time(client_kind):
    """D27: after the short retries the long ones, for this failure alone."""
    backend, ask = PROVIDERS.get("zai"), asked(stream=True)
    patient = Retry(budget=3, jitter=0.0, overload=(30.0, 60.0, 90.0, 120.0))
    request = good(backend, ask).request

    def refused(status, code):
        body = json.dumps({"error": {"code": code, "message": "temporarily"}}).encode()
        return Exchange(
            request, status, "", (("content-type", "application/json"),), (Piece(body),)
        )

    busy = [refused(429, "1305")] * 9
    reply, _ = ask_of(client_kind, backend, ask, *busy, retry=patient)
    assert reply.outcome.failure.kind is FailureKind.OVERLOADED
    assert list(reply.waits) == [2.0, 4.0, 8.0, 30.0, 60.0, 90.0, 120.0]
    broken = [refused(500, "x")] * 9
    assert len(ask_of(client_kind, backend, ask, *broken, retry=patient)[0].attempts) == 4


def coded(backend, ask, coding, break_at):
    """The good reply said to be gzip, a piece for each of its own; from `break_at` on, plain."""
    exchange = good(backend, ask)
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    pieces = []
    for number, piece in enumerate(exchange.pieces):
        packed = packer.compress(piece.data) + packer.flush(zlib.Z_SYNC_FLUSH)
        pieces.append(Piece(b"\xff" + piece.data if number >= break_at else packed))
    headers = (*exchange.headers, ("content-encoding", coding))
    return replace(exchange, headers=headers, pieces=tuple(pieces))


@pytest.mark.parametrize("client_kind", ["sync", "async"])
@pytest.mark.parametrize("stream", [True, False], ids=["stream", "whole"])
@pytest.mark.parametrize("backend", HOMES, ids=lambda backend: backend.transport)
def test_a_content_coding_that_lies_is_named(backend, stream, client_kind):
    """The server said something, so the stream is not empty: it could not be decoded."""
    ask = asked(stream=stream)
    tape = coded(backend, ask, "gzip", 0)
    reply, _ = ask_of(client_kind, backend, ask, tape, retry=Retry(budget=0))
    failure = reply.outcome.failure
    assert reply.outcome.kind is OutcomeKind.INTERRUPTED
    assert (failure.kind, failure.type) == (FailureKind.PROTOCOL, "DecodingError")
    assert "'gzip'" in failure.message


@pytest.mark.parametrize("client_kind", ["sync", "async"])
@pytest.mark.parametrize("backend", HOMES, ids=lambda backend: backend.transport)
def test_what_was_decoded_before_the_damage_is_kept(backend, client_kind):
    """A coding that breaks in the middle of a stream interrupts the reply."""
    ask = asked(stream=True)
    reader = TRANSPORTS.get(backend.transport).reader(backend)
    fed = [reader.feed(piece.data) for piece in good(backend, ask).pieces]
    first = next(n for n, events in enumerate(fed) if any(e.kind is EventKind.TEXT for e in events))
    said = "".join(event.text for event in fed[first])
    reply, player = ask_of(client_kind, backend, ask, coded(backend, ask, "gzip", first + 1))
    failure = reply.outcome.failure
    assert reply.outcome.kind is OutcomeKind.INTERRUPTED
    assert said
    assert reply.outcome.response.content.startswith(said)  # a warning for people may follow
    assert failure.kind is FailureKind.PROTOCOL
    assert "'gzip'" in failure.message
    assert len(player.sent) == 1
