"""From exchanges to a file: where they come from, the gate, and a file that a kill cannot harm.

A long recording writes each exchange as a whole cassette of its own into FILE.parts, when it is
over; at the end they are joined into FILE. Whatever is killed when, every file there is whole, and
nothing is written twice but once in joining.
"""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import IO, Any

from harness.cassette import Cassette, Note, load, save
from harness.errors import UsageError
from harness.model import Exchange, Piece
from harness.record.gate import check
from harness.secrets.known import Known

_TIDY = 5  # digits of a second: a hundredth of a millisecond, less than any clock here is sure of


def provenance(origin: str, **more: str) -> dict[str, Any]:
    """Of a recording: from whom, when, with what."""
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    told = {key: value for key, value in more.items() if value}
    versions = ", ".join(
        f"{name} {importlib.metadata.version(name)}" for name in ("provider-harness", "httpx")
    )
    return {"kind": "recorded", "from": origin, "at": now, **told, "with": versions}


def tidy(exchange: Exchange) -> Exchange:
    """Delays as exact as they were measured, and no more."""
    pieces = tuple(Piece(data, round(delay, _TIDY)) for data, delay in exchange.pieces)
    return replace(exchange, pieces=pieces, head_delay=round(exchange.head_delay, _TIDY))


def write(cassette: Cassette, path: str | Path, known: Known, allow: tuple[str, ...] = ()) -> None:
    """Only what the gate lets through; whole or not at all."""
    check(cassette, known, path, allow)
    save(cassette, path)


class Parts:
    """FILE.parts: one cassette for each exchange that is over."""

    def __init__(
        self,
        path: str | Path,
        origin: Mapping[str, Any],
        known: Known,
        allow: tuple[str, ...] = (),
    ) -> None:
        self.path = Path(path)
        self._origin, self._known, self._allow = origin, known, allow
        self._folder = folder_of(self.path)
        if self._folder.exists():
            left = len(_parts(self._folder))
            raise UsageError(
                f"a recording that was killed has left {left} exchanges in {self._folder}",
                hint=f"Put them together first: harness record --join --out {self.path}",
            )
        self._folder.mkdir(parents=True)
        self._count = 0

    def add(self, exchange: Exchange, note: Note) -> None:
        """On the disk when it returns; SecretFound if the gate does not let it."""
        part = Cassette((exchange,), self._origin, (note,))
        data = check(part, self._known, self.path, self._allow)
        self._count += 1
        _put(self._folder / f"{self._count:06}.yaml", data)

    def join(self, before: Cassette | None = None) -> Cassette:
        """FILE, of what was there before and all parts; the parts are gone then."""
        return join(self.path, before)


def folder_of(path: Path) -> Path:
    return path.with_name(path.name + ".parts")


def join(path: Path, before: Cassette | None = None) -> Cassette:
    folder = folder_of(path)
    if not folder.is_dir():
        raise UsageError(f"there is nothing to put together: no {folder}")
    found = [load(part) for part in _parts(folder)]
    whole = joined(before, found)
    if whole.exchanges:
        save(whole, path)
    shutil.rmtree(folder)
    return whole


def joined(before: Cassette | None, found: Iterable[Cassette]) -> Cassette:
    """The provenance of the newest."""
    parts = [*([before] if before else []), *found]
    if not parts:
        return Cassette()
    return replace(
        before or parts[0],
        exchanges=tuple(exchange for part in parts for exchange in part.exchanges),
        notes=tuple(note for part in parts for note in part.notes),
        provenance=parts[-1].provenance,
    )


def _parts(folder: Path) -> list[Path]:
    return sorted(folder.glob("[0-9]*.yaml"))


def _put(path: Path, data: bytes) -> None:
    """A file without a name until it is whole, where the system has such; so a kill leaves none."""
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        file = _nameless(path.parent)
        if file is None:
            beside = path.with_name(f".{path.name}")
            beside.write_bytes(data)
            beside.replace(path)
            return
        with file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
            own = f"/proc/self/fd/{file.fileno()}"
            # A folder's descriptor makes it the call that follows the link to what is open.
            os.link(own, path.name, src_dir_fd=folder, dst_dir_fd=folder, follow_symlinks=True)
        os.fsync(folder)
    finally:
        os.close(folder)


def _nameless(folder: Path) -> IO[bytes] | None:
    kind = getattr(os, "O_TMPFILE", None)
    if kind is None:
        return None
    try:
        return os.fdopen(os.open(folder, os.O_WRONLY | kind, 0o644), "wb")
    except OSError:  # a file system that has none
        return None
