"""Every report says the same of the same documents, in the format that its readers read."""

import json
import re
from xml.etree import ElementTree as ET

import pytest
from report_documents import HOSTILE, hostile, judged, stale

from harness.cli import main
from harness.errors import UsageError
from harness.reports import REPORTS, check_report, write_report
from harness.reports._count import count
from harness.schemas import validator


def render(name, documents):
    return REPORTS.get(name)(documents)


@pytest.mark.parametrize("target", ["naive", "reference"])
def test_the_json_report_is_what_its_schema_says(target):
    """Real verdicts of every kind, with their whole traces, are valid."""
    validator("verdict").validate(json.loads(render("json", judged(target))))


def test_a_report_with_a_misspelt_key_is_not_valid():
    """The schema refuses what it does not know, also inside of a trace."""
    whole = json.loads(render("json", judged()))
    ran = next(verdict for verdict in whole["verdicts"] if verdict["trace"])
    ran["trace"]["sent"][0]["adress"] = "x"
    assert not validator("verdict").is_valid(whole)


@pytest.mark.parametrize("name", REPORTS.names())
def test_every_report_takes_hostile_strings_and_none_at_all(name, tmp_path):
    """Control characters, markup and half of a surrogate pair are written, and as UTF-8."""
    for documents in ([hostile()], []):
        write_report(f"{name}:{tmp_path}/deep/report", documents)
        assert (tmp_path / "deep/report").read_bytes().decode("utf-8")


def test_junit_adds_up_and_is_well_formed():
    """Each case is a testcase, each verdict its own element, and each suite counts its own."""
    documents = [*judged(), hostile()]
    root = ET.fromstring(render("junit", documents))
    assert root.tag == "testsuites"
    assert len(root.findall("testsuite/testcase")) == len(documents)
    counts = count(documents)
    assert int(root.get("tests")) == counts["drawn"]
    for attribute, tag in (("failures", "failure"), ("errors", "error")):
        assert int(root.get(attribute)) == len(root.findall(f"testsuite/testcase/{tag}"))
    for suite in root:
        found = suite.findall("testcase/skipped")
        assert int(suite.get("skipped")) == len(found)
        assert int(suite.get("tests")) == len(suite)


JUNIT = {  # what the schemas of the common viewers allow
    "testsuites": ({"name", "tests", "failures", "errors", "time"}, {"testsuite"}),
    "testsuite": (
        {"name", "tests", "failures", "errors", "skipped", "time"},
        {"testcase"},
    ),
    "testcase": (
        {"classname", "name", "file", "time"},
        {"failure", "error", "skipped", "system-out"},
    ),
    "failure": ({"message", "type"}, set()),
    "error": ({"message", "type"}, set()),
    "skipped": ({"message"}, set()),
    "system-out": (set(), set()),
}


def test_junit_names_the_file_of_the_project():
    """A viewer opens it; a shipped scenario has its place in our repository."""
    mine = next(iter(judged())) | {"file": "tests/llm/mine.yaml"}
    files = {case.get("file") for case in ET.fromstring(render("junit", [mine])).iter("testcase")}
    assert files == {"tests/llm/mine.yaml"}
    shipped = {document["scenario"]: document["file"] for document in judged()}
    assert shipped == {name: f"scenarios/{name}.yaml" for name in shipped}


def test_junit_uses_only_what_viewers_know():
    """No attribute and no element beyond the common schema."""
    for element in ET.fromstring(render("junit", judged())).iter():
        attributes, children = JUNIT[element.tag]
        assert set(element.keys()) <= attributes
        assert {child.tag for child in element} <= children


def test_github_annotations_are_one_command_a_line():
    """A failed case is an error with its sentences; nothing of a wire can begin a command."""
    document = hostile()
    document["violations"][0]["sentence"] += "\n::warning::owned"
    lines = render("github", [document, *judged("reference")]).splitlines()
    assert lines[0].startswith("::error title=failed%3A ")
    assert "%0A::warning::owned" in lines[0]
    assert all(re.match(r"::(error|warning|notice) title=[^:,\r\n]*::", line) for line in lines)
    assert lines[-1].startswith("::notice title=Conformance::")


def test_a_known_failure_is_no_annotation():
    """It is counted, and nothing else."""
    failed = next(document for document in judged() if document["verdict"] == "failed")
    assert render("github", [failed | {"known": "https://example.com/1"}]).count("\n") == 1


@pytest.mark.parametrize("name", ["github", "junit", "markdown", "text"])
def test_a_known_failure_that_passes_is_red_in_every_report(name):
    """A run that is red for nothing else says why."""
    passed = next(document for document in judged("reference") if document["verdict"] == "passed")
    link, why = "https://example.com/1", "it is listed, and passes: take the entry out"
    told = render(name, [passed | {"known": link, "reason": why}])
    assert why in told.replace("%2C", ",").replace("%3A", ":")
    if name == "junit":
        root = ET.fromstring(told)
        assert root.get("failures") == "1"
        assert root.find("testsuite/testcase/failure").get("message") == why


def test_a_known_failure_that_passes_is_stale_in_the_html_report():
    """It turns the run red, so that it is no square like the other passed ones."""
    passed = next(document for document in judged("reference") if document["verdict"] == "passed")
    told = render("html", [passed, *stale()])
    index = json.loads(told.split('id="index">')[1].split("</script>")[0])
    assert [case[3] for case in index["cases"]] == ["passed", "known", "stale"]


def test_junit_begins_with_what_is_graver():
    """A viewer shows the first sentence alone: not a SHOULD where a MUST is broken."""
    failed = next(document for document in judged() if document["verdict"] == "failed")
    one = failed["violations"][0]
    should, must = one | {"level": "should"}, one | {"sentence": "the graver"}
    root = ET.fromstring(render("junit", [failed | {"violations": [should, must]}]))
    failure = root.find("testsuite/testcase/failure")
    assert failure.get("message") == "the graver"
    assert failure.text.startswith("MUST")


def test_a_report_can_go_to_stdout(capfdbinary):
    """`github:-` is how a workflow reads it."""
    write_report("github:-", judged())
    assert b"::notice title=Conformance::" in capfdbinary.readouterr().out


def test_a_report_without_a_path_or_of_no_known_format_is_refused():
    """The message lists the formats."""
    with pytest.raises(UsageError, match="html, json, junit"):
        check_report("html")
    with pytest.raises(UsageError, match="junit"):
        check_report("junitt:x.xml")


def test_the_html_report_is_one_file_and_its_data_can_not_end_it():
    """No address is loaded; no string of a wire closes the script that carries it."""
    text = render("html", [hostile()])
    assert "window.owned=1" in text
    assert HOSTILE[:9] not in text.split('id="index">')[1].split("</script>")[0]
    loaded = re.findall(r"""<(?:script|img|link|iframe)[^>]*(?:src|href)=["']([^"']*)""", text)
    assert loaded == ["data:,"]
    assert not re.search(r"url\(|@import|fetch\(|XMLHttpRequest", text)
    blocks = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', text, re.DOTALL)
    assert len(blocks) == 2
    assert all(json.loads(block) for block in blocks)


def test_no_planted_secret_stands_in_any_report():
    """A credential that was sent, and one that a server handed out, are named and not shown."""
    scenarios = ("unauthorized_then_refreshed", "secrets_in_errors_stay_secret")
    documents = judged("reference", scenarios, frozenset({"openai", "anthropic", "bedrock"}))
    assert any("<secret 0>" in json.dumps(document) for document in documents)
    for name in REPORTS.names():
        text = render(name, documents)
        assert "not-a-key" not in text
        assert "not-a-refresh" not in text
        assert "bm90LWEtdG9rZW4" not in text  # the same in a token's Base64


def test_the_demo_is_red_and_green_and_writes_its_report(tmp_path, capsys):
    """All four are wrong by the naive client, all four right by the reference."""
    file = tmp_path / "demo.html"
    assert main(["demo", "--report", f"html:{file}"]) == 0
    told = capsys.readouterr().out
    rows = [line.split()[-2:] for line in told.splitlines() if line.endswith(" ok")]
    assert rows == [["WRONG", "ok"]] * 4
    assert str(file) in told
    index = json.loads(file.read_text().split('id="index">')[1].split("</script>")[0])
    assert {column[2] for column in index["columns"]} == {"naive", "reference"}
    assert not index["counts"]["errored"]


@pytest.mark.parametrize("name", ["text", "markdown", "github", "junit"])
def test_of_a_later_turn_every_report_says_which(name):
    """Of nineteen turns that ask the same, the sentence alone does not say where to look."""
    red = next(one for one in judged() if one["verdict"] == "failed" and not one["known"])
    first = red["violations"][0]
    told = render(name, [{**red, "violations": [first, {**first, "turn": 2}]}])
    told = told if isinstance(told, str) else told.decode()
    level, named = first["level"].upper(), first["invariant"]
    assert f"{level} {named}: " in told.replace("%3A", ":")
    assert f"{level} {named}, turn 2: " in told.replace("%2C", ",").replace("%3A", ":")
