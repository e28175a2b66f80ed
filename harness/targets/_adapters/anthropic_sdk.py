"""The official anthropic client, whole and streamed by its own accumulating stream."""

import importlib.metadata

import anthropic
import httpx2  # the client's own transport library: its exceptions surface unwrapped
from _loop import Skipped, failed, history, serve

SURFACED = (
    anthropic.AnthropicError,
    httpx2.HTTPError,
    ValueError,
    TypeError,
    RuntimeError,
    AssertionError,
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
    snapshot = None
    try:
        if not turn["stream"]:
            return result(client.messages.create(**request), session)
        with client.messages.stream(**request) as stream:
            for event in stream:
                snapshot = stream.current_message_snapshot
                emitted(event, emit)
            return result(stream.get_final_message(), session)
    except SURFACED as error:
        return failed(error, partial(snapshot))


def build(turn, session):
    asked = turn["request"]
    system = [m["content"] for m in asked["messages"] if m["role"] in {"system", "developer"}]
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


def message(said):
    if said["role"] == "tool":
        block = {
            "type": "tool_result",
            "tool_use_id": said["tool_call_id"],
            "content": said["content"],
        }
        return {"role": "user", "content": [block]}
    if said["role"] in {"system", "developer"}:
        return None
    return {"role": said["role"], "content": said["content"]}


def emitted(event, emit):
    if event.type == "content_block_start" and event.content_block.type == "tool_use":
        name = event.content_block.name
        emit("tool_name", name=name, text=name, call=event.index)
    elif event.type == "content_block_delta":
        delta = event.delta
        if delta.type == "text_delta":
            emit("text", text=delta.text)
        elif delta.type == "thinking_delta":
            emit("reasoning", text=delta.thinking)
        elif delta.type == "input_json_delta" and delta.partial_json:
            emit("tool_arguments", text=delta.partial_json, call=event.index)


def partial(snapshot):
    if snapshot is None:
        return None
    text = "".join(block.text for block in snapshot.content if block.type == "text")
    return {"content": text, "reasoning": "", "tool_calls": [], "finish_reason": None}


def result(final, session):
    session["previous"] = {
        "role": "assistant",
        "content": [block.model_dump(exclude_none=True) for block in final.content],
    }
    counted = final.usage
    cached = (counted.cache_read_input_tokens or 0, counted.cache_creation_input_tokens or 0)
    whole = counted.input_tokens + sum(cached)
    return {
        "outcome": "complete",
        "response": {
            "content": "".join(b.text for b in final.content if b.type == "text"),
            "reasoning": "\n\n".join(b.thinking for b in final.content if b.type == "thinking"),
            "tool_calls": [
                {"id": block.id, "name": block.name, "arguments": block.input or {}}
                for block in final.content
                if block.type == "tool_use"
            ],
            "finish_reason": FINISH.get(final.stop_reason, final.stop_reason),
            "raw_finish_reason": final.stop_reason,
            "usage": {
                "input_tokens": whole,
                "output_tokens": counted.output_tokens,
                "total_tokens": whole + counted.output_tokens,
                "cache_read_tokens": counted.cache_read_input_tokens,
                "cache_write_tokens": counted.cache_creation_input_tokens,
            },
        },
    }


if __name__ == "__main__":
    serve(
        {
            "name": "anthropic",
            "version": importlib.metadata.version("anthropic"),
            "language": "python",
            "transports": ["anthropic_messages"],
            "features": ["events"],
            "bugs_url": "https://github.com/anthropics/anthropic-sdk-python/issues",
        },
        run,
    )
