"""How much of our readers the conformance suite alone holds: a seeded sample of mutants.

Each mutant is run in a copy of the package, on the cells that come by its line; the first cell that
does not pass kills it. `HARNESS_MUTANTS=60` takes a smaller sample. What is judged to be equivalent
stands, with its reason, in equivalent.json; docs/mutants.md lists judgements and survivors.
"""

import json
import os
import random
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import mutants as catalogue
import pytest

import harness
from harness.data import builtin

HERE = Path(__file__).parent
SEED, SAMPLE, WANTED = 20260101, 300, 0.85
LONGEST = 60  # seconds for one mutant: one that loops is killed
MOST_CELLS = 250  # of those that come by a line, over as many scenarios as there are
EQUIVALENT = json.loads((HERE / "equivalent.json").read_text("utf-8"))

pytestmark = pytest.mark.skipif(
    "HARNESS_DEEP" not in os.environ, reason="takes long: tox -e deep, or HARNESS_DEEP=1"
)


def copied(folder):
    """The package, its scenarios and its cassettes, as they are now."""
    source = Path(harness.__file__).parent
    ignored = shutil.ignore_patterns("__pycache__", "_builtin")
    shutil.copytree(source, folder / "harness", ignore=ignored)
    for name in ("scenarios", "cassettes"):
        shutil.copytree(builtin(name), folder / name)
    return folder


def changed(base, folder, mutant):
    """A copy of the copy, with the one file changed."""
    shutil.copytree(base / "harness", folder / "harness")
    for name in ("scenarios", "cassettes"):
        (folder / name).symlink_to(base / name, target_is_directory=True)
    source = catalogue.source_of(base / "harness", mutant)
    (folder / "harness" / mutant.path).write_text(source, "utf-8")
    return folder


def ran(folder, *words, timeout=None):
    environment = {**os.environ, "PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(HERE.parent / "mutant_run.py"), *words]
    return subprocess.run(
        command, env=environment, capture_output=True, text=True, timeout=timeout, check=False
    )


def cells_by(lines, mutant):
    """The cells that come by the mutant's line, a few of each scenario first."""
    spot = f"{mutant.path}:{mutant.line}"
    hit = [name for name, seen in lines.items() if spot in seen]
    random.Random(mutant.name).shuffle(hit)
    rank, order = {}, {}
    for name in hit:
        scenario = name.partition("[")[0]
        order[name] = rank[scenario] = rank.get(scenario, -1) + 1
    return sorted(hit, key=order.get)[:MOST_CELLS]


def judged(mutant, lines, base, folder):
    asked = cells_by(lines, mutant)
    if not asked:
        return "no cell comes by it"
    home = changed(base, folder, mutant)
    (home / "asked.json").write_text(json.dumps(asked))
    try:
        done = ran(home, "judge", str(home / "asked.json"), timeout=LONGEST)
    except subprocess.TimeoutExpired:
        return "killed by time"
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return done.stdout.strip() or f"killed by {done.stderr.strip().splitlines()[-1]}"


def test_the_suite_kills_the_mutants(tmp_path):
    """At least 85 % of those that are not judged equivalent, by the conformance cells alone."""
    home = copied(tmp_path / "base")
    package = home / "harness"
    every = [m for file in catalogue.files(package) for m in catalogue.mutants(package, file)]
    wanted = min(int(os.environ.get("HARNESS_MUTANTS", SAMPLE)), len(every))
    sample = random.Random(SEED).sample(every, wanted)
    watched = sorted({mutant.path for mutant in sample})
    traced = ran(home, "trace", str(tmp_path / "lines.json"), *watched)
    assert traced.returncode == 0, traced.stderr
    lines = {n: set(s) for n, s in json.loads((tmp_path / "lines.json").read_text()).items()}

    def one(number):
        return judged(sample[number], lines, home, tmp_path / f"m{number}")

    with ThreadPoolExecutor(2) as pool:
        results = dict(zip((m.name for m in sample), pool.map(one, range(wanted)), strict=True))
    if "HARNESS_MUTANTS_OUT" in os.environ:
        Path(os.environ["HARNESS_MUTANTS_OUT"]).write_text(json.dumps(results, indent=1))
    counted = {name: end for name, end in results.items() if name not in EQUIVALENT}
    killed = sum(end.startswith("killed") for end in counted.values())
    left = "\n".join(f"{name}: {end}" for name, end in counted.items() if "killed" not in end)
    assert killed >= WANTED * len(counted), f"{killed} of {len(counted)} killed\n{left}"
