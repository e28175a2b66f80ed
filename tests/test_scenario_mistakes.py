"""Each kind of mistake in a scenario file ends in one sentence with its line and column."""

import pytest

from harness.engine import read_scenario
from harness.engine.lint import lint
from harness.errors import ScenarioError

GOOD = """\
format: harness/1
title: A stream dies inside a call
family: mine
why: {bug: "https://example.com/1", says: half a call was run}
needs: [stream, tools]
ask: {messages: Write it., tools: [write_file]}
says:
  - {text: Writing.}
  - {call: write_file, id: call_1, arguments: {path: /x}}
  - finish: tool_calls
faults:
  - cut: {inside: tool_arguments, at: 50%, ending: eof}
expect:
  - truncation_is_visible
  - dropped_tools: [write_file]
"""

SAYS = GOOD[GOOD.index("says:", GOOD.index("ask:")) : GOOD.index("faults:")]
EXPECT = GOOD[GOOD.index("expect:") :]

# what stands in the good file, what is written instead, and the sentence that says so
MISTAKES = {
    "no_format": (
        "format: harness/1\n",
        "",
        "1:1: 'format' is missing. Says that this file is ours, and which version of the form",
    ),
    "other_format": (
        "harness/1",
        "harness/2",
        "1:9: format has a value that is not allowed, found 'harness/2'. Did you mean 'harnes",
    ),
    "unknown_key": (
        "family: mine",
        "family: mine\nfamly: x",
        "4:1: unknown key 'famly'. Did you mean 'family'?",
    ),
    "missing_title": (
        "title: A stream dies inside a call\n",
        "",
        "1:1: 'title' is missing. What happens, as one short sentence. For example: Stream di",
    ),
    "title_is_a_number": (
        "title: A stream dies inside a call",
        "title: 7",
        "2:8: title must be a text, found 7. What happens, as one short sentence. For example",
    ),
    "short_title": (
        "title: A stream dies inside a call",
        "title: x",
        "2:8: title must have at least 5 characters, found 'x'. What happens, as one short se",
    ),
    "family_capitals": (
        "family: mine",
        "family: My Family",
        "3:9: family is not written as it must be, found 'My Family'. The group it is counted",
    ),
    "why_without_source": (
        '{bug: "https://example.com/1", says: half a call was run}',
        "{says: half a call was run}",
        "4:6: why needs at least 2 keys, found {'says': 'half a call was run'}. A source and",
    ),
    "why_string": (
        '{bug: "https://example.com/1", says: half a call was run}',
        "because",
        "4:6: why must be a list or a mapping, found 'because'. The bug, specification or doc",
    ),
    "unknown_wire": (
        "needs:",
        "wires: [chats]\nneeds:",
        "5:9: wires[0] has a value that is not allowed, found 'chats'. Did you mean 'chat'?",
    ),
    "unknown_backend": (
        "needs:",
        "providers: [openia]\nneeds:",
        "5:13: no provider 'openia' in harness/providers/. Did you mean 'openai'? To add one,",
    ),
    "unknown_capability": (
        "[stream, tools]",
        "[streams, tools]",
        "5:9: no capability 'streams'. Did you mean 'stream'?",
    ),
    "unknown_profile": (
        "needs:",
        "profiles: [eof_is_the_end]\nneeds:",
        "5:12: no profile 'eof_is_the_end'. Did you mean 'eof_is_end'?",
    ),
    "unknown_tool": (
        "tools: [write_file]",
        "tools: [write_fil]",
        "6:36: no stock tool 'write_fil'. Did you mean 'write_file'?",
    ),
    "unknown_say": (
        "{text: Writing.}",
        "{txt: Writing.}",
        "8:6: unknown key 'txt' in says[0]. Did you mean 'text'?",
    ),
    "say_extra_key": (
        "{text: Writing.}",
        "{text: Writing., part: 3}",
        "8:22: unknown key 'part' in says[0]. Did you mean 'parts'?",
    ),
    "say_two": (
        "{text: Writing.}",
        "{text: Writing., finish: stop}",
        "8:22: 'text' and 'finish' exclude each other in says[0]. Make two entries of it",
    ),
    "unknown_finish": (
        "finish: tool_calls",
        "finish: tool_use",
        "10:13: says[2].finish has a value that is not allowed, found 'tool_use'. Did you mea",
    ),
    "unknown_fault": (
        "- cut:",
        "- cutt:",
        "12:5: no fault 'cutt' in harness/faults/. Did you mean 'cut'? To add one, write harn",
    ),
    "unknown_fault_argument": (
        "inside:",
        "insid:",
        "12:5: fault 'cut' has no argument 'insid'. Did you mean 'inside'?",
    ),
    "unknown_fault_value": (
        "inside: tool_arguments",
        "inside: arguments",
        "12:19: 'arguments' is no place. Places are: text, reasoning, signature, tool_id, too",
    ),
    "unknown_ending": (
        "ending: eof",
        "ending: oef",
        "12:52: 'oef' is no ending of a cut. Did you mean 'eof'?",
    ),
    "continues_how_often": (
        "faults:",
        "client: {continue: often}\nfaults:",
        "11:20: client.continue must be true or false or a whole number, found 'often'. The target",
    ),
    "continues_never": (
        "faults:",
        "client: {continue: 0}\nfaults:",
        "11:20: client.continue must be at least 1, found 0. How many times at most. For exam",
    ),
    "continues_misspelt": (
        "faults:",
        "client: {continues: true}\nfaults:",
        "11:10: unknown key 'continues' in client. Did you mean 'continue'?",
    ),
    "url_of_a_token": (
        SAYS,
        "wire: [{token: refreshed, names_url: elsewhere}]\n",
        "7:38: wire[0].names_url is not written as it must be, found 'elsewhere'. An inference URL",
    ),
    "alone_at_once": (
        GOOD[GOOD.index("ask:") : GOOD.index("faults:")],
        "turns: [{at_once: 1, ask: {messages: Hello.}, says: [{text: Hi.}, {finish: stop}]}]\n",
        "6:19: turns[0].at_once must be at least 2, found 1. The ask is made so many times at th",
    ),
    "need_of_the_target": (
        "[stream, tools]",
        "[stream, tools, continue]",
        "5:24: no capability 'continue'. Did you mean 'continues'?",
    ),
    "ending_of_a_client": (
        "ending: eof",
        "ending: client_closed",
        "12:52: 'client_closed' is no ending of a cut. Known: complete, eof, reset, stall",
    ),
    "ending_is_a_number": (
        "ending: eof",
        "ending: 7",
        "12:52: 7 is no ending of a cut. Known: complete, eof, reset, stall",
    ),
    "bad_percent": ("at: 50%", "at: 150%", "12:5: '150%' is no share. Write it like 50% or 0.5"),
    "missing_fault_argument": (
        "- cut: {inside: tool_arguments, at: 50%, ending: eof}",
        "- status",
        "12:5: fault 'status' needs the argument 'code'",
    ),
    "fault_2_keys": (
        "  - cut: {inside: tool_arguments, at: 50%, ending: eof}",
        "  - {cut: {inside: text}, refuse: {}}",
        "12:5: faults[0] takes only 1 key (make two entries of it), found {'cut': {'inside':",
    ),
    "bare_fault_argument": (
        "- cut: {inside: tool_arguments, at: 50%, ending: eof}",
        "- rechunk: one_byte",
        "12:14: faults[0].rechunk must be a mapping or empty, found 'one_byte'",
    ),
    "unknown_invariant": (
        "- truncation_is_visible",
        "- truncation_visible",
        "14:5: no invariant 'truncation_visible' in harness/invariants/. Did you mean 'trunca",
    ),
    "argument_to_none": (
        "- truncation_is_visible",
        "- truncation_is_visible: 3",
        "14:5: invariant 'truncation_is_visible' takes no argument",
    ),
    "unknown_inv_argument": (
        "- dropped_tools: [write_file]",
        "- dropped_tools: {names: [write_file]}",
        "15:5: invariant 'dropped_tools' has no argument 'names'. Known: value",
    ),
    "turn_out_of_range": (
        "- truncation_is_visible",
        "- truncation_is_visible:\n    turn: 4",
        "14:5: there is no turn 4. The scenario has 1, counted from 0",
    ),
    "bad_level": (
        "- truncation_is_visible",
        "- {truncation_is_visible: , level: maybe}",
        "14:38: expect[0].level has a value that is not allowed, found 'maybe'. Known: must,",
    ),
    "duplicate_key": (
        "family: mine",
        "family: mine\nfamily: yours",
        "4:1: key 'family' stands twice. The first is on line 3; keep one",
    ),
    "tab": (
        "  - {text: Writing.}",
        "\t- {text: Writing.}",
        "8:1: is no YAML: here is a tab, and YAML indents with spaces",
    ),
    "unclosed": (
        "needs: [stream, tools]",
        "needs: [stream, tools",
        "6:4: is no YAML: did not find expected ',' or ']' while parsing a flow sequence that",
    ),
    "no_expect": (
        "expect:\n  - truncation_is_visible\n  - dropped_tools: [write_file]\n",
        "",
        "1:1: 'expect' is missing. Invariants that must hold in every case. For example: [tru",
    ),
    "empty_expect": (
        "expect:\n  - truncation_is_visible\n  - dropped_tools: [write_file]\n",
        "expect: []\n",
        "13:9: expect must not be empty, found []. Invariants that must hold in every case. F",
    ),
    "says_and_wire": (
        "faults:",
        "wire: {tape: x}\nfaults:",
        "11:1: 'says' and 'wire' exclude each other",
    ),
    "neither": (
        SAYS,
        "",
        "1:1: 'says' or 'wire' is missing. The server must answer something: a script, or a t",
    ),
    "negative_tokens": (
        "finish: tool_calls",
        "usage: {input_tokens: -1}",
        "10:27: says[2].usage.input_tokens must be at least 0, found -1. The whole prompt, ca",
    ),
    "wrong_type_stream": (
        "ask: {",
        "ask: {stream: maybe, ",
        "6:15: ask.stream must be a list or true or false, found 'maybe'. Whether a stream is",
    ),
    "wrong_role": (
        "messages: Write it.",
        "messages: [{role: human, content: x}]",
        "6:25: ask.messages[0].role has a value that is not allowed, found 'human'. Known: as",
    ),
    "retries_string": (
        "needs:",
        "client: {max_retries: two}\nneeds:",
        "5:23: client.max_retries must be a whole number, found 'two'. Attempts after the fir",
    ),
    "retries_neg": (
        "needs:",
        "client: {max_retries: -1}\nneeds:",
        "5:23: client.max_retries must be at least 0, found -1. Attempts after the first. For",
    ),
    "damage_turn": ("faults:", "damage: {turn: 3}\nfaults:", "11:9: there is no turn 3"),
    "damage_step": ("faults:", "damage: {step: 3}\nfaults:", "11:9: turn 0 has no step 3"),
    "ask_missing_messages": (
        "messages: Write it., ",
        "",
        "6:6: 'messages' is missing in ask. The conversation, or one user message as a string",
    ),
    "row": (
        "needs:",
        "rows: [c5]\nneeds:",
        "5:8: rows[0] is not written as it must be, found 'c5'. A behaviour's id. For example",
    ),
    "list": (
        GOOD,
        "- a\n- b\n",
        "1:1: is no scenario: it must be a mapping with `format: harness/1`",
    ),
    "crowd": (
        "at: 50%, ending: eof}",
        f"at: {list(range(100))}, ending: {list(range(99))}}}",
        "12:5: with faults[0] the fault axis has more than 1000 cases. Give fewer values, or m",
    ),
    "crowd_of_all": (
        "  - cut: {inside: tool_arguments, at: 50%, ending: eof}",
        "  - clean\n  - all: [" + "{cut: {at: [1, 2, 3, 4, 5, 6, 7, 8, 9]}}, " * 60 + "clean]",
        "13:5: with faults[1] the fault axis has more than 1000 cases",
    ),
    "choice_in_a_step": (
        SAYS,
        "wire:\n  - says: [{finish: stop}]\n    faults: [drop_terminator, {cut: {at: [1, 2]}}]\n",
        "9:31: a fault of one answer takes one value for each argument. The axis `faults` takes",
    ),
    "no_case": (
        "at: 50%",
        "at: []",
        "12:5: faults[0] makes no case: an argument is an empty list",
    ),
    "spread": (
        "needs:",
        "spread: all\nneeds:",
        "5:9: spread has a value that is not allowed, found 'all'. Known: providers, wires",
    ),
    "credential": (
        "needs:",
        "credential: refresh\nneeds:",
        "5:13: credential has a value that is not allowed, found 'refresh'. Did you mean 'ref",
    ),
    "means_part": (
        "- truncation_is_visible",
        "- means: [contents]",
        "14:12: 'contents' is no part of a reply. It has content, calls, ids, finish, reasoni",
    ),
    "seed": (
        "ending: eof",
        "ending: eof, seed: 3",
        "12:5: fault 'cut' has no argument 'seed'. Known: after, at, before, between, byte, c",
    ),
    "faults_twice": (
        "ending: eof}",
        "ending: eof}\n  - cut: {inside: tool_arguments, at: 50%, ending: eof}",
        "13:5: two cases have the id 'cut_tool_arguments_50_eof'. The first is on line 12",
    ),
    "token": (
        SAYS,
        "wire: [{fails: {status: 401}}, {token: renewed}, {says: [{text: a}]}]\n",
        "7:40: wire[1].token has a value that is not allowed, found 'renewed'. Did you mean '",
    ),
    "status_range": (
        SAYS,
        "wire: [{fails: {status: 4010}}, {says: [{text: a}]}]\n",
        "7:25: wire[0].fails.status must be at most 599, found 4010. The HTTP status that is",
    ),
    "previous": (
        "messages: Write it.",
        "messages: [{role: assistant, from: previous}]",
        "6:36: there is no reply before the first turn",
    ),
}


def written(tmp_path, text):
    file = tmp_path / "mine.yaml"
    file.write_text(text, "utf-8")
    return file


def test_the_good_file_has_no_fault(tmp_path):
    """What the mistakes are made in is right."""
    assert lint(written(tmp_path, GOOD)) == []


@pytest.mark.parametrize("kind", MISTAKES)
def test_a_mistake_is_one_clear_sentence(tmp_path, kind):
    """File, line and column, what was found, and what would be right."""
    old, new, sentence = MISTAKES[kind]
    assert GOOD.count(old) >= 1
    file = written(tmp_path, GOOD.replace(old, new, 1))
    (fault,) = lint(file)
    assert fault.render().startswith(f"{file}:{sentence}")


def test_every_fault_of_a_file_is_told_at_once(tmp_path):
    """Faults of the schema, of the talk and of names, in the order of the file."""
    text = GOOD
    for old, new in (
        ("family: mine", "family: My Family"),
        ("[stream, tools]", "[streams, tools]"),
        ("tools: [write_file]", "tools: [write_fil]"),
        ("finish: tool_calls", "finish: tool_use"),
        ("- cut:", "- cutt:"),
        ("- truncation_is_visible", "- truncation_visible"),
    ):
        text = text.replace(old, new, 1)
    with pytest.raises(ScenarioError) as raised:
        read_scenario(written(tmp_path, text))
    assert [fault.where.line for fault in raised.value.faults] == [3, 5, 6, 10, 12, 14]
    assert raised.value.render().count("Did you mean") == 5


def test_a_tape_that_nobody_has_is_a_fault(tmp_path):
    """Every case of it would be untestable, which looks like work that was done."""
    (tmp_path / "cassettes" / "chat").mkdir(parents=True)
    (tmp_path / "cassettes" / "chat" / "somewhere.yaml").write_text("version: 1\n")
    (tmp_path / "scenarios").mkdir()
    text = GOOD.replace(SAYS, "wire: {tape: nowhere}\n", 1)
    (fault,) = lint(written(tmp_path / "scenarios", text))
    assert ":7:14: no cassette 'nowhere'" in fault.render()


@pytest.mark.parametrize(
    "text",
    [
        *("", "null", "- 1", "just words", "\x00", "a: &x [*x]", "? [1]: 2"),
        *(
            "[" * 100_000,
            "- " * 100_000,
            "a: 2020-13-45",
            "a: " + "9" * 5000,
            "a: 1\u2028\u2028b: [",
        ),
    ],
)
def test_what_is_no_scenario_is_one_sentence(tmp_path, text):
    """Any other YAML, and what is none, is refused without a traceback."""
    found = lint(written(tmp_path, text))
    assert found
    assert all(str(fault.where) for fault in found)


def test_bytes_that_are_no_text_are_one_sentence(tmp_path):
    """The byte is named."""
    file = tmp_path / "mine.yaml"
    file.write_bytes(b"format: \xff")
    (fault,) = lint(file)
    assert "is not UTF-8, found byte 8" in fault.render()


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    """With its path."""
    (fault,) = lint(tmp_path / "absent.yaml")
    assert "absent.yaml: cannot be read" in fault.render()
