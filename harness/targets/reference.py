"""The reference client as a target, judged like any stranger."""

from __future__ import annotations

import importlib.metadata
import threading
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx

from harness.client import Client, Continuation, Policy, Reply, Retry, Timeouts
from harness.contracts import Credential, Started, TurnSpec, Wire
from harness.credentials import CREDENTIALS
from harness.model import Ask, JsonObject, NormalizedResponse, Report
from harness.providers import PROVIDERS
from harness.transports import TRANSPORTS
from harness.transports._history import assistant_message

FEATURES = (
    *("activity", "first_delta", "at_once", "continues"),
    *("finish", "partial", "profiles", "spans", "state", "warns"),
)
ON_DISK = frozenset({"state", "env_file", "env_key", "refresh_env"})  # not of a judged run


class _Session:
    """One client object through all turns of a case, whichever thread runs them."""

    def __init__(self, wire: Wire) -> None:
        self._http = httpx.Client(transport=wire.transport("httpx"), trust_env=False)
        self._clock = wire.clock
        self._client: Client | None = None
        self._making = threading.Lock()
        self._replies: list[JsonObject] = []

    def run(self, turn: TurnSpec) -> Report:
        with self._making:
            if self._client is None:
                self._client = self._made(turn)
        reply = self._client.ask(self._ask(turn))
        self._remember(reply)
        return Report(reply.outcome, reply.events, retried=max(0, len(reply.attempts) - 1))

    def close(self) -> None:
        self._http.close()

    def _made(self, turn: TurnSpec) -> Client:
        provider = PROVIDERS.get(turn.provider)
        provider = replace(provider, profiles=provider.profiles | set(turn.profiles))
        here, home = urlsplit(turn.base_url), urlsplit(provider.base_url)
        # At its own host nobody has configured a URL, and the credential's server may name one.
        configured = None if here.netloc == home.netloc else turn.base_url.rstrip("/") + home.path
        retry = Retry(budget=turn.max_retries)
        patience = Timeouts(connect=turn.timeout_s, read=turn.timeout_s)
        going_on = Continuation(rounds=turn.continuations) if turn.continuations else None
        return Client(
            provider,
            TRANSPORTS.get(turn.transport),
            _credential(turn, self._http),
            http=self._http,
            base_url=configured,
            clock=self._clock,
            policy=Policy(retry=retry, timeouts=patience, continuation=going_on),
        )

    def _ask(self, turn: TurnSpec) -> Ask:
        """The scenario's ask; where it says `from: previous`, what this client was answered."""
        replies = iter(self._replies)
        messages = tuple(
            next(replies) if message.get("from") == "previous" else message
            for message in turn.ask.messages
        )
        return replace(turn.ask, messages=messages, model=turn.ask.model or turn.model or None)

    def _remember(self, reply: Reply) -> None:
        self._replies.append(assistant_message(reply.outcome.response or NormalizedResponse()))


def _credential(turn: TurnSpec, http: httpx.Client) -> Credential | None:
    """The kind that the case names. Its endpoints are the player's, and nothing touches a disk."""
    given = turn.credential
    if not given:
        return None
    kind, value = str(given.get("kind", "key")), given.get("value")
    provider = PROVIDERS.get(turn.provider)
    own = provider.credential_options if provider.credential == kind else {}
    options = {**own, **(given.get("options") or {})}
    options = {name: option for name, option in options.items() if name not in ON_DISK}
    build = CREDENTIALS.get(kind)
    if kind == "oauth_refresh":
        return build(value, **_endpoints(options, given, turn.base_url.rstrip("/")))
    if kind == "token_exchange":
        options["token_url"] = given.get("refresh_url") or options.get("token_url")
        return build(given.get("refresh_token"), held=value, **options)
    if kind == "jwt_callback":
        held = _Held(value, given, http)
        return build(lambda: held.value, refresh=held.refresh if held.url else None)
    if kind == "sigv4":
        held = _Held(value, given, http)
        return build(held.aws_keys, refresh=held.refresh, **options)
    return build(value, **options)


def _endpoints(options: JsonObject, given: Mapping[str, Any], base_url: str) -> JsonObject:
    made = dict(options)
    for name in ("token_url", "mint_url"):
        if made.get(name):
            made[name] = base_url + urlsplit(made[name]).path
    made["token_url"] = given.get("refresh_url") or made.get("token_url") or f"{base_url}/token"
    made.setdefault("refresh_token", given.get("refresh_token"))
    return made


class _Held:
    """What an application does for a credential that it owns: it holds a token, and renews it."""

    def __init__(self, value: Any, given: Mapping[str, Any], http: httpx.Client) -> None:
        self.value, self._http = value, http
        self.url, self._refresh_token = given.get("refresh_url"), given.get("refresh_token")

    def refresh(self) -> bool:
        if not self.url:
            return False
        form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token or ""}
        answer = self._http.post(self.url, data=form)
        token = answer.json().get("access_token") if answer.status_code == 200 else None
        self.value = token or self.value
        return token is not None

    def aws_keys(self) -> Mapping[str, Any]:
        if isinstance(self.value, Mapping):
            return self.value
        token = str(self.value)
        return {"access_key": "NOTANAWSKEYID", "secret_key": token, "token": token}


class Reference:
    doors = frozenset({"inprocess", "loopback"})

    def start(self) -> Started:
        version = importlib.metadata.version("provider-harness")
        return Started(
            "reference", version, transports=tuple(TRANSPORTS.names()), features=FEATURES
        )

    def open(self, wire: Wire) -> _Session:
        return _Session(wire)

    def stop(self) -> None:
        pass


def make() -> Reference:
    return Reference()
