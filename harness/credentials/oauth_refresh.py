"""An access token that is renewed by a refresh token, once for all who share its state.

The flow of one request: the stored token, and on a 401 one refresh and one more attempt. Whoever
gets the state's lock refreshes; the others wait, find a token that is not the one that failed, and
use it. What the server answered is saved before it is looked at. `mint_url` is for a server whose
access token only buys the key that requests are signed with.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from harness.contracts import AuthFlow, Pause
from harness.credentials import _token
from harness.credentials._dotenv import set_env
from harness.credentials._header import forms_of, header_safe, signed
from harness.credentials._hosts import allowed, own_url
from harness.credentials._state import FileStore, MemoryStore, State, Store
from harness.credentials._token import RefreshFailed
from harness.errors import CredentialError
from harness.model import Answer, Request

LOG = logging.getLogger(__name__)
Errand = Generator[Request | Pause, Any, State]
PAUSE_S = 0.02
LOCK_PATIENCE_S = 120.0  # counted in pauses: a clock may jump
MINT_MIN_S = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """What is particular to one token endpoint. With `refresh_header` the refresh token travels in
    that header, else in the form. `scope` is what a usable JWT must carry. `lasts_s` is the life of
    a token of which nobody says it. `base_url_field` names where the answer may say which inference
    URL to use, believed for `hosts` only."""

    token_url: str
    client_id: str | None = None
    refresh_header: str | None = None
    form: Mapping[str, str] = field(default_factory=dict)
    as_json: bool = False
    mint_url: str | None = None
    mint_ttl_s: int = 1800
    scope: str | None = None
    leeway_s: float = 120.0
    lasts_s: float | None = None
    hosts: tuple[str, ...] = ()
    base_url_field: str | None = None

    def request(self, refresh_token: str) -> Request:
        fields = {"grant_type": "refresh_token", **self.form}
        headers = [("accept", "application/json")]
        if self.client_id is not None:
            fields["client_id"] = self.client_id
        if self.refresh_header is None:
            fields["refresh_token"] = refresh_token
        else:
            safe = header_safe(refresh_token, what="the refresh token")
            headers.append((self.refresh_header, safe))
        kind = "json" if self.as_json else "x-www-form-urlencoded"
        headers.append(("content-type", f"application/{kind}"))
        body = json.dumps(fields) if self.as_json else urlencode(fields)
        return Request("POST", self.token_url, tuple(headers), body.encode())

    def mint(self, access_token: str) -> Request:
        body = json.dumps({"min_ttl_seconds": max(MINT_MIN_S, self.mint_ttl_s)}).encode()
        headers = (("accept", "application/json"), ("content-type", "application/json"))
        request = Request("POST", str(self.mint_url), headers, body)
        safe = header_safe(access_token, what="the access token")
        return signed(request, "authorization", f"Bearer {safe}")


class OAuthRefresh:
    kind = "oauth_refresh"

    def __init__(
        self,
        grant: Grant,
        store: Store,
        *,
        first: State,
        on_key: Callable[[str], object] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        own_url(grant.token_url, "the token endpoint")
        if grant.mint_url is not None:
            own_url(grant.mint_url, "the key endpoint")
        self._grant, self._store, self._first = grant, store, first
        self._on_key, self._now = on_key, now
        self._seen: dict[str, None] = {}
        self._note(first)

    def __repr__(self) -> str:
        return f"OAuthRefresh(token_url={self._grant.token_url!r})"

    @property
    def base_url(self) -> str | None:
        """The inference URL that the server named, if it is one that may have our key."""
        named = (self._state_unless_damaged() or {}).get("base_url")
        return named if named and allowed(named, self._grant.hosts) else None

    def secrets(self) -> Iterable[str]:
        return tuple(self._seen)

    def flow(self, request: Request) -> AuthFlow:
        state = self._state_unless_damaged() or {}
        renewed = not self._usable(state, failed=None)
        if renewed:
            state = yield from self._renew(failed=None)
        used = self._bearer(state)
        answer = yield self._sign(request, used)
        if answer.status != 401 or renewed:
            return
        state = yield from self._renew(failed=used)
        yield self._sign(request, self._bearer(state))

    def _sign(self, request: Request, bearer: str) -> Request:
        safe = header_safe(bearer, what="the access token")
        return signed(request, "authorization", f"Bearer {safe}")

    def _bearer(self, state: State) -> str:
        return str(state.get("agent_key" if self._grant.mint_url else "access_token") or "")

    def _state(self, *, locked: bool = False) -> State:
        state = self._store.load(locked=locked) or dict(self._first)
        given = self._first["refresh_token"]
        if state.get("quarantined") and given and given != state.get("refresh_token"):
            state = {**self._first, "generation": state.get("generation", 0)}  # signed in again
        self._note(state)
        return state

    def _note(self, state: State) -> None:
        for key in ("access_token", "refresh_token", "agent_key"):
            if state.get(key):
                self._seen |= dict.fromkeys(sorted(forms_of(state[key])))

    def _usable(self, state: State, failed: str | None) -> bool:
        bearer = self._bearer(state)
        if not bearer or bearer == failed:
            return False
        if self._expires(state):
            return False
        return self._grant.scope is None or self._grant.scope in _token.scopes(bearer)

    def _expires(self, state: State) -> bool:
        """Whether it is time to renew. A short life is used for half of it, or each request would
        refresh. A token that was over when it came tells of a wrong clock: the server will say."""
        ends, issued = state.get("expires_at"), state.get("issued_at")
        if ends is None:
            return False
        leeway = self._grant.leeway_s
        if issued is not None:
            if ends <= issued:
                return False
            leeway = min(leeway, (ends - issued) / 2)
        return bool(ends <= self._now() + leeway)

    def _renew(self, failed: str | None) -> Errand:
        """The state with another token than the failed one, whoever gets it."""
        began: int | None = None
        for _ in range(int(LOCK_PATIENCE_S / PAUSE_S)):
            state = self._state_unless_damaged()
            if state is not None:
                if self._usable(state, failed):
                    return state
                began = state.get("generation", 0) if began is None else began
                self._raise_known(state, began)
            release = self._store.try_lock()
            if release is not None:
                break
            yield Pause(PAUSE_S)
        else:
            raise RefreshFailed("another process has held the credential's lock for too long")
        try:
            state = self._state(locked=True)
            if self._usable(state, failed):
                return state
            self._raise_known(state, began)
            return (yield from self._refresh(state, failed))
        finally:
            release()

    def _state_unless_damaged(self) -> State | None:
        """None for a damaged file: only the lock's holder may say so, and set it aside."""
        try:
            return self._state()
        except CredentialError:
            return None

    def _raise_known(self, state: State, began: int | None) -> None:
        """A failure that another has had since the generation that we began with is ours too: no
        second call."""
        if state.get("quarantined"):
            raise RefreshFailed(str(state["quarantined"]), terminal=True, hint=_token.SIGN_IN)
        newer = began is not None and state.get("generation", 0) > began
        if newer and state.get("failed_at") is not None:
            raise RefreshFailed("a refresh that this request waited for has failed")

    def _refresh(self, state: State, failed: str | None) -> Errand:
        grant = self._grant
        mintable = grant.mint_url and failed is None and state.get("access_token")
        if not mintable:
            state = yield from self._exchange(state)
        if grant.mint_url:
            state = yield from self._mint(state)
        bearer = self._bearer(state)
        if grant.scope is not None and grant.scope not in _token.scopes(bearer):
            raise self._failed(
                state, RefreshFailed(f"the new token lacks the scope {grant.scope}", terminal=True)
            )
        try:
            header_safe(bearer, what="the new token")
        except CredentialError as error:  # not to be tried again, nor to stand in the way
            self._store.save({**state, "access_token": None, "agent_key": None})
            raise RefreshFailed(error.what, found=error.found, hint=_token.SIGN_IN) from None
        if self._on_key is not None:
            self._on_key(bearer)
        return state

    def _exchange(self, state: State) -> Errand:
        if not state.get("refresh_token"):
            raise RefreshFailed("there is no refresh token", terminal=True, hint=_token.SIGN_IN)
        unread = state.pop("unread", None)
        if unread is not None:  # whoever asked died, and the answer is here
            return self._read(state, Answer(200, (), unread))
        request = self._grant.request(state["refresh_token"])
        begun = {**state, "in_flight": self._now(), "failed_at": None}
        journal = self._store.begin(begun)
        try:
            answer: Answer = yield request
            if answer.status == 200:
                journal.write(answer.body)
        except CredentialError as error:  # no answer: whether the token is spent is not known
            self._store.save({**begun, "failed_at": self._now()})
            raise RefreshFailed("the token endpoint gave no answer", found=error.what) from error
        finally:
            journal.close()
        return self._read({**state, "generation": begun["generation"]}, answer)

    def _read(self, state: State, answer: Answer) -> State:
        """The state that an answer makes. What rotated is saved before anything else is judged."""
        body = _token.json_object(answer) if answer.status == 200 else {}
        new, access = dict(state), _token.text(body.get("access_token"))
        new["refresh_token"] = _token.text(body.get("refresh_token")) or state["refresh_token"]
        if access is not None:
            new |= {"access_token": access, "agent_key": None, "quarantined": None}
            new |= self._life(access, body)
        new |= {"in_flight": None, "failed_at": None}
        if new["refresh_token"] != state["refresh_token"] or access:
            self._store.save(new)
            self._note(new)
        if access is None:
            told = {**new, "in_flight": state.get("in_flight")}
            raise self._failed(told, _token.failure(answer, told, self._seen))
        return self._placed(new, body)

    def _placed(self, state: State, body: Mapping[str, Any]) -> State:
        name = self._grant.base_url_field
        url = body.get(name) if name else None
        wanted = url if isinstance(url, str) and allowed(url, self._grant.hosts) else None
        if name and state.get("base_url") != wanted:
            state["base_url"] = wanted
            self._store.save(state)
        return state

    def _life(self, token: str, body: Mapping[str, Any]) -> State:
        now = self._now()
        lasts = _token.seconds(body.get("expires_in")) or self._grant.lasts_s
        return {"issued_at": now, "expires_at": _token.expiry(token, lasts, now)}

    def _mint(self, state: State) -> Errand:
        answer: Answer = yield self._grant.mint(state["access_token"])
        body = _token.json_object(answer) if answer.status == 200 else {}
        key = _token.text(body.get("api_key"))
        if key is None:
            # Not terminal: the access token, and not the refresh token, was refused.
            refused = f"HTTP {answer.status}"
            raise self._failed(
                {**state, "access_token": None},
                RefreshFailed("the server minted no key", found=refused),
            )
        state = {**state, "agent_key": key, "failed_at": None, **self._life(key, body)}
        self._store.save(state)
        self._note(state)
        return state

    def _failed(self, state: State, error: RefreshFailed) -> RefreshFailed:
        """Written down, so that those who wait do not ask again, and terminal tokens rest."""
        mark = {"quarantined": error.what} if error.terminal else {"failed_at": self._now()}
        self._store.save({**state, "in_flight": None, **mark})
        return error


def build(  # noqa: PLR0913 - options, by name
    value: str | None = None,
    *,
    state: str | Path | None = None,
    refresh_token: str | None = None,
    refresh_env: str | None = None,
    env_file: str | Path | None = None,
    env_key: str | None = None,
    on_key: Callable[[str], object] | None = None,
    now: Callable[[], float] = time.time,
    **grant: Any,
) -> OAuthRefresh:
    """`value` is the access token (or minted key) in hand. A saved state goes before it; without a
    state the refresh token comes from the argument, then from the environment. Every new key goes
    to `on_key`, and as `env_key` into `env_file`."""
    made = Grant(**grant)
    refresh = refresh_token or (os.environ.get(refresh_env) if refresh_env else None)
    first: State = {"refresh_token": refresh, "generation": 0}
    first["agent_key" if made.mint_url else "access_token"] = value
    if value and not made.mint_url:
        first["expires_at"] = _token.expiry(value, None, now())

    def tell(key: str) -> None:
        if env_file is not None and env_key is not None:
            try:
                set_env(env_file, env_key, key)
            except (OSError, UnicodeDecodeError) as error:  # the key itself is safe, and in use
                LOG.warning("%s was not set in %s: %s", env_key, env_file, type(error).__name__)
        if on_key is not None:
            on_key(key)

    store = MemoryStore() if state is None else FileStore(state)
    return OAuthRefresh(made, store, first=first, on_key=tell, now=now)
