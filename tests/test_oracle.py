"""Real recordings, read by us and by the official SDKs: equal, or explained."""

from pathlib import Path

import pytest

from tests.oracle import TRANSPORTS, compare
from tests.oracle_differences import DIFFERENCES, table
from tests.shared_data import shared

PAGE = Path(__file__).resolve().parent.parent / "docs" / "replay.md"
BEGIN, END = "<!-- differences -->", "<!-- /differences -->"


@pytest.fixture(scope="module")
def tally():
    return compare(shared("corpus"))


def test_what_we_read_is_what_the_official_sdks_read(tally):
    """Every row that an SDK vouches for is equal, or its difference is explained; and at least 99
    of 100 readings are right."""
    assert tally.unexplained == []
    assert tally.right >= 0.99
    assert tally.rows.keys() == TRANSPORTS.keys()


def test_every_explained_difference_still_differs(tally):
    """An entry that is no longer true goes."""
    told = {(one, row) for one in DIFFERENCES for row in one.rows}
    assert {(one.why, row) for one, row in told - tally.used} == set()


def test_the_page_shows_the_differences():
    """docs/replay.md holds the table of this very list."""
    page = PAGE.read_text("utf-8")
    assert page.partition(BEGIN)[2].partition(END)[0].strip() == table()
