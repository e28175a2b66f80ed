"""A lasting token that buys short ones: when, how often, and what happens where it buys none."""

import pytest
from flows import ASK, drive, reply

from harness.credentials import CREDENTIALS
from harness.credentials._token import RefreshFailed
from harness.errors import CredentialError
from harness.model import Answer

URL = "https://origin.example/copilot_internal/v2/token"
API = "https://api.individual.example"


class Server:
    """Sells short tokens for `gh`; `fields` go into each answer, `refuses` none or a status."""

    def __init__(self, refuses=None, **fields):
        self.sold, self.refuses, self.fields, self.good = 0, refuses, fields, None

    def __call__(self, request):
        if request.method == "GET":
            assert request.header("authorization") == "token gh"
            if self.refuses:
                return reply(self.refuses, message="no")
            self.sold += 1
            return reply(token=f"short-{self.sold}", **self.fields)
        good = self.good or f"short-{self.sold}"
        stands = request.header("authorization") == f"Bearer {good}"
        return Answer(200 if stands else 401, (), b"" if stands else b'{"error": "stale"}')


def credential(now=lambda: 1000.0, **options):
    options.setdefault("hosts", ("api.individual.example",))
    return CREDENTIALS.get("token_exchange")("gh", token_url=URL, now=now, **options)


def bearers(sent):
    return [r.header("authorization") for r in sent if r.method == "POST"]


def test_a_short_token_is_bought_once_and_kept_until_shortly_before_its_end():
    """N16: cached until 120 seconds before `expires_at`."""
    clock = [1000.0]
    made, server = credential(lambda: clock[0]), Server(expires_at=2000)
    for moment in (1000.0, 1879.0, 1880.0):
        clock[0] = moment
        assert drive(made, server)[1].status == 200
    assert server.sold == 2


def test_a_token_without_an_end_is_used_until_it_is_refused():
    """N16: then there is one exchange and one more attempt, with the same body."""
    made, server = credential(), Server()
    drive(made, server)
    server.sold += 1  # the server forgets what it has sold
    sent, answer = drive(made, server)
    assert answer.status == 200
    assert bearers(sent) == ["Bearer short-1", "Bearer short-3"]
    assert {r.body for r in sent if r.method == "POST"} == {ASK.body}


def test_the_same_words_are_tried_again():
    """N16: after a 401 the answer counts, also where it is the same string."""
    answers = [Answer(401), reply(token="short"), Answer(200)]
    sent, answer = drive(credential(held="short"), lambda request: answers.pop(0))
    assert (bearers(sent), answer.status) == (["Bearer short"] * 2, 200)


def test_a_401_right_after_an_exchange_is_final():
    """No loop."""
    server = Server()
    server.good = "other"
    sent, answer = drive(credential(), server)
    assert (answer.status, server.sold, len(bearers(sent))) == (401, 1, 1)


@pytest.mark.parametrize("refuses", [401, 403, 404, 500])
def test_where_nothing_is_sold_the_lasting_token_is_used(refuses):
    """N16: and the endpoint is left alone for a while."""
    made, server = credential(), Server(refuses=refuses)
    server.good = "gh"
    first, answer = drive(made, server)
    second, _ = drive(made, server)
    assert (answer.status, [r.method for r in first]) == (200, ["GET", "POST"])
    assert [r.method for r in second] == ["POST"]


def test_an_exchange_that_fails_after_a_401_is_the_errors_cause():
    """The 401 stands, and nothing is tried with the lasting token."""
    made, server = credential(held="old"), Server(refuses=500)
    with pytest.raises(RefreshFailed, match="HTTP 500"):
        drive(made, server)


def test_an_endpoint_that_is_silent_is_one_that_sells_nothing():
    """The client throws what happened into the flow."""

    def silent(request):
        return CredentialError("no answer") if request.method == "GET" else Answer(200)

    sent, answer = drive(credential(), silent)
    assert (bearers(sent), answer.status) == (["Bearer gh"], 200)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"endpoints": {"api": API}}, API),
        ({"endpoints": {"api": "https://elsewhere.example"}}, None),
        ({"endpoints": {"api": "http://api.individual.example"}}, None),
        ({"endpoints": {"api": 7}}, None),
        ({}, None),
    ],
    ids=["owned", "foreign", "clear", "number", "none"],
)
def test_a_url_that_the_answer_names_is_believed_for_owned_hosts_only(fields, named):
    """N07, N16."""
    made = credential()
    drive(made, Server(**fields))
    assert made.base_url == named


def test_a_token_may_say_itself_which_proxy_is_its_own():
    """N16: the API stands beside the proxy."""
    token = "tid=1;exp=9;proxy-ep=proxy.individual.example;sku=x"
    made = credential()
    drive(made, lambda request: reply(token=token) if request.method == "GET" else Answer(200))
    assert made.base_url == API


def test_both_tokens_are_secrets():
    """Neither stands in the representation."""
    made = credential()
    drive(made, Server())
    assert {"gh", "short-1"} <= set(made.secrets())
    assert "gh" not in repr(made).replace("github", "")
