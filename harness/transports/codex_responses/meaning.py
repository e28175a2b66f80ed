"""What a list of output items and a status mean: one function for streamed and whole replies.

The rule of this file: the verdict comes from the items as much as from the status, since the status
says `completed` for a reply of tool calls, of a refusal, or of nothing but a comment on the way. A
call that did not arrive whole is dropped and named. Nothing is guessed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from harness.model import FinishReason, JsonObject, NormalizedResponse, Provider, ToolCall, Usage
from harness.transports._arguments import NAMELESS, as_text, is_object, repair, unfit
from harness.transports._counts import count
from harness.transports._ids import call_id as derived_id
from harness.wire.jsontext import heal

# Tuples, since a hostile peer may put a list where a word belongs.
THINKING_PHASES = ("commentary", "analysis")
PENDING = ("queued", "in_progress", "incomplete")

# Profiles, by the name that a backend's file may hold: dialects of real servers.
THOUGHT_ALONE_IS_PAUSE = "responses_thought_alone_is_pause"  # F26
RESPONSE_IN_THOUGHT = "responses_answer_inside_thought"  # F33
HARMONY_LEAK = "responses_harmony_leak_is_pause"  # E22
COMMENTARY_IS_REASONING = "responses_commentary_is_reasoning"  # F24

_FINISH = {
    "completed": FinishReason.STOP,
    "incomplete": FinishReason.LENGTH,
    "failed": FinishReason.ERROR,
    "cancelled": FinishReason.ERROR,
    "queued": FinishReason.PAUSE,
    "in_progress": FinishReason.PAUSE,
    "max_output_tokens": FinishReason.LENGTH,
    "content_filter": FinishReason.CONTENT_FILTER,
    "max_messages": FinishReason.PAUSE,
    "steered": FinishReason.PAUSE,
}


class Item(NamedTuple):
    """An output item, and whether its own end arrived."""

    raw: JsonObject
    done: bool = True


class Ended(NamedTuple):
    """What the terminal event, or the whole document, says beside the items."""

    status: str | None
    reason: str | None = None
    usage: Usage | None = None
    id: str | None = None

    @property
    def raw_finish(self) -> str | None:
        return f"{self.status}:{self.reason}" if self.reason else self.status


class Meaning(NamedTuple):
    response: NormalizedResponse
    dropped: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass
class _Said:
    """What the items say, gathered one by one."""

    provider: Provider
    ended: Ended | None
    text: list[str] = field(default_factory=list)
    thoughts: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    calls: list[ToolCall] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    messages: list[JsonObject] = field(default_factory=list)
    reasoning: list[JsonObject] = field(default_factory=list)
    position: int = 0  # of the next item, among those that are sent back
    thought: bool = False
    answered: bool = False  # a message of phase final_answer that is whole
    pending: bool = False
    damaged: bool = False

    def drop(self, name: str, why: str) -> None:
        self.dropped.append(name)
        self.warnings.append(f"tool call {name} was dropped: {why}")


def finish_reason(raw: Any) -> FinishReason:
    """By the words alone: `completed`, `incomplete:max_output_tokens`, or a reason by itself."""
    if not isinstance(raw, str):
        return FinishReason.UNKNOWN
    status, _, reason = raw.partition(":")
    return _FINISH.get(reason or status, FinishReason.UNKNOWN)


def usage(raw: Any) -> Usage | None:
    if not isinstance(raw, dict):
        return None
    inputs, outputs = raw.get("input_tokens_details"), raw.get("output_tokens_details")
    inputs = inputs if isinstance(inputs, dict) else {}
    outputs = outputs if isinstance(outputs, dict) else {}
    found = Usage(
        input_tokens=count(raw.get("input_tokens")),
        output_tokens=count(raw.get("output_tokens")),
        total_tokens=count(raw.get("total_tokens")),
        cache_read_tokens=count(inputs.get("cached_tokens")),
        cache_write_tokens=count(inputs.get("cache_write_tokens")),
        reasoning_tokens=count(outputs.get("reasoning_tokens")),
    )
    return None if found == Usage() else found


def ended_of(raw: JsonObject) -> Ended:
    """Of a response object, whichever event it stood in."""
    details = raw.get("incomplete_details")
    reason = details.get("reason") if isinstance(details, dict) else None
    status, id_ = raw.get("status"), raw.get("id")
    return Ended(
        status if isinstance(status, str) else None,
        reason if isinstance(reason, str) else None,
        usage(raw.get("usage")),
        id_ if isinstance(id_, str) else None,
    )


def meaning_of(items: Sequence[Item], ended: Ended | None, provider: Provider) -> Meaning:
    """`ended` is None when the stream was cut: then nothing is a finish, and no call is offered."""
    said = _Said(provider, ended)
    for number, item in enumerate(items):
        cut = number == len(items) - 1 and ended is not None and ended.status == "incomplete"
        _take(said, item, number, cut=cut)
    text, reasoning = heal("".join(said.text)), heal("\n\n".join(said.thoughts))
    finish = _verdict(said, ended, text) if ended else None
    if ended and RESPONSE_IN_THOUGHT in provider.profiles and not text and not said.calls:
        text = reasoning.partition("<response>")[2].partition("</response>")[0].strip()
        finish = FinishReason.STOP if text and finish is not FinishReason.LENGTH else finish
    if finish is FinishReason.PAUSE and _leaks(said, text):
        text = ""
    data = {
        "raw_finish_reason": ended.raw_finish if ended else None,
        "response_id": ended.id if ended else None,
        "refusal": heal("".join(said.refusals)) or None,
        "commentary": "\n\n".join(said.comments) or None,
        "codex_reasoning_items": (said.reasoning or None) if ended else None,
        "codex_message_items": (said.messages or None) if ended else None,
    }
    response = NormalizedResponse(
        content=text or None,
        tool_calls=tuple(said.calls) or None,
        finish_reason=finish,
        reasoning=reasoning or None,
        usage=ended.usage if ended else None,
        provider_data={key: value for key, value in data.items() if value is not None} or None,
    )
    return Meaning(response, tuple(said.dropped), tuple(said.warnings))


def _take(said: _Said, item: Item, number: int, *, cut: bool) -> None:
    kind = item.raw.get("type")
    if kind == "message":
        _take_message(said, item)
    elif kind == "reasoning":
        _take_reasoning(said, item)
    elif kind in ("function_call", "custom_tool_call"):
        _take_call(said, item, number, cut=cut)
    # Every other item is a tool that the server runs itself (F29): no call of ours, no verdict.


def _take_message(said: _Said, item: Item) -> None:
    raw, phase = item.raw, item.raw.get("phase")
    parts = raw.get("content")
    if isinstance(parts, str):
        parts = [{"type": "output_text", "text": parts}]
    texts: list[str] = []
    for part in parts if isinstance(parts, list) else ():
        if not isinstance(part, dict):
            continue
        if part.get("type") in ("output_text", "text") and isinstance(part.get("text"), str):
            texts.append(part["text"])
        elif part.get("type") == "refusal" and isinstance(part.get("refusal"), str):
            said.refusals.append(part["refusal"])
    comment = "".join(texts) if phase in THINKING_PHASES else ""
    said.comments += [comment] if comment else []
    if comment and COMMENTARY_IS_REASONING in said.provider.profiles:
        said.thoughts.append(comment)
    else:
        said.text += texts
    whole = item.done and raw.get("status") not in PENDING
    said.answered = said.answered or (whole and phase == "final_answer")
    if item.done:
        said.messages.append({**raw, "_position": said.position})
        said.position += 1


def _take_reasoning(said: _Said, item: Item) -> None:
    raw = item.raw
    said.thought = True
    summary, content = _texts(raw.get("summary")), _texts(raw.get("content"))
    said.thoughts += content if raw.get("_shown") == "content" else summary or content
    transient = isinstance(raw.get("id"), str) and raw["id"].startswith("rs_tmp_")
    if item.done and not transient:
        summary_list = raw.get("summary")
        kept = {key: value for key, value in raw.items() if key != "_shown"}
        kept["summary"] = summary_list if isinstance(summary_list, list) else []
        stamps = {"_issuer_kind": said.provider.name, "_position": said.position}
        said.reasoning.append(kept | stamps)
        said.position += 1


def _texts(parts: Any) -> list[str]:
    found = (
        [part.get("text") for part in parts if isinstance(part, dict)]
        if isinstance(parts, list)
        else []
    )
    return [text for text in found if isinstance(text, str) and text]


def _take_call(said: _Said, item: Item, number: int, *, cut: bool) -> None:
    """`cut`: a limit stopped the reply at this item. There nothing is mended, and saying nothing is
    not the same as `{}`."""
    raw, ended = item.raw, said.ended
    custom = raw.get("type") == "custom_tool_call"
    wire = heal(as_text(raw.get("input" if custom else "arguments")))
    name = heal(raw["name"]) if isinstance(raw.get("name"), str) else ""
    if not name.strip():
        said.damaged = True
        said.drop(NAMELESS, unfit(NAMELESS))
        return
    finished = item.done or (ended is not None and ended.status == "completed" and is_object(wire))
    if ended is None or not finished or (raw.get("status") in PENDING and not _awaited(raw, ended)):
        said.pending = True
        said.drop(name, "the reply ended before its end")
        return
    arguments = wire if custom else _whole_arguments(wire, cut=cut)
    if arguments is None:
        said.damaged = True
        said.drop(name, unfit(name))
        return
    ids = _ids_of(raw, name, arguments, number)
    data: dict[str, Any] = {"call_id": ids[0], "response_item_id": ids[1]}
    if custom:
        data["item_type"] = "custom_tool_call"
    if arguments != wire and wire:
        data["raw_arguments"] = wire
    said.calls.append(ToolCall(ids[0], name, arguments, data))
    said.position += 1


def _awaited(raw: JsonObject, ended: Ended) -> bool:
    """A call by a program that runs at the server stays in progress until a client answers it: in
    a completed reply it is whole."""
    caller = raw.get("caller")
    by_program = isinstance(caller, dict) and caller.get("type") == "program"
    return by_program and ended.status == "completed"


def _whole_arguments(wire: str, *, cut: bool) -> str | None:
    if not cut:
        return repair(wire)
    return wire if wire.strip() and is_object(wire) else None


def _ids_of(raw: JsonObject, name: str, arguments: str, number: int) -> tuple[str, str]:
    """The id that a result must name, and the item's own. One server joins both with a bar."""
    own, call = raw.get("id"), raw.get("call_id")
    own = own.strip() if isinstance(own, str) else ""
    call = call.strip() if isinstance(call, str) else ""
    for_call, bar, for_item = own.partition("|")
    if bar:
        call, own = call or for_call, for_item
    if not call and own.startswith("fc_"):
        call = f"call_{own.removeprefix('fc_')}"
    call = call or own or derived_id(name, arguments, number)
    if not own.startswith("fc_"):
        own = item_id(own or call)
    return call, own


def item_id(call: str) -> str:
    """The item id that belongs to a call id."""
    if call.startswith("fc_"):
        return call
    clean = "".join(char if char.isalnum() or char in "_-" else "_" for char in call)
    return f"fc_{clean.removeprefix('call_')[:48]}"


def _verdict(said: _Said, ended: Ended, text: str) -> FinishReason:
    profiles = said.provider.profiles
    finish = FinishReason.STOP if ended.status is None else finish_reason(ended.raw_finish)
    if finish is not FinishReason.STOP:
        # A final answer that is whole outweighs a bare `incomplete` (F25), never a named limit.
        answered = said.answered and ended.status == "incomplete" and ended.reason is None
        return FinishReason.STOP if answered else finish
    pause = said.pending or (not said.calls and _leaks(said, text))
    if COMMENTARY_IS_REASONING in profiles and said.comments and not text.strip():
        pause = pause or not said.calls
    if THOUGHT_ALONE_IS_PAUSE in profiles and said.thought and not (text.strip() or said.refusals):
        pause = pause or not said.calls
    if said.damaged:
        return FinishReason.LENGTH
    if pause:
        return FinishReason.PAUSE
    if said.calls:
        return FinishReason.TOOL_CALLS
    refused = said.refusals and not text.strip()
    return FinishReason.CONTENT_FILTER if refused else FinishReason.STOP


def _leaks(said: _Said, text: str) -> bool:
    return HARMONY_LEAK in said.provider.profiles and not said.calls and "to=functions." in text
