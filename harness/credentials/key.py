"""A static key: put where the provider wants it, and never refreshed, so a 401 is final."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from harness.contracts import AuthFlow
from harness.credentials._header import forms_of, header_safe, signed
from harness.errors import UsageError
from harness.model import Request

PLACES = {
    "bearer": ("authorization", "Bearer "),
    "x-api-key": ("x-api-key", ""),
    "api-key": ("api-key", ""),
    "x-goog-api-key": ("x-goog-api-key", ""),
}


class Key:
    kind = "key"

    def __init__(
        self, value: str | Callable[[], str] | None, *, place: str = "bearer", clean: bool = False
    ) -> None:
        if place not in PLACES:
            raise UsageError(
                f"no place {place!r} for a key", hint=f"Known places: {', '.join(PLACES)}"
            )
        self._value, self._place, self._clean = value, place, clean
        self._seen: set[str] = set()

    def __repr__(self) -> str:
        return f"Key(place={self._place!r})"

    def flow(self, request: Request) -> AuthFlow:
        value = self._value() if callable(self._value) else self._value
        if value is None:  # a server that asks for none
            yield request
            return
        self._seen |= forms_of(value)
        header, scheme = PLACES[self._place]
        yield signed(request, header, scheme + header_safe(value, clean=self._clean))

    def secrets(self) -> Iterable[str]:
        fixed = set() if self._value is None or callable(self._value) else forms_of(self._value)
        return fixed | self._seen


build = Key
