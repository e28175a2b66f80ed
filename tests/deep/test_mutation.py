"""The conformance suite against a broken reader: a mutant that no case notices is a gap.

A seeded sample of small faults is put into the readers and the framing, one at a time, and the
cases that run the changed lines are judged. Nothing but the scenarios may catch it. A survivor is
either judged to mean the same (equivalent.yaml, with the reason), or it is a gap: docs/mutants.md.
`HARNESS_MUTANTS` is the size of the sample, `HARNESS_MUTANTS_SEED` its seed.
"""

import importlib.util
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import yaml

import harness
from harness.cassette import load
from harness.data import builtin
from harness.engine.reading import read_exchange

HERE = Path(__file__).parent
PACKAGE = Path(harness.__file__).resolve().parent
COUNT = os.environ.get("HARNESS_MUTANTS", "300")
SEED = os.environ.get("HARNESS_MUTANTS_SEED", "1")
BAR = 0.85
SOURCE = '''\
"""A text of every kind of fault."""
TABLE = {"stop": 1, "length": 2}


def read(data, at=0):
    """Never changed: a sentence."""
    if not data or at > 3:
        raise ValueError("a sentence for a person")
    kept.value = data[at:at]
    return f"{data} and {at}"
'''

deep = pytest.mark.skipif(os.environ.get("HARNESS_DEEP") != "1", reason="deep: set HARNESS_DEEP=1")
posix = pytest.mark.skipif(os.name != "posix", reason="each mutant is tried in a fork")


def loaded(name):
    spec = importlib.util.spec_from_file_location(name, HERE / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def judged():
    entries = yaml.safe_load((HERE / "equivalent.yaml").read_text("utf-8"))
    assert all(entry["why"] for entry in entries)
    return {tuple(entry[key] for key in ("file", "function", "was", "now")) for entry in entries}


def test_each_kind_of_fault_is_one_line_that_still_parses():
    """Every change stands in one line, and words for people stay as they are."""
    made = list(loaded("mutants").mutants_of("read.py", SOURCE))
    assert {(mutant.kind, mutant.function) for mutant in made} == {
        ("constant", ""),
        ("word", ""),
        ("entry dropped", ""),
        ("and/or", "read"),
        ("not removed", "read"),
        ("comparison", "read"),
        ("constant", "read"),
        ("removed", "read"),
        ("slice", "read"),
        ("return None", "read"),
    }
    for mutant in made:
        assert mutant.applied(SOURCE) != SOURCE
        assert "a sentence" not in mutant.was or mutant.kind == "removed"


@deep
def test_every_judgement_is_of_a_mutant_that_exists():
    """A line that has changed must be judged anew."""
    killing = loaded("killing")
    made = {mutant.key for mutant in killing.population()}
    assert judged() - made == set()


@deep
@posix
def test_the_suite_alone_kills_most_mutants(capsys):
    """Of the mutants that are not judged equivalent, at least 85 % turn a green case red."""
    command = [sys.executable, str(HERE / "killing.py"), "--count", COUNT, "--seed", SEED]
    ran = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    first, *ends = map(json.loads, ran.stdout.splitlines())
    assert first["cells"] > 1000
    assert first["red"] == {}, "a suite that is red already kills nothing"
    same = judged()
    counted = [end for end in ends if end["killer"] or tuple(end["key"]) not in same]
    survivors = [end for end in counted if not end["killer"]]
    killed = len(counted) - len(survivors)
    told = [f"{killed} of {len(counted)} mutants killed, {len(ends) - len(counted)} the same"]
    told += [f"{end['shown']}\n    survived {end['cells']} cells" for end in survivors]
    with capsys.disabled():
        sys.stdout.write("\n" + "\n".join(told) + "\n")
    assert killed >= BAR * len(counted)


def test_what_is_left_out_is_no_part_of_reading():
    """Every shipped tape is read, and none of the functions that are left out is entered."""
    unread = loaded("unread")
    entered = set()

    def on_call(frame, event, arg):
        if event == "call":
            entered.add((frame.f_code.co_filename, frame.f_code.co_qualname))

    exchanges = [
        replace(exchange, pieces=exchange.pieces[:keep])
        for path in sorted(builtin("cassettes").rglob("*.yaml"))
        for exchange in load(path).exchanges
        for keep in (None, len(exchange.pieces) // 2)
    ]
    sys.setprofile(on_call)
    try:
        for exchange in exchanges:
            read_exchange(exchange)
    finally:
        sys.setprofile(None)
    named = {
        (Path(file).relative_to(PACKAGE).as_posix(), name)
        for file, name in entered
        if Path(file).is_relative_to(PACKAGE)
    }
    assert len(named) > 200
    assert unread.groundless(PACKAGE, loaded("killing").files()) == set()
    assert {(file, name) for file, name in named if unread.is_unread(file, name)} == set()
