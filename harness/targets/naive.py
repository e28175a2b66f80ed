"""A client as one writes it on the first day: it works, and it fails silently in four famous ways.

It appends whatever is called a name, shows whatever is called content, takes the end of the bytes
for the end of the reply, and gives up at the first 401. `harness demo` plays it beside the
reference.
"""

from __future__ import annotations

import json
from typing import Any

import httpx

from harness.contracts import Started, TurnSpec, Wire
from harness.model import (
    Event,
    EventKind,
    Failure,
    FailureKind,
    FinishReason,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
    Report,
    ToolCall,
)

_SURFACED = (httpx.HTTPError, ValueError, KeyError, TypeError)


class _Session:
    def __init__(self, wire: Wire) -> None:
        self._http = httpx.Client(transport=wire.transport(), trust_env=False)

    def run(self, turn: TurnSpec) -> Report:
        if turn.transport != "chat_completions" or not turn.ask.stream:
            return Report(
                Outcome(OutcomeKind.UNSUPPORTED), skipped="other wires than a chat stream"
            )
        reply = _Reply()
        try:
            self._stream(turn, reply)
        except httpx.HTTPStatusError as error:
            failure = Failure(
                FailureKind.UNKNOWN, str(error), "HTTPStatusError", error.response.status_code
            )
            return Report(Outcome(OutcomeKind.ERROR, failure=failure))
        except httpx.TransportError:
            pass  # "the server is done": the first of the four
        except _SURFACED as error:
            failure = Failure(FailureKind.UNKNOWN, str(error), type(error).__name__)
            return Report(Outcome(OutcomeKind.ERROR, failure=failure), tuple(reply.events))
        return Report(Outcome(OutcomeKind.COMPLETE, reply.response()), tuple(reply.events))

    def _stream(self, turn: TurnSpec, reply: _Reply) -> None:
        body = {
            "model": turn.model,
            "messages": list(turn.ask.messages),
            "tools": list(turn.ask.tools),
            "stream": True,
        }
        headers = {"authorization": f"Bearer {turn.credential.get('value', '')}"}
        url = turn.base_url + "/v1/chat/completions"
        with self._http.stream(
            "POST", url, json=body, headers=headers, timeout=turn.timeout_s
        ) as response:
            response.raise_for_status()
            for line in response.iter_lines():
                if line.startswith("data: {"):
                    for choice in json.loads(line[6:]).get("choices") or ():
                        reply.take(choice)

    def close(self) -> None:
        self._http.close()


class _Reply:
    def __init__(self) -> None:
        self.text, self.finish = "", "stop"
        self.calls: dict[int, dict[str, str]] = {}
        self.events: list[Event] = []

    def take(self, choice: dict[str, Any]) -> None:
        delta = choice.get("delta") or {}
        if delta.get("content"):
            self.text += delta["content"]
            self.events.append(Event(EventKind.TEXT, delta["content"]))
        self.finish = choice.get("finish_reason") or self.finish
        for part in delta.get("tool_calls") or ():
            call = self.calls.setdefault(part["index"], {"id": "", "name": "", "arguments": ""})
            call["id"] = part.get("id") or call["id"]
            call["name"] += part["function"].get("name") or ""
            call["arguments"] += part["function"].get("arguments") or ""

    def response(self) -> NormalizedResponse:
        calls = tuple(ToolCall(c["id"], c["name"], c["arguments"]) for c in self.calls.values())
        known = self.finish in set(FinishReason)
        finish = FinishReason(self.finish) if known else FinishReason.STOP
        return NormalizedResponse(self.text or None, calls or None, finish)


class Naive:
    doors = frozenset({"inprocess", "loopback"})

    def start(self) -> Started:
        return Started("naive", "0", transports=("chat_completions",))

    def open(self, wire: Wire) -> _Session:
        return _Session(wire)

    def stop(self) -> None:
        pass


def make() -> Naive:
    return Naive()
