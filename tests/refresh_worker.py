"""One of several processes that share a credential's state: threads and tasks that ask at once.

python refresh_worker.py URL STATE THREADS TASKS   -> the number of asks that were answered
"""

import asyncio
import sys
import threading

from toy_wire import BACKEND, TOY

from harness.client import AsyncClient, Client
from harness.credentials import CREDENTIALS
from harness.model import Ask

ASK = Ask(({"role": "user", "content": "hello"},))


def credential(url, state):
    return CREDENTIALS.get("oauth_refresh")(
        "access-0", token_url=f"{url}/token", refresh_token="refresh-1", state=state
    )


def in_threads(url, state, count):
    good = []
    with Client(BACKEND, TOY, credential(url, state), base_url=url) as client:
        threads = [
            threading.Thread(target=lambda: good.append(client.ask(ASK).value().content))
            for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return good.count("hello")


async def in_tasks(url, state, count):
    async with AsyncClient(BACKEND, TOY, credential(url, state), base_url=url) as client:
        replies = await asyncio.gather(*(client.ask(ASK) for _ in range(count)))
    return sum(reply.value().content == "hello" for reply in replies)


def main(url, state, threads, tasks):
    answered = []
    other = threading.Thread(target=lambda: answered.append(in_threads(url, state, int(threads))))
    other.start()
    answered.append(asyncio.run(in_tasks(url, state, int(tasks))))
    other.join()
    return sum(answered)


if __name__ == "__main__":
    print(main(*sys.argv[1:]))  # noqa: T201
