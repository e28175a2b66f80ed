"""Bytes of a chat stream in, events out."""

from __future__ import annotations

import copy
import json

from harness.model import (
    Ending,
    Event,
    EventKind,
    FinishReason,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
    ToolCall,
)
from harness.wire.sse import SseDecoder


class ChatReader:
    def __init__(self) -> None:
        self._sse = SseDecoder()
        self._text = ""
        self._calls: dict[int, list[str]] = {}
        self._finish: str | None = None
        self.finished = False
        self.outcome = Outcome(OutcomeKind.INTERRUPTED)

    def fork(self) -> ChatReader:
        return copy.deepcopy(self)

    def feed(self, data: bytes) -> list[Event]:
        events: list[Event] = []
        for sse in self._sse.feed(data):
            if sse.data.startswith("[DONE]"):
                self.finished = True
                break
            for choice in json.loads(sse.data)["choices"]:
                events += self._choice(choice)
        return events

    def _choice(self, choice: dict[str, object]) -> list[Event]:
        events: list[Event] = []
        delta = choice["delta"]
        assert isinstance(delta, dict)
        if delta.get("content"):
            self._text += delta["content"]
            events.append(Event(EventKind.TEXT, delta["content"]))
        for call in delta.get("tool_calls", ()):
            slot = self._calls.setdefault(call["index"], ["", "", ""])
            function = call["function"]
            slot[0] = call.get("id") or slot[0]
            if function.get("name"):
                slot[1] = function["name"]
                events.append(Event(EventKind.TOOL_NAME, function["name"], call["index"]))
            slot[2] += function.get("arguments", "")
            events.append(Event(EventKind.TOOL_ARGUMENTS, function["arguments"], call["index"]))
        if choice.get("finish_reason"):
            self._finish = str(choice["finish_reason"])
        return events

    def end(self, how: Ending = Ending.COMPLETE) -> list[Event]:
        whole = self.finished and how is Ending.COMPLETE and self._finish is not None
        calls = tuple(ToolCall(slot[0], slot[1], slot[2]) for slot in self._calls.values())
        response = NormalizedResponse(
            content=self._text or None,
            tool_calls=(calls or None) if whole else None,
            finish_reason=FinishReason(self._finish) if whole and self._finish else None,
        )
        self.outcome = Outcome(
            OutcomeKind.COMPLETE if whole else OutcomeKind.INTERRUPTED,
            response,
            dropped=() if whole else tuple(call.name for call in calls),
        )
        return []
