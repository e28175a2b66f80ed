"""Which URLs a secret may be sent to: an allow-list, because some URLs come from the network."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection
from urllib.parse import urlsplit

from harness.errors import CredentialError


def is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def allowed(url: str, hosts: Collection[str]) -> bool:
    """https to a listed host, exactly; plain http to this machine alone."""
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").rstrip(".")
        _ = parts.port
    except ValueError:
        return False
    if parts.username is not None or parts.password is not None:
        return False
    if is_loopback(host):
        return parts.scheme in {"http", "https"}
    return parts.scheme == "https" and host in hosts


def own_url(url: str, what: str) -> str:
    """A URL of the user's or the provider's own file: trusted, but not in the clear."""
    host = urlsplit(url).hostname
    if host is None or not allowed(url, {host}):
        raise CredentialError(
            f"{what} must be https, or http on this machine",
            found=f"{urlsplit(url).scheme or 'no scheme'} to {host or 'no host'}",
        )
    return url
