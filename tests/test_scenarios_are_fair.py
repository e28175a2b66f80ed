"""What a scenario writes by hand is wrong in what it is about, and in nothing else."""

from harness.data import builtin
from harness.engine import read_scenario

FILES = sorted(builtin("scenarios").glob("*.yaml"))


def streams(steps):
    """Every stream that is written out by hand, as its list of events."""
    for step in steps:
        if step.kind == "per_wire":
            yield from streams(step.data.values())
        elif step.kind == "answers":
            yield from [step.data["sse"]] if "sse" in step.data else []


def first_delta(events):
    """Of choice 0, if it is one; None where the stream is of another wire, or broken there."""
    for event in events:
        choices = event.get("choices") if isinstance(event, dict) else None
        if choices and isinstance(choices, list) and isinstance(choices[0], dict):
            return choices[0].get("delta")
    return None


def test_a_chat_stream_says_who_speaks():
    """A client that insists on the role of the first delta, as an official one does, is failed by
    what a scenario is about or not at all."""
    seen, silent = 0, []
    for file in FILES:
        for turn in read_scenario(file).turns:
            deltas = [first_delta(events) for events in streams(turn.steps)]
            told = [delta for delta in deltas if isinstance(delta, dict)]
            seen += len(told)
            silent += [file.stem for delta in told if "role" not in delta]
    assert seen > 100
    assert silent == []
