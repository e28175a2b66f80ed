"""The shipped JSON Schemas: what outsiders may rely on, and what every document is checked by."""

from __future__ import annotations

import json
from functools import cache
from importlib import resources
from typing import Any

import jsonschema
from referencing import Registry, Resource


def names() -> list[str]:
    """Of every shipped schema."""
    ending = ".schema.json"
    files = (entry.name for entry in resources.files(__name__).iterdir())
    return sorted(name.removesuffix(ending) for name in files if name.endswith(ending))


@cache
def schema(name: str) -> dict[str, Any]:
    text = resources.files(__name__).joinpath(f"{name}.schema.json").read_text("utf-8")
    loaded: dict[str, Any] = json.loads(text)
    return loaded


@cache
def validator(name: str, definition: str | None = None) -> Any:
    """For the whole document, or for one of its `$defs`."""
    whole = schema(name)
    chosen = whole
    if definition is not None:
        chosen = {"$ref": f"#/$defs/{definition}", "$defs": whole["$defs"]}
    return jsonschema.Draft202012Validator(chosen, registry=_registry())


@cache
def _registry() -> Registry[Any]:
    """So that one schema may use what another defines."""
    every = map(schema, names())
    return Registry().with_resources((one["$id"], Resource.from_contents(one)) for one in every)
