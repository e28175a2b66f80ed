"""The code blocks of the pages, and how each kind is executed.

A block says by its language what it is: `console` is typed and its output compared (`...` stands
for anything), `python` is run, `yaml`, `toml` and `json` are parsed, `text` is a drawing. A comment
in the line before says more: `<!-- file: NAME -->` writes the block into the page's folder,
`<!-- patch: NAME -->` applies a `diff` to such a file, `<!-- exit: N -->` is the code with which
the last command of a console block ends, `<!-- elsewhere: WHERE -->` names what executes it, and
`<!-- output of: COMMAND -->` runs the command and compares what it prints.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
DOCS = CHECKOUT / "docs"
PAGES = [CHECKOUT / "README.md", *sorted(DOCS.rglob("*.md"))]
FENCE = re.compile(
    r"(?:^<!-- (?P<how>[^\n]*?) -->\n)?^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    page: Path
    line: int
    language: str
    text: str
    how: str = ""
    what: str = ""

    def __str__(self):
        return f"{self.page.relative_to(CHECKOUT)}:{self.line}"


def blocks_of(page):
    source = page.read_text("utf-8")
    for found in FENCE.finditer(source):
        how, _, what = (found["how"] or "").partition(": ")
        line = source.count("\n", 0, found.start("language")) + 1
        yield Block(page, line, found["language"], found["text"], how, what)


def shell(command, folder):
    """As a person would type it, with the programs of this environment first."""
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")},
        "PATH": path,
        "NO_COLOR": "1",
        "COLUMNS": "100",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=100,
        check=False,
    )
    return done.returncode, done.stdout.decode()


def typed(block):
    """[command, expected output] in order; a line after `> ` goes on with its command."""
    told = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            told.append([line[2:], ""])
        elif line.startswith("> ") and not told[-1][1]:
            told[-1][0] += "\n" + line[2:]
        else:
            told[-1][1] += line + "\n"
    return told


def same(expected, got):
    """Equal but for trailing blanks, where `...` stands for anything."""
    pattern = ".*?".join(map(re.escape, tidy(expected).split("...")))
    return re.fullmatch(pattern, tidy(got), re.DOTALL) is not None


def tidy(text):
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def patched(text, diff):
    """The text after a diff whose hunks are found by their lines, not by their numbers."""
    for hunk in re.split(r"^@@.*\n", diff, flags=re.MULTILINE):
        lines = [line or " " for line in hunk.splitlines()]
        old = "".join(line[1:] + "\n" for line in lines if line[0] in " -")
        new = "".join(line[1:] + "\n" for line in lines if line[0] in " +")
        if old:
            assert text.count(old) == 1, f"not once in the file:\n{old}"
            text = text.replace(old, new)
    return text
