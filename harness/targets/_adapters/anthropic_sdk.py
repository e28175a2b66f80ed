"""The official anthropic client, whole and streamed by its own accumulating stream."""

import importlib.metadata
import json

import anthropic
from _loop import (
    Skipped,
    as_text,
    count,
    failed,
    field,
    history,
    http_errors,
    image,
    read,
    serve,
    stepped,
)

SURFACED = (
    anthropic.AnthropicError,
    *http_errors("httpx", "httpx2"),
    ValueError,
    TypeError,
    RuntimeError,
    AssertionError,
    AttributeError,
    LookupError,
)
FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
    "pause_turn": "pause",
}


def run(turn, emit, session):
    if turn["credential"]["kind"] != "key":
        raise Skipped(f"credential {turn['credential']['kind']}")
    if "client" not in session:
        session["client"] = anthropic.Anthropic(
            api_key=turn["credential"]["value"],
            base_url=turn["base_url"],
            timeout=turn["timeout_s"],
            max_retries=turn["max_retries"],
        )
    client = session["client"]
    request = build(turn, session)
    if not turn["stream"]:
        try:
            final = client.messages.create(**request)
        except SURFACED as error:
            return failed(error)
        return read(result, final, session)
    try:
        with client.messages.stream(**request) as stream:
            return streamed(stream, emit, session)
    except SURFACED as error:
        return failed(error)


def streamed(stream, emit, session):
    """By the client's own accumulating stream, to the event that says that the message is over."""
    kept, named = {}, set()

    def take(event):
        if kept or event.type == "message_start":  # before it the client has no snapshot to give
            kept["snapshot"] = stream.current_message_snapshot

    for event in stepped(stream, SURFACED, take):
        if isinstance(event, Exception):
            held = read(partial, kept.get("snapshot"))
            unreadable = held is not None and "outcome" in held
            return failed(event, None if unreadable else held)
        emitted(event, emit, named)
        if event.type == "message_stop":
            return read(result, stream.current_message_snapshot, session)
    return read(result, stream.get_final_message(), session)


def build(turn, session):
    asked = turn["request"]
    system = [plain(m["content"]) for m in asked["messages"] if m["role"] in SYSTEM]
    request = {
        "model": turn["model"],
        "max_tokens": asked.get("max_tokens", 1024),
        "messages": [m for m in map(message, history(asked["messages"], session)) if m],
    }
    if system:
        request["system"] = "\n\n".join(system)
    if asked.get("tools"):
        request["tools"] = [
            {
                "name": tool["function"]["name"],
                "description": tool["function"].get("description", ""),
                "input_schema": tool["function"]["parameters"],
            }
            for tool in asked["tools"]
        ]
    return request


SYSTEM = {"system", "developer"}


def plain(content):
    if isinstance(content, str):
        return content
    return "".join(one["text"] for one in content if one["type"] == "text")


def message(said):
    if said["role"] == "tool":
        block = {
            "type": "tool_result",
            "tool_use_id": said["tool_call_id"],
            "content": said["content"],
        }
        return {"role": "user", "content": [block]}
    if said["role"] in SYSTEM:
        return None
    content = said["content"]
    return {
        "role": said["role"],
        "content": content if isinstance(content, str) else [part(one) for one in content],
    }


def part(one):
    if one["type"] != "image_url":
        return one
    media_type, data = image(one)
    source = {"type": "base64", "media_type": media_type, "data": data}
    return {"type": "image", "source": source}


def emitted(event, emit, named):
    if event.type == "content_block_start" and event.content_block.type == "tool_use":
        if event.index in named:  # the same block again: a user keys by its index
            return
        named.add(event.index)
        name = event.content_block.name
        emit("tool_name", name=name, text=name, call=event.index)
    elif event.type == "content_block_delta":
        delta = event.delta
        if delta.type == "text_delta":
            emit("text", text=delta.text)
        elif delta.type == "thinking_delta":
            emit("reasoning", text=delta.thinking)
        elif delta.type == "input_json_delta" and delta.partial_json and event.index in named:
            emit("tool_arguments", text=delta.partial_json, call=event.index)


def given(arguments):
    """As the client hands it on: an object, or whatever stood in its place."""
    told = {} if arguments is None else arguments
    return told if isinstance(told, dict) else json.dumps(told)


def partial(snapshot):
    if snapshot is None:
        return None
    text = "".join(block.text for block in snapshot.content if block.type == "text")
    thoughts = [block.thinking for block in snapshot.content if block.type == "thinking"]
    reasoning = "\n\n".join(thoughts)
    return {"content": text, "reasoning": reasoning, "tool_calls": [], "finish_reason": None}


def result(final, session):
    if not hasattr(final, "content"):  # what came was no message, and is handed on
        response = {"content": "", "reasoning": "", "tool_calls": [], "finish_reason": None}
        return {"outcome": "complete", "response": response}
    blocks = [block.model_dump(exclude_none=True) for block in final.content or ()]
    session["previous"] = {"role": "assistant", "content": blocks}
    stop_reason = as_text(final.stop_reason)
    return {
        "outcome": "complete",
        "response": {
            "content": "".join(as_text(b.text) for b in final.content or () if b.type == "text"),
            "provider_data": {
                "blocks": [b for b in blocks if "thinking" in b["type"] or "citations" in b]
            },
            "reasoning": "\n\n".join(
                b.thinking for b in final.content or () if b.type == "thinking"
            ),
            "tool_calls": [
                {
                    "id": as_text(block.id),
                    "name": as_text(block.name),
                    "arguments": given(block.input),
                }
                for block in final.content or ()
                if block.type == "tool_use"
            ],
            "finish_reason": FINISH.get(stop_reason, stop_reason),
            "raw_finish_reason": stop_reason,
            "usage": final.usage and usage(final.usage),
        },
    }


def usage(counted):
    cached = [
        count(field(counted, name))
        for name in ("cache_read_input_tokens", "cache_creation_input_tokens")
    ]
    fresh, output = count(counted.input_tokens), count(counted.output_tokens)
    whole = None if fresh is None else fresh + sum(one or 0 for one in cached)
    return {
        "input_tokens": whole,
        "output_tokens": output,
        "total_tokens": None if whole is None or output is None else whole + output,
        "cache_read_tokens": cached[0],
        "cache_write_tokens": cached[1],
        "reasoning_tokens": count(
            field(field(counted, "output_tokens_details"), "thinking_tokens")
        ),
    }


if __name__ == "__main__":
    serve(
        {
            "name": "anthropic",
            "version": importlib.metadata.version("anthropic"),
            "language": "python",
            "transports": ["anthropic_messages"],
            "features": ["events", "no_inline_reasoning", "no_backend_rules", "no_caching"],
            "bugs_url": "https://github.com/anthropics/anthropic-sdk-python/issues",
        },
        run,
    )
