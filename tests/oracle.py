"""The comparator: what the official SDKs read in real recordings, against what we read.

`python -m tests.oracle` prints the summary, and every difference that is not explained. A row is
equal when text, tool names and arguments, finish reason, input and output tokens and (where the
oracle has any) reasoning are equal; an error row when status and type are. Tools that the server
itself runs are no calls: where the oracle names their type, they are left out.
"""

import json
import sys
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from harness.cassette import load
from harness.engine.reading import read_exchange
from tests.oracle_differences import DIFFERENCES, ORACLE
from tests.shared_data import find

FILES = ("oracle.jsonl", "oracle_nonstream.jsonl", "oracle_chunked.jsonl")
FOLDERS = {"open": "open", "chunked-open": "chunked"}
TRANSPORTS = {
    "openai-chat": "chat_completions",
    "anthropic-messages": "anthropic_messages",
    "openai-responses": "codex_responses",
    "bedrock-converse": "bedrock_converse",
    "bedrock-converse-stream": "bedrock_converse",
}
CLIENT_TOOLS = (None, "function", "function_call", "custom", "custom_tool_call", "tool_use")
FINISH = {
    "stop": "stop",
    "eos": "stop",
    "completed": "stop",
    "end_turn": "stop",
    "stop_sequence": "stop",
    "tool_calls": "tool_calls",
    "tool_use": "tool_calls",
    "length": "length",
    "max_tokens": "length",
    "guardrail_intervened": "content_filter",
    "": "unknown",
}
COUNTS = {
    "openai-chat": (("prompt_tokens",), ("completion_tokens",)),
    "openai-responses": (("input_tokens",), ("output_tokens",)),
    "anthropic-messages": (
        ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens"),
        ("output_tokens",),
    ),
    "bedrock-converse": (
        ("inputTokens", "cacheReadInputTokens", "cacheWriteInputTokens"),
        ("outputTokens",),
    ),
}
COUNTS["bedrock-converse-stream"] = COUNTS["bedrock-converse"]


@dataclass
class Tally:
    rows: Counter = field(default_factory=Counter)
    equal: Counter = field(default_factory=Counter)
    explained: list = field(default_factory=list)
    unexplained: list = field(default_factory=list)
    used: set = field(default_factory=set)

    @property
    def share(self):
        return sum(self.equal.values()) / max(1, sum(self.rows.values()))

    @property
    def right(self):
        """The share of rows where our reading is the wire's: equal, or different and right."""
        wrong = {key for key, *_, cause in self.explained if cause.right == ORACLE}
        wrong |= {key for key, *_ in self.unexplained}
        return 1 - len(wrong) / max(1, sum(self.rows.values()))


def rows(corpus):
    """Every oracle row that an SDK vouches for and that one of our wires speaks."""
    for name in FILES:
        for line in (corpus / name).read_text("utf-8").splitlines():
            row = json.loads(line)
            if row["ok"] is True and row["api"] in TRANSPORTS:
                yield row


def readings(corpus, wanted):
    """(row, replay's object) by file, so that each cassette is loaded once."""
    by_file = defaultdict(list)
    for row in wanted:
        by_file[corpus / FOLDERS[row["set"]] / row["repo"] / row["path"]].append(row)
    for file, group in sorted(by_file.items()):
        exchanges = load(file).exchanges
        for row in group:
            number = row["interaction_no"]
            yield row, read_exchange(exchanges[number]).json(str(file), number)


def value(arguments):
    """Arguments as a JSON value: spelling does not count, nor whether they came as an object, and
    nothing on a finished call is an empty object."""
    if not isinstance(arguments, str):
        return arguments or {}
    try:
        return json.loads(arguments or "{}")
    except ValueError:
        return arguments


def total(usage, names):
    counts = [usage.get(name) for name in names]
    return None if counts[0] is None else sum(count or 0 for count in counts)


def expected(row):
    """The oracle's row in replay's words."""
    if row.get("status") is not None and row["status"] >= 400:
        wanted = {"outcome": "error", "status": row["status"]}
        type_ = row.get("error_type")
        if row.get("sdk") == "botocore":
            type_ = row["exception"]
        return wanted | ({"type": type_} if type_ else {})
    if row.get("stream_error"):
        return {"outcome": "error"}
    calls = [
        (call["name"], value(call["arguments"]))
        for call in row.get("tool_calls") or ()
        if call.get("type") in CLIENT_TOOLS
    ]
    finish = row.get("finish_reason")
    finish = None if finish is None else FINISH.get(finish, "unknown")
    wanted = {
        "outcome": "interrupted" if finish is None else "complete",
        "text": row.get("text") or "",
        "calls": calls,
        "finish": "tool_calls" if calls and finish == "stop" else finish,
    }
    if row.get("reasoning_text"):
        wanted["reasoning"] = row["reasoning_text"]
    usage, (came, went) = row.get("usage") or {}, COUNTS[row["api"]]
    wanted["input"], wanted["output"] = total(usage, came), total(usage, went)
    return wanted


def found(said, names):
    """What we read, as far as the oracle says anything of it."""
    response, error = said["response"] or {}, said.get("error") or {}
    usage = response.get("usage") or {}
    everything = {
        "outcome": said["outcome"],
        "status": error.get("status"),
        "type": error.get("type"),
        "text": response.get("content"),
        "reasoning": response.get("reasoning"),
        "calls": [
            (call["name"], value(call["arguments"])) for call in response.get("tool_calls", ())
        ],
        "finish": response.get("finish_reason"),
        "input": usage.get("input_tokens"),
        "output": usage.get("output_tokens"),
    }
    return {name: everything[name] for name in names}


def compare(corpus, differences=DIFFERENCES, apis=TRANSPORTS):
    tally = Tally()
    wanted = [row for row in rows(corpus) if row["api"] in apis]
    for row, said in readings(corpus, wanted):
        key = (row["path"], row["interaction_no"])
        tally.rows[row["api"]] += 1
        theirs = expected(row) | {"transport": TRANSPORTS[row["api"]]}
        ours = found(said, theirs.keys() - {"transport"}) | {"transport": said["transport"]}
        different = [name for name in theirs if theirs[name] != ours[name]]
        tally.equal[row["api"]] += not different
        for name in different:
            causes = [one for one in differences if one.covers(row, name)]
            entry = (key, name, ours[name], theirs[name])
            if causes:
                tally.used |= {(cause, cause.place(row)) for cause in causes}
                tally.explained.append((*entry, causes[0]))
            else:
                tally.unexplained.append(entry)
    return tally


def main():
    folder = find() if len(sys.argv) < 2 else Path(sys.argv[1])
    if folder is None:
        sys.exit("shared corpora not found (set HARNESS_SHARED)")
    tally = compare(folder / "corpus")
    for api in TRANSPORTS:
        say(f"{api:26} {tally.equal[api]:4} of {tally.rows[api]:4} equal")
    say(f"{'all':26} {tally.share:.2%} equal, {tally.right:.2%} right")
    for key, name, ours, theirs in tally.unexplained:
        say(f"\n{key[0]}#{key[1]} {name}\n  ours   {ours!r:.300}\n  oracle {theirs!r:.300}")


def say(line):
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
