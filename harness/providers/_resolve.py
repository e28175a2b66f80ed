"""From what somebody wrote to who is asked, and how: by a name, an alias, `name/model`, or a URL.

Nothing is asked over the network, and nothing is kept: whoever switches to another provider
resolves again, and gets its key, its URL and its wire, with nothing of the one before (J34, N18).
"""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from harness.errors import UsageError
from harness.model import Provider
from harness.providers import _url
from harness.providers._room import PROVIDERS

ANYBODY = "custom"  # the alias of whoever stands for a server that no file knows


@dataclass(frozen=True, slots=True)
class Resolved:
    """`provider` speaks the wire and has the base URL that were resolved; `key` comes from the
    environment variable `key_from`, or there is none."""

    provider: Provider
    model: str
    key: str | None = field(default=None, repr=False)
    key_from: str | None = None


def resolve(
    wanted: str,
    *,
    mode: str | None = None,
    model: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Resolved:
    """`mode` is an api mode; without it the URL decides, or else the provider's own. A model that
    is given goes before one in `name/model`. UsageError for what means nothing."""
    environ = os.environ if environ is None else environ
    wanted = wanted.strip()
    named = _named(wanted)
    if named is not None:
        main, rest = named
        override = environ.get(main.base_url_env or "") or None
        way = _way(main, _url.address(override) if override else None, mode)
    else:
        main, rest = _by_url(wanted), ""
        way = _way(main, _url.address(wanted), mode)
    key_from = next((name for name in main.key_env if environ.get(name)), None)
    key = environ[key_from].strip() if key_from else None
    if key and way.credential == "oauth_refresh" and not _refreshable(way, environ):
        way = replace(way, credential="key", credential_options={})  # it stands alone
    chosen = model or rest or way.model
    return Resolved(replace(way, model=chosen), chosen, key, key_from)


def _named(wanted: str) -> tuple[Provider, str] | None:
    """The provider and the model of a name, an alias or `name/model`; None for an address."""
    known = _names()
    head, _, rest = wanted.partition("/")
    found = known.get(_folded(head))
    if found is not None and "://" not in wanted:
        return PROVIDERS.get(found), rest.strip("/")
    if _url.looks_like_url(wanted) or _known_host(head):
        return None
    close = difflib.get_close_matches(_folded(head), known, n=1)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    raise UsageError(
        f"no provider {head!r}", hint=f"{guess}Known are {', '.join(PROVIDERS.names())}, or a URL"
    )


def _names() -> dict[str, str]:
    """Every name and alias -> the name; a name goes before another's alias."""
    aliases = {_folded(alias): p.name for p in PROVIDERS for alias in p.aliases}
    return aliases | {_folded(name): name for name in PROVIDERS.names()}


def _folded(name: str) -> str:
    return name.strip().lower().replace("_", "-")


def _by_url(wanted: str) -> Provider:
    """Whose host it is; of several, whoever speaks the wire. A stranger's is anybody's."""
    address = _url.address(wanted)
    found = [p for p in PROVIDERS if any(_at_home(way, address.host) for way in _ways(p))]
    if not found:
        return PROVIDERS.get(_names()[ANYBODY])

    def fits(provider: Provider) -> tuple[bool, bool]:
        ways = _ways(provider)
        spoken = address.mode is None or any(way.transport == address.mode for way in ways)
        return spoken, provider.transport == (address.mode or "chat_completions")

    return max(found, key=fits)


def _known_host(host: str) -> bool:
    return "." in host and any(_at_home(way, host) for p in PROVIDERS for way in _ways(p))


def _ways(provider: Provider) -> tuple[Provider, ...]:
    return (provider, *provider.also)


def _at_home(way: Provider, host: str) -> bool:
    return any(host == own or host.endswith(f".{own}") for own in way.hosts)


def _way(main: Provider, address: _url.Address | None, mode: str | None) -> Provider:
    """The way that speaks the wire that is asked for, with the address as its base URL."""
    wanted = mode or (address.mode if address else None)
    ways = [way for way in _ways(main) if wanted is None or way.transport == wanted]
    if not ways:
        spoken = ", ".join(dict.fromkeys(way.transport for way in _ways(main)))
        raise UsageError(
            f"{main.name} does not speak {wanted!r}", hint=f"It is spoken to over {spoken}"
        )
    if address is None:
        return ways[0]
    way = max(ways, key=lambda way: _closeness(way, address))
    return replace(way, base_url=address.based(_path(way, address)))


def _closeness(way: Provider, address: _url.Address) -> tuple[bool, int]:
    own = urlsplit(way.base_url).path.rstrip("/")
    return _at_home(way, address.host), len(own) if address.path.startswith(own) else 0


def _path(way: Provider, address: _url.Address) -> str:
    """The path that was given, completed where it is only the beginning of the declared one."""
    declared = urlsplit(way.base_url).path.rstrip("/")
    return declared if declared.startswith(address.path + "/") else address.path


def _refreshable(way: Provider, environ: Mapping[str, str]) -> bool:
    name = way.credential_options.get("refresh_env")
    return bool(name and environ.get(str(name)))
