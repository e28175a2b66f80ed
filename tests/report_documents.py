"""Documents for the tests of the reports: some real, some many, some hostile."""

import copy
import functools

from harness.data import builtin
from harness.engine import run_cell
from harness.engine.document import Terms, document_of
from harness.engine.run import select
from harness.engine.targets import make_target

FOUR = (
    "stream_dies_mid_tool_call",
    "repeated_function_name",
    "unterminated_think_tag",
    "unauthorized_then_refreshed",
)
HOSTILE = (
    "</script><script>window.owned=1</script><img src=x onerror=window.owned=2>"
    "\x00\x1b[31m\u2028\ud83d"
)


@functools.cache
def _judged(target, scenarios, only):
    made = make_target(target)
    chosen = select(list(scenarios), (builtin("scenarios"),), only)
    return [document_of(run_cell(cell, made), Terms(target)) for cell in chosen]


def judged(target="naive", scenarios=FOUR, only=frozenset({"openai", "anthropic"})):
    """Real verdicts on real cells."""
    return copy.deepcopy(_judged(target, tuple(scenarios), only))


def stale():
    """One that failed as foretold, and one that passes although it is listed."""
    link = {"known": "https://example.com/1"}
    failed = next(document for document in judged() if document["verdict"] == "failed")
    passed = next(document for document in judged("reference") if document["verdict"] == "passed")
    return [failed | link, passed | link | {"reason": "and now it passes: take the entry out"}]


def many(count):
    """As many cases as asked for, over 70 scenarios and 15 columns, each with a real story."""
    seeds = judged()
    told = []
    for number in range(count):
        document = copy.copy(seeds[number % len(seeds)])
        row, column, fault = number % 70, number // 70 % 15, number // 70 // 15
        document["scenario"] = f"scenario_{row}"
        document["provider"], document["fault"] = f"backend_{column}", f"cut_text_{fault}"
        document["title"] = f"What happens in scenario {row}"
        document["family"] = f"family_{row % 12}"
        document["target"] = ""
        cell = f"{document['provider']}-{document['wire']}-{document['fault']}"
        document["case"] = f"{document['scenario']}[{cell}]"
        told.append(document)
    return told


def hostile():
    """One failed case in which every string that a stranger chooses is an attack."""
    document = next(d for d in judged() if d["verdict"] == "failed" and d["trace"])

    def spoil(value, key=""):
        if isinstance(value, dict):
            return {name: spoil(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [spoil(item, key) for item in value]
        kept = key in {"kind", "ending", "verdict", "level", "known", "method"}
        return value + HOSTILE if isinstance(value, str) and not kept else value

    trace = spoil(document["trace"])
    for exchange in trace["tape"]:
        exchange["regions"] = [
            [kind.removesuffix(HOSTILE), *rest] for kind, *rest in exchange["regions"]
        ]
        exchange["pieces"] = [
            [delay, len(text.encode("utf-8", "replace")), text]
            for delay, _, text in exchange["pieces"]
        ]
        exchange["units"] = []
    document["violations"] = spoil(document["violations"])
    why = [{"bug": "javascript:window.owned=3", "says": HOSTILE}]
    spoiled = {"title": HOSTILE, "why": why, "family": HOSTILE, "fault": HOSTILE, "trace": trace}
    return document | spoiled
