"""Calls and results that an agent kept without an id, or lost it, on all five wires (A06)."""

import copy

import pytest
from block_asks import asked, call, result, user
from wire_samples import SERVER

from harness.model import Ask
from harness.transports import TRANSPORTS

WIRES = ("chat_completions", "anthropic_messages", "codex_responses", "bedrock_converse", "gateway")
NONE = (None, "", " ")


def converted(wire, *messages):
    """(what is called, what is answered) as ids with what stands beside them."""
    kept = copy.deepcopy(messages)
    found = TRANSPORTS.get(wire).convert_messages(messages, SERVER, Ask(messages))
    assert messages == kept
    objects = list(all_objects(found))
    calls = [
        (o[key], o.get("name") or o["function"]["name"]) for o in objects if (key := called(o))
    ]
    answers = [
        (o[key], text_of(o.get("output") or o["content"]))
        for o in objects
        for key in ANSWERED
        if key in o and not called(o)
    ]
    return calls, answers


def all_objects(value):
    if isinstance(value, dict):
        yield value
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for entry in inner:
        yield from all_objects(entry)


def called(thing):
    """The key of a call's id, as its wire has it."""
    if "input" in thing and "toolUseId" in thing:
        return "toolUseId"
    kinds = {"function": "id", "tool_use": "id", "function_call": "call_id"}
    return kinds.get(thing.get("type"))


ANSWERED = ("tool_call_id", "tool_use_id", "call_id", "toolUseId")


def text_of(content):
    return content if isinstance(content, str) else content[0]["text"]


@pytest.mark.parametrize("wire", WIRES)
@pytest.mark.parametrize("none", NONE, ids=["null", "empty", "blank"])
def test_a_call_without_an_id_keeps_its_result(wire, none):
    """Both get the same made id, in their order; an id that is there stays."""
    calls, answers = converted(
        wire,
        user("Go."),
        asked(call(none, "one"), call("c2", "two"), call(none, "three")),
        result(none, "1"),
        result("c2", "2"),
        result(none, "3"),
        user("Go on."),
    )
    assert [name for _, name in calls] == ["one", "two", "three"]
    assert calls[1][0] == "c2"
    ids = [identity for identity, _ in calls]
    assert all(identity.strip() for identity in ids)
    assert len(set(ids)) == 3
    assert dict(answers) == dict(zip(ids, ["1", "2", "3"], strict=True))


@pytest.mark.parametrize("wire", WIRES)
def test_a_result_without_an_id_answers_the_call_that_waits(wire):
    """Not one that another result names."""
    history = (user("Go."), asked(call("c1", "one"), call("c2", "two")))
    _, answers = converted(wire, *history, result("c1", "1"), result(None, "2"))
    assert answers == [("c1", "1"), ("c2", "2")]


@pytest.mark.parametrize("wire", WIRES)
def test_the_same_call_again_has_an_id_of_its_own(wire):
    """And the longer history keeps the ids of the shorter one: they are in a cached prefix."""
    turn = (user("Go."), asked(call(None)), result(None, "1"))
    short, _ = converted(wire, *turn)
    long, answers = converted(wire, *turn, *turn)
    assert long[:1] == short
    assert len({identity for identity, _ in long}) == 2
    assert [identity for identity, _ in answers] == [identity for identity, _ in long]
    made = user("Go."), asked(call(short[0][0])), result(short[0][0], "1")
    assert converted(wire, *turn, *made)[0][:1] == short


@pytest.mark.parametrize("wire", WIRES)
def test_a_function_call_of_before_there_were_tools_keeps_its_result(wire):
    """The old shape has one call, no id, and a result of its own role."""
    old = {"name": "read_file", "arguments": '{"path":"a"}'}
    calls, answers = converted(
        wire,
        user("Read it"),
        {"role": "assistant", "content": None, "function_call": old},
        {"role": "function", "name": "read_file", "content": "two lines"},
    )
    assert [name for _, name in calls] == ["read_file"]
    assert answers == [(calls[0][0], "two lines")]
