"""A scenario file in, a checked value out; or every fault of the file at once.

Whether a named fault, invariant, provider or tape exists is not known on this floor: the engine
checks names, with the places that are kept here.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from harness.errors import FileError, HarnessError, ScenarioError, Where
from harness.model import Ask, FinishReason, Level, Say, SayKind, Script, Usage
from harness.scenario.positions import Document, parse
from harness.scenario.schema_faults import did_you_mean, faults
from harness.scenario.tools import STOCK_TOOLS
from harness.scenario.value import ExpectSpec, FaultSpec, Scenario, Step, TurnPlan
from harness.schemas import validator

RESERVED = {"level", "turn", "unless", "wires"}

At = tuple[str | int, ...]


TALK = ("ask", "says", "wire", "turns")
MOST_CASES = 1000  # of one fault axis: what is combined under `all` multiplies


def load(path: Path) -> Scenario:
    scenario, found = examine(path)
    if found or scenario is None:
        raise ScenarioError(found)
    return scenario


def examine(path: Path) -> tuple[Scenario | None, list[HarnessError]]:
    """A file as far as it can be read, and every fault of it that is seen on this floor. What has
    a fault is left out, so that the names in the rest can be looked at too."""
    try:
        document = parse(path)
    except FileError as error:
        return None, [error]
    if not isinstance(document.value, dict):
        what = "is no scenario: it must be a mapping with `format: harness/1`"
        return None, [HarnessError(what, where=Where(path, 1, 1))]
    found = faults(document, "scenario")
    sound = _sound(document.value) if found else document.value
    crowds = [*_crowds(sound, document)]
    if crowds:
        sound = {key: value for key, value in sound.items() if key != "faults"}
    beyond = [*_talk(document.value, sound, document), *_tools(sound, document)]
    beyond += _choices(sound, document)
    if beyond or any(key in document.value and key not in sound for key in TALK):
        sound = {key: value for key, value in sound.items() if key not in TALK}
    return _scenario(sound, document, path), [*found, *crowds, *beyond]


def _sound(raw: dict[str, Any]) -> dict[str, Any]:
    """The parts of a file that its schema has nothing against."""
    rules = validator("scenario")
    bad = {error.absolute_path[0] for error in rules.iter_errors(raw) if error.absolute_path}
    known = rules.schema["properties"]
    return {key: value for key, value in raw.items() if key in known and key not in bad}


def _talk(raw: dict[str, Any], sound: dict[str, Any], document: Document) -> Iterator[HarnessError]:
    """What a schema cannot say: who speaks stands in `ask` with `says` or `wire`, or in `turns`."""
    single = [key for key in ("says", "wire") if key in raw]
    if "turns" in raw:
        for key in [key for key in ("ask", *single) if key in raw]:
            what = f"{key!r} and 'turns' exclude each other"
            yield HarnessError(what, where=document.where_key((key,)))
    elif "ask" not in raw:
        yield HarnessError("'ask' is missing", where=document.where(()), hint="Or give 'turns'")
    if "turns" not in raw and len(single) != 1:
        what = "'says' and 'wire' exclude each other" if single else "'says' or 'wire' is missing"
        hint = "" if single else "The server must answer something: a script, or a tape"
        yield HarnessError(what, where=document.where_key(tuple(single[1:])), hint=hint)
    for index, turn in enumerate(sound.get("turns", ())):
        if ("says" in turn) == ("wire" in turn):
            what = f"turn {index} must have either 'says' or 'wire'"
            yield HarnessError(what, where=document.where(("turns", index)))
    for number, (at, ask) in enumerate(_asks(sound)):
        yield from _previous(ask, (*at, "messages"), number, document)


def _previous(ask: dict[str, Any], at: At, turn: int, document: Document) -> Iterator[HarnessError]:
    if turn or isinstance(ask["messages"], str):
        return
    for index, message in enumerate(ask["messages"]):
        if message.get("from") == "previous":
            what = "there is no reply before the first turn"
            yield HarnessError(what, where=document.where_key((*at, index, "from")))


def _tools(sound: dict[str, Any], document: Document) -> Iterator[HarnessError]:
    for at, ask in _asks(sound):
        for number, tool in enumerate(ask.get("tools", ())):
            if isinstance(tool, str) and tool not in STOCK_TOOLS:
                yield HarnessError(
                    f"no stock tool {tool!r}",
                    where=document.where((*at, "tools", number)),
                    hint=did_you_mean(tool, STOCK_TOOLS),
                )


def _crowds(sound: dict[str, Any], document: Document) -> Iterator[HarnessError]:
    """The entry with which the fault axis outgrows its limit, or one that makes no case. Counted,
    not made: a line can mean millions."""
    made = 0
    for index, fault in enumerate(sound.get("faults", ())):
        cases = _cases(fault)
        made += cases
        where = document.where(("faults", index))
        if not cases:
            what = f"faults[{index}] makes no case: an argument is an empty list"
            yield HarnessError(what, where=where)
        elif made > MOST_CASES:
            what = f"with faults[{index}] the fault axis has more than {MOST_CASES} cases"
            hint = "Give fewer values, or make two scenarios of it"
            yield HarnessError(what, where=where, hint=hint)
            return


def _choices(sound: dict[str, Any], document: Document) -> Iterator[HarnessError]:
    """A fault of one answer is the same in every case: a list of values is for the axis."""
    wires: list[tuple[At, Any]] = [(("wire",), sound.get("wire"))]
    wires += [(("turns", n, "wire"), t.get("wire")) for n, t in enumerate(sound.get("turns", ()))]
    for at, wire in wires:
        for place, step in _steps(wire, at):
            for index, fault in enumerate(step.get("faults", ())):
                if _cases(fault) != 1:
                    what = "a fault of one answer takes one value for each argument"
                    where = document.where((*place, "faults", index))
                    yield HarnessError(what, where=where, hint="The axis `faults` takes lists")


def _steps(wire: Any, at: At) -> Iterator[tuple[At, dict[str, Any]]]:
    if isinstance(wire, list):
        for index, step in enumerate(wire):
            yield from _steps(step, (*at, index))
    elif isinstance(wire, dict):
        yield at, wire
        for name, step in wire.get("per_wire", {}).items():
            yield from _steps(step, (*at, "per_wire", name))


def _cases(raw: str | dict[str, Any]) -> int:
    """How many cases an entry of the axis makes; beyond the limit all numbers are one."""
    if isinstance(raw, str):
        return 1
    ((name, args),) = raw.items()
    values = args.values() if isinstance(args, dict) else ()
    lengths = (len(value) for value in values if isinstance(value, list))
    made = 1
    for cases in map(_cases, args) if name == "all" else lengths:
        made = min(made * cases, MOST_CASES + 1)
    return made


def _asks(raw: dict[str, Any]) -> Iterator[tuple[At, dict[str, Any]]]:
    if "ask" in raw:
        yield ("ask",), raw["ask"]
    for index, turn in enumerate(raw.get("turns", ())):
        yield ("turns", index, "ask"), turn["ask"]


def _scenario(raw: dict[str, Any], document: Any, path: Path) -> Scenario:
    lone = [{key: raw[key] for key in TALK if key in raw}] if "ask" in raw else []
    turns = raw.get("turns") or lone
    root: list[At] = [("turns", n) if "turns" in raw else () for n in range(len(turns))]
    expect = list(_expectations(raw.get("expect", ()), ("expect",), None))
    for index, turn in enumerate(turns):
        expect += _expectations(turn.get("expect", ()), (*root[index], "expect"), index)
    why = raw.get("why", [])
    on = raw.get("damage", {})
    return Scenario(
        id=path.stem,
        path=path,
        title=raw.get("title", ""),
        family=raw.get("family", ""),
        why=tuple(why if isinstance(why, list) else [why]),
        turns=tuple(_turn(turn, at) for turn, at in zip(turns, root, strict=True)),
        faults=tuple(
            spec
            for index, fault in enumerate(raw.get("faults", ["clean"]))
            for spec in _axis(fault, ("faults", index))
        ),
        expect=tuple(expect),
        document=document,
        rows=tuple(raw.get("rows", ())),
        needs=frozenset(raw.get("needs", ())),
        providers=tuple(raw["providers"]) if "providers" in raw else None,
        wires=tuple(raw["wires"]) if "wires" in raw else None,
        spread=raw.get("spread", "wires"),
        profiles=frozenset(raw.get("profiles", ())),
        every_event=raw.get("every_event", {}),
        credential=raw.get("credential", "key"),
        secrets=tuple(raw.get("secrets", ())),
        client=raw.get("client", {}),
        on_turn=on.get("turn", 0),
        on_step=on.get("step"),
    )


def _turn(raw: dict[str, Any], at: At) -> TurnPlan:
    ask = raw["ask"]
    stream = ask.get("stream", True)
    streams = tuple(stream) if isinstance(stream, list) else (stream,)
    if "says" in raw:
        steps: list[Any] = [{"says": raw["says"]}]
        places = [at]
    else:
        steps = raw["wire"] if isinstance(raw["wire"], list) else [raw["wire"]]
        lone = not isinstance(raw["wire"], list)
        places = [(*at, "wire") if lone else (*at, "wire", n) for n in range(len(steps))]
    made = tuple(_step(step, place) for step, place in zip(steps, places, strict=True))
    return TurnPlan(_ask(ask, stream=streams[0]), streams, made, raw.get("at_once", 1))


def _ask(raw: dict[str, Any], *, stream: bool) -> Ask:
    messages = raw["messages"]
    if isinstance(messages, str):
        messages = [{"role": "user", "content": messages}]
    return Ask(
        messages=tuple(messages),
        tools=tuple(STOCK_TOOLS[t] if isinstance(t, str) else t for t in raw.get("tools", ())),
        tool_choice=raw.get("tool_choice"),
        stream=stream,
        model=raw.get("model"),
        max_tokens=raw.get("max_tokens"),
        temperature=raw.get("temperature"),
        reasoning=raw.get("reasoning"),
        options=raw.get("options", {}),
    )


def _step(raw: dict[str, Any], at: At) -> Step:
    kind = next(k for k in ("tape", "says", "fails", "token", "answers", "per_wire") if k in raw)
    data = raw[kind]
    if kind == "per_wire":
        data = {wire: _step(step, (*at, kind, wire)) for wire, step in data.items()}
    faults_ = tuple(
        spec
        for index, fault in enumerate(raw.get("faults", ()))
        for spec in next(iter(_axis(fault, (*at, "faults", index))))
    )
    script = read_script(data) if kind == "says" else ()
    return Step(kind, data, script, raw.get("exchange"), raw.get("names_url"), faults_, at)


def read_script(lines: list[dict[str, Any]]) -> Script:
    return tuple(_say(line) for line in lines)


def _say(raw: dict[str, Any]) -> Say:
    if "refusal" in raw:
        return Say(SayKind.REFUSAL, raw["refusal"])
    if "finish" in raw:
        return Say(SayKind.FINISH, finish=FinishReason(raw["finish"]))
    if "usage" in raw:
        return Say(SayKind.USAGE, usage=Usage(**raw["usage"]))
    return _say_call(raw) if "call" in raw else _say_text(raw)


def _say_text(raw: dict[str, Any]) -> Say:
    parts = raw.get("parts", 4)
    if "text" in raw:
        return Say(SayKind.TEXT, raw["text"], parts=parts)
    if "reasoning" in raw:
        text, signature = raw["reasoning"], raw.get("signature")
        return Say(SayKind.REASONING, text, signature=signature, parts=parts)
    return Say(SayKind.REASONING, signature=raw["redacted"], redacted=True)


def _say_call(raw: dict[str, Any]) -> Say:
    arguments = raw.get("arguments", {})
    if not isinstance(arguments, str):
        arguments = json.dumps(arguments, ensure_ascii=False, separators=(",", ":"))
    return Say(
        SayKind.CALL,
        id=raw.get("id"),
        name=raw["call"],
        arguments=arguments,
        signature=raw.get("signature"),
        parts=raw.get("parts", 4),
    )


def _axis(raw: str | dict[str, Any], at: At) -> Iterator[tuple[FaultSpec, ...]]:
    """One entry of the axis; a list for an argument means one case for each of its values."""
    if raw == "clean":
        yield ()
        return
    if isinstance(raw, str):
        yield (FaultSpec(raw, {}, at),)
        return
    ((name, args),) = raw.items()
    if name == "all":
        inner = [list(_axis(fault, (*at, "all", n))) for n, fault in enumerate(args)]
        for row in itertools.product(*inner):
            yield tuple(spec for composed in row for spec in composed)
        return
    args = args if isinstance(args, dict) else {}
    lists = [value if isinstance(value, list) else [value] for value in args.values()]
    for row in itertools.product(*lists):
        yield (FaultSpec(name, dict(zip(args, row, strict=True)), (*at, name)),)


def _expectations(raw: Iterable[Any], at: At, turn: int | None) -> Iterator[ExpectSpec]:
    for index, entry in enumerate(raw):
        here = (*at, index)
        if isinstance(entry, str):
            yield ExpectSpec(entry, {}, turn=turn, path=here)
            continue
        name = next((key for key in entry if key not in RESERVED), None)
        value: Any = entry.get(name)
        name = name or next(iter(entry))
        named = isinstance(value, dict)
        yield ExpectSpec(
            name,
            value if named else {},
            None if named else value,
            not named and value is not None,
            Level(entry["level"]) if "level" in entry else None,
            entry.get("turn", turn),
            frozenset(entry.get("unless", ())),
            frozenset(entry["wires"]) if "wires" in entry else None,
            (*here, name),
        )
