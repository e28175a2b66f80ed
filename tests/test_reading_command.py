"""`harness replay`: JSON Lines for programs, lines for people, and its exit codes."""

import json

import pytest

from harness.cassette import Cassette, save
from harness.cli import main
from tests.responses import call, exchange, message, stream, text, whole

TAPE = (
    exchange(whole(message("Hi"), call("f", "{}"))),
    exchange(stream(text(0, "Par"))),
    exchange(b'{"error":{"message":"no \\u001b[2J","type":"tokens"}}', 429),
    exchange(b"{}", url="https://example.com/"),
)


@pytest.fixture
def tape(tmp_path):
    file = tmp_path / "tapes" / "some.yaml"
    file.parent.mkdir()
    save(Cassette(TAPE), file)
    return file


def lines(capsys):
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_json_is_one_object_an_exchange_in_file_order(tape, capsys):
    """Each names its cassette as it was given, and its number."""
    assert main(["replay", str(tape), "--json"]) == 0
    found = lines(capsys)
    assert [(each["cassette"], each["exchange"]) for each in found] == [
        (str(tape), number) for number in range(4)
    ]
    assert [each["outcome"] for each in found] == [
        "complete",
        "interrupted",
        "error",
        "unsupported",
    ]


def test_a_folder_stands_for_the_cassettes_below_it(tape, capsys):
    """In order, each by its path."""
    save(Cassette(TAPE[:1]), tape.with_name("other.yaml"))
    (tape.parent / "notes.txt").write_text("no cassette")
    assert main(["replay", str(tape.parent.parent), "--json"]) == 0
    assert [each["cassette"] for each in lines(capsys)] == [
        str(tape.with_name("other.yaml")),
        *[str(tape)] * 4,
    ]


def test_a_file_that_cannot_be_loaded_does_not_hide_the_others(tape, capsys):
    """Exit 2, the reason on stderr, and the rest is read."""
    broken = tape.with_name("a_broken.yaml")
    broken.write_text("interactions: [")
    assert main(["replay", str(broken), str(tape), "absent.yaml", "--json"]) == 2
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 4
    assert "a_broken.yaml" in err
    assert "absent.yaml" in err


def test_a_folder_without_cassettes_is_no_success(tmp_path, capsys):
    """Nothing read is exit 2."""
    assert main(["replay", str(tmp_path)]) == 2
    assert "no cassette" in capsys.readouterr().err


def test_people_get_lines_and_no_control_characters(tape, capsys):
    """A headline an exchange, its words below it, and nothing that moves a cursor."""
    assert main(["replay", str(tape)]) == 0
    out = capsys.readouterr().out
    assert f"{tape}#0  codex_responses" in out
    assert "call      f({})  call_1" in out
    assert "finish    tool_calls (completed)" in out
    assert "error     429 tokens: no" in out
    assert "\x1b" not in out


def test_a_transport_that_does_not_exist_is_a_usage_error(tape, capsys):
    """Exit 2 before anything is read."""
    assert main(["replay", str(tape), "--transport", "smoke_signals"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "smoke_signals" in err


def test_a_named_transport_reads_every_exchange(tape, capsys):
    """Also those whose path nobody knows."""
    assert main(["replay", str(tape), "--transport", "responses", "--json"]) == 0
    assert {each["transport"] for each in lines(capsys)} == {"codex_responses"}
