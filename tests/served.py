"""A server on 127.0.0.1 in a thread with a loop of its own, for the length of a `with`."""

import asyncio
import threading


class Served:
    """`_connected(reader, writer)` is the server's own. `over` is set when the test leaves."""

    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self._thread.start()
        assert self._ready.wait(10)
        return self

    def __exit__(self, *error):
        self.loop.call_soon_threadsafe(self.over.set)
        self._thread.join(10)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _run(self):
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self):
        self.over = asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        async with server:
            await self.over.wait()
            await self._leave()

    async def _leave(self):
        """What is to be done before the loop ends."""


async def request(reader):
    """(head, fields by lower-case name, body) of one request."""
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    lines = [line for line in head.split("\r\n")[1:] if ": " in line]
    fields = dict(line.lower().split(": ", 1) for line in lines)
    return head, fields, await reader.readexactly(int(fields.get("content-length", "0")))
