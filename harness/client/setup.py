"""Who is asked, and what a client of it knows: shared by all its asks, blocking or awaited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypedDict

from harness.client import recoveries
from harness.client.caching import mark
from harness.client.clock import RealClock
from harness.client.masking import masked
from harness.client.policy import Policy
from harness.contracts import Clock, Credential, Endpoint, ProviderTransport
from harness.model import Ask, Event, Failure, Provider, Request


class Settings(TypedDict, total=False):
    """What a client may be given by name, the same for both clients. `base_url` goes before the
    provider's; `options` is the endpoint's (a region ...)."""

    base_url: str | None
    clock: Clock
    policy: Policy
    options: Mapping[str, Any]
    on_event: Callable[[Event], object] | None
    on_activity: Callable[[], object] | None


@dataclass(slots=True)
class Memory:
    """What a client has learnt of its server, for the asks to come."""

    whole: bool = False  # the server refuses streams
    lasting: tuple[recoveries.Recovery, ...] = ()


@dataclass(slots=True)
class Setup:
    """Who is asked, how, and with what patience; shared by the asks of one client."""

    provider: Provider
    transport: ProviderTransport
    credential: Credential | None = None
    clock: Clock = field(default_factory=RealClock)
    policy: Policy = field(default_factory=Policy)
    base_url: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    on_event: Callable[[Event], object] | None = None
    on_activity: Callable[[], object] | None = None
    memory: Memory = field(default_factory=Memory)

    @property
    def url(self) -> str:
        """The caller's URL, else one that the credential's server named, else the provider's."""
        named: str | None = getattr(self.credential, "base_url", None)
        return self.base_url or named or self.provider.base_url

    def hide(self, failure: Failure) -> Failure:
        """The failure without the credential: servers repeat the key that they refuse."""
        if self.credential is None:
            return failure
        return masked(failure, self.credential.secrets())

    def build(self, ask: Ask) -> Request:
        transport, provider = self.transport, self.provider
        policy = provider.caching(ask.model or provider.model, self.url)
        if policy.enabled and self.policy.caching:
            converted = transport.convert_messages(ask.messages, provider, ask)
            kwargs = transport.build_kwargs(ask, provider, mark(converted, policy))
        else:
            kwargs = transport.build_kwargs(ask, provider)
        request = transport.build_request(kwargs, provider, Endpoint(self.url, self.options))
        for recovery in self.memory.lasting:
            request = recoveries.apply(recovery, request) or request
        return request
