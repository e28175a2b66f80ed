"""The reference client as a target, judged like any stranger."""

from __future__ import annotations

import importlib.metadata
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlsplit

import httpx

from harness.client import Client, Policy, Reply, Retry, Timeouts
from harness.client.clock import RealClock
from harness.contracts import Credential, Started, TurnSpec, Wire
from harness.credentials import CREDENTIALS
from harness.model import Ask, JsonObject, NormalizedResponse, Report
from harness.providers import PROVIDERS
from harness.transports import TRANSPORTS

FEATURES = ("activity", "first_delta")
ON_DISK = frozenset({"state", "env_file", "env_key", "refresh_env"})  # not of a judged run
FIRST_BACKOFF_S = 0.05  # where the clock is real, so that no case waits long


class _Session:
    """One client object through all turns of a case."""

    def __init__(self, wire: Wire) -> None:
        self._real = not hasattr(wire, "transport") or wire.clock is None
        self._http = httpx.Client(trust_env=False) if self._real else _inside(wire)
        self._clock = RealClock() if self._real else wire.clock
        self._client: Client | None = None
        self._replies: list[JsonObject] = []

    def run(self, turn: TurnSpec) -> Report:
        if self._client is None:
            self._client = self._made(turn)
        reply = self._client.ask(self._ask(turn))
        self._remember(reply)
        return Report(reply.outcome, reply.events, retried=max(0, len(reply.attempts) - 1))

    def close(self) -> None:
        self._http.close()

    def _made(self, turn: TurnSpec) -> Client:
        provider = PROVIDERS.get(turn.provider)
        base_url = turn.base_url.rstrip("/") + urlsplit(provider.base_url).path
        retry = Retry(budget=turn.max_retries, first=FIRST_BACKOFF_S if self._real else 2.0)
        patience = Timeouts(connect=turn.timeout_s, read=turn.timeout_s)
        return Client(
            provider,
            TRANSPORTS.get(turn.transport),
            _credential(turn),
            http=self._http,
            base_url=base_url,
            clock=self._clock,
            policy=Policy(retry=retry, timeouts=patience),
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
        if reply.outcome.response is not None:
            self._replies.append(as_message(reply.outcome.response))


def _inside(wire: Wire) -> httpx.Client:
    return httpx.Client(transport=wire.transport("httpx"), trust_env=False)


def as_message(response: NormalizedResponse) -> JsonObject:
    """A reply as the assistant turn of the next ask: its words, its calls, its protocol state."""
    message: JsonObject = {"role": "assistant", "content": response.content}
    if response.reasoning is not None:
        message["reasoning"] = response.reasoning
    message |= dict(response.provider_data or {})
    if response.tool_calls:
        message["tool_calls"] = [
            {
                "id": call.id,
                "type": "function",
                "function": {"name": call.name, "arguments": call.arguments},
                **(call.provider_data or {}),
            }
            for call in response.tool_calls
        ]
    return message


def _credential(turn: TurnSpec) -> Credential | None:
    given = turn.credential
    if not given:
        return None
    kind = str(given.get("kind", "key"))
    value = given.get("value")
    options = {k: v for k, v in dict(given.get("options") or {}).items() if k not in ON_DISK}
    return _MAKERS.get(kind, _plain)(kind, value, options, given, turn)


def _plain(
    kind: str, value: Any, options: JsonObject, given: Mapping[str, Any], turn: TurnSpec
) -> Credential:
    provider = PROVIDERS.get(turn.provider)
    own = provider.credential_options if provider.credential == kind else {}
    return CREDENTIALS.get(kind)(value, **{**own, **options})


def _oauth(
    kind: str, value: Any, options: JsonObject, given: Mapping[str, Any], turn: TurnSpec
) -> Credential:
    """Its endpoints are the player's: same path, other host."""
    for name in ("token_url", "mint_url"):
        if options.get(name):
            options[name] = turn.base_url.rstrip("/") + urlsplit(options[name]).path
    if given.get("refresh_url"):
        options["token_url"] = given["refresh_url"]
    options.setdefault("token_url", turn.base_url.rstrip("/") + "/oauth/token")
    options.setdefault("refresh_token", given.get("refresh_token") or "not-a-refresh-token")
    return CREDENTIALS.get(kind)(value, **options)


def _jwt(
    kind: str, value: Any, options: JsonObject, given: Mapping[str, Any], turn: TurnSpec
) -> Credential:
    """The application's side of it: one token in hand, and another after the callback."""
    tokens = [value]
    following = options.get("next") or given.get("refresh_token")

    def refresh() -> bool:
        tokens.append(following)
        return True

    callback = refresh if following else None
    return CREDENTIALS.get(kind)(lambda: tokens[-1], refresh=callback)


def _aws(
    kind: str, value: Any, options: JsonObject, given: Mapping[str, Any], turn: TurnSpec
) -> Credential:
    following = options.pop("next", None) or given.get("refresh_token")
    keys = [_aws_keys(value)]

    def refresh() -> None:
        if following:
            keys.append(_aws_keys(following))

    return CREDENTIALS.get(kind)(lambda: keys[-1], refresh=refresh, **options)


def _aws_keys(value: Any) -> Mapping[str, Any]:
    if isinstance(value, Mapping):
        return value
    return {"access_key": "NOTANAWSKEYID", "secret_key": str(value), "token": str(value)}


_MAKERS = {"oauth_refresh": _oauth, "jwt_callback": _jwt, "sigv4": _aws}


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
