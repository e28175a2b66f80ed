"""The ways a connection can go wrong, as exchanges: what both doors play and every client sees.

`damaged(wire)` gives each of them for one wire, by name. A wire is what its client expects: the
request, the events of a clean answer, an error event, and its content type.
"""

import gzip
import json
import struct
import zlib
from dataclasses import dataclass, replace

from harness.model import Ending, Exchange, Piece, Request

REQUEST = Request("POST", "http://upstream.test/v1/answer")
OK = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"


@dataclass(frozen=True)
class Wire:
    events: tuple[bytes, ...]  # the last is the protocol's own terminator
    error: bytes
    content_type: str = "text/event-stream"


@dataclass(frozen=True)
class Damage:
    exchange: Exchange
    patience: float = 5.0  # the timeout that the client declares, in seconds


def chat():
    def event(delta, finish=None):
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        body = {"id": "c1", "object": "chat.completion.chunk", "created": 1, "model": "m"}
        return b"data: %b\n\n" % json.dumps(body | {"choices": [choice]}).encode()

    call = {"index": 0, "id": "call_1", "type": "function"}
    parts = ['{"path": "/t', 'mp/haiku.txt", "te', 'xt": "Altes Gew\u00e4sser"}']
    deltas = [{"role": "assistant", "content": ""}, {"content": "I write "}, {"content": "it."}]
    deltas += [{"tool_calls": [call | {"function": {"name": "write", "arguments": ""}}]}]
    deltas += [{"tool_calls": [{"index": 0, "function": {"arguments": part}}]} for part in parts]
    events = [*map(event, deltas), event({}, "tool_calls"), b"data: [DONE]\n\n"]
    error = {"error": {"message": "overloaded", "type": "server_error", "code": "overloaded"}}
    return Wire(tuple(events), b"data: %b\n\n" % json.dumps(error).encode())


def messages():
    def event(kind, **data):
        body = json.dumps({"type": kind} | data)
        return f"event: {kind}\ndata: {body}\n\n".encode()

    message = {"id": "msg_1", "type": "message", "role": "assistant", "model": "m", "content": []}
    message |= {"stop_reason": None, "usage": {"input_tokens": 3, "output_tokens": 1}}
    tool = {"type": "tool_use", "id": "toolu_1", "name": "write", "input": {}}
    parts = ['{"path": "/t', 'mp/haiku.txt"}']
    json_deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
    events = [
        event("message_start", message=message),
        event("content_block_start", index=0, content_block={"type": "text", "text": ""}),
        event("content_block_delta", index=0, delta={"type": "text_delta", "text": "I write."}),
        event("content_block_stop", index=0),
        event("content_block_start", index=1, content_block=tool),
        *[event("content_block_delta", index=1, delta=delta) for delta in json_deltas],
        event("content_block_stop", index=1),
        event("message_delta", delta={"stop_reason": "tool_use"}, usage={"output_tokens": 9}),
        event("message_stop"),
    ]
    error = {"type": "overloaded_error", "message": "Overloaded"}
    return Wire(tuple(events), event("error", error=error))


def converse():
    """Bedrock's frames, encoded here so that the doors are tested by no code of theirs."""

    def header(name, value):
        return b"%c%b\x07%b%b" % (len(name), name, struct.pack(">H", len(value)), value)

    def frame(event, kind=b"event", **body):
        headers = header(b":%b-type" % kind, event.encode())
        headers += header(b":content-type", b"application/json")
        headers += header(b":message-type", kind)
        payload = json.dumps(body).encode()
        prelude = struct.pack(">II", 16 + len(headers) + len(payload), len(headers))
        whole = prelude + struct.pack(">I", zlib.crc32(prelude)) + headers + payload
        return whole + struct.pack(">I", zlib.crc32(whole))

    def delta(index, **found):
        return frame("contentBlockDelta", contentBlockIndex=index, delta=found)

    tool = {"toolUse": {"toolUseId": "tooluse_1", "name": "write"}}
    events = [
        frame("messageStart", role="assistant"),
        delta(0, text="I write "),
        delta(0, text="it."),
        frame("contentBlockStop", contentBlockIndex=0),
        frame("contentBlockStart", contentBlockIndex=1, start=tool),
        delta(1, toolUse={"input": '{"path": "/t'}),
        delta(1, toolUse={"input": 'mp/haiku.txt"}'}),
        frame("contentBlockStop", contentBlockIndex=1),
        frame("messageStop", stopReason="tool_use"),
        frame("metadata", usage={"inputTokens": 3, "outputTokens": 9, "totalTokens": 12}),
    ]
    error = frame("throttlingException", b"exception", message="Too many requests")
    return Wire(tuple(events), error, "application/vnd.amazon.eventstream")


def exchange(wire, pieces, ending=Ending.COMPLETE, **extra):
    headers = (("content-type", wire.content_type), *extra.pop("headers", ()))
    return Exchange(
        REQUEST, 200, "OK", headers, tuple(Piece(p) for p in pieces if p), ending, **extra
    )


def raw(*pieces, ending=Ending.EOF):
    """Bytes in place of an answer; far enough apart to arrive one by one."""
    spaced = tuple(Piece(data, 0.1 * (n > 0)) for n, data in enumerate(pieces))
    return Exchange(REQUEST, None, pieces=spaced, ending=ending)


def damaged(wire):
    """Every fault, four events in where it has a middle, as {name: Damage}."""
    events = wire.events
    whole, size = b"".join(events), sum(map(len, events))
    early, half = events[:4], events[4][: len(events[4]) // 2]
    length = "content-length"
    chunk = b"%x\r\n%b\r\n" % (len(events[0]), events[0])
    found = {
        "clean": exchange(wire, events),
        "reset_mid_stream": exchange(wire, early, Ending.RESET),
        "eof_mid_stream": exchange(wire, early, Ending.EOF),
        "eof_inside_an_event": exchange(wire, (*early, half), Ending.EOF),
        "reset_inside_an_event": exchange(wire, (*early, half), Ending.RESET),
        "length_too_long": exchange(wire, events, Ending.EOF, headers=((length, str(size + 100)),)),
        # After its head, for there is a client that sees what is too much only beside the head.
        "length_too_short": replace(
            exchange(wire, (), headers=((length, str(size // 2)),)), pieces=(Piece(whole, 0.1),)
        ),
        "until_close_truncated": exchange(
            wire, early, Ending.EOF, headers=(("connection", "close"),)
        ),
        "no_terminator": exchange(wire, early),
        "terminator_then_eof": exchange(wire, events, Ending.EOF),
        "stall_mid_stream": exchange(wire, early, Ending.STALL),
        "bad_chunk_size": raw(OK + chunk, b"xyz\r\nwhat\r\n"),
        "eof_inside_a_chunk": raw(OK + chunk, b"400\r\ndata: {"),
        "garbage_body": exchange(wire, (*early, b"\xff\xfe\x00\x80\n\n", *events[4:])),
        "bad_gzip": exchange(
            wire,
            (gzip.compress(whole)[:10] + b"\x00" * 40,),
            headers=(("content-encoding", "gzip"),),
        ),
        "reset_before_head": raw(ending=Ending.RESET),
        "eof_before_head": raw(),
        "stall_before_head": raw(ending=Ending.STALL),
        "garbage_status_line": raw(b"SMTP READY 220\r\n\r\n"),
        "half_a_head": raw(b"HTTP/1.1 200 OK\r\ncontent-type: text/ev"),
        "error_event": exchange(wire, (*early, wire.error)),
        "empty_body": exchange(wire, ()),
        "refused": Exchange(REQUEST, None, ending=Ending.RESET, connected=False),
    }
    late = exchange(wire, events, head_delay=2.0)
    gap = replace(found["clean"], pieces=(*map(Piece, early), Piece(events[4], 2.0)))
    slow = {"head_too_late": Damage(late, 0.3), "gap_too_long": Damage(gap, 0.3)}
    short = {name: 0.3 for name, value in found.items() if value.ending is Ending.STALL}
    short |= {"bad_chunk_size": 1.0}  # there is a client that hangs there whatever it declares
    return {name: Damage(value, short.get(name, 5.0)) for name, value in found.items()} | slow
