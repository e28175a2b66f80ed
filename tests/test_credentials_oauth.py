"""The refresh flow: one refresh, one retry, and what each failure means (N01-N08)."""

import base64
import json
import logging

import pytest
from flows import ASK, TokenServer, drive, reply

from harness.contracts import Pause
from harness.credentials import CREDENTIALS
from harness.credentials._state import FileStore
from harness.credentials._token import RefreshFailed
from harness.errors import CredentialError
from harness.model import Answer

URL = "https://portal.example/oauth/token"
build = CREDENTIALS.get("oauth_refresh")


def credential(value="access-0", **options):
    given = {"token_url": URL, "client_id": "cli", "refresh_token": "refresh-1"}
    return build(value, **{**given, **options})


def tokens_of(sent):
    return [r.header("authorization") for r in sent if not r.url.endswith(("/token", "-key"))]


def jwt(**claims):
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{body}.c2ln"


def test_a_401_is_refreshed_and_retried_once():
    """The body goes again byte by byte, with the new token."""
    server = TokenServer()
    sent, answer = drive(credential(), server)
    assert tokens_of(sent) == ["Bearer access-0", "Bearer access-2"]
    assert (answer.status, len(server.calls)) == (200, 1)
    assert {r.body for r in sent if r.url == ASK.url} == {ASK.body}


def test_a_second_401_ends_it():
    """A new token that is refused too is an error, not a loop."""
    server = TokenServer()
    good = server.refresh
    sent, answer = drive(
        credential(), lambda r: good(r) if r.url == URL else Answer(401, (), b"{}")
    )
    assert (len(sent), answer.status) == (3, 401)


def test_the_form_of_the_grant():
    """N11, N14: by default the refresh token and the client id stand in the form."""
    server = TokenServer()
    drive(credential(), server)
    request = server.calls[0]
    assert request.method == "POST"
    assert request.body == b"grant_type=refresh_token&client_id=cli&refresh_token=refresh-1"
    assert request.header("content-type") == "application/x-www-form-urlencoded"
    assert request.header("authorization") is None


def test_the_refresh_token_in_a_header():
    """N01: then it is in no form."""
    server = TokenServer()
    drive(credential(refresh_header="x-refresh"), server)
    assert server.calls[0].header("x-refresh") == "refresh-1"
    assert b"refresh-1" not in server.calls[0].body


def test_a_rotated_refresh_token_is_saved_before_it_is_looked_at(tmp_path):
    """N02: even when the rest of the answer is of no use."""
    path = tmp_path / "own" / "state.json"
    answer = reply(access_token="new\u028bkey", refresh_token="refresh-2")
    with pytest.raises(CredentialError, match="position 4"):
        drive(credential(state=path), lambda r: answer if r.url == URL else Answer(401))
    assert FileStore(path).load()["refresh_token"] == "refresh-2"


def test_an_answer_without_a_refresh_token_keeps_the_old_one(tmp_path):
    """N02: it goes on being good."""
    path = tmp_path / "own" / "state.json"
    made = credential(state=path)
    drive(made, TokenServer(keep=True))
    assert FileStore(path).load()["refresh_token"] == "refresh-1"


def test_the_saved_state_goes_before_the_given_one(tmp_path):
    """Another process that starts with the old token finds the new one, and refreshes nothing."""
    path, server = tmp_path / "own" / "state.json", TokenServer()
    drive(credential(state=path), server)
    sent, answer = drive(credential(state=path), server)
    assert (len(sent), answer.status, len(server.calls)) == (1, 200, 1)


def test_a_token_that_another_has_renewed_is_used(tmp_path):
    """A client that was refused an old token finds the new one in the state: no second refresh."""
    path, server = tmp_path / "own" / "state.json", TokenServer()
    flow = credential(state=path).flow(ASK)
    next(flow)
    drive(credential(state=path), server)
    again = flow.send(Answer(401, (), b"{}"))
    assert again.header("authorization") == "Bearer access-2"
    assert len(server.calls) == 1


def test_the_refresh_token_may_come_from_the_environment(monkeypatch):
    """N08: after the state and the argument."""
    monkeypatch.setenv("REFRESH", "refresh-1")
    server = TokenServer()
    _, answer = drive(credential(refresh_token=None, refresh_env="REFRESH"), server)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("answer", "terminal", "words"),
    [
        (reply(400, error="invalid_grant"), True, "expired or revoked"),
        (reply(400, error="invalid_token"), True, "expired or revoked"),
        (reply(401), True, "expired or revoked"),
        (reply(400, error="refresh_token_reused"), True, "already used by another"),
        (reply(400, error="invalid_grant", error_description="token reuse"), True, "already used"),
        (reply(400, error={"code": "refresh_token_reused"}), True, "already used"),
        (reply(429, error="slow_down"), False, "limits its rate"),
        (reply(500), False, "did not answer"),
        (Answer(200, (), b"<html>"), False, "did not answer"),
        (Answer(200, (), b"[" * 9999), False, "did not answer"),
        (reply(200, access_token=7), False, "did not answer"),
        (Answer(302, (("location", "https://evil.example"),), b""), False, "did not answer"),
    ],
)
def test_what_a_refused_refresh_means(tmp_path, answer, terminal, words):
    """N06, N14: terminal tokens rest until someone signs in; the others may work later."""
    path, calls = tmp_path / "own" / "state.json", []

    def server(request):
        if request.url == URL:
            calls.append(request)
            return answer
        return Answer(401, (), b"{}")

    for _ in range(2):
        with pytest.raises(RefreshFailed, match=words) as caught:
            drive(credential(state=path), server)
        assert caught.value.terminal is terminal
    assert len(calls) == (1 if terminal else 2)
    assert FileStore(path).load()["refresh_token"] == "refresh-1"


def test_signing_in_again_ends_the_quarantine(tmp_path):
    """A refresh token that the state does not know is a new sign-in."""
    path = tmp_path / "own" / "state.json"
    with pytest.raises(RefreshFailed):
        drive(credential(state=path, refresh_token="stale"), TokenServer())
    _, answer = drive(credential(state=path), TokenServer())
    assert answer.status == 200


def test_a_refresh_that_died_is_told_apart_from_reuse_by_others(tmp_path):
    """The state remembers that a refresh began, so the reuse is known as our own."""
    path, server = tmp_path / "own" / "state.json", TokenServer()
    flow = credential(state=path).flow(ASK)
    next(flow)
    server(flow.send(Answer(401)))  # the server answered, and nobody heard it
    flow.close()
    with pytest.raises(RefreshFailed, match="died before its answer"):
        drive(credential(state=path), server)


def test_a_server_with_leeway_heals_a_lost_answer(tmp_path):
    """The same refresh token is sent again, and its successor comes again."""
    path, server = tmp_path / "own" / "state.json", TokenServer(leeway=True)
    flow = credential(state=path).flow(ASK)
    next(flow)
    server(flow.send(Answer(401)))
    flow.close()
    _, answer = drive(credential(state=path), server)
    assert answer.status == 200


def test_no_answer_from_the_token_endpoint_is_the_cause():
    """A connection that dies is no terminal failure."""
    died = CredentialError("connection refused")
    with pytest.raises(RefreshFailed, match="connection refused") as caught:
        drive(credential(), lambda r: died if r.url == URL else Answer(401))
    assert not caught.value.terminal


def test_an_abandoned_flow_gives_its_lock_back(tmp_path):
    """Closed in the midst of a refresh, it leaves nobody waiting."""
    path = tmp_path / "own" / "state.json"
    flow = credential(state=path).flow(ASK)
    next(flow)
    flow.send(Answer(401))
    flow.close()
    _, answer = drive(credential(state=path), TokenServer())
    assert answer.status == 200


def test_no_refresh_token_means_signing_in():
    """Nothing is sent to the token endpoint."""
    server = TokenServer()
    with pytest.raises(RefreshFailed, match="no refresh token"):
        drive(credential(refresh_token=None), server)
    assert server.calls == []


def test_an_expiring_token_is_renewed_first():
    """N14: what the JWT says of its end is believed, with leeway; then one 401 is final."""
    now = 1000.0
    server = TokenServer()
    sent, _ = drive(credential(jwt(exp=now + 60), now=lambda: now), server)
    assert [r.url for r in sent] == [URL, ASK.url]
    sent, _ = drive(credential(jwt(exp=now + 600), now=lambda: now), TokenServer())
    assert [r.url for r in sent] == [ASK.url, URL, ASK.url]


def test_a_token_without_its_scope_is_renewed():
    """N04: an unscoped or opaque token is no inference bearer."""
    good = jwt(scope="inference:invoke other", exp=9e9)
    server = lambda r: reply(access_token=good) if r.url == URL else Answer(200)  # noqa: E731
    for value in ("opaque", jwt(scope="other"), None):
        sent, _ = drive(credential(value, scope="inference:invoke"), server)
        assert tokens_of(sent) == [f"Bearer {good}"]
    sent, _ = drive(credential(good, scope="inference:invoke"), server)
    assert len(sent) == 1
    with pytest.raises(RefreshFailed, match="lacks the scope"):
        drive(credential("opaque", scope="other:scope"), server)


MINT = "https://portal.example/oauth/agent-key"


class MintServer(TokenServer):
    """N03: the access token only buys the key that requests are signed with."""

    def __init__(self, *, refuse=0):
        super().__init__()
        self.minted, self.refuse = [], refuse

    def __call__(self, request):
        if request.url == MINT:
            self.minted.append(request)
            if self.refuse:
                self.refuse -= 1
                return reply(503)
            return reply(api_key=f"key-{len(self.minted)}", expires_in=3600)
        if request.url == URL:
            return super().__call__(request)
        good = request.header("authorization") == f"Bearer key-{len(self.minted)}"
        return Answer(200 if good and self.minted else 401)


def test_a_key_is_minted_with_the_new_access_token(tmp_path):
    """Refresh, mint, retry; and the key is kept."""
    path, server = tmp_path / "own" / "state.json", MintServer()
    made = credential("old-key", state=path, mint_url=MINT, mint_ttl_s=5)
    sent, answer = drive(made, server)
    assert [r.url for r in sent] == [ASK.url, URL, MINT, ASK.url]
    assert answer.status == 200
    assert server.minted[0].header("authorization") == "Bearer access-2"
    assert json.loads(server.minted[0].body) == {"min_ttl_seconds": 60}
    sent, _ = drive(credential("old-key", state=path, mint_url=MINT), server)
    assert tokens_of(sent) == ["Bearer key-1"]


def test_a_failed_mint_loses_no_refresh_token(tmp_path):
    """The next request refreshes with the rotated token, and mints."""
    path, server = tmp_path / "own" / "state.json", MintServer(refuse=1)
    with pytest.raises(RefreshFailed, match="minted no key"):
        drive(credential("old-key", state=path, mint_url=MINT), server)
    assert FileStore(path).load()["refresh_token"] == "refresh-2"
    _, answer = drive(credential("old-key", state=path, mint_url=MINT), server)
    assert answer.status == 200


@pytest.mark.parametrize(
    ("named", "believed"),
    [
        ("https://inference.example/v1", True),
        ("http://inference.example/v1", False),
        ("https://evil.example/v1", False),
        (7, False),
    ],
)
def test_a_named_inference_url_is_believed_for_listed_hosts_only(named, believed):
    """N07: any other is as if it had not been said."""
    fields = {"inference_base_url": named}
    made = credential(hosts=("inference.example",), base_url_field="inference_base_url")
    drive(made, TokenServer(fields=fields))
    assert made.base_url == (named if believed else None)


@pytest.mark.parametrize("url", ["http://portal.example/token", "ftp://a", "portal/token", ""])
def test_a_token_endpoint_in_the_clear_is_refused(url):
    """Before anything is sent."""
    with pytest.raises(CredentialError, match="must be https"):
        credential(token_url=url)


def test_a_new_key_reaches_the_settings(tmp_path):
    """The `.env` of the project, and whoever wants to know."""
    told, path = [], tmp_path / ".env"
    path.write_text("# mine\nKEY='old' # note\n")
    drive(credential(env_file=path, env_key="KEY", on_key=told.append), TokenServer())
    assert path.read_text() == "# mine\nKEY='access-2' # note\n"
    assert told == ["access-2"]


def test_an_env_file_that_cannot_be_written_is_a_warning(tmp_path, caplog):
    """The request goes on, for the key itself is good."""
    with caplog.at_level(logging.WARNING):
        _, answer = drive(credential(env_file=tmp_path, env_key="KEY"), TokenServer())
    assert answer.status == 200
    assert "KEY was not set" in caplog.text


def test_no_secret_is_seen_anywhere(tmp_path, caplog):
    """Not in errors, causes, logs or reprs, even when the server repeats it."""
    made = credential(state=tmp_path / "own" / "state.json")
    with caplog.at_level(logging.DEBUG), pytest.raises(RefreshFailed) as caught:
        drive(made, lambda r: reply(400, error="reuse", error_description="refresh-1 access-0")
              if r.url == URL else Answer(401))  # fmt: skip
    seen = f"{caught.value!r} {caught.value} {caught.value.found} {made!r} {caplog.text}"
    for secret in made.secrets():
        assert secret not in seen
    assert set(made.secrets()) == {"access-0", "refresh-1"}


def test_a_damaged_state_stops_the_flow_and_stays(tmp_path):
    """A clear error before anything is sent, and the file is set aside."""
    path = tmp_path / "own" / "state.json"
    FileStore(path).save({})
    path.write_bytes(b"\x00garbage")
    with pytest.raises(CredentialError, match="damaged"):
        drive(credential(state=path), TokenServer())
    assert (path.parent / "state.json.corrupt-1").read_bytes() == b"\x00garbage"


def test_a_short_life_is_used_and_not_renewed_at_each_request():
    """A token of 60 seconds under a leeway of 120 is good for half of its life."""
    now = [1000.0]
    server = TokenServer(fields={"expires_in": 60})
    made = credential(None, now=lambda: now[0])
    for _ in range(3):
        drive(made, server)
    assert len(server.calls) == 1
    now[0] += 31
    drive(made, server)
    assert len(server.calls) == 2


def test_a_life_may_be_assumed_where_nobody_says_it():
    """N11: of a server that sends no `expires_in` with an opaque token."""
    now = [1000.0]
    server = TokenServer()
    made = credential(None, now=lambda: now[0], lasts_s=3600.0)
    for moment in (1000.0, 4470.0, 4490.0):
        now[0] = moment
        drive(made, server)
    assert len(server.calls) == 2


@pytest.mark.parametrize("life", [1e300, "1e999", -5, "soon", {}, True])
def test_a_life_that_makes_no_sense_is_not_known(tmp_path, life):
    """And does not make the saved state unreadable."""
    made = credential(None, state=tmp_path / "own" / "state.json")
    server = TokenServer(fields={"expires_in": life})
    for _ in range(2):
        drive(made, server)
    assert len(server.calls) == 1


def test_a_clock_that_is_wrong_does_not_refresh_for_ever():
    """A token that was over when it came: the server knows better than our clock."""
    good = jwt(exp=1000.0)
    calls = []

    def server(request):
        if request.url == URL:
            calls.append(request)
            return reply(access_token=good)
        return Answer(200)

    made = credential(None, now=lambda: 5000.0)
    for _ in range(3):
        drive(made, server)
    assert len(calls) == 1


def test_blanks_around_an_answered_token_are_not_the_tokens(tmp_path):
    """What is saved, sent and written into settings is one and the same."""
    path, told = tmp_path / "own" / "state.json", []
    answer = reply(access_token=" new\n", refresh_token="refresh-2\n")
    made = credential(state=path, on_key=told.append)
    sent, _ = drive(made, lambda r: answer if r.url == URL else Answer(401))
    assert sent[-1].header("authorization") == "Bearer new"
    assert told == ["new"]
    assert FileStore(path).load()["refresh_token"] == "refresh-2"


def test_an_answered_token_that_cannot_be_sent_does_not_stand_in_the_way(tmp_path):
    """The next request refreshes again, with the rotated refresh token."""
    path, server = tmp_path / "own" / "state.json", TokenServer()
    bad = reply(access_token="new\u028bkey", refresh_token="refresh-1")
    with pytest.raises(RefreshFailed, match="position 4"):
        drive(credential(state=path), lambda r: bad if r.url == URL else Answer(401))
    _, answer = drive(credential(state=path), server)
    assert answer.status == 200


def test_a_refresh_token_that_cannot_be_sent_is_said_and_nothing_is_begun(tmp_path):
    """It is no failure of the token endpoint, which was never asked."""
    path = tmp_path / "own" / "state.json"
    made = credential(state=path, refresh_token="r\u028b", refresh_header="x-refresh")
    with pytest.raises(CredentialError, match="the refresh token cannot go into a header"):
        drive(made, TokenServer())
    assert not path.exists()


@pytest.mark.parametrize("jump", [-3600.0, 0.0, 3600.0])
def test_a_failure_is_shared_whatever_the_clock_does(tmp_path, jump):
    """Who waited while another's refresh failed does not ask again; who comes later does."""
    path, calls, now = tmp_path / "own" / "state.json", [], [10_000.0]

    def server(request):
        if request.url == URL:
            calls.append(request)
            return reply(503)
        return Answer(401)

    first, second = (credential(state=path, now=lambda: now[0]) for _ in range(2))
    flows = [first.flow(ASK), second.flow(ASK)]
    for flow in flows:
        next(flow)
    errand = flows[0].send(Answer(401))
    assert errand.url == URL
    assert isinstance(flows[1].send(Answer(401)), Pause)
    now[0] += jump
    with pytest.raises(RefreshFailed):
        flows[0].send(server(errand))
    with pytest.raises(RefreshFailed, match="waited for has failed"):
        flows[1].send(None)
    assert len(calls) == 1
    with pytest.raises(RefreshFailed):
        drive(first, server)
    assert len(calls) == 2


def test_a_state_that_cannot_be_written_is_the_cause_and_nothing_is_spent(tmp_path):
    """The refresh token is not used before there is a place for its successor."""
    folder = tmp_path / "file"
    folder.write_text("no folder")
    server = TokenServer()
    with pytest.raises(CredentialError, match="cannot be") as caught:
        drive(credential(state=folder / "state.json"), server)
    assert server.calls == []
    assert "refresh-1" not in str(caught.value)
