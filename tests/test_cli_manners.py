"""What the command line says to someone who is tired: help where nothing was asked, one line for a
missing file, a short list for a wrong name."""

import pytest

from harness.cli import main


def test_without_a_command_it_helps(capsys):
    """Every command with a sentence, on stderr, and a usage error's code."""
    assert main([]) == 2
    told = capsys.readouterr()
    assert not told.out
    assert "demo" in told.err
    assert "explain" in told.err


def test_it_says_its_version(capsys):
    """And nothing else."""
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert len(capsys.readouterr().out.split()) == 1


@pytest.mark.parametrize("words", [["serve"], ["replay"], ["cassette", "lint"]])
def test_a_missing_file_is_one_line(words, capsys, tmp_path):
    """It names the file and the reason; no traceback."""
    missing = str(tmp_path / "gone.yaml")
    assert main([*words, missing]) == 2
    told = capsys.readouterr().err.strip().splitlines()
    assert len(told) == 1
    assert missing in told[0]
    assert "No such file" in told[0]


def test_a_name_that_nothing_is_like_gets_a_short_list(capsys):
    """A wall of every scenario helps nobody; how many there are is said."""
    assert main(["run", "zzzzzz"]) == 2
    told = capsys.readouterr().err
    assert "in all)" in told
    assert len(told) < 2000


def test_a_target_that_is_not_there_is_told_with_those_that_are(capsys):
    """Few names are listed."""
    assert main(["run", "--target", "zzzzzz", "text_is_text"]) == 2
    assert "naive" in capsys.readouterr().err
