"""The official openai client, chat completions and responses, whole and streamed.

A stream is read as the client's documentation shows: by iterating over it; chat streams are put
together by its own accumulator, responses by its final event.
"""

import importlib.metadata

import httpx2  # the client's own transport library: its exceptions can surface
import openai
from _loop import Skipped, failed, history, serve
from openai.lib.streaming.chat import ChatCompletionStreamState

MODES = ["chat_completions", "codex_responses"]
SURFACED = (
    openai.OpenAIError,
    httpx2.HTTPError,
    ValueError,
    TypeError,
    RuntimeError,
    AssertionError,
)


def run(turn, emit, session):
    if turn["credential"]["kind"] != "key":
        raise Skipped(f"credential {turn['credential']['kind']}")
    if "client" not in session:
        session["client"] = openai.OpenAI(
            api_key=turn["credential"]["value"],
            base_url=turn["base_url"] + "/v1",
            timeout=turn["timeout_s"],
            max_retries=turn["max_retries"],
        )
    speak = chat if turn["transport"] == "chat_completions" else responses
    return speak(session["client"], turn, emit, session)


def chat(client, turn, emit, session):
    request = {k: v for k, v in turn["request"].items() if k in CHAT_KEYS}
    request["messages"] = history(request["messages"], session)
    if not turn["stream"]:
        try:
            whole = client.chat.completions.create(model=turn["model"], **request)
        except SURFACED as error:
            return failed(error)
        return chat_result(whole, session)
    state = ChatCompletionStreamState()
    seen = []
    try:
        stream = client.chat.completions.create(
            model=turn["model"],
            stream=True,
            stream_options={"include_usage": True},
            **request,
        )
        for chunk in stream:
            seen.append(chunk)
            chat_events(chunk, emit)
            state.handle_chunk(chunk)
    except SURFACED as error:
        return failed(error, partial(seen))
    try:
        final = state.get_final_completion()
    except SURFACED as error:
        return failed(error, partial(seen))
    return chat_result(final, session)


CHAT_KEYS = ("messages", "tools", "tool_choice", "max_tokens", "temperature")


def chat_events(chunk, emit):
    for choice in chunk.choices or ():
        delta = choice.delta
        if delta is not None and delta.content:
            emit("text", text=delta.content)
        for call in (delta.tool_calls if delta is not None else None) or ():
            if call.function and call.function.name:
                emit("tool_name", name=call.function.name, text=call.function.name, call=call.index)
            if call.function and call.function.arguments:
                emit("tool_arguments", text=call.function.arguments, call=call.index)
        if choice.finish_reason:
            emit("finish", finish_reason=choice.finish_reason)


def partial(chunks):
    """What the user of the iterator holds when it raises: the text so far, and no finished call."""
    text = "".join(
        choice.delta.content or ""
        for chunk in chunks
        for choice in chunk.choices or ()
        if choice.delta is not None
    )
    return {"content": text, "reasoning": "", "tool_calls": [], "finish_reason": None}


def chat_result(completion, session):
    if not completion.choices:
        return {"outcome": "complete", "response": empty(completion.usage and usage(completion))}
    choice = completion.choices[0]
    message = choice.message
    session["previous"] = message.model_dump(exclude_none=True, exclude={"parsed"})
    extra = message.model_extra or {}
    return {
        "outcome": "complete",
        "response": {
            "content": message.content or "",
            "reasoning": extra.get("reasoning_content") or extra.get("reasoning") or "",
            "tool_calls": [
                {"id": call.id, "name": call.function.name, "arguments": call.function.arguments}
                for call in message.tool_calls or ()
            ],
            "finish_reason": choice.finish_reason,
            "raw_finish_reason": choice.finish_reason,
            "usage": usage(completion),
            "refusal": message.refusal,
        },
    }


def empty(counted):
    return {
        "content": "",
        "reasoning": "",
        "tool_calls": [],
        "finish_reason": None,
        "usage": counted or None,
    }


def usage(completion):
    counted = completion.usage
    if counted is None:
        return None
    prompt, output = counted.prompt_tokens_details, counted.completion_tokens_details
    return {
        "input_tokens": counted.prompt_tokens,
        "output_tokens": counted.completion_tokens,
        "total_tokens": counted.total_tokens,
        "cache_read_tokens": prompt.cached_tokens if prompt else None,
        "cache_write_tokens": getattr(prompt, "cache_write_tokens", None) if prompt else None,
        "reasoning_tokens": output.reasoning_tokens if output else None,
    }


def responses(client, turn, emit, session):
    request = {"input": response_input(history(turn["request"]["messages"], session))}
    if turn["request"].get("tools"):
        request["tools"] = [{"type": "function", **t["function"]} for t in turn["request"]["tools"]]
        for tool in request["tools"]:
            tool.setdefault("strict", False)
    if "max_tokens" in turn["request"]:
        request["max_output_tokens"] = turn["request"]["max_tokens"]
    text, final = [], None
    try:
        if not turn["stream"]:
            final = client.responses.create(model=turn["model"], store=False, **request)
            return response_result(final, session)
        stream = client.responses.create(model=turn["model"], store=False, stream=True, **request)
        for event in stream:
            response_event(event, emit, text)
            if event.type in {"response.completed", "response.incomplete", "response.failed"}:
                final = event.response
            if event.type == "error":
                error = {"type": event.code or "error", "message": event.message, "status": None}
                return {"outcome": "error", "response": None, "error": error}
    except SURFACED as error:
        return failed(error, {**empty(None), "content": "".join(text)})
    if final is None:  # the iterator ended without saying that the response did
        return {"outcome": "complete", "response": {**empty(None), "content": "".join(text)}}
    return response_result(final, session)


def response_input(messages):
    items = []
    for message in messages:
        if message["role"] == "tool":
            items.append(
                {
                    "type": "function_call_output",
                    "call_id": message["tool_call_id"],
                    "output": message["content"],
                }
            )
        elif "output" in message:
            items += message["output"]
        else:
            items.append({"role": message["role"], "content": message["content"]})
    return items


def response_event(event, emit, text):
    if event.type == "response.output_text.delta":
        text.append(event.delta)
        emit("text", text=event.delta)
    elif event.type in {"response.reasoning_summary_text.delta", "response.reasoning_text.delta"}:
        emit("reasoning", text=event.delta)
    elif event.type == "response.output_item.added" and event.item.type == "function_call":
        emit("tool_name", name=event.item.name, text=event.item.name, call=event.output_index)
    elif event.type == "response.function_call_arguments.delta":
        emit("tool_arguments", text=event.delta, call=event.output_index)


STATUS = {"completed": "stop", "failed": "error", "cancelled": "error"}
INCOMPLETE = {"max_output_tokens": "length", "content_filter": "content_filter"}


def response_result(final, session):
    output = final.output or []
    session["previous"] = {
        "role": "assistant",
        "output": [item.model_dump(exclude_none=True) for item in output],
    }
    calls = [item for item in output if item.type == "function_call"]
    reasoning = [part.text for i in output if i.type == "reasoning" for part in i.summary or ()]
    finish = STATUS.get(final.status, final.status)
    if final.status == "incomplete":
        reason = final.incomplete_details.reason if final.incomplete_details else None
        finish = INCOMPLETE.get(reason, reason or "unknown")
    counted = final.usage
    response = {
        "content": final.output_text or "",
        "reasoning": "\n\n".join(reasoning),
        "tool_calls": [
            {"id": call.call_id, "name": call.name, "arguments": call.arguments} for call in calls
        ],
        "finish_reason": "tool_calls" if calls and finish == "stop" else finish,
        "raw_finish_reason": final.status,
        "usage": counted
        and {
            "input_tokens": counted.input_tokens,
            "output_tokens": counted.output_tokens,
            "total_tokens": counted.total_tokens,
            "cache_read_tokens": counted.input_tokens_details.cached_tokens,
            "reasoning_tokens": counted.output_tokens_details.reasoning_tokens,
        },
    }
    if final.status == "failed" and final.error:
        error = {"type": final.error.code, "message": final.error.message, "status": None}
        return {"outcome": "error", "response": None, "error": error}
    return {"outcome": "complete", "response": response}


if __name__ == "__main__":
    serve(
        {
            "name": "openai",
            "version": importlib.metadata.version("openai"),
            "language": "python",
            "transports": MODES,
            "features": ["events"],
            "bugs_url": "https://github.com/openai/openai-python/issues",
        },
        run,
    )
