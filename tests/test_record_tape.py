"""A tape in a client: vcrpy's modes, both libraries, blocking or not; what changed; old files."""

import asyncio
import json
import textwrap

import httpx
import httpx2
import pytest
import yaml
from paced_upstream import WHOLE, Paced

from harness.cassette import Cassette, Note, load, save
from harness.cli import main
from harness.errors import SecretFound, UnexpectedRequest, UsageError
from harness.model import Ending, Exchange, Piece, Request
from harness.record import Known, Mode, recording
from harness.record.changes import changes

pytest_plugins = ["pytester"]
MODULES = {"httpx": httpx, "httpx2": httpx2}
both = pytest.mark.parametrize("module", MODULES)
KEY = "sk-proj-A1b2C3d4E5f6G7h8I9j0"


@pytest.fixture
def upstream():
    with Paced() as running:
        yield running


def ask(tape, url, module="httpx", **content):
    with MODULES[module].Client(transport=tape.transport(module)) as client:
        return client.post(url, headers={"authorization": f"Bearer {KEY}"}, **content)


@both
def test_once_records_and_then_plays(module, upstream, tmp_path):
    """The second time nobody is asked; the key in the request is the placeholder's."""
    path = tmp_path / "tape.yaml"
    for _ in range(2):
        with recording(path, "once") as tape:
            url = f"{upstream.url}/whole?user_id=ada0123456789"
            assert ask(tape, url, module, json={"k": KEY}).content == WHOLE
    assert len(upstream.seen) == 1
    assert KEY not in path.read_text("utf-8")
    assert load(path).provenance["kind"] == "recorded"


@both
def test_awaited_clients_too(module, upstream, tmp_path):
    """The same through AsyncClient."""
    path = tmp_path / "tape.yaml"

    async def once():
        with recording(path) as tape:
            made = MODULES[module].AsyncClient(transport=tape.async_transport(module))
            async with made as client, client.stream("POST", f"{upstream.url}/slow/3") as response:
                return [piece async for piece in response.aiter_raw()]

    first, second = asyncio.run(once()), asyncio.run(once())
    assert first == second
    assert len(first) == 3
    assert len(upstream.seen) == 1


def test_none_never_asks(upstream, tmp_path):
    """Without a file it is an error; with one, what the file does not expect is unexpected."""
    path = tmp_path / "tape.yaml"
    with pytest.raises(UsageError, match="there is no cassette"):
        recording(path, "none").__enter__()
    with recording(path, "all") as tape:
        ask(tape, f"{upstream.url}/whole", json={"n": 1})
    with recording(path, Mode.NONE) as tape, pytest.raises(UnexpectedRequest):
        ask(tape, f"{upstream.url}/whole", json={"n": 2})
    assert len(upstream.seen) == 1


@both
def test_new_episodes_adds_what_is_new(module, upstream, tmp_path):
    """Known requests are played, others asked and added behind."""
    path = tmp_path / "tape.yaml"
    for numbers in ([1], [1, 2], [2, 3]):
        with recording(path, "new_episodes") as tape:
            for number in numbers:
                assert ask(tape, f"{upstream.url}/whole", module, json={"n": number}).is_success
    bodies = [json.loads(one.request.body)["n"] for one in load(path).exchanges]
    assert bodies == [1, 2, 3]
    assert len(upstream.seen) == 3


@both
def test_new_episodes_works_for_awaited_clients(module, upstream, tmp_path):
    """One known and one new request through the same client."""
    path = tmp_path / "tape.yaml"

    async def ask_all(numbers):
        with recording(path, "new_episodes") as tape:
            made = MODULES[module].AsyncClient(transport=tape.async_transport(module))
            async with made as client:
                for number in numbers:
                    await client.post(f"{upstream.url}/whole", json={"n": number})

    asyncio.run(ask_all([1]))
    asyncio.run(ask_all([1, 2]))
    assert len(upstream.seen) == len(load(path).exchanges) == 2


def test_all_records_anew_and_says_what_changed(upstream, tmp_path):
    """Nothing, for the same server; the old file is replaced."""
    path = tmp_path / "tape.yaml"
    for _ in range(2):
        with recording(path, "all") as tape:
            ask(tape, f"{upstream.url}/slow/2")
        assert tape.changed == []
    assert len(upstream.seen) == 2
    with recording(path, "all") as tape:
        ask(tape, f"{upstream.url}/whole")
    assert tape.changed[0] == "asks POST whole, was POST slow/2"


def test_an_interrupted_stream_is_kept_although_the_test_failed(upstream, tmp_path):
    """It is what one wants to look at."""
    path = tmp_path / "tape.yaml"

    def fail():
        with (
            recording(path) as tape,
            httpx.Client(transport=tape.transport(), timeout=60) as client,
            client.stream("POST", f"{upstream.url}/stream/5") as response,
        ):
            next(response.iter_raw())
            raise RuntimeError("the test's own")

    with pytest.raises(RuntimeError):
        fail()
    assert load(path).exchanges[0].ending is Ending.CLIENT_CLOSED


def test_nothing_is_written_where_the_gate_closes(upstream, tmp_path, monkeypatch):
    """Whatever the scrubbing has overlooked: SecretFound, and no file."""
    path = tmp_path / "tape.yaml"
    monkeypatch.setattr("harness.record.tape.scrub", lambda pairs, known: zip(*pairs, strict=True))
    with pytest.raises(SecretFound), recording(path, known=Known([KEY])) as tape:
        ask(tape, f"{upstream.url}/whole")
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_mode_is_refused(tmp_path):
    """With the known ones."""
    with pytest.raises(UsageError, match="none, once, new_episodes, all"):
        recording(tmp_path / "x.yaml", "always").__enter__()


def answer(*events, kind="text/event-stream", status=200, **extra):
    data = [b"data: " + json.dumps(event).encode() + b"\n\n" for event in events]
    headers = (("content-type", kind), *extra.pop("headers", ()))
    request = Request("POST", "http://vendor.test/v1/x", (), b"{}")
    return Cassette((Exchange(request, status, "", headers, tuple(map(Piece, data)), **extra),))


DELTA = {"object": "chunk", "id": "a", "choices": [{"delta": {"content": "x"}, "finish": None}]}
USAGE = {"object": "chunk", "id": "a", "choices": [], "usage": {"in": 3, "out": {"all": 4}}}


@pytest.mark.parametrize(
    ("new", "says"),
    [
        (answer(DELTA, USAGE, {"type": "ping"}), ["new event type ping"]),
        (answer(DELTA), ["usage is lost: field usage in chunk is gone"]),
        (answer({**DELTA, "tier": "x"}, USAGE), ["new field tier in chunk"]),
        (
            answer({**DELTA, "id": 7}, {**USAGE, "id": 8}),
            ["field id in chunk is number, was string"],
        ),
        (answer(DELTA, USAGE, ending=Ending.EOF), ["ends eof, was complete"]),
        (answer(status=429), ["status 429, was 200"]),
        (answer(DELTA, USAGE, headers=(("retry-after", "3"),)), ["new header retry-after"]),
        (
            answer({**DELTA, "choices": [{"delta": {"text": "x"}, "finish": None}]}, USAGE),
            [
                "new field choices[].delta.text in chunk",
                "field choices[].delta.content in chunk is gone",
            ],
        ),
        (answer(DELTA, DELTA, {**DELTA, "id": "other"}, USAGE), []),
    ],
)
def test_what_changed_is_named(new, says):
    """Fields, events, usage, ending: precisely; never what the model said or how often."""
    assert changes(answer(DELTA, USAGE), new) == says


def dirty(path):
    body = json.dumps({"error": f"bad key {KEY}", "user": "ada-0123"}).encode()
    headers = (("content-type", "application/json"), ("content-length", str(len(body))))
    asked = Request("POST", "http://vendor.test/x", (("Authorization", f"Bearer {KEY}"),), b"{}")
    exchange = Exchange(asked, 401, "No", (*headers, ("set-cookie", "a=b123456")), (Piece(body),))
    save(Cassette((exchange,), {"kind": "recorded", "from": "x", "at": "y"}, (Note(),)), path)
    return exchange


def test_an_old_file_is_scrubbed_in_place(tmp_path, capsys):
    """`--check` only tells; then it is clean, and true in every length."""
    path = tmp_path / "old.yaml"
    exchange = dirty(path)
    assert main(["cassette", "scrub", "--check", str(tmp_path)]) == 1
    assert KEY in path.read_text("utf-8")
    assert main(["cassette", "scrub", str(path)]) == 0
    assert "scrubbed" in capsys.readouterr().out
    assert main(["cassette", "scrub", "--check", str(path)]) == 0
    assert main(["cassette", "lint", str(path)]) == 0
    text = path.read_text("utf-8")
    assert KEY not in text
    assert "ada-0123" not in text
    (back,) = load(path).exchanges
    assert len(back.body) == len(exchange.body)


def test_a_scrubbed_file_of_others_says_that_it_is_derived(tmp_path):
    """Its recorder had no place for that; without it, lint would find a new fault."""
    path = tmp_path / "theirs.yaml"
    dirty(path)
    whole = yaml.safe_load(path.read_text("utf-8"))
    del whole["metadata"]
    path.write_text(yaml.safe_dump(whole), "utf-8")
    assert main(["cassette", "scrub", str(path)]) == 0
    assert main(["cassette", "lint", str(path)]) == 0
    by = "harness cassette scrub"
    assert load(path).provenance == {"kind": "derived", "from": "theirs.yaml", "by": by}


def test_a_file_that_is_no_cassette_is_told(tmp_path, capsys):
    """The others are scrubbed all the same."""
    (tmp_path / "a.yaml").write_text("just: text", "utf-8")
    dirty(tmp_path / "b.yaml")
    assert main(["cassette", "scrub", str(tmp_path)]) == 2
    assert "is no cassette" in capsys.readouterr().err
    assert KEY not in (tmp_path / "b.yaml").read_text("utf-8")


def test_the_fixture_records_on_demand(pytester, upstream):
    """`--harness-record=once` records; without the option the file is played, or missed."""
    pytester.makepyfile(
        textwrap.dedent(
            f"""
            import httpx

            def test_ask(harness_tape):
                with httpx.Client(transport=harness_tape.transport()) as client:
                    assert client.post("{upstream.url}/whole").json()["done"]
            """
        )
    )
    options = ("-p", "no:randomly", "-p", "no:cacheprovider")
    pytester.runpytest_subprocess(*options).assert_outcomes(errors=1)
    pytester.runpytest_subprocess(*options, "--harness-record=once").assert_outcomes(passed=1)
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=1)
    assert len(upstream.seen) == 1
    assert [path.name for path in pytester.path.rglob("*.yaml")] == ["test_ask.yaml"]


def test_tests_of_one_name_in_two_classes_have_two_tapes(pytester, upstream):
    """Else the second would be played what the first was answered."""
    pytester.makepyfile(
        textwrap.dedent(
            f"""
            import httpx

            class TestWhole:
                path = "whole"

                def test_ask(self, harness_tape):
                    with httpx.Client(transport=harness_tape.transport()) as client:
                        client.post("{upstream.url}/" + self.path).raise_for_status()

            class TestSlow(TestWhole):
                path = "slow/2"
            """
        )
    )
    options = ("-p", "no:randomly", "-p", "no:cacheprovider")
    recorded = pytester.runpytest_subprocess(*options, "--harness-record=once")
    recorded.assert_outcomes(passed=2)
    pytester.runpytest_subprocess(*options).assert_outcomes(passed=2)
    names = sorted(path.name for path in pytester.path.rglob("*.yaml"))
    assert names == ["TestSlow.test_ask.yaml", "TestWhole.test_ask.yaml"]
