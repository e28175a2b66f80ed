"""What a cassette file holds, as values: exchanges, and what the file says beside them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.model import Exchange

FORMAT = "harness/1"
KINDS = ("recorded", "authored", "synthesized", "derived")
NOTHING: Mapping[str, Any] = {}


@dataclass(frozen=True, slots=True)
class Note:
    """What a file says of one exchange beyond the exchange itself.

    `pieces_known` is False where the file does not tell how the body was cut: it is then one piece,
    and its timing means nothing. `decoded` names the content coding that was removed from body and
    headers. `repaired` holds response headers as the file had them, where they contradicted its own
    body. `interaction` and `response` keep the keys that are nobody's we know.
    """

    pieces_known: bool = True
    decoded: str = ""
    repaired: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    meaning: Mapping[str, Any] | None = None
    body_is_null: bool = False  # the request's: `null` in the file, not an empty text
    interaction: Mapping[str, Any] = field(default_factory=dict)
    response: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cassette:
    """Exchanges in order, those that died before a status among them (their status is None).

    `notes` runs beside `exchanges`; left empty, nothing is noted of any. `extras` are the unknown
    keys of the file, `metadata` those of its metadata.
    """

    exchanges: tuple[Exchange, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[Note, ...] = ()
    extras: Mapping[str, Any] = field(default_factory=dict)
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.notes:
            object.__setattr__(self, "notes", tuple(Note() for _ in self.exchanges))
        elif len(self.notes) != len(self.exchanges):
            raise ValueError(f"{len(self.notes)} notes for {len(self.exchanges)} exchanges")

    @property
    def unanswered(self) -> tuple[Exchange, ...]:
        return tuple(exchange for exchange in self.exchanges if exchange.status is None)
