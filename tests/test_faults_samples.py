"""Every fault on every sample of every wire: an answer or a reason, and never a crash."""

import pytest
from fault_tapes import PATHS
from shared_data import find, shared
from test_faults_wire import SEEN

from harness.errors import NotApplicable
from harness.faults import FAULTS
from harness.model import Ending, Exchange, Piece, Provider, Request
from harness.registry import module_of
from harness.transports import TRANSPORTS

FOLDERS = {
    "openai-chat": "chat_completions",
    "compat": "chat_completions",
    "anthropic-messages": "anthropic_messages",
    "openai-responses": "codex_responses",
    "bedrock-converse": "bedrock_converse",
    "jwt-gateway": "gateway",
}
FAULTED = [(fault, args) for fault, args, *_ in SEEN]


def samples():
    folder = find()
    if folder is None:
        return []
    return [
        (name, path.name.removesuffix(".http"))
        for name in FOLDERS
        for path in sorted((folder / "wire" / "samples" / name).glob("*.http"))
        if ".request" not in path.name
    ]


def exchange_of(folder, name, wire):
    head, _, body = (
        shared("wire", "samples", folder, f"{name}.http").read_bytes().partition(b"\r\n\r\n")
    )
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = tuple(tuple(line.split(": ", 1)) for line in lines)
    request = Request("POST", f"http://127.0.0.1{PATHS[wire]}", (), b"{}")
    return Exchange(request, int(status.split()[1]), "", headers, (Piece(body),))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_fault_answers_or_says_why_not(folder):
    """And what it makes has an anatomy, and can be read to its end."""
    shared("wire")
    transport = TRANSPORTS.get(FOLDERS[folder])
    backend = Provider(name="", transport=transport.name, base_url="", model="")
    made = set()
    for name in [name for place, name in samples() if place == folder]:
        exchange = exchange_of(folder, name, transport.wire)
        regions = transport.regions(exchange)
        for fault, args in FAULTED:
            wires = module_of(FAULTS.get(fault)).WIRES
            if wires is not None and transport.wire not in wires:
                continue
            try:
                damaged = FAULTS.get(fault)(exchange, regions, **args)
            except NotApplicable:
                continue
            made.add(fault)
            assert damaged != exchange, (name, fault, args)
            transport.regions(damaged)
            if damaged.status is not None and damaged.ending is not Ending.STALL:
                reader = transport.reader(backend, damaged.status, damaged.headers)
                for piece in damaged.pieces[:200]:
                    reader.feed(piece.data)
                reader.end(Ending.EOF)
                assert reader.outcome.kind
    assert len(made) >= 12
