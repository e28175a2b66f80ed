"""boto3's bedrock-runtime client: converse and converse_stream, put together as its users must."""

import base64
import importlib.metadata
import json
import struct

import boto3
import botocore.config
import botocore.eventstream
import botocore.exceptions
import botocore.parsers
import urllib3.exceptions
from _loop import Skipped, failed, history, image, read, serve, stepped

SURFACED = (
    botocore.exceptions.BotoCoreError,
    botocore.exceptions.ClientError,
    botocore.exceptions.EventStreamError,
    botocore.eventstream.ParserError,
    botocore.parsers.ResponseParserError,
    urllib3.exceptions.HTTPError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    struct.error,
)
FINISH = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "guardrail_intervened": "content_filter",
    "content_filtered": "content_filter",
    "malformed_model_output": "error",
    "malformed_tool_use": "error",
}


def run(turn, emit, session):
    if turn["credential"]["kind"] != "key":
        raise Skipped(f"credential {turn['credential']['kind']}")
    if "client" not in session:
        session["client"] = boto3.client(
            "bedrock-runtime",
            endpoint_url=turn["base_url"],
            region_name="us-east-1",
            aws_access_key_id="AKIAEXAMPLE",
            aws_secret_access_key=turn["credential"]["value"],
            config=botocore.config.Config(
                read_timeout=turn["timeout_s"],
                connect_timeout=turn["timeout_s"],
                retries={"total_max_attempts": turn["max_retries"] + 1, "mode": "standard"},
            ),
        )
    client = session["client"]
    request = build(turn, session)
    if not turn["stream"]:
        try:
            answer = client.converse(**request)
        except SURFACED as error:
            return raised(error)
        return read(whole, answer, session)
    try:
        stream = client.converse_stream(**request)["stream"]
    except SURFACED as error:
        return raised(error)
    state = {"blocks": {}, "named": set(), "finish": None, "usage": None}
    for event in stepped(stream, SURFACED, lambda event: None):
        if isinstance(event, Exception):
            return raised(event, partial(state) if state["blocks"] else None)
        broken = read(take, event, state, emit)
        if broken:
            return {**broken, "outcome": "interrupted", "response": partial(state)}
        if "metadata" in event and state["finish"]:  # the last event of every stream
            stream.close()
            break
    return read(streamed, state, session)


def raised(error, response=None):
    """A service error by its code, another one by its class."""
    report = failed(error, response)
    told = getattr(error, "response", None) or {}
    report["error"]["type"] = told.get("Error", {}).get("Code") or type(error).__name__
    status = told.get("ResponseMetadata", {}).get("HTTPStatusCode")
    report["error"]["status"] = status if isinstance(status, int) else None
    return report


def build(turn, session):
    asked = turn["request"]
    system = [block for m in asked["messages"] if m["role"] in SYSTEM for block in blocks(m)]
    request = {
        "modelId": turn["model"],
        "messages": [m for m in map(message, history(asked["messages"], session)) if m],
    }
    if system:
        request["system"] = system
    if "max_tokens" in asked:
        request["inferenceConfig"] = {"maxTokens": asked["max_tokens"]}
    if asked.get("tools"):
        specs = [
            {
                "toolSpec": {
                    "name": tool["function"]["name"],
                    "description": tool["function"].get("description") or "a tool",
                    "inputSchema": {"json": tool["function"]["parameters"]},
                }
            }
            for tool in asked["tools"]
        ]
        request["toolConfig"] = {"tools": specs}
    return request


SYSTEM = {"system", "developer"}


def message(said):
    if said["role"] in SYSTEM:
        return None
    if said["role"] == "tool":
        result = {"toolUseId": said["tool_call_id"], "content": [{"text": said["content"]}]}
        return {"role": "user", "content": [{"toolResult": result}]}
    return {"role": said["role"], "content": blocks(said)}


def blocks(said):
    content = said.get("content") or []
    made = [{"text": content}] if isinstance(content, str) else [part(one) for one in content]
    for call in said.get("tool_calls") or ():
        asked = json.loads(call["function"]["arguments"] or "{}")
        tool = {"toolUseId": call["id"], "name": call["function"]["name"], "input": asked}
        made.append({"toolUse": tool})
    return made


def part(one):
    if one.get("type") == "text":
        return {"text": one["text"]}
    if one.get("type") != "image_url":
        return one
    media_type, data = image(one)
    source = {"bytes": base64.b64decode(data)}
    return {"image": {"format": media_type.partition("/")[2], "source": source}}


def take(event, state, emit):
    if "contentBlockStart" in event:
        start = event["contentBlockStart"]
        tool = start["start"].get("toolUse")
        if tool:
            index = start["contentBlockIndex"]
            if index in state["named"]:  # the same block again
                return
            state["named"].add(index)
            state["blocks"][index] = {"toolUse": {**tool, "input": ""}}
            emit("tool_name", name=tool["name"], text=tool["name"], call=index)
    elif "contentBlockDelta" in event:
        delta = event["contentBlockDelta"]
        take_delta(delta["contentBlockIndex"], delta["delta"], state["blocks"], emit)
    elif "messageStop" in event:
        state["finish"] = event["messageStop"].get("stopReason")
    elif "metadata" in event:
        state["usage"] = event["metadata"].get("usage")


def take_delta(index, delta, blocks, emit):
    if "text" in delta:
        block = blocks.setdefault(index, {"text": ""})
        block["text"] += delta["text"]
        emit("text", text=delta["text"])
    elif "toolUse" in delta:
        blocks[index]["toolUse"]["input"] += delta["toolUse"]["input"]
        emit("tool_arguments", text=delta["toolUse"]["input"], call=index)
    elif "reasoningContent" in delta:
        block = blocks.setdefault(index, {"reasoning": "", "signature": "", "redacted": ""})
        part = delta["reasoningContent"]
        block["reasoning"] += part.get("text", "")
        block["signature"] += part.get("signature", "")
        block["redacted"] += base64.b64encode(part.get("redactedContent", b"")).decode()
        if part.get("text"):
            emit("reasoning", text=part["text"])


def partial(state):
    text = "".join(block.get("text", "") for block in state["blocks"].values())
    return {"content": text, "reasoning": "", "tool_calls": [], "finish_reason": None}


def streamed(state, session):
    """What a user of the iterator holds at its end. The finish is None if no messageStop came."""
    blocks = [state["blocks"][index] for index in sorted(state["blocks"])]
    calls = []
    for block in blocks:
        if "toolUse" in block:
            tool = block["toolUse"]
            given = tool["input"] or "{}"
            calls.append({"id": tool["toolUseId"], "name": tool["name"], "arguments": given})
    session["previous"] = {"role": "assistant", "content": [echo(block) for block in blocks]}
    opaque = [b.get("signature") or b.get("redacted") for b in blocks if "reasoning" in b]
    return result(
        "".join(block.get("text", "") for block in blocks),
        "".join(block.get("reasoning", "") for block in blocks),
        calls,
        (state["finish"], state["usage"]),
        opaque,
    )


def echo(block):
    if "toolUse" in block:
        tool = block["toolUse"]
        try:
            given = json.loads(tool["input"] or "{}")
        except ValueError:
            given = {}
        return {"toolUse": {**tool, "input": given}}
    if "reasoning" in block:
        if block["redacted"]:
            return {"reasoningContent": {"redactedContent": base64.b64decode(block["redacted"])}}
        text = {"text": block["reasoning"], "signature": block["signature"]}
        return {"reasoningContent": {"reasoningText": text}}
    return block


def whole(answer, session):
    content = answer.get("output", {}).get("message", {}).get("content") or []
    session["previous"] = {"role": "assistant", "content": content}
    reasoning = [
        b["reasoningContent"].get("reasoningText", {}) for b in content if "reasoningContent" in b
    ]
    calls = [
        {
            "id": block["toolUse"]["toolUseId"],
            "name": block["toolUse"]["name"],
            "arguments": block["toolUse"]["input"],
        }
        for block in content
        if "toolUse" in block
    ]
    return result(
        "".join(block.get("text", "") for block in content),
        "".join(part.get("text", "") for part in reasoning),
        calls,
        (answer.get("stopReason"), answer.get("usage")),
        [part.get("signature") for part in reasoning],
    )


def result(text, reasoning, calls, finish, opaque):
    stop_reason, counted = finish
    response = {
        "content": text,
        "reasoning": reasoning,
        "tool_calls": calls,
        "finish_reason": FINISH.get(stop_reason, stop_reason),
        "raw_finish_reason": stop_reason,
        "usage": counted and usage(counted),
        "provider_data": {"opaque": [one for one in opaque if one]},
    }
    return {"outcome": "complete", "response": response}


def usage(counted):
    cached = counted.get("cacheReadInputTokens"), counted.get("cacheWriteInputTokens")
    return {
        "input_tokens": counted["inputTokens"] + sum(count or 0 for count in cached),
        "output_tokens": counted["outputTokens"],
        "total_tokens": counted["totalTokens"],
        "cache_read_tokens": cached[0],
        "cache_write_tokens": cached[1],
    }


if __name__ == "__main__":
    serve(
        {
            "name": "boto3",
            "version": importlib.metadata.version("boto3"),
            "language": "python",
            "transports": ["bedrock_converse"],
            "features": ["events", "no_inline_reasoning", "no_backend_rules", "no_caching"],
            "bugs_url": "https://github.com/boto/botocore/issues",
        },
        run,
    )
