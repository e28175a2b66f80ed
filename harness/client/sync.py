"""One ask over httpx, read by the transport's own reader."""

from __future__ import annotations

import httpx

from harness.contracts import Endpoint, ProviderTransport
from harness.model import Ask, Ending, Event, Outcome, Provider


def ask_once(
    client: httpx.Client, transport: ProviderTransport, provider: Provider, ask: Ask, base_url: str
) -> tuple[Outcome, list[Event]]:
    request = transport.build_request(
        transport.build_kwargs(ask, provider), provider, Endpoint(base_url)
    )
    events: list[Event] = []
    reader = None
    how = Ending.COMPLETE
    try:
        with client.stream(
            request.method, request.url, headers=list(request.headers), content=request.body
        ) as response:
            reader = transport.reader(provider, response.status_code)
            for data in response.iter_bytes():
                events += reader.feed(data)
    except httpx.ReadTimeout:
        how = Ending.STALL
    except httpx.ReadError:
        how = Ending.RESET
    except httpx.RemoteProtocolError:
        how = Ending.EOF
    assert reader is not None
    events += reader.end(how)
    return reader.outcome, events
