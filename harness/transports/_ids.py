"""An id for a tool call that came without one: the same call always gets the same id, so that a
prompt cache sees the same prefix again."""

from __future__ import annotations

from hashlib import sha256


def call_id(name: str, arguments: str, index: int) -> str:
    said = f"{name}:{arguments}:{index}".encode("utf-8", "surrogatepass")
    return f"call_{sha256(said).hexdigest()[:12]}"
