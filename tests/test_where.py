"""The tests judge what was installed, not the checkout's folder."""

import os
from pathlib import Path

import harness


def test_harness_is_the_installed_one():
    """Where tox says that the wheel is under test, nothing of the checkout is imported."""
    if os.environ.get("HARNESS_TEST_WHEEL") != "1":
        return
    checkout = Path(__file__).resolve().parent.parent
    assert checkout / "harness" != Path(harness.__file__).resolve().parent
    assert "site-packages" in harness.__file__
