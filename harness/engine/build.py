"""A cell -> a case: the tape laid out, the faults applied, the expectations of this wire chosen."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import replace
from inspect import signature
from itertools import accumulate
from typing import Any
from urllib.parse import urlsplit

from harness.contracts import ProviderTransport
from harness.engine.cells import Cell
from harness.engine.credentials import credential_of
from harness.engine.crowd import REFUSED, SLOWNESS, Crowd
from harness.engine.fair import AT_ONCE, OF_THE_TARGET
from harness.engine.stage import InProcess
from harness.engine.tapes import Laid, Table
from harness.errors import HarnessError, NotApplicable, ScenarioError, UsageError
from harness.faults import FAULTS
from harness.invariants import INVARIANTS
from harness.model import Case, Exchange, Expectation, Provider, Regions, Turn
from harness.registry import module_of
from harness.scenario import ExpectSpec, FaultSpec

ALWAYS = (
    "no_unexpected_request",
    "nothing_left_unplayed",
    "never_waits_for_ever",
    "secret_goes_to_its_own_host",
    "events_agree_with_reply",
    "events_name_their_bytes",
    "calls_end_with_tool_calls",
)


def build(cell: Cell) -> Case:
    """The case of a cell; one that cannot be run says why in `untestable`."""
    scenario, provider = cell.scenario, cell.provider
    credential = credential_of(scenario, provider)
    case = Case(
        scenario=scenario.id,
        provider=provider.name,
        transport=cell.transport.name,
        wire=cell.transport.wire,
        fault=cell.slug,
        expect=tuple(_expectations(cell)),
        profiles=scenario.profiles | provider.profiles,
        needs=scenario.needs,
        facts={
            "family": scenario.family,
            "judges": (scenario.family, *(("backend_rules",) if scenario.providers else ())),
            "title": scenario.title,
            "why": scenario.why,
            "path": str(scenario.path),
            "credential": credential.sent,
            "secrets": (*credential.secrets, *scenario.secrets),
            "client": scenario.client,
            "dialects": tuple(sorted(scenario.profiles)),
            "model": provider.model,
            "untold": (
                *getattr(cell.transport, "uncounted", ()),
                *getattr(cell.transport, "untold", ()),
            ),
            "cache_policy": provider.caching(provider.model, provider.base_url),
            **(_home(provider) if scenario.client.get("at_home") else {}),
        },
    )
    missing = sorted(scenario.needs - OF_THE_TARGET - provider.can)
    if missing:
        return replace(case, untestable=f"{provider.name} has no {', '.join(missing)}")
    try:
        return _laid_out(cell, case)
    except NotApplicable as error:
        return replace(case, untestable=error.render())


def _home(provider: Provider) -> dict[str, Any]:
    """Where a provider is asked if no user says otherwise, and the hosts that may have its key."""
    parts = urlsplit(provider.base_url)
    hosts = (*provider.hosts, urlsplit(InProcess.base_url).netloc)  # the token endpoint's is ours
    return {"home": f"{parts.scheme}://{parts.netloc}", "hosts": hosts}


def _laid_out(cell: Cell, case: Case) -> Case:
    table = Table(cell.scenario, cell.provider, cell.transport)
    tape: list[Exchange] = []
    regions: list[Regions | None] = []
    turns: list[Turn] = []
    crowds: list[Crowd] = []
    for number, plan in enumerate(cell.scenario.turns):
        stream = plan.ask.stream if cell.stream is None else cell.stream
        ask = replace(plan.ask, stream=stream)
        laid = list(table.lay(plan.steps, ask))
        target = _damaged(cell, laid) if number == cell.scenario.on_turn else None
        first = len(tape)
        for index, one in enumerate(laid):
            faults = one.step.faults + (cell.faults if index == target else ())
            played = _played(one.exchange, faults, cell)
            if plan.at_once > 1 and played.status in REFUSED:
                played = replace(played, head_delay=SLOWNESS)
            copies = 1 if one.step.kind == "token" else plan.at_once
            tape += [played] * copies
            regions += [cell.transport.regions(played) if one.speaks else None] * copies
        meaning = next((one.meaning for one in reversed(laid) if one.meaning), None)
        asked = range(first, len(tape))
        if plan.at_once > 1:
            refusals = frozenset(index for index in asked if tape[index].status in REFUSED)
            crowds.append(Crowd(len(turns), plan.at_once, refusals))
        turns += [Turn(ask, tuple(asked), meaning)] * plan.at_once
    facts = {**case.facts, "crowds": tuple(crowds)} if crowds else case.facts
    needs = case.needs | {AT_ONCE} if crowds else case.needs
    laid_out = replace(case, turns=tuple(turns), tape=tuple(tape), regions=tuple(regions))
    return replace(laid_out, facts=facts, needs=needs)


def _damaged(cell: Cell, laid: list[Laid]) -> int | None:
    """Which exchange of its turn the fault axis falls upon."""
    if not cell.faults:
        return None
    if cell.scenario.on_step is not None:
        step = cell.scenario.turns[cell.scenario.on_turn].steps[cell.scenario.on_step]
        return next(
            index for index, one in enumerate(laid) if one.step.path[: len(step.path)] == step.path
        )
    return next(index for index, one in enumerate(laid) if one.speaks)


def _played(exchange: Exchange, faults: tuple[FaultSpec, ...], cell: Cell) -> Exchange:
    """The exchange with its faults; an argument that a fault refuses is a fault of the file."""
    for spec in faults:
        try:
            exchange = damage(exchange, (spec,), cell.transport, cell.id)
        except (UsageError, ValueError, TypeError) as error:
            what = error.what if isinstance(error, UsageError) else str(error)
            hint = error.hint if isinstance(error, UsageError) else ""
            key = next((key for key, arg in spec.args.items() if repr(arg) in what), None)
            where = cell.scenario.document.where((*spec.path, key) if key else spec.path)
            raise ScenarioError([HarnessError(what, where=where, hint=hint)]) from error
    return exchange


def damage(
    exchange: Exchange, faults: tuple[FaultSpec, ...], transport: ProviderTransport, seed: str
) -> Exchange:
    """Each fault in turn, on the anatomy that the one before it left."""
    for spec in faults:
        apply = FAULTS.get(spec.name)
        module: Any = module_of(apply)
        wires = getattr(module, "WIRES", None)
        if wires is not None and transport.wire not in wires:
            known = ", ".join(sorted(wires))
            raise NotApplicable(f"{spec.name} means nothing on {transport.wire}, only on {known}")
        args = dict(spec.args)
        if "seed" in _parameters(apply):
            args.setdefault("seed", zlib.crc32(seed.encode()))
        exchange = apply(exchange, transport.regions(exchange), **args)
    return exchange


def _parameters(function: Callable[..., Any]) -> frozenset[str]:
    return frozenset(signature(function).parameters)


def _expectations(cell: Cell) -> list[Expectation]:
    profiles = cell.scenario.profiles | cell.provider.profiles
    starts = list(accumulate((plan.at_once for plan in cell.scenario.turns), initial=0))
    named = [
        replace(expectation_of(spec), turn=turn)
        for spec in cell.scenario.expect
        if not spec.unless & profiles and (spec.wires is None or cell.transport.wire in spec.wires)
        for turn in ((None,) if spec.turn is None else range(*starts[spec.turn : spec.turn + 2]))
    ]
    asked = {expectation.invariant for expectation in named}
    if any(e.invariant == "attempts" and 0 in e.args.values() for e in named):
        asked.add("nothing_left_unplayed")  # where nothing may be sent, nothing is played
    return named + [Expectation(name) for name in ALWAYS if name not in asked]


def expectation_of(spec: ExpectSpec) -> Expectation:
    args = dict(spec.args)
    if spec.has_value:
        names = list(signature(INVARIANTS.get(spec.name)).parameters)[2:]
        args = {names[0]: spec.value}
    return Expectation(spec.name, args, spec.level, spec.turn)
