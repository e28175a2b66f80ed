"""The official clients under the whole suite: what fails is known, and nothing is errored."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent.parent
CLIENTS = {
    "openai_sdk": ("openai", "openai_codex"),
    "anthropic_sdk": ("anthropic",),
    "boto3_sdk": ("bedrock",),
}

pytestmark = pytest.mark.skipif(
    os.environ.get("HARNESS_DEEP") != "1", reason="deep: set HARNESS_DEEP=1"
)


def run(tmp_path, *words):
    report = tmp_path / "report.json"
    code = "from harness.cli import console; console()"
    command = [sys.executable, "-c", code, "run", "-q", "--jobs", "2", *words]
    done = subprocess.run(
        [*command, "--report", f"json:{report}"],
        capture_output=True,
        text=True,
        check=False,
        cwd=CHECKOUT,
    )
    assert report.is_file(), done.stderr
    found = json.loads(report.read_text("utf-8"))
    return found if isinstance(found, list) else found["verdicts"]


@pytest.mark.parametrize("client", CLIENTS)
def test_what_an_official_client_fails_is_known(tmp_path, client):
    """Each red cell has an entry, each entry a red cell, and the adapter never breaks."""
    backends = [word for name in CLIENTS[client] for word in ("--provider", name)]
    verdicts = run(tmp_path, "--target", client, *backends)
    assert [one["case"] for one in verdicts if one["verdict"] == "errored"] == []
    unknown = [one["case"] for one in verdicts if one["verdict"] == "failed" and not one["known"]]
    stale = [one["case"] for one in verdicts if one["verdict"] == "passed" and one["known"]]
    assert (unknown, stale) == ([], [])
    assert sum(one["verdict"] == "passed" for one in verdicts) >= 100


def test_both_doors_give_the_same_verdict(tmp_path):
    """For every cell of the reference that both can run; what the socket cannot show is counted."""
    inside, outside = (
        {one["case"]: one for one in run(tmp_path, "--door", door)}
        for door in ("inprocess", "loopback")
    )
    assert inside.keys() == outside.keys()
    kinds = {case: (inside[case]["verdict"], outside[case]["verdict"]) for case in inside}
    alone = [case for case, both in kinds.items() if both == ("passed", "untestable")]
    different = {c: both for c, both in kinds.items() if len(set(both)) > 1 and c not in alone}
    assert different == {}
    assert all(outside[case]["reason"] for case in alone)
    assert len(alone) <= len(kinds) * 0.02
