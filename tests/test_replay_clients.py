"""docs/doors_clients.md says what each client really sees of each ending, by class name."""

from pathlib import Path

import pytest
import strangers
from damaged import chat, damaged

from harness.replay.loopback import Loopback

PAGE = Path(__file__).resolve().parent.parent / "docs" / "doors_clients.md"
AGAIN = "write it again: python bench/clients.py"


def documented():
    """{client: {fault: "Class < Cause" or "no error"}}"""
    rows = [row.strip("| ").split(" | ") for row in PAGE.read_text("utf-8").splitlines()]
    head, _, *body = [row for row in rows if len(row) == len(strangers.CLIENTS) + 1]
    return {
        client: {row[0]: row[column].partition(", ")[2] for row in body}
        for column, client in enumerate(head)
        if column
    }


def test_the_page_has_every_client_and_every_answer():
    """A fault or a client that was added is in the table."""
    table = documented()
    assert tuple(table) == strangers.CLIENTS, AGAIN
    for faults in table.values():
        assert list(faults) == list(damaged(chat())), AGAIN


@pytest.mark.parametrize("client", strangers.CLIENTS)
def test_the_page_tells_what_a_client_sees_now(client):
    """Measured again, answer by answer. Counts are left out: how bytes arrive is the kernel's."""
    seen = {}
    with Loopback() as door:
        for fault, damage in damaged(strangers.wire_of(client)).items():
            seen[fault] = strangers.cell(client, damage, door).partition(", ")[2]
    assert seen == documented()[client], AGAIN
