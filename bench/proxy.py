"""What the recording proxy adds to each piece of a stream, beside a direct connection, in one run.

`python bench/proxy.py [streams at once]`: an upstream sends pieces that say when they were sent; a
client says when they came, directly and through `harness record --proxy`, by turns.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

PIECES, ROUNDS, GAP = 60, 5, 0.02
HEAD = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


async def upstream(reader, writer):
    try:
        while True:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(HEAD)
            for _ in range(PIECES):
                await asyncio.sleep(GAP)
                data = b'data: {"sent": %.9f, "text": "%s"}\n\n' % (time.perf_counter(), b"x" * 200)
                writer.write(b"%x\r\n%b\r\n" % (len(data), data))
                await writer.drain()
            writer.write(b"0\r\n\r\n")
    except (ConnectionError, asyncio.IncompleteReadError):
        writer.close()


async def late(client, url):
    """Seconds from sending to having, of each piece but the first."""
    found = []
    async with client.stream("GET", url) as response:
        async for piece in response.aiter_raw():
            now = time.perf_counter()
            found += [
                now - float(part[:20].split(b",")[0]) for part in piece.split(b'"sent": ')[1:]
            ]
    return found[1:]


async def measure(direct, through, streams):
    found = {direct: [], through: []}
    async with httpx.AsyncClient(trust_env=False, timeout=60) as client:
        for _ in range(ROUNDS):
            for url in (direct, through):
                for each in await asyncio.gather(*(late(client, url) for _ in range(streams))):
                    found[url] += each
    return found[direct], found[through]


async def main(streams):
    server = await asyncio.start_server(upstream, "127.0.0.1", 0)
    direct = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-c", "from harness.cli import console; console()", "record"]
        words += ["--proxy", "--upstream", direct, "--out", str(Path(folder) / "out.yaml")]
        process = await asyncio.create_subprocess_exec(
            *words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
        )
        through = (await process.stdout.readline()).decode().strip()
        times = await measure(direct, through, streams)
        process.terminate()
        await process.wait()
    server.close()
    print(f"{streams} streams at once, {PIECES} pieces each, {GAP * 1000:.0f} ms apart")
    print(f"{'':16} {'median us':>10} {'p95 us':>10} {'pieces':>8}")
    for name, seen in zip(("direct", "through proxy"), times, strict=True):
        p95 = statistics.quantiles(seen, n=20)[-1]
        print(f"{name:16} {statistics.median(seen) * 1e6:10.0f} {p95 * 1e6:10.0f} {len(seen):8}")
    added = statistics.median(times[1]) - statistics.median(times[0])
    print(f"added at the median: {added * 1e6:.0f} us")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 1))
