"""Known failures of a target: each with a reason and a link; one that passes breaks the run."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from importlib import resources
from pathlib import Path

from harness.errors import FileError, Where
from harness.model import Verdict, VerdictKind
from harness.scenario.positions import parse


@dataclass(frozen=True, slots=True)
class Known:
    """`case` is an id in which `*` stands for anything; brackets are only brackets."""

    case: str
    reason: str
    link: str

    def matches(self, case_id: str) -> bool:
        pattern = ".*".join(re.escape(part) for part in self.case.split("*"))
        return re.fullmatch(pattern, case_id) is not None


def load_known(path: Path) -> tuple[Known, ...]:
    """A YAML list of {case, reason, link}."""
    document = parse(path)
    entries = document.value or []
    if not isinstance(entries, list):
        raise FileError("must be a list of {case, reason, link}", where=Where(path, 1, 1))
    known = []
    for index, entry in enumerate(entries):
        where = document.where((index,))
        if not isinstance(entry, dict) or set(entry) != {"case", "reason", "link"}:
            found = ", ".join(map(str, entry)) if isinstance(entry, dict) else repr(entry)
            raise FileError(
                "a known failure has exactly the keys case, reason and link",
                where=where,
                found=found,
            )
        known.append(Known(str(entry["case"]), str(entry["reason"]), str(entry["link"])))
    return tuple(known)


def shipped_known(target: str) -> tuple[Known, ...]:
    """What is known of one of our own strangers: harness/targets/known/<target>.yaml."""
    file = Path(str(resources.files("harness.targets"))) / "known" / f"{target}.yaml"
    return load_known(file) if target.isidentifier() and file.is_file() else ()


def known_for(case_id: str, entries: Iterable[Known]) -> Known | None:
    return next((entry for entry in entries if entry.matches(case_id)), None)


def counted(verdict: Verdict, entries: Iterable[Known]) -> Verdict:
    """A verdict as its user counts it: a failure may be a known one, and an entry whose case passes
    says that it is to go."""
    entry = known_for(verdict.case.id, entries)
    if entry is None:
        return verdict
    reason = verdict.reason
    if verdict.kind is VerdictKind.PASSED:
        listed = f"{verdict.case.id} is listed as a known failure ({entry.link})"
        reason = f"{listed}, and now it passes: take the entry out"
    return replace(verdict, known=entry.link, reason=reason)


def stale(entries: Iterable[Known], drawn: Iterable[str]) -> list[Known]:
    """Entries that name no case that was drawn."""
    ids = list(drawn)
    return [entry for entry in entries if not any(entry.matches(case_id) for case_id in ids)]
