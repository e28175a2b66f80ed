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
from _loop import Skipped, as_text, count, failed, history, image, read, serve, stepped

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
        return read(answered, answer, session)
    try:
        stream = client.converse_stream(**request)["stream"]
    except SURFACED as error:
        return raised(error)
    return iterated(stream, emit, session)


def iterated(stream, emit, session):
    """By iterating to the events that say that the message is over. The client says nothing at the
    end of the body: its reference bids the user of an EventStream raise if the end event never came
    (https://docs.aws.amazon.com/botocore/latest/reference/eventstream.html)."""
    state = {"blocks": {}, "named": set(), "closed": set(), "stop": None, "usage": None}
    for event in stepped(stream, SURFACED, lambda event: None):
        if isinstance(event, Exception):
            return raised(event, partial(state))
        broken = read(take, event, state, emit)
        if broken:
            return {**broken, "outcome": "interrupted", "response": partial(state)}
        if "metadata" in event and state["stop"] is not None:  # the last event of every stream
            stream.close()
            break
    if state["stop"] is None:
        return failed(EOFError("the stream ended without messageStop"), partial(state))
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
            if not of_the_server(tool):
                emit("tool_name", name=tool["name"], text=tool["name"], call=index)
    elif "contentBlockDelta" in event:
        delta = event["contentBlockDelta"]
        take_delta(delta["contentBlockIndex"], delta["delta"], state["blocks"], emit)
    elif "contentBlockStop" in event:
        state["closed"].add(event["contentBlockStop"]["contentBlockIndex"])
    elif "messageStop" in event:
        state["stop"] = event["messageStop"]
    elif "metadata" in event:
        state["usage"] = event["metadata"].get("usage")


def take_delta(index, delta, blocks, emit):
    if "text" in delta:
        block = blocks.setdefault(index, {})
        block["text"] = block.get("text", "") + delta["text"]
        emit("text", text=delta["text"])
    elif "toolUse" in delta:
        tool = blocks[index]["toolUse"]
        tool["input"] += delta["toolUse"]["input"]
        if not of_the_server(tool):
            emit("tool_arguments", text=delta["toolUse"]["input"], call=index)
    elif "citation" in delta:
        blocks.setdefault(index, {}).setdefault("citations", []).append(delta["citation"])
    elif "reasoningContent" in delta:
        block = blocks.setdefault(index, {"reasoning": "", "signature": "", "redacted": b""})
        part = delta["reasoningContent"]
        block["reasoning"] += part.get("text", "")
        block["signature"] += part.get("signature", "")
        block["redacted"] += part.get("redactedContent", b"")
        if part.get("text"):
            emit("reasoning", text=part["text"])


def of_the_server(tool):
    """A tool that the server runs itself: its user is asked for nothing."""
    return tool.get("type") == "server_tool_use"


def partial(state):
    """What had come when it broke off, without calls; None if nothing had."""
    blocks = state["blocks"].values()
    reasoning = "".join(block.get("reasoning", "") for block in blocks)
    text = "".join(block.get("text", "") for block in blocks)
    told = {"content": text, "reasoning": reasoning, "tool_calls": [], "finish_reason": None}
    return told if blocks else None


def streamed(state, session):
    """The reply that the events make. A call is one when its block has stopped."""
    begun = sorted(state["blocks"].items())
    blocks = [one for index, one in begun if "toolUse" not in one or index in state["closed"]]
    answer = {
        "output": {"message": {"content": [echo(block) for block in blocks]}},
        "usage": state["usage"],
        **state["stop"],
    }
    result = answered(answer, session)
    calls = [one["toolUse"] for one in blocks if "toolUse" in one]
    texts = [one["input"] or "{}" for one in calls if not of_the_server(one)]
    for call, text in zip(result["response"]["tool_calls"], texts, strict=True):
        call["arguments"] = text  # as it came, also where it is no JSON
    return result


def echo(block):
    """A block as the whole reply has it, and as it is sent back."""
    if "toolUse" in block:
        tool = block["toolUse"]
        try:
            given = json.loads(tool["input"] or "{}")
        except ValueError:
            given = {}
        return {"toolUse": {**tool, "input": given}}
    if "reasoning" in block:
        if block["redacted"]:
            return {"reasoningContent": {"redactedContent": block["redacted"]}}
        text = {"text": block["reasoning"], "signature": block["signature"]}
        return {"reasoningContent": {"reasoningText": text}}
    if "citations" in block:
        content = [{"text": block.get("text", "")}]
        return {"citationsContent": {"content": content, "citations": block["citations"]}}
    return block


def answered(answer, session):
    content = answer.get("output", {}).get("message", {}).get("content") or []
    session["previous"] = {"role": "assistant", "content": content}
    thoughts = [block["reasoningContent"] for block in content if "reasoningContent" in block]
    texts = [thought.get("reasoningText", {}) for thought in thoughts]
    tools = [block["toolUse"] for block in content if "toolUse" in block]
    stop_reason, counted = as_text(answer.get("stopReason")), answer.get("usage")
    response = {
        "content": "".join(map(said, content)),
        "reasoning": "".join(as_text(text.get("text")) or "" for text in texts),
        "tool_calls": [
            {
                "id": as_text(tool.get("toolUseId")),
                "name": as_text(tool["name"]),
                "arguments": given(tool.get("input")),
            }
            for tool in tools
            if not of_the_server(tool)
        ],
        "finish_reason": FINISH.get(stop_reason, stop_reason),
        "raw_finish_reason": stop_reason,
        "usage": counted and usage(counted),
        "provider_data": {"opaque": opaque(answer, content, thoughts)},
    }
    return {"outcome": "complete", "response": response}


def given(arguments):
    """As the client hands it on: an object, or whatever stood in its place."""
    told = {} if arguments is None else arguments
    return told if isinstance(told, dict) else json.dumps(told)


def said(block):
    cited = block.get("citationsContent", {}).get("content") or ()
    return "".join(as_text(one.get("text")) or "" for one in (block, *cited))


def opaque(answer, content, thoughts):
    """What its user hands back unread: signatures, sealed thoughts, citations, vendors' fields."""
    signed = [thought.get("reasoningText", {}).get("signature") for thought in thoughts]
    sealed = [thought.get("redactedContent") for thought in thoughts]
    cited = [one for b in content for one in b.get("citationsContent", {}).get("citations") or ()]
    known = [*signed, *(base64.b64encode(one).decode() for one in sealed if one), *cited]
    return [one for one in (*known, answer.get("additionalModelResponseFields")) if one]


def usage(counted):
    read, written = (counted.get(f"cache{way}InputTokens") for way in ("Read", "Write"))
    fresh = count(counted.get("inputTokens"))
    return {
        "input_tokens": None
        if fresh is None
        else fresh + (count(read) or 0) + (count(written) or 0),
        "output_tokens": count(counted.get("outputTokens")),
        "total_tokens": count(counted.get("totalTokens")),
        "cache_read_tokens": count(read),
        "cache_write_tokens": count(written),
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
