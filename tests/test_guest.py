"""A guest in a user's repository: cassettes of another tool, pytest-recording, syrupy, xdist and
options of our names live there. Installing us changes nothing until `[tool.harness]` asks."""

import os
import subprocess
import sys

import pytest

FILES = {
    "pyproject.toml": """
        [project]
        name = "theirs"
        version = "1"
        [tool.pytest.ini_options]
        asyncio_default_fixture_loop_scope = "function"
    """,
    "conftest.py": """
        def pytest_addoption(parser):
            parser.addoption("--provider", default="theirs")
            parser.addoption("--target", type=int, default=7)
    """,
    "test_options.py": """
        def test_theirs(pytestconfig):
            assert pytestconfig.getoption("--provider") == "theirs"
            assert pytestconfig.getoption("--target") == 7
    """,
    "test_recorded.py": """
        import urllib.request
        import pytest

        @pytest.mark.vcr
        def test_recorded():
            with urllib.request.urlopen("http://example.test/hello") as answer:
                assert answer.read() == b"from the tape"
    """,
    "cassettes/test_recorded/test_recorded.yaml": """
        interactions:
        - request: {body: null, headers: {}, method: GET, uri: 'http://example.test/hello'}
          response:
            body: {string: from the tape}
            headers: {}
            status: {code: 200, message: OK}
        version: 1
    """,
    "scenarios/theirs.yaml": """
        this: is another tool's scenario
        format: theirs/7
    """,
    "scenarios/broken.yml": "{ no yaml",
    "test_snapshot.py": """
        def test_snapshot(snapshot):
            assert {"a": 1} == snapshot
    """,
    "__snapshots__/test_snapshot.ambr": """
        # serializer version: 1
        # name: test_snapshot
          dict({
            'a': 1,
          })
        # ---
    """,
}


@pytest.fixture
def repository(tmp_path):
    """Someone's repository, as it was before we came."""
    for name, text in FILES.items():
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        lines = text.strip("\n").splitlines()
        indent = len(lines[0]) - len(lines[0].lstrip())
        file.write_text("".join(line[indent:] + "\n" for line in lines), "utf-8")
    return tmp_path


def run(repository, *arguments):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV_"))}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-p", "no:randomly", *arguments],
        cwd=repository,
        env=environment | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout.decode() + done.stderr.decode()


def files_of(repository):
    return {
        str(path.relative_to(repository)): path.read_bytes()
        for path in repository.rglob("*")
        if path.is_file()
    }


def test_installing_us_changes_nothing(repository):
    """Their tests pass with their options; no YAML is claimed, no file is written or changed."""
    before = files_of(repository)
    code, told = run(repository, "-q")
    assert code == 0, told
    assert "3 passed" in told
    assert "conformance" not in told
    assert files_of(repository) == before


def test_what_is_collected_is_the_same_with_us_and_without(repository):
    """Node for node."""
    collect = ("--collect-only", "-q", "-p", "no:syrupy")
    _, with_us = run(repository, *collect, "--ignore=test_snapshot.py")
    _, without = run(repository, *collect, "--ignore=test_snapshot.py", "-p", "no:harness")
    nodes = [line for line in with_us.splitlines() if "::" in line]
    assert nodes
    assert nodes == [line for line in without.splitlines() if "::" in line]


def test_under_xdist_nothing_changes_either(repository):
    """The workers see the same repository."""
    code, told = run(repository, "-q", "-n", "2")
    assert code == 0, told
    assert "3 passed" in told


def test_once_asked_our_cases_stand_beside_theirs(repository):
    """`[tool.harness]` in their file is all that it takes; their tests go on."""
    (repository / "conftest.py").write_text("")
    (repository / "test_options.py").unlink()
    file = repository / "pyproject.toml"
    told = '[tool.harness]\nscenarios = ["builtin"]\n'
    file.write_text(file.read_text("utf-8") + told, "utf-8")
    words = ("-q", "--provider", "openai", "-k", "text_then_call or test_recorded or test_snapshot")
    code, told = run(repository, *words)
    assert code == 0, told
    assert "4 passed" in told
