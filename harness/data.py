"""Where the built-in scenarios and cassettes are: inside the wheel, or at the top of a checkout."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).parent


def builtin(folder: str) -> Path:
    """The shipped `scenarios` or `cassettes` folder."""
    packed = _PACKAGE / "_builtin" / folder
    return packed if packed.is_dir() else _PACKAGE.parent / folder
