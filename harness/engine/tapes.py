"""A turn's steps -> exchanges: from a cassette, from a script, from a failure, or by hand."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from harness.cassette import Cassette
from harness.cassette import load as load_cassette
from harness.contracts import Endpoint, ProviderTransport
from harness.data import builtin
from harness.dialects import SPOKEN
from harness.engine.credentials import token_answer
from harness.engine.ids import named, seen_from
from harness.engine.meaning import meaning_of
from harness.engine.synthesize import kept_index
from harness.errors import NotApplicable
from harness.model import (
    KIND_OF_STATUS,
    Ask,
    Exchange,
    Failure,
    FailureKind,
    Headers,
    NormalizedResponse,
    Piece,
    Provider,
    Request,
    SayKind,
    Script,
)
from harness.scenario import Scenario, Step

TAPE_HOST = "http://tape"


@dataclass(frozen=True, slots=True)
class Laid:
    """One exchange laid out for a turn. `speaks` says that it is a reply of the model."""

    exchange: Exchange
    step: Step
    speaks: bool
    meaning: NormalizedResponse | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """What is needed to lay out a scenario for one provider."""

    scenario: Scenario
    provider: Provider
    transport: ProviderTransport

    def lay(self, steps: tuple[Step, ...], ask: Ask) -> Iterator[Laid]:
        request = self._request(ask)
        for step in steps:
            yield from self._step(step, ask, request)

    def _request(self, ask: Ask) -> Request:
        """The request that the tape expects, of which method and endpoint are matched."""
        kwargs = self.transport.build_kwargs(ask, self.provider)
        made = self.transport.build_request(kwargs, self.provider, Endpoint(TAPE_HOST))
        return Request(made.method, TAPE_HOST + urlsplit(made.url).path, made.headers, made.body)

    def _step(self, step: Step, ask: Ask, request: Request) -> Iterator[Laid]:
        if step.kind == "per_wire":
            if self.transport.wire not in step.data:
                raise NotApplicable(f"nothing is laid out for the wire {self.transport.wire}")
            yield from self._step(step.data[self.transport.wire], ask, request)
        elif step.kind == "says":
            yield self._said(step, ask, request)
        elif step.kind == "tape":
            yield from self._taped(step, request)
        elif step.kind == "fails":
            failure = _failure(step.data)
            exchange = self.transport.write_failure(failure, request, self.provider)
            yield Laid(_with_headers(exchange, step.data.get("headers", {})), step, speaks=False)
        elif step.kind == "token":
            answer = token_answer(self.scenario, self.provider, step, TAPE_HOST)
            yield Laid(answer, step, speaks=False)
        else:
            more = self.scenario.every_event.get(self.transport.wire, {})
            answer = _answer(step.data, request, more)
            yield Laid(answer, step, speaks="path" not in step.data)

    def _said(self, step: Step, ask: Ask, request: Request) -> Laid:
        script = self._as_sent(step.script)
        kept = self.kept() if script == step.script else None
        index = kept_index(self.scenario, step, stream=ask.stream)
        if kept is not None and index is not None and index < len(kept.exchanges):
            exchange = replace(kept.exchanges[index], request=request)
        else:
            model = ask.model or self.provider.model
            exchange = self.transport.write(script, request, stream=ask.stream, model=model)
        meaning = meaning_of(script, uncounted=getattr(self.transport, "uncounted", ()))
        return Laid(exchange, step, speaks=True, meaning=meaning)

    def _as_sent(self, script: Script) -> Script:
        """As this backend would send it: in its own dialects; and one that signs no thoughts sends
        them in its plain field, and a client of that backend alone knows no other."""
        spoken = self.provider.profiles & SPOKEN
        if spoken:
            script = tuple(replace(say, dialects=spoken) for say in script)
        if "signatures" in self.provider.can:
            return script
        return tuple(
            replace(say, signature=None)
            if say.kind is SayKind.REASONING and not say.redacted
            else say
            for say in script
        )

    def kept(self) -> Cassette | None:
        """The synthesized tape of this scenario and wire, where it is kept in cassettes/."""
        path = own_cassettes(self.scenario) / self.transport.wire / f"{self.scenario.id}.yaml"
        return _load(path, path.stat().st_mtime_ns) if path.is_file() else None

    def _taped(self, step: Step, request: Request) -> Iterator[Laid]:
        places = [
            root / folder / f"{step.data}.yaml"
            for root in cassette_folders(self.scenario)
            for folder in (self.provider.name, self.transport.wire)
        ]
        path = next((place for place in places if place.is_file()), None)
        if path is None:
            raise NotApplicable(
                f"not recorded: there is no cassette {step.data!r} for {self.provider.name}",
                hint=self._to_record(step.data),
            )
        exchanges = _load(path, path.stat().st_mtime_ns).exchanges
        if step.exchange is not None:
            exchanges = exchanges[step.exchange : step.exchange + 1]
        for exchange in exchanges:
            same = self.transport.recognizes(exchange)
            moved = replace(exchange, request=request) if same else exchange
            yield Laid(moved, step, speaks=True, meaning=self._read(exchange))

    def _to_record(self, tape: str) -> str:
        """What makes the tape that a step names: a recording has the id of what was asked."""
        scenario, here = self.scenario, Path.cwd()
        folder = own_cassettes(scenario)
        elsewhere = ["--cassettes", seen_from(here, folder)] if folder != here / "cassettes" else []
        command = ["harness", "record", "--provider", self.provider.name, *elsewhere]
        asked = next(iter(named(tape, [scenario.path.parent])), None)
        if asked is not None:
            shipped = asked.parent == builtin("scenarios")
            return shlex.join([*command, tape if shipped else seen_from(here, asked)])
        out = seen_from(here, folder / self.provider.name / f"{tape}.yaml")
        proxy = shlex.join(["harness", "record", "--proxy", "--upstream", "URL", "--out", out])
        own = shlex.join([*command, seen_from(here, scenario.path)])
        return f"{proxy} writes it from a client of yours; {own} records a tape {scenario.id!r}"

    def _read(self, exchange: Exchange) -> NormalizedResponse | None:
        """What a recording means: read whole by the reference, as nobody wrote it down."""
        reader = self.transport.reader(self.provider, exchange.status or 0, exchange.headers)
        reader.feed(exchange.body)
        reader.end(exchange.ending)
        return reader.outcome.response


def cassette_folders(scenario: Scenario) -> tuple[Path, ...]:
    """Where a tape that is asked for by name is looked for."""
    return own_cassettes(scenario), builtin("cassettes")


def own_cassettes(scenario: Scenario) -> Path:
    """`cassettes` beside the folder of the scenario: the only place for a script's kept tape, as
    a scenario elsewhere could have the same id."""
    return scenario.path.resolve().parent.parent / "cassettes"


@lru_cache(maxsize=256)
def _load(path: Path, _changed: int) -> Cassette:
    return load_cassette(path)


def _failure(data: dict[str, Any]) -> Failure:
    status = data["status"]
    default = KIND_OF_STATUS.get(status, FailureKind.SERVER_ERROR)
    kind = FailureKind(data["kind"]) if "kind" in data else default
    message = data.get("message", f"{kind.value.replace('_', ' ')} (as a test)")
    return Failure(kind, message, data.get("type", ""), status)


def _with_headers(exchange: Exchange, headers: dict[str, Any]) -> Exchange:
    kept = tuple(
        (k, v) for k, v in exchange.headers if k.lower() not in {h.lower() for h in headers}
    )
    return replace(exchange, headers=kept + tuple((k, str(v)) for k, v in headers.items()))


def _answer(data: dict[str, Any], request: Request, more: Mapping[str, Any]) -> Exchange:
    headers: Headers = tuple((name, str(value)) for name, value in data.get("headers", {}).items())
    if "sse" in data:
        kind, pieces = "text/event-stream", tuple(_sse_piece(one, more) for one in data["sse"])
    elif "json" in data:
        kind, pieces = "application/json", (Piece(_compact(data["json"]).encode()),)
    else:
        kind, pieces = "text/plain", (Piece(data.get("body", "").encode()),)
    named = {name.lower() for name, _ in headers}
    if "content-type" not in named:
        headers += (("content-type", kind),)
    if kind != "text/event-stream" and not named & {"content-length", "transfer-encoding"}:
        headers += (("content-length", str(sum(len(piece.data) for piece in pieces))),)
    url = TAPE_HOST + data["path"] if "path" in data else request.url
    asked = Request(data.get("method", "POST"), url, request.headers, request.body)
    return Exchange(asked, data.get("status", 200), "", headers, pieces)


def _sse_piece(event: Any, more: Mapping[str, Any]) -> Piece:
    name = ""
    if isinstance(event, dict) and set(event) == {"event", "data"}:
        name, event = f"event: {event['event']}\n", event["data"]
    if isinstance(event, dict):
        event = _beside(more, event)
    text = event if isinstance(event, str) else _compact(event)
    return Piece(f"{name}data: {text}\n\n".encode())


def _beside(more: Mapping[str, Any], own: dict[str, Any]) -> dict[str, Any]:
    """What each event has beside its own; a list of one mapping is beside each item of the list
    that the event has under this name, and adds none."""
    made = {name: value for name, value in more.items() if not isinstance(value, list)} | own
    for name, value in more.items():
        if isinstance(value, list) and isinstance(own.get(name), list):
            items = own[name]
            made[name] = [_beside(value[0], i) if isinstance(i, dict) else i for i in items]
    return made


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
