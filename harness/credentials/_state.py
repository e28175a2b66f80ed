"""A credential's state, kept whole: in a private file that many processes share, or in memory.

The rule of this file: what a server answered is never lost and no state is ever half there,
whenever the process dies. An answer goes into `NAME.answer`, open before the request is sent, with
one write and before anything looks at it; the state made of it then takes NAME's place at once. An
answer with the generation of the state that asked has therefore not been read yet.
"""

from __future__ import annotations

import json
import os
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Protocol

from filelock import FileLock, Timeout

from harness.disk import sync_folder
from harness.errors import CredentialError, Where

State = dict[str, Any]
Release = Callable[[], object]
TEXTS = ("access_token", "refresh_token", "agent_key", "base_url", "quarantined")
NUMBERS = ("generation", "issued_at", "expires_at", "in_flight", "failed_at")
LATEST = 1e11  # seconds since 1970: no clock of ours goes that far


class Journal(Protocol):
    """Where an answer is kept until the state made of it is saved."""

    def write(self, body: bytes) -> None: ...
    def close(self) -> None: ...


class Store(Protocol):
    """Loading needs no lock. Saving does, and gives the state its generation."""

    def load(self, *, locked: bool = False) -> State | None:
        """With the lock, `unread` is an answer whose reader died."""
        ...

    def save(self, state: State) -> None: ...
    def begin(self, state: State) -> Journal:
        """Saves the state of one who is about to ask."""
        ...

    def try_lock(self) -> Release | None:
        """How to release the lock, or None when another holds it: nothing here ever blocks."""
        ...


class MemoryStore:
    def __init__(self, state: State | None = None) -> None:
        self._state, self._lock = state, threading.Lock()

    def load(self, *, locked: bool = False) -> State | None:
        return None if self._state is None else dict(self._state)

    def save(self, state: State) -> None:
        state["generation"] = state.get("generation", 0) + 1
        self._state = dict(state)

    def begin(self, state: State) -> Journal:
        self.save(state)
        return _NoJournal()

    def try_lock(self) -> Release | None:
        return self._lock.release if self._lock.acquire(blocking=False) else None


class _NoJournal:
    """Memory dies with its process, and so does what was answered to it."""

    def write(self, body: bytes) -> None:
        pass

    def close(self) -> None:
        pass


class _FileJournal:
    def __init__(self, path: Path, generation: int) -> None:
        self._descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.write(self._descriptor, b"%d\n" % generation)

    def write(self, body: bytes) -> None:
        """A full disk does not stop the answer: it is about to be saved, which will tell."""
        with suppress(OSError):
            os.write(self._descriptor, body)

    def close(self) -> None:
        os.close(self._descriptor)


class FileStore:
    def __init__(self, path: str | Path) -> None:
        self.path = Path(path).expanduser().resolve()
        self._new = self.path.with_name(self.path.name + ".new")
        self._answer = self.path.with_name(self.path.name + ".answer")

    def load(self, *, locked: bool = False) -> State | None:
        """The saved state, None if there is none. A state that cannot be read is an error; it is
        set aside, never overwritten, once the lock makes sure that nobody is replacing it."""
        state, fault = self._read(self.path)
        if fault:
            raise self._unreadable(fault, self._set_aside() if locked else None)
        if state is not None and locked:
            state["unread"] = self._unread(state)
        return state

    def save(self, state: State) -> None:
        state["generation"] = state.get("generation", 0) + 1
        kept = {key: value for key, value in state.items() if key != "unread"}
        with _accessible(self.path, "written"):
            private_folder(self.path.parent)
            write_private(self._new, json.dumps(kept, indent=1).encode() + b"\n")
            self._new.replace(self.path)
            sync_folder(self.path.parent)
            self._answer.unlink(missing_ok=True)

    def begin(self, state: State) -> Journal:
        self.save(state)
        with _accessible(self._answer, "written"):
            return _FileJournal(self._answer, state["generation"])

    def _unread(self, state: State) -> bytes | None:
        try:
            number, _, body = self._answer.read_bytes().partition(b"\n")
        except FileNotFoundError:
            return None
        current = number == str(state.get("generation", 0)).encode()
        return body if current and body and not _fault(body) else None

    def try_lock(self) -> Release | None:
        # One lock object a holder: its descriptor excludes threads and tasks as it does processes.
        lock = FileLock(f"{self.path}.lock", thread_local=False, mode=0o600)
        with _accessible(self.path, "locked"):
            private_folder(self.path.parent)
            try:
                lock.acquire(blocking=False)
            except Timeout:
                return None
        return lock.release

    def _read(self, path: Path) -> tuple[State | None, str]:
        with _accessible(path, "read"):
            try:
                if stat.S_IMODE(path.stat().st_mode) & 0o077:
                    path.chmod(0o600)
                data = path.read_bytes()
            except FileNotFoundError:
                return None, ""
        fault = _fault(data)
        return (None, fault) if fault else (json.loads(data), "")

    def _set_aside(self) -> Path:
        number = 1
        while (aside := self.path.with_name(f"{self.path.name}.corrupt-{number}")).exists():
            number += 1
        with _accessible(self.path, "set aside"):
            self.path.rename(aside)
        return aside

    def _unreadable(self, fault: str, aside: Path | None) -> CredentialError:
        kept = f"It is kept as {aside}. " if aside else ""
        return CredentialError(
            "the credential state is damaged",
            where=Where(self.path),
            found=fault,
            hint=f"{kept}Sign in again, or put a sound copy in its place",
        )


@contextmanager
def _accessible(path: Path, done: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CredentialError(
            f"the credential state cannot be {done}",
            where=Where(path),
            found=error.strerror or type(error).__name__,
            hint="Make the file and its folder yours, and look for room on the disk",
        ) from error


def _fault(data: bytes) -> str:
    """What is wrong with a state file, without a word of what it holds."""
    try:
        state = json.loads(data)
    except ValueError:
        return f"{len(data)} bytes that are no JSON"
    except RecursionError:
        return "JSON nested too deeply"
    if not isinstance(state, dict):
        return f"a JSON {type(state).__name__}, not an object"
    no_text = [key for key in TEXTS if not isinstance(state.get(key, ""), str | None)]
    no_number = [key for key in NUMBERS if not _is_number(state.get(key))]
    return f"{(no_text + no_number)[0]!r} of a wrong kind" if no_text or no_number else ""


def _is_number(value: Any) -> bool:
    """Or nothing. NaN is none, and what no clock can show is none either."""
    if value is None:
        return True
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < LATEST


def private_folder(folder: Path) -> None:
    """A folder that only its owner may enter; tightened if looser, refused if it is shared."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if os.name != "posix":  # pragma: no cover
        return
    mode = stat.S_IMODE(folder.stat().st_mode)
    if not mode & 0o077:
        return
    if mode & stat.S_ISVTX:
        raise CredentialError(
            "credential state may not stand in a shared folder",
            where=Where(folder),
            found=f"mode {mode:o}",
            hint="Give it a folder of its own",
        )
    folder.chmod(0o700)


def write_private(path: Path, data: bytes, *, mode: int = 0o600) -> None:
    """Bytes on the disk, in one write, under the given mode whatever the umask."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        if os.name == "posix":
            os.fchmod(descriptor, mode)
        view = memoryview(data)
        while view:
            view = view[os.write(descriptor, view) :]
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
