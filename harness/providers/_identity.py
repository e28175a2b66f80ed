"""How we name ourselves, where a server wants a client's name.

No other product's name is shipped. A server that lets only certain clients in is told what the
user's own configuration says: `options.extra_headers` goes over every header of ours.
"""

from __future__ import annotations

from importlib.metadata import version

PRODUCT = "provider-harness"
VERSION = version(PRODUCT)
AGENT = f"{PRODUCT}/{VERSION}"
