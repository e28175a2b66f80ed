"""A real server on 127.0.0.1 with a token endpoint and a model endpoint, for many clients at once.

A refresh token is good once. Refusals are held back until `together` of them are due, so that they
are simultaneous whatever the machine's pace.
"""

import asyncio
import json

from served import Served, request


class Origin(Served):
    def __init__(self, *, together=1, token_delay=0.0, leeway=False):
        super().__init__()
        self.together, self.token_delay, self.leeway = together, token_delay, leeway
        self.number, self.refreshes, self.reuses, self.refused, self.good = 1, 0, 0, 0, 0
        self.all_refused = asyncio.Event()

    async def _connected(self, reader, writer):
        try:
            head, fields, body = await request(reader)
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
