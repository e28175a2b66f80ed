"""Without the extras: what needs an optional package is untestable, and says which one."""

import json
import subprocess
import sys

import pytest

CASE = "unauthorized_twice[bedrock-converse-clean]"
WHOLE = "import sys; from harness.cli import main; sys.exit(main())"
PLAIN = f"""
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name == "botocore":
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)

sys.meta_path.insert(0, Absent())
{WHOLE}
"""
BROKEN = "raise ModuleNotFoundError(\"No module named 'jmespath'\", name='jmespath')"


@pytest.fixture
def run(tmp_path):
    def command(python, *words):
        argv = [sys.executable, *python, "run", "-q", "--report", "json:told.json", *words]
        done = subprocess.run(
            argv, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        return done, json.loads((tmp_path / "told.json").read_text("utf-8"))

    return command


def test_a_case_whose_client_lacks_a_package_is_untestable(run):
    """The run is green by what passed; the case is counted, with the line that installs it."""
    done, told = run(["-c", PLAIN], CASE, "unauthorized_twice[openai-chat-clean]")
    assert done.returncode == 0, done.stdout + done.stderr
    assert {key: told["counts"][key] for key in ("passed", "errored", "untestable")} == {
        "passed": 1,
        "errored": 0,
        "untestable": 1,
    }
    lacking = next(one for one in told["verdicts"] if one["case"] == CASE)
    assert "needs botocore, which is not installed" in lacking["reason"]
    assert lacking["reason"].endswith("pip install 'provider-harness[bedrock]'")
    assert lacking["title"]


def test_nothing_but_what_lacks_a_package_is_no_success(run):
    """0 needs a pass: whoever asked for these cases alone is told why there is none."""
    done, _ = run(["-c", PLAIN], CASE)
    assert done.returncode == 2
    assert "1 untestable: the credential kind sigv4 needs botocore" in done.stderr


def test_a_package_that_is_there_and_broken_is_an_error(run, tmp_path):
    """Only what is not installed is excused."""
    broken = tmp_path / "botocore"
    broken.mkdir()
    (broken / "__init__.py").write_text(BROKEN)
    (tmp_path / "started.py").write_text("from harness.cli import console\nconsole()\n")
    done, told = run(["started.py"], CASE)
    assert done.returncode == 3
    assert told["counts"]["errored"] == 1
    assert "jmespath" in told["verdicts"][0]["reason"]


def test_where_the_package_is_installed_the_case_is_judged(run):
    """The same command, with every extra."""
    done, told = run(["-c", WHOLE], CASE)
    assert done.returncode == 0
    assert told["counts"]["passed"] == 1
