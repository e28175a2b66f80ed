"""In one run with the plugins that people have: none of them takes another's things."""

import json

import pytest
from engine_stage import TALK

pytest_plugins = ["pytester"]


@pytest.fixture
def repo(pytester):
    """Two scenarios on the reference, and tests of the other plugins' own."""
    folder = pytester.mkdir("scenarios")
    (folder / "greeting.yaml").write_text(TALK, "utf-8")
    (folder / "pieces.yaml").write_text(
        TALK.replace("expect:", "faults: [clean, {rechunk: {how: [one_byte, random]}}]\nexpect:"),
        "utf-8",
    )
    pytester.makepyprojecttoml(
        '[tool.harness]\nscenarios = ["scenarios"]\n'
        '[tool.pytest.ini_options]\nasyncio_mode = "auto"\n'
    )
    pytester.makepyfile(
        test_company="""
        import pytest

        def test_syrupy(snapshot):
            assert {"a": 1} == snapshot

        async def test_asyncio():
            pass

        @pytest.mark.vcr
        def test_recording(vcr):
            assert vcr.play_count == 0
        """
    )
    return pytester


def run(repo, *arguments):
    return repo.runpytest_subprocess("-p", "no:cacheprovider", *arguments)


def test_all_of_them_in_one_run(repo):
    """pytest-recording, syrupy, pytest-asyncio, pytest-randomly, xdist, and our own cases."""
    first = run(repo, "--snapshot-update", "-n", "2", "--block-network")
    first.assert_outcomes(passed=23)
    again = run(repo, "-n", "2", "-p", "randomly")
    again.assert_outcomes(passed=23)


def test_the_report_of_two_workers_is_whole(repo):
    """The items run elsewhere; each verdict is in the report once."""
    result = run(repo, "scenarios", "-n", "2", "--harness-report", "json:report.json")
    result.assert_outcomes(passed=20)
    report = json.loads((repo.path / "report.json").read_text("utf-8"))
    verdicts = report if isinstance(report, list) else report["verdicts"]
    ids = [verdict["case"] for verdict in verdicts]
    assert len(ids) == len(set(ids)) == 20
