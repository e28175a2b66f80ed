"""Think tags: taken out where they open a block, kept where they are prose, cut or whole alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.transports._think import NAMES, ThinkSplitter, split_whole

# E21: what looks like a call is text.
LEAKS = ['<tool_call>{"name":"f"}</tool_call>', '<function name="f">{}</function>']
CASES = [
    ("<THINK>s</THINK>visible", "visible", "s"),
    ("<think>secret", "", "secret"),
    ("visible\n<think>secret", "visible", "secret"),
    ("use <think> tags", "use <think> tags", ""),
    ("use <think> and </think> tags", "use <think> and </think> tags", ""),
    ("foo</think> bar", "foobar", ""),
    ("<think>why</think>answer", "answer", "why"),
    ("<think>\nwhy\n</think>\n\nanswer", "answer", "why"),
    ("\n\n<thought>x</thought>\nanswer", "answer", "x"),
    ("a\n<think>s</think>\nmore\n", "a\nmore\n", "s"),
    ("<think>a</think>\n<reasoning>b</reasoning>c", "c", "a\n\nb"),
    ("<think>a </thinking> b</think>c", "c", "a </thinking> b"),
    ("close it with `</think>` then", "close it with `</think>` then", ""),
    ("<thinker>no tag</thinker>", "<thinker>no tag</thinker>", ""),
    ("a < b <thin", "a < b <thin", ""),
    (" \n ", " \n ", ""),
    ("text\n\n", "text\n\n", ""),
    ("a <function> in prose", "a <function> in prose", ""),
    *((leak, leak, "") for leak in LEAKS),
]


def drive(pieces, splitter=None, *, shortcut=False):
    splitter = splitter or ThinkSplitter()
    said = []
    for piece in pieces:
        if shortcut and splitter.passes(piece):
            said.append(("text", piece))
        else:
            said += splitter.feed(piece)
    said += splitter.end()
    return tuple(
        "".join(words for channel, words in said if channel == wanted)
        for wanted in ("text", "reasoning")
    )


@pytest.mark.parametrize(("text", "content", "reasoning"), CASES)
def test_words_go_to_their_channel(text, content, reasoning):
    """Whole, one character at a time, and by the short cut for plain deltas."""
    assert split_whole(text) == (content, reasoning)
    assert drive(text) == (content, reasoning)
    assert drive(text, shortcut=True) == (content, reasoning)


@pytest.mark.parametrize("name", NAMES)
def test_all_five_names_in_any_case(name):
    """A tag is known by its name alone, whatever its case."""
    assert split_whole(f"<{name.upper()}>s</{name.title()}> v") == ("v", "s")


WORDS = st.sampled_from(
    [
        *(f"<{s}{n}>" for n in NAMES for s in ("", "/")),
        "<",
        "</thi",
        "nk>",
        "\n",
        " ",
        "a",
        "`",
        "é",
    ]
)


@given(st.lists(st.lists(WORDS).map("".join)), st.booleans())
def test_no_cutting_changes_what_is_said(pieces, opened):
    """Any pieces of a text say what the whole text says."""
    whole = split_whole("".join(pieces), opened=opened)
    assert drive(pieces, ThinkSplitter(opened=opened), shortcut=True) == whole
    assert drive("".join(pieces), ThinkSplitter(opened=opened)) == whole


@given(st.lists(WORDS), st.integers(0, 20))
def test_a_fork_goes_its_own_way(words, cut):
    """What is fed to the one is not seen by the other."""
    splitter = ThinkSplitter()
    for word in words[:cut]:
        splitter.feed(word)
    twin = splitter.fork()
    twin.feed("<think>\nother")
    rest = splitter.fork()
    assert drive(words[cut:], splitter) == drive(words[cut:], rest)


def test_a_tag_that_stands_in_the_prompt_is_closed_by_the_first_closer():
    """Text is withheld until then; without a closer it is text."""
    assert split_whole("Sum first.\n</think>\n\n42", opened=True) == ("42", "Sum first.")
    assert split_whole("no tag at all\n", opened=True) == ("no tag at all\n", "")
    splitter = ThinkSplitter(opened=True)
    assert splitter.feed("Sum first.") == []


def test_hostile_brackets_cost_their_length():
    """A million brackets are a million characters, and one event."""
    assert ThinkSplitter().feed("a" + "<" * 100_000 + "b") == [("text", "a" + "<" * 100_000 + "b")]
