"""What to tell somebody whose upstream shows a certificate that is not trusted."""

from __future__ import annotations

import re

_WHY = re.compile(r"certificate verify failed: (.+?)(?: \(_ssl\.c:\d+\))?\Z", re.DOTALL)
HINT = "Where it is of a CA of your own, set SSL_CERT_FILE to that CA's file"


def untrusted(message: str) -> str | None:
    """In a sentence, from what the TLS library says; None where a connection failed otherwise."""
    found = _WHY.search(message)
    return f"its certificate is not trusted: {found[1]}. {HINT}" if found else None
