"""The story of a case in text: what was asked, the wire in time beside what the target reported of
each frame, and what does not hold."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Sequence
from typing import Any

from harness.engine.alignment import story_of
from harness.engine.document import UNTOLD, Terms, document_of
from harness.model import Verdict

Json = dict[str, Any]

WIDTH = 110
_LEFT = 56  # the wire's column
_RIGHT = 72


def tell(verdict: Verdict, terms: Terms = UNTOLD, *, all_pieces: bool = False) -> str:
    """`all_pieces` for the whole wire; else its first and last frames, where the damage shows."""
    document = document_of(verdict, terms)
    lines = list(_lines(document, 10_000 if all_pieces else 8))
    if not all_pieces:
        whole = document["replay"].replace(" run ", " explain ", 1)
        lines.append(f"  the whole story: {whole}")
    return "\n".join(lines)


def named(violation: Json) -> str:
    """What does not hold, and of which turn where that is not the first."""
    turn = f", turn {violation['turn']}" if violation["turn"] else ""
    return f"{violation['level'].upper()} {violation['invariant']}{turn}"


def _lines(document: Json, most: int) -> Iterator[str]:
    yield f"{document['case']}: {document['verdict']}"
    yield f"  {document['title']}"
    for why in document["why"]:
        source = next((why[key] for key in ("bug", "spec", "doc") if key in why), "")
        yield f"  because {why['says']} ({source})"
    if document["reason"]:
        yield textwrap.indent(document["reason"].rstrip(), "  ")
    for violation in document["violations"]:
        yield f"  {named(violation)}: {violation['sentence']}"
    story = story_of(document)
    if story:
        for number, turn in enumerate(story["turns"]):
            yield from _turn(turn, number, most)
        for index in story["unplayed"]:
            yield f"  exchange {index} of the tape was left unplayed"
    yield f"  replay it: {document['replay']}"


def _turn(turn: Json, number: int, most: int) -> Iterator[str]:
    asked = json.dumps(turn["ask"]["messages"][-1].get("content"), ensure_ascii=False)
    yield f"  turn {number} asked: {_short(asked)}"
    for exchange in turn["exchanges"]:
        yield f"    {exchange['at']:7.3f}s > {exchange['method']} {_short(exchange['url'], 80)}"
        if exchange["answer"] is None:
            yield "             ! no exchange of the tape expects it"
            yield textwrap.indent(exchange["difference"].rstrip(), " " * 13)
        else:
            yield from _answer(exchange["answer"], exchange["at"], most)
    if turn["report"]:
        yield from _outcome(turn["report"]["outcome"])


def _answer(answer: Json, at: float, most: int) -> Iterator[str]:
    if answer["status"] is not None:
        yield _row(at + answer["head_at"], f"HTTP {answer['status']}")
    rows = answer["rows"]
    for index, row in enumerate(rows):
        if most // 2 <= index < len(rows) - most // 2:
            if index == most // 2:
                yield f"{'':13}  ... {len(rows) - most // 2 * 2} more frames"
        elif "hidden" in row:
            yield f"{'':13}  ... {row['hidden']} more frames"
        else:
            yield _row(at + row["at"], _frame(row), row["events"])
    mark = "" if answer["ending"] == "complete" else "--- cut here: "
    yield _row(at + answer["end_at"], f"{mark}{answer['ending']}", answer["after"])


def _frame(row: Json) -> str:
    """What the frame says, or how it begins."""
    meanings = [f"{kind} {text}" for kind, text in row["text"] if kind]
    said = "; ".join(meanings) or "".join(text for _, text in row["text"])
    return f"(unfinished) {said}" if row.get("unfinished") else said


def _row(at: float, wire: str, events: Sequence[Sequence[Any]] = ()) -> str:
    left = f"    {at:7.3f}s < {_short(wire, _LEFT)}"
    told = "; ".join(f"{kind} {text}".rstrip() for kind, text, *_ in events)
    return f"{left:{_LEFT + 15}} | {_short(told, _RIGHT)}" if told else left


def _outcome(outcome: Json) -> Iterator[str]:
    yield f"    reported: {outcome['kind']}"
    response = outcome["response"]
    if response:
        yield f"      content {_short(repr(response['content']))}"
        if response["reasoning"]:
            yield f"      reasoning {_short(repr(response['reasoning']))}"
        for call in response["tool_calls"] or ():
            yield f"      call {call['id']} {call['name']} {_short(call['arguments'])}"
        counts = (response["usage"] or {}).items()
        usage = ", ".join(f"{k.removesuffix('_tokens')} {v}" for k, v in counts if v is not None)
        yield f"      finish {response['finish_reason']}, usage {usage or None}"
    failure = outcome["failure"]
    if failure:
        named = " ".join(str(failure[key]) for key in ("kind", "type", "status") if failure[key])
        yield f"      {named}: {_short(failure['message'])}"
    if outcome["dropped"]:
        yield f"      dropped calls: {', '.join(outcome['dropped'])}"
    for warning in outcome["warnings"]:
        yield f"      warning: {_short(warning)}"


def _short(text: str, width: int = WIDTH) -> str:
    if len(text) <= width:
        return text
    told = f" ... ({len(text)} characters)"
    return text[: max(width - len(told), 0)] + told
