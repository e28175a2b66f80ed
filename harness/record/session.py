"""One scenario, one provider, one file: what the command and the pytest option both do."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from harness.model import Provider
from harness.record import live
from harness.record.scrub import Scrubber
from harness.record.tape import Mode, Tape
from harness.scenario import Scenario
from harness.secrets.known import Known


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """`base_url` and `model` go before the provider's own; `keep_errors` writes a cassette although
    an answer was an error; `allow` is what looks like a key and is none."""

    mode: Mode = Mode.ONCE
    base_url: str | None = None
    model: str | None = None
    refresh_command: str | None = None
    keep_errors: bool = False
    allow: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Recorded:
    """`wrong` are the errors that were answered, `changed` what the old file had otherwise."""

    path: Path
    written: bool = False
    wrong: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def record(scenario: Scenario, provider: Provider, path: Path, wishes: Wishes) -> Recorded:
    """SecretFound where the gate closed; UsageError where there is no key, or nothing to play."""
    if wishes.mode in (Mode.NONE, Mode.ONCE) and path.exists():
        return Recorded(path)
    base_url = live.base_url_of(provider, wishes.base_url)
    known = Known.of_environment()
    model = wishes.model or provider.model
    origin = f"{provider.name} at {urlsplit(base_url).netloc.rpartition('@')[2]}"
    tape = Tape(path, wishes.mode, known=known, origin=origin, allow=wishes.allow, model=model)
    key = live.key_of(provider)
    credential = live.credential_of(provider, base_url, key, wishes.refresh_command)
    if credential is not None:
        live.learn(known, credential)
    asks = live.asks_of(scenario, wishes.model)
    told = list(live.ask_all(asks, provider, tape, base_url=base_url, credential=credential))
    wrong = tuple(Scrubber(known).text(sentence) for sentence in told)
    if wrong and not wishes.keep_errors:
        return Recorded(path, wrong=wrong)
    written = bool(tape.exchanges)
    tape.close()
    return Recorded(path, written, wrong, tuple(tape.changed))
