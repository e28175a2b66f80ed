"""A secret's way into a header, and nothing else. Every kind passes its secrets through here."""

from __future__ import annotations

from dataclasses import replace

from harness.errors import CredentialError
from harness.model import Request


def header_safe(secret: str, *, what: str = "the key", clean: bool = False) -> str:
    """The secret as it may stand in a header; blanks around it are a file's, not the key's.

    A look-alike letter or a control character is an error that names its position and never the
    key; with `clean` (opt-in, L09) such characters are left out instead.
    """
    bare = secret.strip()
    offset = len(secret) - len(secret.lstrip())
    wrong = [index for index, char in enumerate(bare) if not "!" <= char <= "~"]
    if wrong and clean:
        bare = "".join(char for char in bare if "!" <= char <= "~")
    elif wrong:
        char = bare[wrong[0]]
        kind = "a blank" if char.isspace() else "a control character"
        raise CredentialError(
            f"{what} cannot go into a header",
            found=f"{kind if char <= chr(127) else 'a non-ASCII character'} "
            f"at position {offset + wrong[0] + 1} of {len(secret)}",
            hint="Copy the key again from where it was issued, as plain text",
        )
    if not bare:
        raise CredentialError(f"{what} is empty", hint="Set it, or use no credential at all")
    return bare


def forms_of(secret: str) -> set[str]:
    """The secret as it was given, and as it stands in a header: neither may be seen."""
    bare = secret.strip()
    return {secret, bare, "".join(char for char in bare if "!" <= char <= "~")} - {""}


def signed(request: Request, header: str, value: str) -> Request:
    """The same request, body untouched, with this header in place of any of its name."""
    kept = tuple(pair for pair in request.headers if pair[0].lower() != header.lower())
    return replace(request, headers=(*kept, (header, value)))
