"""Every code block of every page is executed, or checked against what it shows."""

import ast
import json
import re
import shlex
import tomllib

import pytest
import yaml
from docs_blocks import CHECKOUT, DOCS, PAGES, Block, blocks_of, patched, same, shell, typed
from shared_data import find

from harness.cli import parser
from harness.scenario import load

WITH_BLOCKS = [page for page in PAGES if any(True for _ in blocks_of(page))]


def page_id(page):
    return str(page.relative_to(CHECKOUT)).replace("provider", "backend")


@pytest.mark.parametrize("page", WITH_BLOCKS, ids=page_id)
def test_every_block_of_the_page_does_what_it_shows(page, tmp_path, monkeypatch):
    """From top to bottom in one empty folder, as a reader would."""
    monkeypatch.chdir(tmp_path)
    told = page.read_text("utf-8")
    if "SHARED_CORPUS" in told:
        corpus = find()
        if corpus is None:
            pytest.skip("shared corpora not found")
        monkeypatch.setenv("SHARED_CORPUS", str(corpus / "corpus"))
    names = {"__name__": "page"}
    for block in blocks_of(page):
        execute(block, tmp_path, names)


def execute(block, folder, names):
    if block.how == "elsewhere":
        assert (CHECKOUT / block.what).exists(), f"{block}: no {block.what}"
    elif block.how == "patch":
        file = folder / block.what
        file.write_text(patched(file.read_text("utf-8"), block.text), "utf-8")
    elif block.how == "output of":
        _, got = shell(block.what, folder)
        assert same(block.text, got), f"{block}: shows\n{block.text}\nand this was printed\n{got}"
    else:
        if block.how == "file":
            file = folder / block.what
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(block.text, "utf-8")
        KINDS[block.language](block, folder, names)


def run_console(block, folder, names):
    commands = typed(block)
    for number, (command, expected) in enumerate(commands):
        code, got = shell(command, folder)
        last = number == len(commands) - 1
        wanted = int(block.what) if block.how == "exit" and last else 0
        assert code == wanted, f"{block}: {command}\nended with {code}, not {wanted}:\n{got}"
        if expected:
            assert same(expected, got), f"{block}: {command}\nshows\n{expected}\nprinted\n{got}"


def run_python(block, folder, names):
    if block.how == "file":
        ast.parse(block.text)
    else:
        exec(compile(block.text, str(block), "exec"), names)


def run_yaml(block, folder, names):
    told = yaml.safe_load(block.text)
    if isinstance(told, dict) and told.get("format") == "harness/1" and block.how == "file":
        load(folder / block.what)
    for command in re.findall(r"\bharness (?:run|replay|lint|cassette)\b[^\n]*", block.text):
        words = shlex.split(re.sub(r"\$\{\{.*?\}\}", "x", command))[1:]
        words = words[: words.index("||")] if "||" in words else words
        parser().parse_args(words)


def run_text(block, folder, names):
    assert block.text.strip()


def run_diff(block, folder, names):
    """A line before and after: a heading `file:line (kind)`, `- was`, `+ now`."""
    lines = [line for line in block.text.splitlines() if line.strip()]
    for heading, was, now in zip(lines[::3], lines[1::3], lines[2::3], strict=True):
        file = heading.partition(":")[0]
        assert (CHECKOUT / "harness" / file).is_file(), f"{block}: {file} is no file"
        assert was.startswith("- "), was
        assert now.startswith("+ "), now


KINDS = {
    "console": run_console,
    "diff": run_diff,
    "python": run_python,
    "yaml": run_yaml,
    "toml": lambda block, folder, names: tomllib.loads(block.text),
    "json": lambda block, folder, names: [json.loads(line) for line in json_texts(block.text)],
    "js": lambda block, folder, names: file_only(block),
    "sh": lambda block, folder, names: file_only(block),
    "text": run_text,
}


def json_texts(text):
    """One document, or one a line."""
    try:
        json.loads(text)
    except json.JSONDecodeError:
        return text.strip().splitlines()
    return [text]


def file_only(block):
    assert block.how == "file", f"{block}: nothing executes this"


LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=page_id)
def test_no_link_of_the_page_is_dead(page):
    """Each relative link names a file that is there, and a heading that it has."""
    text = FENCED.sub("", page.read_text("utf-8"))
    for target in (a or b for a, b in LINK.findall(text)):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        assert file.exists(), f"{page_id(page)}: no {target}"
        if anchor and file.suffix == ".md":
            assert anchor in anchors(file), f"{page_id(page)}: {name} has no #{anchor}"


def anchors(file):
    heads = re.findall(r"^#+ (.*)$", FENCED.sub("", file.read_text("utf-8")), re.MULTILINE)
    return {re.sub(r"[\s-]+", "-", re.sub(r"[^\w\s-]", "", head.lower()).strip()) for head in heads}


def test_a_wrong_block_is_noticed(tmp_path):
    """The checks of this file can fail: output, exit code, a patch, a dead option in a workflow."""

    def block(language, text, how="", what=""):
        return Block(DOCS / "index.md", 1, language, text, how, what)

    for wrong in (
        block("console", "$ echo one\ntwo\n"),
        block("console", "$ false\n"),
        block("python", "assert 1 == 2\n"),
        block("toml", "a = \n"),
        block("text", "one\n", "output of", "echo two"),
        block("yaml", "run: harness run --no-such-option\n"),
        block("js", "1\n"),
    ):
        with pytest.raises((AssertionError, SystemExit, tomllib.TOMLDecodeError)):
            execute(wrong, tmp_path, {})
    execute(block("console", "$ echo one two three\none ... three\n"), tmp_path, {})
    assert patched("a\nb\nc\n", " a\n-b\n+B\n") == "a\nB\nc\n"
    with pytest.raises(AssertionError):
        patched("a\nc\n", " a\n-b\n+B\n")
