"""An upstream whose every piece waits for the test's word: so that order is proved without a clock.

A request's path says what it gets: /stream/N a stream of N pieces, each held until `go`; /whole a
body of a known length; /slow/N a stream with a millisecond between pieces.
"""

import asyncio

from served import Served, request

PIECE = b'data: {"n":%d}\n\n'
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
WHOLE = b'{"done":true,"text":"all of it"}'


class Paced(Served):
    def __init__(self):
        super().__init__()
        self.open = 0  # streams that have sent their first piece and wait
        self.most = 0
        self.seen = []  # heads of requests
        self._tasks = set()
        self._tokens = asyncio.Semaphore(0)

    def go(self, times=1):
        """The next pieces may leave."""
        for _ in range(times):
            self.loop.call_soon_threadsafe(self._release)

    def _release(self):
        self._tokens.release()

    async def _leave(self):
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _connected(self, reader, writer):
        self._tasks.add(asyncio.current_task())
        try:
            while True:
                head, _fields, _body = await request(reader)
                self.seen.append(head)
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
