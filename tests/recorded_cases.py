"""What was asked of a real server through the official SDKs, and what an SDK saw of the answer.

Used twice: by whoever records (`interrupt(answer)` then does something to the server, after so
many events), and by the test that replays what was recorded.
"""

import json
from dataclasses import dataclass
from pathlib import Path

import anthropic
import openai

KEY = "no-key-is-needed"
MODEL = "tiny-random-llama"
AFTER = 12  # events, where somebody interrupts
PATIENCE = 0.8  # of a client that meets a silence on purpose
LONG = 60.0  # of any other: no busy machine is taken for a dead one
ASKED = [{"role": "user", "content": "What is the weather in Oslo?"}]
SCHEMA = {
    "type": "object",
    "properties": {"city": {"type": "string", "enum": ["Oslo", "Rome"]}},
    "required": ["city"],
}
ROOT = Path(__file__).resolve().parent.parent
SEEN = Path(__file__).parent / "data" / "recorded_seen.json"


@dataclass(frozen=True)
class Recorded:
    """`wire` says which API; `how`: text, tool, error, cancelled, killed, stopped, reset."""

    wire: str
    how: str
    stream: bool = True

    @property
    def name(self):
        return f"llamacpp_{self.how}" + ("" if self.stream else "_whole")

    @property
    def path(self):
        return ROOT / "cassettes" / self.wire / f"{self.name}.yaml"

    @property
    def id(self):
        return f"{self.wire}-{self.name}"


WIRES = ("chat", "messages", "responses")
CASES = [
    Recorded(wire, how, stream)
    for wire in WIRES
    for how, stream in [
        ("text", True),
        ("text", False),
        ("tool", True),
        ("tool", False),
        ("error", True),
        ("cancelled", True),
        ("killed", True),
        ("stopped", True),
        ("reset", True),
    ]
]
ENDED = {"cancelled": "client_closed", "killed": "eof", "stopped": "stall", "reset": "reset"}


def client(case, base_url, http):
    options = {"api_key": KEY, "http_client": http, "max_retries": 0}
    options["timeout"] = PATIENCE if case.how == "stopped" else LONG
    if case.wire == "messages":
        return anthropic.Anthropic(base_url=base_url, **options)
    return openai.OpenAI(base_url=f"{base_url}/v1", **options)


def room(case):
    """How many tokens it may say."""
    return {"text": 16, "tool": 300}.get(case.how, 1500)


def open_chat(case, sdk, extra):
    more = {}
    if case.how == "tool":
        function = {"name": "get_weather", "parameters": SCHEMA}
        tool = {"type": "function", "function": function}
        more = {"tools": [tool], "tool_choice": "required"}
    if case.stream:
        more["stream_options"] = {"include_usage": True}
    messages = [{"role": "user", "content": 7}] if case.how == "error" else ASKED
    return sdk.chat.completions.create(
        model=MODEL,
        messages=messages,
        stream=case.stream,
        max_tokens=room(case),
        extra_body=extra,
        **more,
    )


def open_messages(case, sdk, extra):
    more = {}
    if case.how == "tool":
        more["tools"] = [{"name": "get_weather", "input_schema": SCHEMA}]
        more["tool_choice"] = {"type": "any"}
    messages = [{"role": "user", "content": 7}] if case.how == "error" else ASKED
    return sdk.messages.create(
        model=MODEL,
        messages=messages,
        stream=case.stream,
        max_tokens=room(case),
        extra_body=extra,
        **more,
    )


def open_responses(case, sdk, extra):
    more = {}
    if case.how == "tool":
        tool = {"type": "function", "name": "get_weather", "parameters": SCHEMA, "strict": False}
        more = {"tools": [tool], "tool_choice": "required"}
    return sdk.responses.create(
        model=MODEL,
        input=[{"role": "nobody", "content": 7}] if case.how == "error" else ASKED,
        stream=case.stream,
        max_output_tokens=room(case),
        extra_body=extra,
        **more,
    )


OPEN = {"chat": open_chat, "messages": open_messages, "responses": open_responses}


def ask(case, base_url, http, seed, interrupt=None):
    """What the SDK saw, as plain data: every event it made, or the answer, and its error."""
    items, error = [], None
    with client(case, base_url, http) as sdk:
        try:
            answer = OPEN[case.wire](case, sdk, {"seed": seed})
            if case.stream:
                with answer:
                    for event in answer:
                        items.append(plain(event))
                        if len(items) == AFTER and interrupt is not None:
                            interrupt(answer)
                        if len(items) == AFTER and case.how == "cancelled":
                            break
            else:
                items.append(plain(answer))
        except Exception as raised:  # noqa: BLE001 -- whatever a client raises is what it saw
            error = type(raised).__name__
    return {"items": items, "error": error}


def plain(event):
    """What came over the wire, without what a version of the SDK adds to it."""
    return json.loads(event.model_dump_json(exclude_unset=True, warnings=False))


def summary(case, saw):
    """Short enough to be committed and read."""
    return {
        "items": len(saw["items"]),
        "error": saw["error"],
        "said": "".join(said(case, item) for item in saw["items"]),
        "last": saw["items"][-1].get("type") or saw["items"][-1].get("object")
        if saw["items"]
        else None,
    }


def said(case, item):
    """Every text and every argument, in the order in which they came."""
    if case.wire == "chat":
        found = ""
        for choice in item.get("choices", ()):
            part = choice.get("delta") or choice.get("message") or {}
            found += part.get("content") or ""
            for call in part.get("tool_calls") or ():
                found += call["function"].get("name") or ""
                found += call["function"].get("arguments") or ""
        return found
    if case.wire == "messages":
        delta = item.get("delta") or {}
        found = (delta.get("text") or "") + (delta.get("partial_json") or "")
        block = item.get("content_block") or {}
        found += block.get("name") or ""
        for block in item.get("content") or ():
            found += block.get("text") or ""
            if "input" in block:
                found += block["name"] + json.dumps(block["input"], sort_keys=True)
        return found
    found = item.get("delta") or ""
    for output in item.get("output") or ():
        found += (output.get("name") or "") + (output.get("arguments") or "")
        found += "".join(part.get("text") or "" for part in output.get("content") or ())
    return found
