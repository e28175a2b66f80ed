"""The anatomy of a chat body: which bytes say what. Calls are numbered by the reader's own rule."""

from __future__ import annotations

from typing import Any

from harness.errors import WireError
from harness.model import Exchange, JsonObject, RegionKind, Regions, Span
from harness.transports._failures import is_error
from harness.transports._places import Anatomy, events_in, in_event, whole
from harness.transports._think import TEXT, ThinkSplitter
from harness.transports.chat_completions import meaning
from harness.transports.chat_completions.body import index_of
from harness.transports.chat_completions.calls import Calls
from harness.wire import jsontext
from harness.wire.jsontext import Path

K = RegionKind


def regions(exchange: Exchange) -> Regions:
    return _Walk(exchange.body).regions()


class _Walk(Anatomy):
    def __init__(self, body: bytes) -> None:
        super().__init__(body)
        self._calls = Calls()
        self._splitter = ThinkSplitter()
        self._speaks = False  # a reasoning field did: parts only repeat it

    def stream(self) -> None:
        for event in events_in(self.body):
            if event.raw.startswith(b"[DONE]"):
                self.enter(event.span, {})
                self.add_unit(K.TERMINATOR)
                return
            self.enter(event.span, in_event(self.body, event))
            self._chunk(_object(event.raw), named=event.event == "error")

    def document(self) -> None:
        self.enter(Span(0, len(self.body)), jsontext.index(self.body))
        self._chunk(_object(whole(self.body)))

    def _chunk(self, chunk: JsonObject, *, named: bool = False) -> None:
        if named or is_error(chunk):
            before = len(self.spans)
            self.add(K.ERROR, ("error",))
            if len(self.spans) == before:
                self.add_unit(K.ERROR)
        choices = chunk.get("choices")
        first: Any = None
        for position, choice in enumerate(choices if isinstance(choices, list) else ()):
            if not isinstance(choice, dict):
                continue
            at: Path = ("choices", position)
            index = index_of(choice)
            first = index if first is None else first
            if index == first:
                for name in ("delta", "message"):
                    if isinstance(choice.get(name), dict):
                        self._delta(choice[name], (*at, name))
                self.add(K.FINISH, (*at, "finish_reason"))
            self.add(K.USAGE, (*at, "usage"))
        self.add(K.USAGE, ("usage",))
        self.add(K.USAGE, ("x_groq", "usage"))

    def _delta(self, delta: JsonObject, at: Path) -> None:
        self._reasoning(delta, at)
        content = delta.get("content")
        if isinstance(content, str):
            self._content(content, (*at, "content"))
        elif isinstance(content, dict):
            self.add(K.TEXT, (*at, "content"))
        for position, part in enumerate(content if isinstance(content, list) else ()):
            if isinstance(part, dict):
                self._part(part, (*at, "content", position))
        self.add(K.TEXT, (*at, "refusal"))
        entries = delta.get("tool_calls")
        if entries and isinstance(entries, dict):
            self._call(entries, (*at, "tool_calls"))
        for position, entry in enumerate(entries if isinstance(entries, list) else ()):
            self._call(entry, (*at, "tool_calls", position))
        if isinstance(delta.get("function_call"), dict):
            self._call({"index": 0, "function": delta["function_call"]}, at, "function_call")

    def _content(self, text: str, at: Path) -> None:
        """Text that lies inside think tags is reasoning; a piece of both is text."""
        said = self._splitter.feed(text)
        hidden = bool(said) and all(channel != TEXT for channel, _ in said)
        self.add(K.REASONING if hidden else K.TEXT, at)

    def _part(self, part: JsonObject, at: Path) -> None:
        if part.get("type") != "thinking":
            self.add(K.TEXT, (*at, "text"))
            self.add(K.TEXT, (*at, "refusal"))
            return
        self.add(K.SIGNATURE, (*at, "signature"))
        if self._speaks:
            return
        inner = part.get("thinking")
        if isinstance(inner, str):
            self.add(K.REASONING, (*at, "thinking"))
        for position in range(len(inner) if isinstance(inner, list) else 0):
            self.add(K.REASONING, (*at, "thinking", position, "text"))

    def _reasoning(self, delta: JsonObject, at: Path) -> None:
        """Once, under the name that the reader believes first."""
        spoken = next((n for n in meaning.REASONING_FIELDS if delta.get(n)), None)
        if spoken is not None:
            self.add(K.REASONING, (*at, spoken))
        details = delta.get("reasoning_details")
        self._speaks = self._speaks or spoken is not None or bool(meaning.detail_text(details))
        for position, detail in enumerate(details if isinstance(details, list) else ()):
            if not isinstance(detail, dict):
                continue
            here: Path = (*at, "reasoning_details", position)
            if spoken is None:
                words = next((n for n in ("summary", "thinking", "text") if detail.get(n)), "text")
                self.add(K.REASONING, (*here, words))
            self.add(K.SIGNATURE, (*here, "signature"))
            self.add(K.SIGNATURE, (*here, "data"))

    def _call(self, entry: Any, at: Path, key: str = "function") -> None:
        if not isinstance(entry, dict):
            return
        self._calls.take(entry, None)
        call = self._calls.latest
        self.add(K.TOOL_ID, (*at, "id"), call)
        self.add(K.TOOL_NAME, (*at, key, "name"), call)
        self.add(K.TOOL_ARGUMENTS, (*at, key, "arguments"), call)
        self.add(K.TOOL_NAME, (*at, "custom", "name"), call)
        self.add(K.TOOL_ARGUMENTS, (*at, "custom", "input"), call)
        extra: Path = (*at, "extra_content")
        for path in list(self.places):
            if path[: len(extra)] == extra and self.places[path].kind == "string":
                self.add(K.SIGNATURE, path, call)


def _object(raw: bytes) -> JsonObject:
    try:
        data = jsontext.loads(raw)
    except WireError:
        return {}
    if isinstance(data, list):
        data = next((entry for entry in data if isinstance(entry, dict)), {})
    return data if isinstance(data, dict) else {}
