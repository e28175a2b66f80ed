"""State that is never lost, never half there, and private; and the `.env` beside it."""

import errno
import json
import os
import stat
import threading

import pytest

from harness.credentials._dotenv import set_env
from harness.credentials._hosts import allowed
from harness.credentials._state import FileStore, MemoryStore
from harness.errors import CredentialError


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def store_in(tmp_path):
    return FileStore(tmp_path / "own" / "state.json")


def test_a_state_comes_back_as_it_was_saved(tmp_path):
    """In a 0600 file in a 0700 folder, whatever the umask."""
    before = os.umask(0)
    try:
        store = store_in(tmp_path)
        store.save({"refresh_token": "r"})
    finally:
        os.umask(before)
    assert store.load() == {"refresh_token": "r", "generation": 1}
    assert (mode(store.path), mode(store.path.parent)) == (0o600, 0o700)


def test_loose_modes_are_tightened(tmp_path):
    """A file or folder that others could read is closed to them."""
    store = store_in(tmp_path)
    store.save({"refresh_token": "r"})
    store.path.chmod(0o644)
    store.path.parent.chmod(0o755)
    store.save(store.load())
    store.path.chmod(0o644)
    store.load()
    assert (mode(store.path), mode(store.path.parent)) == (0o600, 0o700)


def test_a_shared_folder_is_refused(tmp_path):
    """A folder with the sticky bit belongs to everybody, and is not ours to close."""
    tmp_path.chmod(0o1777)
    with pytest.raises(CredentialError, match="shared folder"):
        FileStore(tmp_path / "state.json").save({})


def test_no_file_is_no_state(tmp_path):
    """Which is not an error."""
    assert store_in(tmp_path).load() is None


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"refresh_token": 7}', b'{"generation": "x"}', b"[" * 9999],
    ids=["empty", "half", "list", "no_text", "number", "generation", "deep"],
)
def test_a_damaged_state_is_told_and_kept_aside(tmp_path, damage):
    """Every copy is kept, none is overwritten, and no content is shown."""
    store = store_in(tmp_path)
    store.save({})
    for number in (1, 2):
        store.path.write_bytes(damage)
        with pytest.raises(CredentialError, match="damaged"):
            store.load()
        assert store.path.read_bytes() == damage, "without the lock nothing is moved"
        with pytest.raises(CredentialError, match=f"corrupt-{number}"):
            store.load(locked=True)
        assert not store.path.exists()
    aside = sorted(store.path.parent.glob("*.corrupt-*"))
    assert [path.read_bytes() for path in aside] == [damage, damage]


@pytest.mark.parametrize("cut", [0, 1, 20], ids=["nothing", "a_byte", "half"])
def test_a_writer_that_died_changes_nothing(tmp_path, cut):
    """What did not take the state's place is as if never begun."""
    store = store_in(tmp_path)
    store.save({"refresh_token": "old"})
    new = json.dumps({"refresh_token": "new", "generation": 2}).encode()
    store.path.with_name("state.json.new").write_bytes(new[:cut])
    assert store.load()["refresh_token"] == "old"
    store.save(store.load())
    assert store.load()["generation"] == 2


def test_an_answer_outlives_its_reader(tmp_path):
    """The next holder of the lock finds it, until a state is saved over the one that asked."""
    store = store_in(tmp_path)
    journal = store.begin({"refresh_token": "old"})
    assert store.load(locked=True)["unread"] is None
    journal.write(b'{"refresh_token": "new"}')
    journal.close()
    assert mode(store.path.with_name("state.json.answer")) == 0o600
    assert "unread" not in store.load()
    found = store.load(locked=True)
    assert found["unread"] == b'{"refresh_token": "new"}'
    answer = store.path.with_name("state.json.answer").read_bytes()
    store.save(found)
    assert not store.path.with_name("state.json.answer").exists()
    store.path.with_name("state.json.answer").write_bytes(answer)  # its reader died just here
    assert store.load(locked=True)["unread"] is None
    assert b"unread" not in store.path.read_bytes()


@pytest.mark.parametrize("body", [b"", b'{"refresh', b"[]", b"\xff"])
def test_half_an_answer_is_none(tmp_path, body):
    """It was not whole when its reader died, so nothing is known of it."""
    store = store_in(tmp_path)
    journal = store.begin({"refresh_token": "old"})
    journal.write(body)
    journal.close()
    assert store.load(locked=True)["unread"] is None


@pytest.mark.parametrize("make", [lambda _: MemoryStore(), store_in], ids=["memory", "file"])
def test_one_holds_the_lock_and_nobody_blocks(tmp_path, make):
    """Another holder in the same thread is told so at once, and may have it afterwards."""
    store = make(tmp_path)
    release = store.try_lock()
    assert store.try_lock() is None
    release()
    again = store.try_lock()
    assert again is not None
    again()


ENV = """# keys of the project
export A="one"   # the first
B=two#not a comment
C='three'

LONG="line one
line two"  # two lines
"""


@pytest.mark.parametrize(
    ("key", "value", "before", "after"),
    [
        ("A", "new", 'export A="one"   # the first', 'export A="new"   # the first'),
        ("B", "new", "B=two#not a comment", "B=new"),
        ("C", "it's", "C='three'", "C='it\\'s'"),
        ("LONG", "x", 'LONG="line one\nline two"  # two', 'LONG="x"  # two'),
        ("B", "a b", "B=two#not a comment", "B='a b'"),
    ],
    ids=["comment_kept", "bare", "quote_escaped", "many_lines", "needs_quotes"],
)
def test_a_setting_is_replaced_where_it_stands(tmp_path, key, value, before, after):
    """Everything else, comments and quotes too, stays byte by byte."""
    path = tmp_path / ".env"
    path.write_text(ENV)
    set_env(path, key, value)
    assert path.read_text() == ENV.replace(before, after, 1)
    assert value in _parsed(path)[key]


def _parsed(path):
    import dotenv  # noqa: PLC0415 - only the oracle

    return dotenv.dotenv_values(path, interpolate=False)


@pytest.mark.parametrize("text", ["", "A=1", "A=1\n", "# only\r\n"])
def test_a_setting_is_appended(tmp_path, text):
    """On a line of its own, also after a last line without an end."""
    path = tmp_path / ".env"
    path.write_bytes(text.encode())
    set_env(path, "KEY", "sk-1")
    assert path.read_bytes().startswith(text.encode())
    assert _parsed(path)["KEY"] == "sk-1"


def test_a_new_env_file_is_private_and_an_old_one_keeps_its_mode(tmp_path):
    """Whoever chose a mode had a reason."""
    path = tmp_path / ".env"
    set_env(path, "KEY", "1")
    assert mode(path) == 0o600
    path.chmod(0o640)
    set_env(path, "KEY", "2")
    assert mode(path) == 0o640
    assert path.read_text() == "KEY=2\n"


def test_the_last_of_several_settings_counts(tmp_path):
    """As it does for whoever reads the file."""
    path = tmp_path / ".env"
    path.write_text("KEY=1\nKEY=2\n")
    set_env(path, "KEY", "3")
    assert path.read_text() == "KEY=1\nKEY=3\n"


def test_two_writers_of_one_file_lose_no_setting(tmp_path):
    """Two credentials of one project, renewed at the same time."""
    path, together = tmp_path / ".env", threading.Barrier(8)

    def write(number):
        together.wait()
        for turn in range(5):
            set_env(path, f"KEY_{number}", f"v{turn}")

    threads = [threading.Thread(target=write, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _parsed(path) == {f"KEY_{number}": "v4" for number in range(8)}


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://portal.example/v1", True),
        ("https://portal.example./v1", True),
        ("http://portal.example/v1", False),
        ("https://evil.example/", False),
        ("https://portal.example.evil.example/", False),
        ("https://sub.portal.example/", False),
        ("https://user@portal.example/", False),
        ("https://portal.example@evil.example/", False),
        ("http://127.0.0.1:8080/v1", True),
        ("http://[::1]/v1", True),
        ("http://localhost/", True),
        ("http://localhost.evil.example/", False),
        ("https://[bad/", False),
        ("portal.example", False),
        ("https://portal.example:bad/", False),
    ],
)
def test_which_urls_may_have_the_secret(url, good):
    """N07: https to a listed host, http to this machine, nothing else."""
    assert allowed(url, {"portal.example"}) is good


@pytest.mark.parametrize("value", ["NaN", "Infinity", "1e300", '"7"', "true", "[]"])
def test_a_number_that_no_clock_can_show_is_damage(tmp_path, value):
    """It would break the sentence that tells of it."""
    store = store_in(tmp_path)
    store.save({})
    store.path.write_text('{"in_flight": ' + value + "}")
    with pytest.raises(CredentialError, match="'in_flight' of a wrong kind"):
        store.load()


@pytest.mark.skipif(os.name != "posix", reason="modes are posix")
def test_what_the_disk_refuses_is_a_clear_error(tmp_path, monkeypatch):
    """No bare OSError: the caller's request has an error of its own to surface."""
    store = store_in(tmp_path)

    def full(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(CredentialError, match="cannot be written, found No space left"):
        store.save({"refresh_token": "r"})
