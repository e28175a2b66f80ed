"""One browser for the run; a page for each set of documents."""

import pytest
from browser.chromium import Page, start
from report_documents import hostile, judged, many, stale

from harness.reports import write_report


@pytest.fixture(scope="session")
def driver(tmp_path_factory):
    made = start(tmp_path_factory.mktemp("profile"))
    yield made
    made.quit()


def report(folder, documents):
    file = folder / "report.html"
    write_report(f"html:{file}", documents)
    return file


@pytest.fixture(scope="session")
def files(tmp_path_factory):
    """Each report is written once, when it is first asked for."""
    made = {}
    sets = {
        "four": judged,
        "compared": lambda: [*judged("naive"), *judged("reference")],
        "many": lambda: many(2000),
        "hostile": lambda: [hostile()],
        "stale": stale,
    }

    def file(name):
        if name not in made:
            made[name] = report(tmp_path_factory.mktemp(name), sets[name]())
        return made[name]

    return file


@pytest.fixture
def page(driver, files):
    """A function: which report -> its page, opened. The console must stay silent."""
    driver.get_log("browser")

    def open_page(name="four", fragment=""):
        opened.append(Page(driver, files(name)).open(fragment))
        return opened[-1]

    opened = []
    yield open_page
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})
    if opened:
        opened[-1].run("try { localStorage.clear() } catch {}")
        assert opened[-1].complaints() == []
