"""What a scenario asks, asked of a live API by the reference client, turn by turn.

The rule of this file: the answers are the server's. A tool's result is canned (the scenario's own),
and goes to the call that the model really made; nothing is retried, so that an error is recorded as
the one answer that it was. Credentials may refresh: that is part of what is recorded.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

import httpx

from harness.client import Client, Policy, Retry, Timeouts
from harness.contracts import Credential
from harness.credentials import CREDENTIALS
from harness.errors import UsageError
from harness.model import Ask, Failure, JsonObject, OutcomeKind, Provider
from harness.record.tape import Tape
from harness.record.trust import untrusted
from harness.scenario import Scenario
from harness.secrets.known import Known
from harness.transports import TRANSPORTS
from harness.transports._history import assistant_message

CANNED = "done"
_BUILT_IN = {"sigv4"}  # finds its own keys
_CALLBACK = "jwt_callback"
_OAUTH = "oauth_refresh"


def key_of(provider: Provider, environ: Mapping[str, str] = os.environ) -> str | None:
    """The first of the provider's variables that is set; None where it wants none."""
    for name in provider.key_env:
        if environ.get(name):
            return environ[name]
    refresh = provider.credential_options.get("refresh_env")
    if refresh and environ.get(str(refresh)):
        return None
    wanted = [*provider.key_env, *([str(refresh)] if refresh else [])]
    if not wanted or provider.credential in _BUILT_IN:
        return None
    raise UsageError(
        f"there is no key for {provider.name}", hint=f"Set {' or '.join(wanted)} and run again"
    )


def base_url_of(
    provider: Provider, given: str | None, environ: Mapping[str, str] = os.environ
) -> str:
    """The one given, else that of the provider's variable, else the provider's own."""
    named = environ.get(provider.base_url_env) if provider.base_url_env else None
    return given or named or provider.base_url


def credential_of(
    provider: Provider,
    base_url: str,
    key: str | None,
    refresh_command: str | None = None,
) -> Credential | None:
    """The provider's own kind. Where another base URL than its own is asked, its token endpoint is
    on that server too."""
    options = dict(provider.credential_options)
    kind = provider.credential
    if kind == _CALLBACK:
        tokens = [key or ""]

        def refresh() -> bool:
            tokens.append(_printed(str(refresh_command)))
            return bool(tokens[-1])

        callback = refresh if refresh_command else None
        return CREDENTIALS.get(kind)(lambda: tokens[-1], refresh=callback)
    if key is None and kind not in _BUILT_IN | {_OAUTH}:
        return None
    if base_url != provider.base_url:
        for name in ("token_url", "mint_url"):
            if options.get(name):
                options[name] = _moved(str(options[name]), base_url)
    return CREDENTIALS.get(kind)(key, **options)


def _moved(url: str, base_url: str) -> str:
    there = urlsplit(base_url)
    return urlsplit(url)._replace(scheme=there.scheme, netloc=there.netloc).geturl()


def _printed(command: str) -> str:
    done = subprocess.run(command, shell=True, check=False, capture_output=True, text=True)  # noqa: S602 -- the user's own
    return done.stdout.strip() if done.returncode == 0 else ""


def ask_all(  # noqa: PLR0913 - options, by name
    asks: Sequence[Ask],
    provider: Provider,
    tape: Tape,
    *,
    base_url: str,
    credential: Credential | None = None,
    timeout_s: float = 120.0,
) -> Iterator[str]:
    """Asks in order, each knowing what the ones before it were answered. Yields what is wrong with
    an answer, as sentences; the exchanges are on the tape."""
    patience = Timeouts(connect=min(timeout_s, 30.0), read=timeout_s)
    policy = Policy(retry=Retry(budget=0), timeouts=patience, recover=False)
    answered: list[JsonObject] = []
    with httpx.Client(transport=tape.transport("httpx"), trust_env=False) as http:
        client = Client(
            provider,
            TRANSPORTS.get(provider.transport),
            credential,
            http=http,
            base_url=base_url,
            policy=policy,
        )
        for number, ask in enumerate(asks):
            reply = client.ask(filled(ask, answered))
            if credential is not None:
                learn(tape.known, credential)
            response, failure = reply.outcome.response, reply.outcome.failure
            answered.append(assistant_message(response) if response is not None else {})
            if failure is not None and reply.outcome.kind is not OutcomeKind.COMPLETE:
                yield f"ask {number}: {_why(failure, urlsplit(base_url).netloc.rpartition('@')[2])}"


def _why(failure: Failure, host: str) -> str:
    """What a server said may be anything, a key too. Where there was none, the words are our own
    library's."""
    if failure.status:
        return f"{host} answered HTTP {failure.status}: {failure.kind.value}"
    told = untrusted(failure.message) or failure.message
    return f"{host}: {failure.kind.value}: {told}" if told else f"{host}: {failure.kind.value}"


def learn(known: Known, credential: Credential) -> None:
    for secret in credential.secrets():
        known.add(secret, "a secret of the credential")


def asks_of(scenario: Scenario, model: str | None = None) -> list[Ask]:
    """Every turn; a turn that is asked both ways is asked both ways, one after the other."""
    return [
        replace(turn.ask, stream=stream, model=turn.ask.model or model)
        for turn in scenario.turns
        for stream in turn.streams
    ]


def filled(ask: Ask, answered: Sequence[JsonObject]) -> Ask:
    """With what the server said in place of `from: previous`. The results of the tools go to the
    calls that were really made: in their order, one each, none to a call that was not made."""
    said = iter(answered)
    messages: list[JsonObject] = []
    waiting: list[str] = []  # calls without a result
    live = False
    for message in ask.messages:
        if message.get("role") == "tool" and live:
            if waiting:
                messages.append({**message, "tool_call_id": waiting.pop(0)})
            continue
        messages += _canned(waiting)
        waiting = []
        live = message.get("from") == "previous"
        if live:
            own = dict(next(said, {})) or {"role": "assistant", "content": ""}
            messages.append(own)
            waiting = [str(call["id"]) for call in own.get("tool_calls", ())]
        else:
            messages.append(message)
    messages += _canned(waiting)
    return replace(ask, messages=tuple(messages))


def _canned(calls: Sequence[str]) -> list[JsonObject]:
    return [{"role": "tool", "tool_call_id": call, "content": CANNED} for call in calls]
