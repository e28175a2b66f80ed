"""A provider as a value: who answers, where, with which key, and in which dialect. Declarative; the
few behaviours that need code are small pure functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.model.case import Ask, JsonObject


@dataclass(frozen=True, slots=True)
class CachePolicy:
    """Whether prompt-cache markers are sent, and whether in the wire's native layout or enveloped
    inside content parts. `ttl` is None for the server's default."""

    enabled: bool = False
    native: bool = False
    ttl: str | None = None


NO_CACHE = CachePolicy()


def _no_cache(model: str, base_url: str) -> CachePolicy:
    return NO_CACHE


def _same_messages(messages: list[JsonObject], ask: Ask) -> list[JsonObject]:
    return messages


def _same_tools(tools: list[JsonObject], ask: Ask) -> list[JsonObject]:
    return tools


def _same_body(body: JsonObject, ask: Ask) -> JsonObject:
    return body


def _no_headers(ask: Ask, base_url: str) -> Mapping[str, str]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """Everything that is particular to one provider, in one file of `harness/providers/`.

    Names another collection only by string (`transport`, `credential`, `profiles`). `sources` says
    for each fact where it is known from. `adapt` sees the finished request body, last of all.
    """

    name: str
    transport: str
    base_url: str
    model: str
    aliases: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()  # host names that mean this provider when only a URL is known
    key_env: tuple[str, ...] = ()
    base_url_env: str | None = None
    credential: str = "key"
    credential_options: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    headers_for: Callable[[Ask, str], Mapping[str, str]] = _no_headers
    default_max_tokens: Callable[[str], int | None] | int | None = None
    max_tokens_field: Callable[[str], str] | str = "max_tokens"
    temperature: Callable[[str, float | None], float | None] | None = None  # None: as asked
    prepare_messages: Callable[[list[JsonObject], Ask], list[JsonObject]] = _same_messages
    prepare_tools: Callable[[list[JsonObject], Ask], list[JsonObject]] = _same_tools
    adapt: Callable[[JsonObject, Ask], JsonObject] = _same_body
    caching: Callable[[str, str], CachePolicy] = _no_cache  # (model, base_url)
    can: frozenset[str] = (
        frozenset()
    )  # capabilities a scenario may need: tools, reasoning, vision ...
    home: bool = False  # the wire is its own: it stands for the wire where one is enough
    profiles: frozenset[str] = frozenset()  # named legitimate dialects of its wire
    sources: Mapping[str, str] = field(default_factory=dict)
    also: tuple[Provider, ...] = ()  # the same provider on another wire, or at another host
