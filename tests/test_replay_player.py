"""The player: what matches, in what order, and what is said of a request that nothing expects."""

import json
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UnexpectedRequest, UsageError
from harness.model import Ending, Exchange, Piece, Request
from harness.replay.clock import VirtualClock
from harness.replay.matching import PARTS, STRICT, key_of
from harness.replay.player import Player

FORM = (("content-type", "application/x-www-form-urlencoded"),)
HOST = "https://api.upstream.test"


def ask(body=b"", path="/v1/chat", method="POST", headers=(), host=HOST):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Request(method, host + path, headers, body)


def tape(*requests):
    return [
        Exchange(request, 200 + index, pieces=(Piece(b"%d" % index),))
        for index, request in enumerate(requests)
    ]


def test_identical_requests_play_in_recorded_order():
    """A 401 and the 200 after it are answered in that order, then nothing is left."""
    player = Player(tape(ask(b"{}"), ask(b"{}")))
    assert [player.answer(ask(b"{}")).status for _ in range(2)] == [200, 201]
    assert player.unplayed == ()
    with pytest.raises(UnexpectedRequest, match="already played"):
        player.answer(ask(b"{}"))


def test_different_requests_play_in_any_order():
    """The tape is an index, not a queue."""
    player = Player(tape(ask({"n": 1}), ask({"n": 2})))
    assert player.answer(ask({"n": 2})).status == 201
    assert player.unplayed == (0,)
    assert player.answer(ask({"n": 1})).status == 200


@pytest.mark.parametrize(
    ("sent", "taped"),
    [
        (ask(b'{"a": 1, "b": [2]}'), ask(b'{"b":[2],"a":1}')),
        (ask(b'{"t": 1.0}'), ask(b'{"t": 1}')),
        (ask(path="/v1/c?a=1&b=2"), ask(path="/v1/c?b=2&a=1")),
        (ask(path="/v1/c?key=one"), ask(path="/v1/c?key=two")),
        (ask(path="/model/a%3A0/converse"), ask(path="/model/a:0/converse")),
        (ask(host="http://127.0.0.1:80"), ask(host="https://api.upstream.test")),
        (ask(method="post"), ask(method="POST")),
        (ask(b'"\\u00e4"'), ask(b'"\\u00e4"', headers=(("user-agent", "x"),))),
        (ask(b'{"x": "\\u00e4"}'), ask('{"x": "ä"}'.encode())),
    ],
)
def test_the_same_meaning_matches(sent, taped):
    """Key order, spaces, number spelling, escapes, hosts and secrets are not meaning."""
    assert Player(tape(taped)).answer(sent).status == 200


@pytest.mark.parametrize(
    ("sent", "taped", "says"),
    [
        (ask({"a": 1}), ask({"a": 2}), "body.a: the tape has 2, the request has 1"),
        (ask({"a": [1]}), ask({"a": [1, 2]}), "body.a: the tape has 2 items, the request has 1"),
        (ask({"a": 1, "b": 2}), ask({"a": 1}), "body.b: only in the request, 2"),
        (ask({"a": 1}), ask({"a": 1, "b": 2}), "body.b: only on the tape, 2"),
        (ask({"a": True}), ask({"a": 1}), "body.a: the tape has 1, the request has True"),
        (ask({"a": None}), ask({}), "body.a: only in the request, None"),
        (ask(path="/v2/chat"), ask(), "path: the tape has '/v1/chat', the request has '/v2/chat'"),
        (ask(path="/a%2Fb"), ask(path="/a/b"), "path: the tape has '/a/b'"),
        (ask(method="GET"), ask(), "method: the tape has 'POST', the request has 'GET'"),
        (ask(path="/v1/chat?a=1"), ask(), "query: "),
        (ask(b"\xff\x00"), ask({}), "body: the tape has '{}', the request has b'\\xff\\x00'"),
    ],
)
def test_another_meaning_is_refused_with_the_difference(sent, taped, says):
    """Field by field, the tape's value first."""
    player = Player(tape(taped))
    with pytest.raises(UnexpectedRequest) as raised:
        player.answer(sent)
    assert says in str(raised.value)
    assert player.sent[-1].exchange is None
    assert player.sent[-1].difference == str(raised.value)
    assert player.unplayed == (0,)


def test_the_nearest_is_the_one_with_the_fewest_differences():
    """Not the first of many that differ in one part."""
    requests = [ask({"messages": [str(n), "b", "c"], "n": n}) for n in range(5)]
    player = Player(tape(*requests))
    with pytest.raises(UnexpectedRequest, match="nearest is exchange 3"):
        player.answer(ask({"messages": ["3", "b", "c"], "n": 4.5}))


def test_a_secret_in_the_query_is_not_repeated():
    """Neither the request's nor the tape's."""
    player = Player(tape(ask(path="/v1/chat?key=TAPED-SECRET&a=1")))
    with pytest.raises(UnexpectedRequest) as raised:
        player.answer(ask(path="/v1/chat?key=PLANTED-SECRET&a=2"))
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize(
    ("sent", "taped"),
    [
        (ask({"grant": {"refresh_token": "PLANTED-SECRET"}}), ask({"a": 1})),
        (ask({"refresh_token": "PLANTED-SECRET"}), ask({"refresh_token": "TAPED-SECRET"})),
        (ask({"client_secret": "PLANTED-SECRET"}), ask({})),
        (ask({}), ask({"client_secret": ["TAPED-SECRET"]})),
        (ask(b"a=1&refresh_token=PLANTED-SECRET"), ask(b"a=2&refresh_token=TAPED-SECRET")),
        (
            ask(b"a=1&client_secret=PLANTED-SECRET", headers=FORM),
            ask(b"client_secret=TAPED-SECRET", headers=FORM),
        ),
    ],
)
def test_a_secret_in_a_token_request_is_not_repeated(sent, taped):
    """Where bodies differ is said, not what a token or a client secret is."""
    with pytest.raises(UnexpectedRequest, match="nearest is exchange 0") as raised:
        Player(tape(taped)).answer(sent)
    assert "body" in str(raised.value)
    assert "SECRET" not in str(raised.value)


@pytest.mark.parametrize("url", ["http://[", "http://h:port/x", "http://\u2100/", "", "://", "*"])
def test_a_url_that_is_none_is_compared_all_the_same(url):
    """A hostile tape or target is another request, no crash."""
    odd = Request("POST", url)
    everything = tuple(PARTS)
    assert Player(tape(odd), match_on=everything).answer(odd).status == 200
    with pytest.raises(UnexpectedRequest, match="nearest is exchange 0"):
        Player(tape(odd), match_on=everything).answer(ask())
    dead = Exchange(odd, None, ending=Ending.RESET, connected=False)
    assert Player([dead]).refuse("h", 1) is dead


def test_an_empty_tape_says_so():
    """There is no nearest exchange to compare with."""
    with pytest.raises(UnexpectedRequest, match="the tape is empty"):
        Player([]).answer(ask())


def test_a_request_that_nothing_expects_is_no_exception():
    """SDKs swallow and retry every Exception."""
    assert not issubclass(UnexpectedRequest, Exception)


def test_what_is_compared_can_be_chosen():
    """A tape that was made, not recorded, is matched by method and path alone."""
    player = Player(tape(ask(b"")), match_on=("method", "path"))
    assert player.answer(ask({"any": "body"}, path="/v1/chat?x=1")).status == 200


def test_an_endpoint_is_the_last_segment_of_the_path():
    """What stands before it is the base URL's business."""
    player = Player(tape(ask(path="/v1/chat/completions")), match_on=("method", "endpoint"))
    with pytest.raises(UnexpectedRequest, match="endpoint: the tape has 'completions'"):
        player.answer(ask(path="/v1/responses"))
    assert player.answer(ask(path="/api/chat/completions/?a=b")).status == 200


def test_an_unknown_part_names_the_known_ones():
    """A misspelt part is an error at once, not a match of everything."""
    with pytest.raises(UsageError, match=r"'boddy'.*method"):
        Player([], match_on=("boddy",))


@pytest.mark.parametrize("part", sorted(PARTS))
def test_every_part_tells_some_requests_apart(part):
    """A part that never differs would compare nothing."""
    one = Request("POST", "http://one:1/a?b=1", (("x-a", "1"),), b"1")
    other = Request("GET", "https://two:2/b?b=2", (("x-a", "2"),), b"2")
    assert key_of(one, [part]) == key_of(one, [part])
    assert key_of(one, [part]) != key_of(other, [part])


def test_repeating_answers_the_last_of_identical_requests_for_good():
    """A served cassette does not run dry."""
    player = Player(tape(ask(), ask()), repeat=True)
    assert [player.answer(ask()).status for _ in range(4)] == [200, 201, 201, 201]
    assert not player.sent  # it would grow for as long as it is served


def test_everything_is_written_down_with_turn_and_time():
    """Also what was not expected."""
    clock = VirtualClock(start=100.0)
    player = Player(tape(ask()), clock=clock)
    player.answer(ask())
    clock.until(102.5)
    player.turn = 1
    with pytest.raises(UnexpectedRequest):
        player.answer(ask())
    assert [(s.at, s.turn, s.exchange) for s in player.sent] == [(100.0, 0, 0), (102.5, 1, None)]


def test_a_refused_connection_is_due_only_when_it_is_next():
    """What cannot be asked for by a request is played in the tape's order."""
    dead = Exchange(ask(), None, ending=Ending.RESET, connected=False)
    player = Player([*tape(ask()), dead, *tape(ask())])
    assert player.refuse("h", 443) is None
    player.answer(ask())
    assert player.refuse("h", 443) is dead
    assert player.refuse("h", 443) is None
    assert player.answer(ask()).status == 200
    assert player.unplayed == ()
    refused = player.sent[1].request
    assert (refused.url, refused.body, refused.headers) == ("https://h:443/v1/chat", b"", ())


def test_threads_share_a_tape_without_losing_an_exchange():
    """Every exchange is played exactly once."""
    player = Player(tape(*[ask()] * 400))
    played = []

    def take():
        played.extend(player.answer(ask()).status for _ in range(50))

    threads = [threading.Thread(target=take) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(played) == [200 + n for n in range(400)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_a_body_matches_itself_however_it_is_spelled(value):
    """Indented, sorted, escaped or not."""
    spellings = [
        json.dumps(value).encode(),
        json.dumps(value, indent=2, sort_keys=True).encode(),
        json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"),
    ]
    keys = {key_of(ask(spelling), STRICT) for spelling in spellings[:2]}
    assert len(keys) == 1


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_hostile_bodies_are_compared_and_never_crash(one, other):
    """Equal bytes match; what differs is said."""
    player = Player(tape(ask(b"{" + one)))
    assert player.answer(ask(b"{" + one)).status == 200
    with pytest.raises(UnexpectedRequest):
        player.answer(ask(b"[" + other))


def test_a_deeply_nested_body_is_compared_as_bytes():
    """The JSON parser's limit is not ours to crash on."""
    deep = b"[" * 100_000
    assert Player(tape(ask(deep))).answer(ask(deep)).status == 200
    with pytest.raises(UnexpectedRequest):
        Player(tape(ask(deep))).answer(ask(deep + b"["))
