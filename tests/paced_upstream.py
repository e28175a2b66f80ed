"""An upstream whose every piece waits for the test's word: so that order is proved without a clock.

A request's path says what it gets: /stream/N a stream of N pieces, each held until `go`; /whole a
body of a known length; /slow/N a stream with a millisecond between pieces.
"""

import asyncio
import threading

PIECE = b'data: {"n":%d}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
WHOLE = b'{"done":true,"text":"all of it"}'


class Paced:
    def __init__(self):
        self.open = 0  # streams that have sent their first piece and wait
        self.most = 0
        self.seen = []  # heads of requests
        self._tasks = set()
        self._ready = threading.Event()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *error):
        self._loop.call_soon_threadsafe(self._over.set)
        self._thread.join(10)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}"

    def go(self, times=1):
        """The next pieces may leave."""
        for _ in range(times):
            self._loop.call_soon_threadsafe(self._release)

    def _release(self):
        self._tokens.release()

    def _run(self):
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self):
        self._over, self._tokens = asyncio.Event(), asyncio.Semaphore(0)
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=512)
        self._port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self._over.wait()
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                self.seen.append(head)
                fields = dict(
                    line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
                )
                await reader.readexactly(int(fields.get("content-length", "0")))
                await self._answer(head.split(" ")[1], writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # a client that left, or the end of the test
        finally:
            writer.transport.abort()
            self._tasks.discard(asyncio.current_task())

    async def _answer(self, path, writer):
        kind, _, count = path.strip("/").partition("?")[0].partition("/")
        if kind == "whole":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n")
            writer.write(b"content-length: %d\r\n\r\n%b" % (len(WHOLE), WHOLE))
            await writer.drain()
            return
        writer.write(HEAD)
        for number in range(int(count.partition("/")[0])):
            if kind == "stream":
                if number:
                    await self._tokens.acquire()
                else:
                    self.open += 1
                    self.most = max(self.most, self.open)
            else:
                await asyncio.sleep(0.001)
            data = PIECE % number
            writer.write(b"%x\r\n%b\r\n" % (len(data), data))
            await writer.drain()
        self.open -= kind == "stream"
        writer.write(b"0\r\n\r\n")
        await writer.drain()
