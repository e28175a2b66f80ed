"""Real bugs of published clients: what the bad version reported fails an invariant that a scenario
of ours uses, on the very wire that triggered it; what the good version reported passes."""

import base64
import json

import pytest
from shared_data import find, shared

from harness.data import builtin
from harness.invariants import INVARIANTS
from harness.model import (
    Ask,
    Case,
    Ending,
    Exchange,
    Failure,
    FailureKind,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
    Piece,
    Report,
    Request,
    Sent,
    ToolCall,
    Trace,
    Turn,
    Usage,
)
from harness.transports import TRANSPORTS

MODES = {
    "chat_completions": ("chat_completions", "/v1/chat/completions"),
    "responses": ("codex_responses", "/v1/responses"),
    "anthropic": ("anthropic_messages", "/v1/messages"),
    "bedrock": ("bedrock_converse", "/model/m/converse-stream"),
}
READ = {"value": ["content", "calls", "usage"]}

# bug: the invariant that must see it, and its arguments. An adapter may be blind to a field that
# its client reports, so each bug is judged by what it is about.
JUDGED_BY = {
    "agn-delta-null": ("means", {"value": ["calls", "usage"]}),
    "agn-name-resent": ("tool_names_are_atomic", {}),
    "agt-error200": ("non_reply_is_an_error", {}),
    "agt-name-concat": ("tool_names_are_atomic", {}),
    "ant-usage-delta": ("usage_is_exact", {}),
    "aut-single-chunk-lost": ("text_is_exact", {}),
    "hsse-u2028": ("text_is_exact", {}),
    "lca-double-input": ("usage_is_counted_once", {}),
    "lca-input-start": ("arguments_are_exact", {}),
    "lcb-citation": ("means", READ),
    "lcb-redacted": ("means", READ),
    "lcb-trunc": ("truncation_is_visible", {}),
    "lco-null-args": ("calls_are_kept_apart", {}),
    "lcore-empty-args": ("calls_are_kept_apart", {}),
    "lcr-cached": ("usage_details_are_kept", {}),
    "lcr-encrypted-lost": ("signatures_are_kept", {}),
    "lcr-error-swallowed": ("error_surfaces", {}),
    "lcr-incomplete-usage": ("usage_is_exact", {}),
    "lla-delta-null": ("means", READ),
    "llm-422": ("original_error_surfaces", {}),
    "llm-finish-stop": ("finish_reason_is", {}),
    "llm-ghost-tool": ("calls_are_kept_apart", {}),
    "llm-interleaved": ("calls_are_kept_apart", {}),
    "llm-no-index-delta": ("calls_are_kept_apart", {}),
    "llm-reasoning-field": ("reasoning_is_kept", {}),
    "llm-refusal": ("refusal_is_kept", {}),
    "llm-trunc-text": ("truncation_is_visible", {}),
    "oai-event-names": ("means", READ),
    "oai-output-null": ("means", READ),
    "pyd-choices-null": ("means", READ),
    "pyd-empty-tool-id": ("call_ids_are_unique", {}),
    "pyd-null-args-lost": ("calls_are_kept_apart", {}),
    "pyd-reasoning-dup-regress": ("reasoning_is_kept", {}),
    "pyd-usage-zero-cached": ("usage_is_exact", {}),
    "str-drop-missing-id": ("calls_are_kept_apart", {}),
    "str-empty-choices": ("means", READ),
    "str-reasoning": ("reasoning_is_kept", {}),
}


def bugs():
    folder = find()
    if folder is None:
        return {}
    listed = json.loads((folder / "bugs" / "bugs.json").read_text("utf-8"))
    return {bug["id"]: bug for bug in listed if bug["api"] in MODES}


BUGS = bugs()


def exchange_of(bug):
    """The first answer of a wire file."""
    text = shared("bugs", *bug["wire"].split("/")).read_text("utf-8")
    steps = json.loads(text)["responses"][0]
    data = [
        base64.b64decode(s["raw_b64"]) if "raw_b64" in s else s.get("raw", "").encode()
        for s in steps
    ]
    head, _, rest = b"".join(data).partition(b"\r\n\r\n")
    status, *lines = head.decode("latin-1").split("\r\n")
    pieces = [Piece(rest)] if rest else []
    for step in steps:
        if "chunk" in step or "chunk_b64" in step:
            packed = base64.b64decode(step.get("chunk_b64", ""))
            pieces.append(Piece(step["chunk"].encode() if "chunk" in step else packed))
    whole = any("end" in step for step in steps) or b"content-length" in head.lower()
    ending = Ending.COMPLETE if whole else Ending.EOF
    headers = tuple(tuple(line.split(": ", 1)) for line in lines)
    request = Request("POST", "http://127.0.0.1" + MODES[bug["api"]][1], (), b"{}")
    return Exchange(request, int(status.split()[1]), "", headers, tuple(pieces), ending)


def usage_of(seen):
    counts = seen.get("usage")
    cached = seen.get("cached") or None
    return Usage(counts[0], counts[1], None, cached) if counts else None


def arguments_of(value):
    return value.removeprefix("RAW:") if isinstance(value, str) else json.dumps(value)


def response_of(seen):
    calls = tuple(
        ToolCall(None if ident == "*" else ident, name or "", arguments_of(arguments))
        for ident, name, arguments in seen.get("tools") or ()
    )
    finish = seen.get("finish")
    data = {key: seen[key] for key in ("signature", "refusal") if seen.get(key)}
    return NormalizedResponse(
        seen.get("text") or None,
        calls or None,
        None if finish == "*" else finish,
        seen.get("reasoning"),
        usage_of(seen),
        data or None,
    )


def trace_of(bug, seen):
    exchange = exchange_of(bug)
    mode = MODES[bug["api"]][0]
    transport = TRANSPORTS.get(mode)
    meaning = None if "error" in bug["expected"] else response_of(bug["expected"])
    case = Case(
        bug["id"],
        "somebody",
        mode,
        transport.wire,
        turns=(Turn(Ask(()), (0,), meaning),),
        tape=(exchange,),
        regions=(transport.regions(exchange),),
    )
    error = seen.get("error")
    response = response_of(seen)
    if error:
        failure = Failure(FailureKind.UNKNOWN, error["msg"], error["type"], error.get("status"))
        kind = OutcomeKind.INTERRUPTED if response.content else OutcomeKind.ERROR
        outcome = Outcome(kind, response, failure)
    else:
        outcome = Outcome(OutcomeKind.COMPLETE, response)
    return Trace(case, (Sent(exchange.request, exchange=0),), (Report(outcome),))


def judged(bug, seen):
    name, args = JUDGED_BY[bug["id"]]
    return list(INVARIANTS.get(name)(trace_of(bug, seen), 0, **args))


@pytest.mark.parametrize("name", sorted(JUDGED_BY))
def test_the_bad_version_is_caught(name):
    """What it reported on that wire fails."""
    shared("bugs")
    assert judged(BUGS[name], BUGS[name]["observed_bad"])


@pytest.mark.parametrize("name", sorted(JUDGED_BY))
def test_the_good_version_is_acquitted(name):
    """What it reported on the same wire passes the same invariant."""
    shared("bugs")
    assert judged(BUGS[name], BUGS[name]["observed_good"]) == []


def test_every_bug_on_our_wires_is_judged():
    """No entry is passed over."""
    shared("bugs")
    assert set(BUGS) == set(JUDGED_BY)


@pytest.mark.parametrize("name", sorted({invariant for invariant, _ in JUDGED_BY.values()}))
def test_a_general_scenario_uses_the_invariant(name):
    """Else nobody would have been told of the bug."""
    texts = [path.read_text("utf-8") for path in builtin("scenarios").glob("*.yaml")]
    assert any(name in text for text in texts)
