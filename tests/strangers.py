"""What each client saw of each damaged answer, through the loopback door, as a table for docs.

Raw HTTP clients are counted in whole events of their bytes, SDKs in the events they yielded.
"""

import asyncio
import contextlib

import aiohttp
import boto3
import doors
import requests
from botocore.config import Config
from damaged import chat, converse, damaged, messages

CLIENTS = ("openai", "anthropic", "boto3", "aiohttp", "requests", "httpx", "httpx2")
WIRES = {"anthropic": messages(), "boto3": converse()}
HANGS = 3.0  # seconds after which a client that declared a shorter timeout is said to hang


def wire_of(client):
    return WIRES.get(client, chat())


def _requests(url, patience, items):
    with requests.Session() as session:
        session.trust_env = False
        answer = session.post(url, json={}, stream=True, timeout=patience)
        items.extend(answer.iter_content(chunk_size=None))


async def _aiohttp(url, patience, items):
    limits = aiohttp.ClientTimeout(total=None, sock_read=patience, sock_connect=patience)
    async with (
        asyncio.timeout(HANGS),
        aiohttp.ClientSession(timeout=limits) as session,
        session.post(url, json={}) as answer,
    ):
        async for data in answer.content.iter_any():
            items.append(data)


def _boto3(url, patience, items):
    options = Config(read_timeout=patience, retries={"total_max_attempts": 1}, proxies={})
    client = boto3.client(
        "bedrock-runtime",
        region_name="us-east-1",
        endpoint_url=url,
        aws_access_key_id="none",
        aws_secret_access_key="none",
        config=options,
    )
    with contextlib.closing(client):
        said = [{"role": "user", "content": [{"text": "hi"}]}]
        stream = client.converse_stream(modelId="m", messages=said)["stream"]
        with contextlib.closing(stream):
            items.extend(next(iter(event)) for event in stream)


def see(client, base_url, patience):
    """Items, and the error's chain of causes."""
    if client in {*doors.MODULES, *doors.SDKS}:
        return doors.see(client, base_url, patience)
    items = []
    try:
        if client == "requests":
            _requests(base_url + "/v1/answer", patience, items)
        elif client == "aiohttp":
            asyncio.run(_aiohttp(base_url + "/v1/answer", patience, items))
        else:
            _boto3(base_url, patience, items)
    except TimeoutError as error:
        hangs = client == "aiohttp" and type(error) is TimeoutError
        return doors.Saw(tuple(items), (("hangs", ""),) if hangs else doors.chain(error))
    except Exception as error:  # noqa: BLE001 -- whatever a client raises is what it saw
        return doors.Saw(tuple(items), doors.chain(error))
    return doors.Saw(tuple(items))


def cell(client, damage, door):
    """`4, ReadError`: whole events, then the error and what it was made of, if it is wrapped."""
    with doors.opened(door, damage.exchange) as base_url:
        saw = see(client, base_url, damage.patience)
    events = len(saw.items)
    if client not in {"boto3", *doors.SDKS}:
        body = b"".join(saw.items)
        events = sum(event in body for event in wire_of(client).events)
    return f"{events}, {errors(saw)}"


def errors(saw):
    names = [name.rpartition(".")[2] for name, _ in saw.error]
    return " < ".join(dict.fromkeys(names)) or "no error"


def rows(door):
    """(fault, [cell, ...]) for every fault, a cell a client."""
    tables = {client: damaged(wire_of(client)) for client in CLIENTS}
    for fault in tables["openai"]:
        yield fault, [cell(client, tables[client][fault], door) for client in CLIENTS]
