"""A real server on 127.0.0.1 with a token endpoint and a model endpoint, for many clients at once.

A refresh token is good once. Refusals are held back until `together` of them are due, so that they
are simultaneous whatever the machine's pace.
"""

import asyncio
import json
import threading


class Origin:
    def __init__(self, *, together=1, token_delay=0.0, leeway=False):
        self.together, self.token_delay, self.leeway = together, token_delay, leeway
        self.number, self.refreshes, self.reuses, self.refused, self.good = 1, 0, 0, 0, 0
        self.started = threading.Event()
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        assert self.started.wait(10)
        return self

    def __exit__(self, *exc):
        self.loop.call_soon_threadsafe(self.over.set)
        self.thread.join(10)

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def _run(self):
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._serve())
        self.loop.close()

    async def _serve(self):
        self.over, self.all_refused = asyncio.Event(), asyncio.Event()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0, backlog=512)
        self.port = server.sockets[0].getsockname()[1]
        self.started.set()
        async with server:
            await self.over.wait()

    async def _connected(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            fields = dict(
                line.lower().split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line
            )
            body = await reader.readexactly(int(fields.get("content-length", "0")))
            path = head.split(" ")[1]
            status, answer = await self._answer(path, fields, body)
            writer.write(
                b"HTTP/1.1 %d x\r\ncontent-length: %d\r\nconnection: close\r\n\r\n%b"
                % (status, len(answer), answer)
            )
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # a client that was killed
        finally:
            writer.close()

    async def _answer(self, path, fields, body):
        if path == "/token":
            return await self._token(body)
        if fields.get("authorization") == f"bearer access-{self.number}":
            self.good += 1
            return 200, b"T hello\nF stop\n.\n"
        self.refused += 1
        if self.refused >= self.together:
            self.all_refused.set()
        await asyncio.wait_for(self.all_refused.wait(), 60)
        return 401, b"stale"

    async def _token(self, body):
        await asyncio.sleep(self.token_delay)
        given = body.decode().partition("refresh_token=refresh-")[2]
        if given == str(self.number):
            self.number += 1
            self.refreshes += 1
        elif not (self.leeway and given == str(self.number - 1)):
            self.reuses += 1
            return 400, b'{"error": "refresh_token_reused"}'
        made = {
            "access_token": f"access-{self.number}",
            "refresh_token": f"refresh-{self.number}",
        }
        return 200, json.dumps(made).encode()
