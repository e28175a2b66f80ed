"""Canonical asks that the request builders of the block wires must say."""

PNG = "data:image/png;base64,iVBORw0KGgo="
SCHEMA = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}


def tool(name, parameters=SCHEMA, **more):
    return {
        "type": "function",
        "function": {"name": name, "description": "d", "parameters": parameters},
    } | more


def call(identity, name="get_weather", arguments='{"city": "Oslo"}'):
    return {"id": identity, "type": "function", "function": {"name": name, "arguments": arguments}}


def asked(*calls, content=None, **more):
    return {"role": "assistant", "content": content, "tool_calls": list(calls)} | more


def result(identity, content="-3 C", **more):
    return {"role": "tool", "tool_call_id": identity, "content": content} | more


def user(content):
    return {"role": "user", "content": content}


TURNS = (
    {"role": "system", "content": "You are terse."},
    user([{"type": "text", "text": "Weather?"}, {"type": "image_url", "image_url": {"url": PNG}}]),
    asked(call("c1"), call("c2", "get_time", '{"tz":"UTC"}'), content="On it."),
    result("c1"),
    result("c2", "no such zone", is_error=True),
)
TOOLS = (tool("get_weather"), tool("get_time", {"type": "object"}))
