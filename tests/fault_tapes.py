"""One reply on five wires, with its regions written while the bytes are: what faults are tried on.

A thought, a text with characters of more than one byte, two calls with escapes in their arguments,
usage and a finish; streamed, and as one document.
"""

import json

from harness.model import (
    Exchange,
    Framing,
    Piece,
    Region,
    RegionKind,
    Regions,
    Request,
    Span,
)
from harness.wire.eventstream import encode

K = RegionKind
WIRES = ("chat", "messages", "responses", "converse", "jwt")
PATHS = {
    "chat": "/v1/chat/completions",
    "messages": "/v1/messages",
    "responses": "/v1/responses",
    "converse": "/model/m/converse-stream",
    "jwt": "/api/v1/llm/chat/stream",
}
THOUGHT = ("Hm, ", "the café. ")
TEXT = ("Ich schaue ", "nach ☕ in ", "Zürich.")
CALLS = (
    ("call_a", "get_weather", ('{"city": "Z\\u', '00fcrich", ', '"unit": "°C"}')),
    ("call_b", "get_time", ('{"tz": ', '"CE\\"T"}')),
)


class Tape:
    def __init__(self, framing, wire):
        self.framing, self.wire = framing, wire
        self.body, self.units, self.spans, self.calls = b"", [], [], 0

    def add(self, value, *marks, name=None):
        """One event; a mark is (kind, text[, call]): the string that stands in it."""
        data = value if isinstance(value, bytes) else dumps(value)
        start = len(self.body)
        if self.framing is Framing.EVENTSTREAM:
            headers = {":event-type": name, ":content-type": "application/json"}
            self.body += encode({**headers, ":message-type": "event"}, data)
        elif self.framing is Framing.SSE:
            head = f"event: {name}\n".encode() if name else b""
            self.body += head + b"data: " + data + b"\n\n"
        else:
            self.body += data
        for kind, text, *call in marks:
            payload = dumps(text)[1:-1] if isinstance(text, str) else dumps(text)
            find = self.body.rindex if kind is K.FINISH else self.body.index
            at = find(payload, start)
            number = call[0] if call else None
            said = text if isinstance(text, str) else payload.decode()
            span = Region(kind, at, at + len(payload), len(self.units), number, said)
            self.spans.append(span)
        self.units.append(Span(start, len(self.body)))

    def made(self):
        kind = {
            Framing.SSE: "text/event-stream",
            Framing.EVENTSTREAM: "application/vnd.amazon.eventstream",
            Framing.DOCUMENT: "application/json",
        }[self.framing]
        pieces = tuple(Piece(self.body[a:b]) for a, b in self.units)
        headers = [("content-type", kind)]
        if self.framing is Framing.DOCUMENT:
            headers.append(("content-length", str(len(self.body))))
        request = Request("POST", f"http://127.0.0.1{PATHS[self.wire]}", (), b"{}")
        exchange = Exchange(request, 200, "OK", tuple(headers), pieces)
        return exchange, Regions(self.framing, tuple(self.units), tuple(self.spans))


def dumps(value):
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def chat(thought=THOUGHT, text=TEXT, calls=CALLS):
    tape = Tape(Framing.SSE, "chat")

    def delta(said, *marks, finish=None):
        choice = {"index": 0, "delta": said, "finish_reason": finish}
        tape.add({"id": "c1", "object": "chat.completion.chunk", "choices": [choice]}, *marks)

    delta({"role": "assistant", "content": ""})
    for part in thought:
        delta({"reasoning_content": part}, (K.REASONING, part))
    for part in text:
        delta({"content": part}, (K.TEXT, part))
    for index, (ident, name, parts) in enumerate(calls):
        function = {"name": name, "arguments": ""}
        one = {"index": index, "id": ident, "type": "function", "function": function}
        delta({"tool_calls": [one]}, (K.TOOL_ID, ident, index), (K.TOOL_NAME, name, index))
        for part in parts:
            one = {"index": index, "function": {"arguments": part}}
            delta({"tool_calls": [one]}, (K.TOOL_ARGUMENTS, part, index))
    delta({}, (K.FINISH, "tool_calls"), finish="tool_calls")
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    tape.add({"id": "c1", "choices": [], "usage": usage}, (K.USAGE, usage))
    tape.add(b"[DONE]", (K.TERMINATOR, "[DONE]"))
    return tape.made()


def messages():
    tape = Tape(Framing.SSE, "messages")

    def event(kind, *marks, **said):
        tape.add({"type": kind, **said}, *marks, name=kind)

    def block(index, start, deltas):
        event("content_block_start", *start[1], index=index, content_block=start[0])
        for delta, mark in deltas:
            event("content_block_delta", mark, index=index, delta=delta)
        event("content_block_stop", index=index)

    usage = {"input_tokens": 11, "output_tokens": 1}
    message = {"id": "msg_1", "type": "message", "content": [], "usage": usage}
    event("message_start", (K.USAGE, usage), message=message)
    thoughts = [({"type": "thinking_delta", "thinking": t}, (K.REASONING, t)) for t in THOUGHT]
    signed = {"type": "signature_delta", "signature": "EqQB"}
    thinking = {"type": "thinking", "thinking": "", "signature": ""}
    block(0, (thinking, ()), [*thoughts, (signed, (K.SIGNATURE, "EqQB"))])
    texts = [({"type": "text_delta", "text": t}, (K.TEXT, t)) for t in TEXT]
    block(1, ({"type": "text", "text": ""}, ()), texts)
    for call, (ident, name, parts) in enumerate(CALLS):
        start = {"type": "tool_use", "id": ident, "name": name, "input": {}}
        marks = ((K.TOOL_ID, ident, call), (K.TOOL_NAME, name, call))
        deltas = [
            ({"type": "input_json_delta", "partial_json": p}, (K.TOOL_ARGUMENTS, p, call))
            for p in parts
        ]
        block(2 + call, (start, marks), deltas)
    usage = {"output_tokens": 7}
    reason = {"stop_reason": "tool_use"}
    marks = ((K.FINISH, "tool_use"), (K.USAGE, usage))
    event("message_delta", *marks, delta=reason, usage=usage)
    event("message_stop", (K.TERMINATOR, "message_stop"))
    return tape.made()


def responses():
    tape = Tape(Framing.SSE, "responses")
    output = []

    def event(kind, *marks, **said):
        number = len(tape.units)
        tape.add({"type": kind, "sequence_number": number, **said}, *marks, name=kind)

    event("response.created", response={"id": "r1", "status": "in_progress", "output": []})
    for part in THOUGHT:
        kind = "response.reasoning_summary_text.delta"
        event(kind, (K.REASONING, part), output_index=0, delta=part)
    for part in TEXT:
        event("response.output_text.delta", (K.TEXT, part), output_index=1, delta=part)
    event("response.output_text.done", output_index=1, text="".join(TEXT))
    content = [{"type": "output_text", "text": "".join(TEXT)}]
    output.append({"type": "message", "role": "assistant", "content": content})
    for call, (ident, name, parts) in enumerate(CALLS):
        item = {"type": "function_call", "call_id": ident, "name": name, "arguments": ""}
        marks = ((K.TOOL_ID, ident, call), (K.TOOL_NAME, name, call))
        event("response.output_item.added", *marks, output_index=2 + call, item=item)
        for part in parts:
            kind = "response.function_call_arguments.delta"
            mark = (K.TOOL_ARGUMENTS, part, call)
            event(kind, mark, output_index=2 + call, delta=part)
        whole = {**item, "arguments": "".join(parts)}
        event("response.output_item.done", output_index=2 + call, item=whole)
        output.append(whole)
    usage = {"input_tokens": 11, "output_tokens": 7, "total_tokens": 18}
    response = {"id": "r1", "status": "completed", "output": output, "usage": usage}
    marks = ((K.FINISH, "completed"), (K.USAGE, usage), (K.TERMINATOR, "response.completed"))
    event("response.completed", *marks, response=response)
    return tape.made()


def converse():
    tape = Tape(Framing.EVENTSTREAM, "converse")

    def delta(index, said, *marks):
        tape.add({"contentBlockIndex": index, "delta": said}, *marks, name="contentBlockDelta")

    def stop(index):
        tape.add({"contentBlockIndex": index}, name="contentBlockStop")

    tape.add({"role": "assistant"}, name="messageStart")
    for part in THOUGHT:
        delta(0, {"reasoningContent": {"text": part}}, (K.REASONING, part))
    delta(0, {"reasoningContent": {"signature": "EqQB"}}, (K.SIGNATURE, "EqQB"))
    stop(0)
    for part in TEXT:
        delta(1, {"text": part}, (K.TEXT, part))
    stop(1)
    for call, (ident, name, parts) in enumerate(CALLS):
        start = {"toolUse": {"toolUseId": ident, "name": name}}
        marks = ((K.TOOL_ID, ident, call), (K.TOOL_NAME, name, call))
        body = {"contentBlockIndex": 2 + call, "start": start}
        tape.add(body, *marks, name="contentBlockStart")
        for part in parts:
            delta(2 + call, {"toolUse": {"input": part}}, (K.TOOL_ARGUMENTS, part, call))
        stop(2 + call)
    marks = ((K.FINISH, "tool_use"), (K.TERMINATOR, "messageStop"))
    tape.add({"stopReason": "tool_use"}, *marks, name="messageStop")
    usage = {"inputTokens": 11, "outputTokens": 7, "totalTokens": 18}
    tape.add({"usage": usage, "metrics": {"latencyMs": 1}}, (K.USAGE, usage), name="metadata")
    return tape.made()


def jwt():
    """Sends calls whole, as objects."""
    tape = Tape(Framing.SSE, "jwt")
    base = {"content": "", "model": "m", "tool_calls": [], "usage": None, "is_final": False}
    for part in TEXT:
        tape.add({**base, "content": part}, (K.TEXT, part))
    for call, (ident, name, parts) in enumerate(CALLS):
        arguments = json.loads("".join(parts))
        marks = (
            (K.TOOL_ID, ident, call),
            (K.TOOL_NAME, name, call),
            (K.TOOL_ARGUMENTS, arguments, call),
        )
        one = {"id": ident, "name": name, "arguments": arguments}
        tape.add({**base, "tool_calls": [one]}, *marks)
    usage = {"prompt_tokens": 11, "completion_tokens": 7}
    marks = ((K.USAGE, usage), (K.FINISH, True))
    tape.add({**base, "usage": usage, "is_final": True}, *marks)
    tape.add(b"[DONE]", (K.TERMINATOR, "[DONE]"))
    return tape.made()


def document():
    """A chat reply that comes whole."""
    tape = Tape(Framing.DOCUMENT, "chat")
    calls = []
    marks = [(K.TEXT, "".join(TEXT))]
    for number, (ident, name, parts) in enumerate(CALLS):
        function = {"name": name, "arguments": "".join(parts)}
        calls.append({"id": ident, "type": "function", "function": function})
        marks += [(K.TOOL_ID, ident, number), (K.TOOL_NAME, name, number)]
        marks.append((K.TOOL_ARGUMENTS, "".join(parts), number))
    message = {"role": "assistant", "content": "".join(TEXT), "tool_calls": calls}
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
    body = {"id": "c1", "object": "chat.completion", "choices": [choice], "usage": usage}
    tape.add(body, *marks, (K.FINISH, "tool_calls"), (K.USAGE, usage))
    return tape.made()


def tagged(*text):
    """A chat stream with think tags in its text."""
    return chat(thought=(), text=text or ("<think>Hm", "m.</think>", "Yes."), calls=())


TAPES = {
    "chat": chat,
    "messages": messages,
    "responses": responses,
    "converse": converse,
    "jwt": jwt,
    "document": document,
    "tagged": tagged,
}
