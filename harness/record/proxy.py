"""The recording proxy: any client, in any language, works as before, and what passed is a cassette.

The rule of this file: what the upstream sends leaves as it arrives, one write a piece, in the same
framing; how it ended is how the client sees it end. Only the very last bytes of an answer (HTTP's
terminator, or what completes a content-length) wait until the exchange is on the disk: what a
client has seen whole is never lost. All work on a finished exchange is done on another thread.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import contextlib
import signal
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import h11
import httpx

from harness.errors import HarnessError, UsageError
from harness.model import Ending, Exchange
from harness.record import storage
from harness.record.scrub import Scrubber
from harness.record.trust import untrusted
from harness.replay.asked import server
from harness.replay.capture import DRAIN_SECONDS, async_tee

HOST = "127.0.0.1"
STALLED = 5.0  # a client that leaves after a silence of so many seconds has waited in vain
_HOP = frozenset(
    {
        "connection",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
_READABLE = ("gzip", "deflate", "identity")
_BODY_LIMIT = 256 * 1024 * 1024
_CONNECT_SECONDS = 30.0
Say = Callable[[str], object]


class Deck:
    """Where finished exchanges go: scrubbed and written, in order, on a thread of its own."""

    def __init__(self, parts: storage.Parts, scrubber: Scrubber, say: Say) -> None:
        self._parts, self._scrubber, self.say = parts, scrubber, say
        self._hands = concurrent.futures.ThreadPoolExecutor(1, "harness-record")

    def take(self, exchange: Exchange) -> asyncio.Future[None]:
        return asyncio.wrap_future(self._hands.submit(self._write, exchange))

    def _write(self, exchange: Exchange) -> None:
        try:
            scrubbed, note = self._scrubber.exchange(storage.tidy(exchange))
            self._parts.add(scrubbed, note)
        except (HarnessError, OSError) as error:
            self.say(f"not recorded: {self._scrubber.text(str(error))}")
            return
        path = urlsplit(scrubbed.request.url).path
        size = len(scrubbed.body)
        self.say(
            f"{scrubbed.request.method} {path} {scrubbed.status or '-'} {size} bytes, "
            f"{len(scrubbed.pieces)} pieces, {scrubbed.ending.value}"
        )

    def close(self) -> None:
        self._hands.shutdown()


class Proxy:
    def __init__(self, upstream: str, deck: Deck, *, port: int = 0, transport: Any = None) -> None:
        url = urlsplit(upstream)
        if url.scheme not in {"http", "https"} or not url.hostname:
            shown = upstream.rpartition("@")[2][:80]  # what stands before it may be a password
            raise UsageError("--upstream must be an http or https URL", found=shown)
        self.upstream, self.deck = upstream.rstrip("/"), deck
        self.upstream_host = url.netloc.rpartition("@")[2]
        self._port = port
        limits = httpx.Limits(max_connections=None, max_keepalive_connections=100)
        self.inner = transport or httpx.AsyncHTTPTransport(limits=limits, trust_env=True)
        self._server: asyncio.Server | None = None
        self._lines: set[asyncio.Task[None]] = set()

    async def start(self) -> str:
        """The base URL, once it is reachable."""
        try:
            self._server = await asyncio.start_server(
                self._accept, HOST, self._port, backlog=512, limit=1 << 20
            )
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"cannot listen on {HOST}:{self._port}",
                found=str(error),
                hint="Without a port, any free one is taken",
            ) from error
        host, port = self._server.sockets[0].getsockname()[:2]
        return f"http://{host}:{port}"

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()
        lines = list(self._lines)
        if lines:  # what is all but over may end by itself
            await asyncio.wait(lines, timeout=DRAIN_SECONDS)
        for line in lines:
            line.cancel()
        await asyncio.gather(*lines, return_exceptions=True)
        await self.inner.aclose()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._lines.add(task)
        try:
            await _Line(self, reader, writer).serve()
        except asyncio.CancelledError:
            writer.transport.abort()  # the proxy ends
        finally:
            self._lines.discard(task)


class _Line:
    """One client's connection."""

    def __init__(
        self, proxy: Proxy, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        self._proxy, self._reader, self._writer = proxy, reader, writer
        self._parser = server()
        self._early = b""  # what the client sent while it was being answered
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def serve(self) -> None:
        try:
            while (asked := await self._request()) is not None:
                if not await self._answer(*asked):
                    break
        except (h11.RemoteProtocolError, ConnectionError, ValueError):
            pass  # a client that speaks no HTTP, or is gone
        finally:
            self._writer.close()

    async def _request(self) -> tuple[h11.Request, bytes] | None:
        head: h11.Request | None = None
        body = bytearray()
        while True:
            event = self._parser.next_event()
            if event is h11.NEED_DATA:
                if head is not None and self._parser.they_are_waiting_for_100_continue:
                    go_on = h11.InformationalResponse(status_code=100, headers=[])
                    self._writer.write(self._parser.send(go_on) or b"")
                data, self._early = self._early or await self._reader.read(65536), b""
                self._parser.receive_data(data)
            elif isinstance(event, h11.Request):
                head = event
            elif isinstance(event, h11.Data):
                body += event.data
                if len(body) > _BODY_LIMIT:
                    return None
            elif isinstance(event, h11.EndOfMessage):
                assert head is not None
                return head, bytes(body)
            else:
                return None

    async def _answer(self, head: h11.Request, body: bytes) -> bool:
        """Whether the connection lives on."""
        passing = _Passing(self._proxy, self._writer, _forwarded(self._proxy.upstream, head, body))
        work = asyncio.create_task(passing.run())
        watch = asyncio.create_task(self._watch(passing, work))
        try:
            alive = await work
        finally:
            watch.cancel()
            if not work.done():
                work.cancel()
            await asyncio.gather(watch, work, return_exceptions=True)
        if not alive or passing.left or _says_close(head):
            return False
        self._parser = server()
        return True

    async def _watch(self, passing: _Passing, work: asyncio.Task[bool]) -> None:
        """Sees the client leave. What is on its way is still read, for a bounded time."""
        with contextlib.suppress(ConnectionError):
            while data := await self._reader.read(65536):
                self._early += data
                if len(self._early) > _BODY_LIMIT:
                    break
        passing.left = True
        await asyncio.sleep(DRAIN_SECONDS)
        work.cancel()


class _Passing:
    """One exchange on its way through."""

    def __init__(self, proxy: Proxy, writer: asyncio.StreamWriter, request: httpx.Request) -> None:
        self._proxy, self._writer, self._request = proxy, writer, request
        self.left = False  # the client is gone
        self._last = time.monotonic()
        self._kept: asyncio.Future[None] | None = None

    async def run(self) -> bool:
        tee = async_tee(self._done, self._proxy.inner)
        response = None
        try:
            response = await tee.handle_async_request(self._request)
            return await self._pass(response)
        except httpx.ConnectError as error:
            return await self._refuse(error)
        except (httpx.ReadError, httpx.WriteError):
            await self._on_disk()
            self._break(reset=True)
        except httpx.TransportError:
            await self._on_disk()
            self._break(reset=False)
        except asyncio.CancelledError:
            if not self.left:
                raise
        finally:
            if response is not None:
                await response.stream.aclose()
            await self._on_disk()
        return False

    def _done(self, exchange: Exchange) -> None:
        silent = time.monotonic() - self._last
        if exchange.ending is Ending.CLIENT_CLOSED and self.left and silent >= STALLED:
            exchange = replace(exchange, ending=Ending.STALL)
        self._kept = self._proxy.deck.take(exchange)

    async def _on_disk(self) -> None:
        if self._kept is not None:
            await asyncio.shield(self._kept)

    async def _pass(self, response: httpx.Response) -> bool:
        framing = _framing(self._request.method, response)
        self._write(_head(response, framing))
        rest = framing if isinstance(framing, int) else None
        items = aiter(response.stream)  # type: ignore[arg-type]  # an async one
        held = b""
        async for data in items:
            self._last = time.monotonic()
            if rest is not None:
                rest -= len(data)
            if rest is not None and rest <= 0:
                held += data
            elif data:
                self._write(b"%x\r\n%b\r\n" % (len(data), data) if framing == "chunked" else data)
                await self._drain()
        await self._on_disk()
        self._write(held or (b"0\r\n\r\n" if framing == "chunked" else b""))
        await self._drain()
        return framing != "close" and not _closes(response)

    def _write(self, data: bytes) -> None:
        if not self.left and data:
            self._writer.write(data)

    async def _drain(self) -> None:
        if not self.left:
            with contextlib.suppress(ConnectionError):
                await self._writer.drain()

    async def _refuse(self, error: httpx.ConnectError) -> bool:
        """A client that is refused is not reset: it reached us, and is told of it."""
        await self._on_disk()
        why = untrusted(str(error))
        if why is not None:  # the client may not show what it is told; whoever started us must know
            self._proxy.deck.say(f"{self._proxy.upstream_host}: {why}")
        text = f"the upstream cannot be reached: {why or type(error).__name__}".encode()
        head = b"HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/plain\r\nconnection: close\r\n"
        self._write(head + b"content-length: %d\r\n\r\n%b" % (len(text), text))
        await self._drain()
        return False

    def _break(self, *, reset: bool) -> None:
        """As the upstream left, so does the client see it."""
        if self.left or not reset:
            return  # the connection is closed without a terminator
        sock = self._writer.get_extra_info("socket")
        if sock is not None:
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._writer.transport.abort()


def _forwarded(upstream: str, head: h11.Request, body: bytes) -> httpx.Request:
    """As it came, to another host. Codings that could not be looked into are not asked for."""
    headers = []
    for name, value in head.headers.raw_items():
        low = name.lower().decode("latin-1")
        if low in _HOP or low == "content-length":
            continue
        headers.append((name, _codings(value) if low == "accept-encoding" else value))
    target = head.target.decode("latin-1")
    if not target.startswith("/"):
        parts = urlsplit(target)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
    has_body = body or head.method in (b"POST", b"PUT", b"PATCH")
    made = httpx.Request(
        head.method.decode(),
        upstream + target,
        headers=headers,
        content=body if has_body else None,
        extensions={"timeout": {"connect": _CONNECT_SECONDS}},
    )
    if not any(name.lower() == b"user-agent" for name, _ in headers):
        made.headers.pop("user-agent", None)
    return made


def _codings(value: bytes) -> bytes:
    words = [part.strip() for part in value.decode("latin-1").split(",")]
    kept = [word for word in words if word.partition(";")[0].strip().lower() in _READABLE]
    return ", ".join(kept).encode() or b"identity"


def _framing(method: str, response: httpx.Response) -> str | int:
    """chunked, close, or how many bytes."""
    if method == "HEAD" or response.status_code in (204, 304):
        return 0
    if "chunked" in response.headers.get("transfer-encoding", "").lower():
        return "chunked"
    length = response.headers.get("content-length", "")
    if length.isdecimal():
        return int(length)
    version = response.extensions.get("http_version", b"HTTP/1.1")
    return "chunked" if version == b"HTTP/2" else "close"


def _head(response: httpx.Response, framing: str | int) -> bytes:
    reason = response.extensions.get("reason_phrase", b"")
    lines = [b"HTTP/1.1 %d %b" % (response.status_code, reason)]
    for name, value in response.headers.raw:
        if name.lower() not in (b"connection", b"keep-alive", b"transfer-encoding"):
            lines.append(name + b": " + value)
    if framing == "chunked":
        lines.append(b"transfer-encoding: chunked")
    if framing == "close" or _closes(response):
        lines.append(b"connection: close")
    return b"\r\n".join(lines) + b"\r\n\r\n"


def _closes(response: httpx.Response) -> bool:
    return bool(response.headers.get("connection", "").lower() == "close")


def _says_close(head: h11.Request) -> bool:
    return any(
        name.lower() == b"connection" and value.lower() == b"close" for name, value in head.headers
    )


async def serve(proxy: Proxy, ready: Callable[[str], object]) -> None:
    """Until SIGINT or SIGTERM."""
    over = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    ready(await proxy.start())
    await over.wait()
    await proxy.stop()
