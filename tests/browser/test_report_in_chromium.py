"""The HTML report in a real browser: what a person clicks, types, sees and is never sent."""

import json
import sys
from pathlib import Path

import pytest
from report_documents import judged

Keys = pytest.importorskip("selenium.webdriver.common.keys").Keys

CUT = next(
    document
    for document in judged()
    if document["wire"] == "chat"
    and "stream_dies" in document["case"]
    and document["trace"]["reports"][0]["outcome"]["kind"] == "complete"
)
CELL = f"{CUT['scenario']}|{CUT['provider']}|chat|naive"


def test_the_matrix_counts_what_the_documents_say(page):
    """A tile for each verdict with its number, and a square for each scenario and backend."""
    shown = page()
    documents = judged()
    failed = sum(document["verdict"] == "failed" for document in documents)
    assert shown.text(".tile.failed b") == str(failed)
    squares = {(d["scenario"], d["provider"]) for d in documents}
    assert len(shown.all("button.cell")) == len(squares)
    assert "openai: " in shown.one(f"[data-cell='{CELL}']").get_attribute("aria-label")


def test_a_square_opens_to_its_cases_and_a_case_to_its_story(page):
    """Two clicks lead to the story; back leads to the same square."""
    shown = page()
    shown.one(f"[data-cell='{CELL}']").click()
    variants = shown.all(".variant")
    assert len(variants) == sum(
        d["scenario"] == CUT["scenario"] and d["provider"] == CUT["provider"] for d in judged()
    )
    shown.one(f".variant[data-story='{CUT['case']}']").click()
    assert CUT["case"] in shown.text("#story")
    assert not shown.one("#overview").is_displayed()
    shown.one("#back").click()
    assert shown.one("#overview").is_displayed()
    assert shown.focused == CUT["case"]


def test_the_story_says_what_was_meant_what_arrived_and_what_was_reported(page):
    """Every violated sentence, the frame that never came whole, the ending, and the command."""
    shown = page(fragment=f"case={CUT['case']}")
    text = shown.text("#story")
    for violation in CUT["violations"]:
        assert violation["sentence"] in text
    assert "I will write it now." in text
    assert "the rest of this frame never came" in text
    assert "in the end: complete" in text
    assert CUT["replay"] in text
    assert shown.all("mark.m-tool_name")
    assert shown.one(".why a").get_attribute("href") == CUT["why"][0]["bug"]


def test_an_event_stands_beside_the_frame_that_caused_it(page):
    """The text that was reported is the text that is marked in the same row of the wire."""
    shown = page(fragment=f"case={CUT['case']}")
    rows = shown.run(
        "return [...document.querySelectorAll('.waterfall tbody tr')].map(row => ["
        "[...row.querySelectorAll('mark.m-text')].map(m => m.textContent).join(''),"
        "[...row.querySelectorAll('.e-text code')].map(c => c.textContent).join('')])"
    )
    pairs = [(wire, reported) for wire, reported in rows if wire or reported]
    assert len(pairs) > 1
    assert all(wire == reported for wire, reported in pairs)


def test_a_known_failure_that_passes_has_its_own_tile_and_square(page):
    """It makes the run red, and its story says what to do; other reports have no such tile."""
    shown = page("stale")
    assert shown.text(".tile.stale b") == "1"
    shown.one("button.cell.stale").click()
    assert "A known failure that passes now" in shown.text("#story")
    assert "take the entry out" in shown.text("#story")
    assert page().all(".tile.stale") == []


def test_filters_narrow_the_matrix_and_stand_in_the_address(page):
    """A verdict, a family, a wire, a backend and words, each alone and all together."""
    shown = page()
    shown.one(".tile.failed").click()
    assert shown.one(".tile.failed").get_attribute("aria-pressed") == "true"
    assert not shown.all("button.cell.passed")
    shown.choose("wire", "chat")
    shown.choose("family", "stream_death")
    shown.choose("provider", "openai")
    shown.type("#q", "mid_tool")
    assert [c.get_attribute("data-cell") for c in shown.all("button.cell")] == [CELL]
    asked = {"q=mid_tool", "family=stream_death", "wire=chat", "provider=openai", "verdict=failed"}
    assert set(shown.fragment.lstrip("#").split("&")) == asked
    address = shown.fragment.lstrip("#")
    assert [c.get_attribute("data-cell") for c in shown.open(address).all("button.cell")] == [CELL]
    shown.one("#clear").click()
    assert shown.text("#shown").endswith("cases")
    assert len(shown.all("button.cell")) > 1


def test_no_match_says_so(page):
    """An empty matrix is explained, not blank."""
    shown = page(fragment="q=nothing_is_called_so")
    assert shown.text("#shown").startswith("0 cases of")
    assert not shown.all("button.cell")


def test_a_link_to_a_case_that_is_not_there_says_so(page):
    """The matrix is shown with a sentence that names the case."""
    shown = page(fragment="case=gone[openai-chat-clean]")
    assert "no case gone[openai-chat-clean]" in shown.text("#shown")
    assert shown.one("#overview").is_displayed()


def test_everything_is_reached_by_keys(page):
    """Slash searches, arrows move, Enter opens, j and k go on and back, Escape leaves."""
    shown = page()
    shown.press("/")
    assert shown.focused == "q"
    shown.run("document.querySelector('button.cell').focus()")
    first = shown.focused
    shown.press(Keys.ARROW_DOWN)
    second = shown.focused
    assert second != first
    shown.press(Keys.ARROW_UP)
    assert shown.focused == first
    tabbable = shown.run("return document.querySelectorAll('button.cell[tabindex=\"0\"]').length")
    assert tabbable == 1
    shown.press(Keys.ENTER)
    if not shown.one("#story").is_displayed():
        shown.run("document.querySelector('.variant').focus()")
        shown.press(Keys.ENTER)
    assert shown.one("#story").is_displayed()
    here = shown.fragment
    shown.press("j")
    assert shown.fragment != here
    shown.press("k")
    assert shown.fragment == here
    shown.press(Keys.ESCAPE)
    assert shown.one("#overview").is_displayed()


def test_back_and_forward_of_the_browser_work(page):
    """A story is a page of its own in the history."""
    shown = page()
    shown.one(f"[data-cell='{CELL}']").click()
    shown.one(".variant").click()
    assert shown.one("#story").is_displayed()
    shown.driver.back()
    assert shown.one("#overview").is_displayed()
    shown.driver.forward()
    assert shown.one("#story").is_displayed()


def test_whole_frames_are_shown_when_asked_for(page):
    """The folded middle of the frames opens by one button, which says its state."""
    shown = page(fragment=f"case={CUT['case']}")
    button = shown.one(".whole-frames")
    assert not shown.one(".rest").is_displayed()
    button.click()
    assert shown.one(".rest").is_displayed()
    assert button.get_attribute("aria-pressed") == "true"


def test_two_targets_stand_side_by_side(page):
    """Each target has a column of its own, and a story of its own for the same case."""
    shown = page("compared")
    heads = [head.text.splitlines()[0] for head in shown.all("thead th")[1:]]
    assert {"naive", "reference"} <= set(heads)
    shown.open(f"case=naive:{CUT['case']}")
    assert "failed" in shown.text("h2")
    shown.open(f"case=reference:{CUT['case']}")
    assert "passed" in shown.text("h2")
    assert "--target reference" in shown.text(".replay")


def test_hostile_bytes_stay_text(page):
    """No string of the wire, of the target or of a scenario becomes markup, script or a link."""
    shown = page("hostile")
    shown.one("button.cell").click()
    assert "window.owned=1" in shown.text("#story")
    assert shown.run("return window.owned === undefined")
    assert not shown.all("#story img, #story script")
    links = [a.get_attribute("href") for a in shown.all("#story a")]
    assert not [href for href in links if href.startswith("javascript")]


def test_nothing_is_fetched(page):
    """The page is one file: no request leaves it."""
    shown = page()
    shown.one("button.cell").click()
    assert shown.run("return performance.getEntriesByType('resource').map(e => e.name)") in (
        [],
        ["data:,"],
    )


CONTRAST = (Path(__file__).parent / "contrast.js").read_text("utf-8")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("fragment", ["", f"cell={CELL}", f"case={CUT['case']}"])
def test_text_has_contrast(page, scheme, fragment):
    """Every text that is shown has at least 4.5 : 1, in both schemes."""
    shown = page()
    shown.prefer(scheme)
    shown.open(fragment)
    assert shown.run(CONTRAST) == []


def test_the_scheme_follows_the_system_and_then_the_button(page):
    """Dark where the system is dark, until the reader says otherwise."""
    shown = page()
    colour = "return getComputedStyle(document.body).backgroundColor"
    shown.prefer("light")
    light = shown.run(colour)
    shown.prefer("dark")
    assert shown.run(colour) != light
    shown.one("#theme").click()
    assert shown.run("return document.documentElement.dataset.theme") == "light"
    assert shown.run(colour) == light


def test_every_control_has_a_name(page):
    """A button, a field and a table say to a screen reader what they are."""
    shown = page(fragment=f"cell={CELL}")
    nameless = shown.run(
        "return [...document.querySelectorAll('button, input, select')]"
        ".filter(e => e.checkVisibility() && !e.getAttribute('aria-label')"
        " && !e.textContent.trim() && !(e.labels && e.labels.length)).length"
    )
    assert nameless == 0
    assert shown.run("return document.documentElement.lang") == "en"
    assert shown.all("th[scope=row]")


@pytest.mark.parametrize("fragment", ["", f"case={CUT['case']}"])
def test_a_small_screen_scrolls_inside_its_tables_only(page, fragment):
    """The page itself is never wider than the window."""
    shown = page()
    size = {"width": 420, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    shown.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    shown.open(fragment)
    assert shown.run("return document.documentElement.scrollWidth <= innerWidth + 1")


def test_two_thousand_cases_are_drawn_and_filtered(page, record_property, capsys):
    """All of them are there; first paint and one keystroke are measured and printed, not judged."""
    shown = page("many")
    assert shown.text("#shown") == "2,000 cases"
    paint = shown.run(
        "return performance.getEntriesByName('first-contentful-paint').map(e => e.startTime)[0]"
    )
    keystroke = shown.run(
        "const q = document.getElementById('q'), started = performance.now();"
        "q.value = 'scenario_1'; q.dispatchEvent(new Event('input', {bubbles: true}));"
        "document.body.getBoundingClientRect(); return performance.now() - started"
    )
    rows = shown.all("#matrix tbody tr:not(.family)")
    assert len(rows) == 11
    story = shown.run(
        "const started = performance.now(); go({story: CASES[1500].key});"
        "document.body.getBoundingClientRect(); return performance.now() - started"
    )
    figures = {"first_paint_ms": paint, "keystroke_ms": keystroke, "story_ms": story}
    for name, value in figures.items():
        record_property(name, round(value, 1))
    with capsys.disabled():
        sys.stdout.write(f"\n2,000 cases: {json.dumps(figures)}\n")
