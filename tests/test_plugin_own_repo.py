"""A user's own repository, end to end: the wheel, one adapter, one scenario, and `pytest`."""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest
from engine_stage import TALK

CHECKOUT = Path(__file__).resolve().parent.parent


def ran(*words, cwd):
    """Without the caller's PYTHONPATH, which would put a checkout before the wheel."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    return subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, env=environ)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Built from the checkout, without the network."""
    pytest.importorskip("hatchling", reason="the wheel's builder is not installed")
    if not (CHECKOUT / "pyproject.toml").is_file():
        pytest.skip("no checkout to build a wheel from")
    folder = tmp_path_factory.mktemp("wheel")
    built = ran(
        sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder), cwd=CHECKOUT
    )
    assert built.returncode == 0, built.stderr
    (file,) = folder.glob("*.whl")
    return file


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory):
    """An environment with the wheel in it; its dependencies are those of this one."""
    home = tmp_path_factory.mktemp("venv")
    venv.create(home, with_pip=False, symlinks=True)
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    site = home / "lib" / version / "site-packages"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    (site / "those_of_here.pth").write_text("\n".join(p for p in sys.path if "site-packages" in p))
    return home / "bin" / "python"


def test_the_wheel_holds_scenarios_and_cassettes(wheel):
    """What `builtin` means where there is no checkout."""
    names = zipfile.ZipFile(wheel).namelist()
    for folder in ("scenarios", "cassettes"):
        assert any(name.startswith(f"harness/_builtin/{folder}/") for name in names)
    assert any(name.startswith("harness/targets/known/") for name in names)


def test_an_empty_repository_runs_its_own_and_the_built_in_scenarios(python, tmp_path):
    """`harness new target`, one scenario, three lines of settings."""
    command = "from harness.cli import console; console()"
    made = ran(str(python), "-c", command, "new", "target", "my_client", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    (tmp_path / "scenarios").mkdir()
    (tmp_path / "scenarios" / "greeting.yaml").write_text(TALK, "utf-8")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.harness]\ntarget = "my_client:make"\nscenarios = ["builtin", "scenarios"]\n'
        '[tool.pytest.ini_options]\npythonpath = ["."]\n'
    )
    words = ("-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:randomly", "-k")
    done = ran(str(python), *words, "provider and (greeting or text_is_text)", cwd=tmp_path)
    assert (
        "harness/_builtin"
        in ran(
            str(python),
            "-c",
            "from harness.data import builtin; print(builtin('scenarios'))",
            cwd=tmp_path,
        ).stdout
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    assert "passed" in done.stdout
    assert "error" not in done.stdout.rpartition("\n")[0].lower().rpartition("=")[2]
