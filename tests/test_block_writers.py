"""What the writers of Messages and Converse write, read by our readers: reply and regions."""

import json

import pytest
from block_scripts import SCRIPTS, finish_of
from block_wires import read

from harness.model import OutcomeKind, Provider, Request, SayKind
from harness.transports import TRANSPORTS

WIRES = {"messages": "anthropic_messages", "converse": "bedrock_converse"}
REQUEST = Request("POST", "http://127.0.0.1/")


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)
@pytest.mark.parametrize("wire", WIRES.values(), ids=WIRES)
def test_our_reader_reads_the_script_too(wire, script, stream):
    """The same bytes, with the same meaning, for the regions as well."""
    transport = TRANSPORTS.get(wire)
    backend = Provider(name="x", transport=wire, base_url="http://x", model="m")
    exchange = transport.write(script, REQUEST, stream=stream, model="m")
    _, reader = read(transport.reader(backend), [piece.data for piece in exchange.pieces])
    assert reader.outcome.kind is OutcomeKind.COMPLETE
    response, regions = reader.outcome.response, transport.regions(exchange)
    assert response.finish_reason is finish_of(script)
    calls = [say for say in script if say.kind is SayKind.CALL]
    assert [call.id for call in response.tool_calls or ()] == [say.id for say in calls]
    for number, say in enumerate(calls):
        assert regions.text("tool_name", number) == say.name
        assert regions.text("tool_id", number) == say.id
        arguments = regions.text("tool_arguments", number)
        assert json.loads(arguments or "{}") == json.loads(say.arguments or "{}")
        if stream:
            assert arguments == say.arguments
            parts = min(say.parts, len(say.arguments))
            assert len(regions.of("tool_arguments", number)) == parts
    said = "".join(s.text for s in script if s.kind in (SayKind.TEXT, SayKind.REFUSAL))
    assert regions.text("text") == said == (response.content or "")
    assert bool(regions.of("terminator")) is stream
    for span in regions.of("text"):
        assert json.loads(b'"' + exchange.body[span.start : span.end] + b'"') == span.text
