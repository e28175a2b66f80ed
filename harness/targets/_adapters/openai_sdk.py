"""The official openai client, chat completions and responses, whole and streamed.

A stream is read as the client's documentation shows: by iterating over it; chat streams are put
together by its own accumulator, responses by their last event that holds one.
"""

import importlib.metadata
import importlib.util

import openai
from _loop import Skipped, as_text, count, failed, field, history, http_errors, read, serve, stepped

try:
    from openai.lib.streaming.chat import ChatCompletionStreamState
except ImportError:  # before 1.56 there was none in public
    ChatCompletionStreamState = None

MODES = ["chat_completions"]
if importlib.util.find_spec("openai.resources.responses"):  # since 1.66
    MODES.append("codex_responses")
SURFACED = (
    openai.OpenAIError,
    *http_errors("httpx", "httpx2"),
    ValueError,
    TypeError,
    RuntimeError,
    AssertionError,
    AttributeError,
    LookupError,
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
        return read(chat_result, whole, session)
    if ChatCompletionStreamState is None:
        raise Skipped("public accumulator of chat streams: openai has one since 1.56")
    state, seen = ChatCompletionStreamState(), []
    try:
        stream = client.chat.completions.create(
            model=turn["model"],
            stream=True,
            stream_options={"include_usage": True},
            **request,
        )
    except SURFACED as error:
        return failed(error)
    for chunk in stepped(stream, SURFACED, state.handle_chunk):
        if isinstance(chunk, Exception):
            return failed(chunk, partial(seen))
        seen.append(chunk)
        chat_events(chunk, emit)
    try:
        final = state.get_final_completion()
    except (openai.LengthFinishReasonError, openai.ContentFilterFinishReasonError):
        final = state.current_completion_snapshot  # it refuses to parse, and holds the reply
    except SURFACED as error:
        return failed(error, partial(seen))
    return read(chat_result, final, session)


CHAT_KEYS = ("messages", "tools", "tool_choice", "max_tokens", "temperature")


def chat_events(chunk, emit):
    for choice in chunk.choices or ():
        delta = choice.delta
        if delta is not None and delta.content:
            emit("text", text=as_text(delta.content))
        for call in (delta.tool_calls if delta is not None else None) or ():
            if call.function and call.function.name:
                emit("tool_name", name=call.function.name, text=call.function.name, call=call.index)
            if call.function and call.function.arguments:
                emit("tool_arguments", text=as_text(call.function.arguments), call=call.index)
        if choice.finish_reason and isinstance(choice.finish_reason, str):  # a number ends nothing
            emit("finish", finish_reason=chat_finish(choice.finish_reason))


def partial(chunks):
    """What the user of the iterator holds when it raises: the text so far, and no finished call."""
    text = "".join(
        as_text(choice.delta.content or "")
        for chunk in chunks
        for choice in chunk.choices or ()
        if choice.delta is not None
    )
    return {"content": text, "reasoning": "", "tool_calls": [], "finish_reason": None}


def chat_result(completion, session):
    if not hasattr(completion, "choices"):  # what came was no completion, and is handed on
        return {"outcome": "complete", "response": empty(None)}
    if not completion.choices:
        return {"outcome": "complete", "response": empty(completion.usage and usage(completion))}
    choice = completion.choices[0]
    message = choice.message
    session["previous"] = message.model_dump(exclude_none=True, exclude={"parsed"})
    extra = message.model_extra or {}
    return {
        "outcome": "complete",
        "response": {
            "content": as_text(message.content or ""),
            "reasoning": as_text(extra.get("reasoning_content") or extra.get("reasoning") or ""),
            "tool_calls": chat_calls(message),
            "finish_reason": chat_finish(choice.finish_reason),
            "raw_finish_reason": as_text(choice.finish_reason),
            "usage": usage(completion),
            "refusal": as_text(field(message, "refusal")),
            "provider_data": {"message": session["previous"]},
        },
    }


def chat_finish(reason):
    return "tool_calls" if reason == "function_call" else as_text(reason)  # its older name


def chat_calls(message):
    calls = [
        chat_call(call)
        for call in message.tool_calls or ()
        if getattr(call, "function", None) or getattr(call, "custom", None)
    ]
    old = message.function_call
    if old and old.name and not calls:
        return [{"id": None, "name": old.name, "arguments": given(old.arguments)}]
    return calls


def chat_call(call):
    custom = getattr(call, "custom", None)
    if isinstance(custom, dict):  # so the accumulator holds it, which has no type for it
        name, arguments = custom.get("name"), custom.get("input") or ""
    elif custom:
        name, arguments = custom.name, custom.input
    else:
        name, arguments = call.function.name, given(call.function.arguments)
    called = str(call.id) if call.id is not None else None
    return {"id": called, "name": as_text(name or ""), "arguments": arguments}


def told(call):  # a function's arguments, or the free text of a custom tool
    return call.input if call.type == "custom_tool_call" else given(call.arguments)


def given(arguments):
    """As the client hands it on: a text, or whatever stood in its place; None is nothing."""
    return arguments if isinstance(arguments, dict) else as_text(arguments) or ""


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
    prompt, output = (field(counted, f"{kind}_tokens_details") for kind in ("prompt", "completion"))
    return {
        "input_tokens": count(counted.prompt_tokens),
        "output_tokens": count(counted.completion_tokens),
        "total_tokens": count(counted.total_tokens),
        "cache_read_tokens": detail(prompt, "cached_tokens"),
        "cache_write_tokens": detail(prompt, "cache_write_tokens"),
        "reasoning_tokens": detail(output, "reasoning_tokens"),
    }


def responses(client, turn, emit, session):
    messages = history(turn["request"]["messages"], session)
    request = {"input": response_input(messages)}
    system = [m["content"] for m in messages if m.get("role") in SYSTEM]
    if system:
        request["instructions"] = "\n\n".join(system)
    tools = turn["request"].get("tools")
    if tools:
        request["tools"] = [{"type": "function", "strict": False, **t["function"]} for t in tools]
    if "max_tokens" in turn["request"]:
        request["max_output_tokens"] = turn["request"]["max_tokens"]
    if not turn["stream"]:
        try:
            final = client.responses.create(model=turn["model"], store=False, **request)
        except SURFACED as error:
            return failed(error)
        return read(response_result, final, session)
    try:
        stream = client.responses.create(model=turn["model"], store=False, stream=True, **request)
    except SURFACED as error:
        return failed(error)
    return streamed_response(stream, emit, session)


TERMINAL = {"response.completed", "response.incomplete", "response.failed"}
UNDER_WAY = {"response.created", "response.queued", "response.in_progress"}


def streamed_response(stream, emit, session):
    """By iterating to the terminal event, which holds the whole response; what comes after it is
    no part of the response any more."""
    text, named, done, known = {"content": [], "reasoning": []}, set(), [], None
    with stream:
        for event in stepped(stream, SURFACED, lambda event: None):
            if isinstance(event, Exception):
                return failed(event, {**empty(None), **joined(text)})
            kind = getattr(event, "type", None)
            if kind in TERMINAL and event.response is None:
                break  # an end without a response, which some servers send
            if kind in TERMINAL:
                return read(ended, event.response, done, session)
            if kind == "error":
                return faulty(event.code or "error", event.message)
            if kind in UNDER_WAY:
                known = event.response
            if kind == "response.output_item.done":
                done.append(event.item)
            broken = read(response_event, event, emit, text, named)
            if broken:
                return broken
    return read(unfinished, known, done, joined(text), session)


def ended(final, done, session):
    if not final.output:  # some servers tell the items on the way alone
        final.output = done
    return response_result(final, session)


def joined(text):
    return {place: "".join(told) for place, told in text.items()}


def unfinished(known, done, text, session):
    """The iterator ended, and no event said that the response did: what the client told last is
    the response that began, whose status is its own word that it is still under way."""
    if not (known or done):
        return {"outcome": "complete", "response": {**empty(None), **text}}
    known = known or openai.types.responses.Response.construct()
    known.output = done
    result = response_result(known, session)
    if result["response"]:
        result["response"] |= {place: told for place, told in text.items() if told}
    return result


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
        elif message["role"] not in SYSTEM:
            content = message["content"]
            if isinstance(content, list):
                content = [response_part(part) for part in content]
            items.append({"role": message["role"], "content": content})
    return items


SYSTEM = {"system", "developer"}


def response_part(part):
    if part["type"] == "image_url":
        return {"type": "input_image", "image_url": part["image_url"]["url"], "detail": "auto"}
    return {"type": "input_text", "text": part["text"]}


def response_event(event, emit, text, named):
    if event.type == "response.output_text.delta":
        text["content"].append(as_text(event.delta) or "")
        emit("text", text=as_text(event.delta) or "")
    elif event.type in {"response.reasoning_summary_text.delta", "response.reasoning_text.delta"}:
        text["reasoning"].append(event.delta)
        emit("reasoning", text=event.delta)
    elif event.type == "response.output_item.added" and event.item.type == "function_call":
        if event.output_index in named:  # the same item again: a user keys by its index
            return
        named.add(event.output_index)
        emit("tool_name", name=event.item.name, text=event.item.name, call=event.output_index)
    elif event.type == "response.function_call_arguments.delta":
        emit("tool_arguments", text=event.delta, call=event.output_index)


STATUS = {
    "completed": "stop",
    "failed": "error",
    "cancelled": "error",
    "queued": "pause",
    "in_progress": "pause",
}
INCOMPLETE = {
    None: "length",  # what it is where nothing more is said
    "max_output_tokens": "length",
    "max_tokens": "length",
    "content_filter": "content_filter",
}


def response_result(final, session):
    if not hasattr(final, "output"):  # what came was no response, and is handed on
        return {"outcome": "complete", "response": empty(None)}
    output = final.output or []
    session["previous"] = {
        "role": "assistant",
        "output": [item.model_dump(exclude_none=True) for item in output],
    }
    calls = [item for item in output if item.type in {"function_call", "custom_tool_call"}]
    thoughts = [i for i in output if i.type == "reasoning"]
    reasoning = [part.text for i in thoughts for part in i.summary or i.content or ()]
    finish = STATUS.get(final.status, final.status)
    if final.status == "incomplete":
        reason = final.incomplete_details.reason if final.incomplete_details else None
        finish = INCOMPLETE.get(reason, "pause")
    counted = final.usage or None  # an empty list is no count
    messages = [part for item in output if item.type == "message" for part in item.content or ()]
    said = [part.text for part in messages if part.type == "output_text"]
    refused = [part.refusal for part in messages if part.type == "refusal"]
    response = {
        "content": "".join(said),
        "refusal": "".join(refused) or None,
        "provider_data": {"reasoning_items": session["previous"]["output"]},
        "reasoning": "\n\n".join(reasoning),
        "tool_calls": [
            {"id": call.call_id, "name": as_text(call.name or ""), "arguments": told(call)}
            for call in calls
        ],
        "finish_reason": "tool_calls" if calls and finish == "stop" else finish,
        "raw_finish_reason": final.status,
        "usage": counted
        and {
            "input_tokens": count(counted.input_tokens),
            "output_tokens": count(counted.output_tokens),
            "total_tokens": count(counted.total_tokens),
            "cache_read_tokens": detail(counted.input_tokens_details, "cached_tokens"),
            "cache_write_tokens": detail(counted.input_tokens_details, "cache_write_tokens"),
            "reasoning_tokens": detail(counted.output_tokens_details, "reasoning_tokens"),
        },
    }
    if final.error or final.status in {"failed", "cancelled"}:
        error = final.error  # its own field: also where the body holds nothing but it
        message = (error and error.message) or f"the response is {final.status}"
        return faulty(str((error and error.code) or final.status), str(message))
    return {"outcome": "complete", "response": response}


def faulty(kind, message):
    error = {"type": kind, "message": message, "status": None}
    return {"outcome": "error", "response": None, "error": error}


def detail(counts, name):  # a compatible server may leave it out, and its whole group with it
    return count(field(counts, name))


if __name__ == "__main__":
    serve(
        {
            "name": "openai",
            "version": importlib.metadata.version("openai"),
            "language": "python",
            "transports": MODES,
            "features": ["events", "no_inline_reasoning", "no_backend_rules", "no_caching"],
            "bugs_url": "https://github.com/openai/openai-python/issues",
        },
        run,
    )
