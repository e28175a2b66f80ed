"""Annotations of a GitHub Actions run, as workflow commands: `--report github:-` prints them.

GitHub shows ten errors and ten warnings of a step; so the worst come first, and the counts last.
For the step's summary page: `--report markdown:$GITHUB_STEP_SUMMARY`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from harness.engine.story import named
from harness.reports._count import KINDS, count, is_red
from harness.reports._reason import short

_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_ESCAPES: dict[str, str | int | None] = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_IN_TITLE = _ESCAPES | {":": "%3A", ",": "%2C"}


def render(documents: Sequence[dict[str, Any]]) -> str:
    """Errors, failures, warnings: each with its sentences, and with the command to replay it."""
    ordered = sorted(documents, key=lambda document: str(document["case"]))
    return "".join(f"{line}\n" for line in _lines(ordered))


def _lines(documents: Sequence[dict[str, Any]]) -> Iterator[str]:
    for document in documents:
        if document["verdict"] == "errored":
            told = "\n".join(short(document["reason"]))
            yield _command("error", f"errored: {document['case']}", told, document)
    for document in documents:
        if is_red(document) and document["verdict"] != "errored":
            told = _sentences(document) if document["verdict"] == "failed" else document["reason"]
            yield _command("error", f"failed: {document['case']}", told, document)
    for document in documents:
        if document["verdict"] == "passed" and document["violations"] and not document["known"]:
            yield _command("warning", f"warned: {document['case']}", _sentences(document), document)
    counts = count(documents)
    told = ", ".join(f"{counts[kind]} {kind}" for kind in (*KINDS, "known", "warned"))
    yield f"::notice title=Conformance::{told}"


def _sentences(document: dict[str, Any]) -> str:
    return "\n".join(f"{named(one)}: {one['sentence']}" for one in document["violations"])


def _command(kind: str, title: str, text: str, document: dict[str, Any]) -> str:
    message = f"{text}\nreplay it: {document['replay']}"
    return f"::{kind} title={_escaped(title, _IN_TITLE)}::{_escaped(message, _ESCAPES)}"


def _escaped(text: str, escapes: dict[str, str | int | None]) -> str:
    """No byte of a wire may end a command, or begin another one."""
    return _CONTROL.sub("\ufffd", text).translate(str.maketrans(escapes))
