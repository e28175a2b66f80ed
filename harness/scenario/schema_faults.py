"""What a JSON Schema has against a document, as sentences with places and guesses."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

import yaml
from jsonschema import ValidationError

from harness.errors import HarnessError
from harness.scenario.positions import Document
from harness.schemas import validator


def faults(document: Document, schema: str) -> list[HarnessError]:
    """Every fault of the document, in the order of the file."""
    errors = validator(schema).iter_errors(document.value)
    found = [fault for error in errors for leaf in _leaves(error) for fault in _say(leaf, document)]
    found += document.duplicates
    found.sort(
        key=lambda fault: (
            (fault.where.line or 0, fault.where.column or 0) if fault.where else (0, 0)
        )
    )
    unique = {fault.render(): fault for fault in found}
    return list(unique.values())


_MOST_NAMES = 20  # in one message


def did_you_mean(word: Any, candidates: Iterable[str]) -> str:
    known = sorted({str(candidate) for candidate in candidates})
    close = difflib.get_close_matches(str(word), known, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {close[0]!r}?"
    more = f" ... ({len(known)} in all)" if len(known) > _MOST_NAMES else ""
    return f"Known: {', '.join(known[:_MOST_NAMES])}{more}" if known else ""


def _leaves(error: ValidationError) -> Iterator[ValidationError]:
    """For a choice between shapes, the faults of the shape that was probably meant."""
    if error.validator not in {"oneOf", "anyOf"} or not error.context:
        yield error
        return
    branches: dict[int, list[ValidationError]] = {}
    for inner in error.context:
        branches.setdefault(int(inner.schema_path[0]), []).append(inner)
    meant = [inner for inner in branches.values() if not any(_wrong_shape(e) for e in inner)]
    if len(meant) == 1 or (meant and len(branches) == len(meant)):
        for inner_error in min(meant, key=len):
            yield from _leaves(inner_error)
    else:
        yield error


def _wrong_shape(error: ValidationError) -> bool:
    if len(error.path):
        return False
    if error.validator in {"oneOf", "anyOf"}:
        branches: dict[int, bool] = {}
        for inner in error.context or ():
            branch = int(inner.schema_path[0])
            branches[branch] = branches.get(branch, False) or _is_other_type(inner)
        return bool(branches) and all(branches.values())
    return error.validator in {"type", "required"}


def _is_other_type(error: ValidationError) -> bool:
    return error.validator == "type" and len(error.path) == 0


def _say(error: ValidationError, document: Document) -> Iterator[HarnessError]:
    path = tuple(error.absolute_path)
    where = document.where(path)
    spot = _spot(path)
    shape: Any = error.schema
    wanted: Any = error.validator_value
    instance: Any = error.instance
    if error.validator == "additionalProperties":
        known = shape.get("properties", {})
        for key in instance:
            if key not in known:
                place = document.where_key((*path, key))
                what = f"unknown key {str(key)!r}{_inside(spot)}"
                yield HarnessError(what, where=place, hint=did_you_mean(key, known))
    elif error.validator == "required":
        for key in wanted:
            if key not in instance:
                hint = _told(shape.get("properties", {}).get(key, {}))
                yield HarnessError(f"{key!r} is missing{_inside(spot)}", where=where, hint=hint)
    elif error.validator in {"enum", "const"}:
        allowed = wanted if error.validator == "enum" else [wanted]
        what = f"{spot or 'this'} has a value that is not allowed"
        hint = did_you_mean(instance, map(str, allowed))
        yield HarnessError(what, where=where, found=repr(instance), hint=hint)
    elif error.validator in {"oneOf", "anyOf"}:
        yield _no_shape(error, document, spot)
    else:
        what = f"{spot or 'this'} {_plain(error)}"
        yield HarnessError(what, where=where, found=_short(instance), hint=_told(shape))


def _no_shape(error: ValidationError, document: Document, spot: str) -> HarnessError:
    path = tuple(error.absolute_path)
    choices: Any = error.validator_value
    shape: Any = error.schema
    branches = [_resolved(branch) for branch in choices]
    names = [key for branch in branches for key in branch.get("required", ())]
    if not isinstance(error.instance, dict) or not names:
        kinds = sorted({str(b.get("type", "mapping")) for b in branches})
        what = f"{spot or 'this'} must be {' or '.join(_TYPES.get(k, k) for k in kinds)}"
        return HarnessError(
            what, where=document.where(path), found=_short(error.instance), hint=_told(shape)
        )
    told = [key for key in error.instance if key in names]
    unknown = [
        key for key in error.instance if not any(key in b.get("properties", {}) for b in branches)
    ]
    if len(told) > 1:
        what = f"{' and '.join(map(repr, told))} exclude each other{_inside(spot)}"
        return HarnessError(
            what, where=document.where_key((*path, told[1])), hint="Make two entries of it"
        )
    subject = unknown[0] if unknown else next(iter(error.instance), "")
    if not subject:
        what = f"{spot or 'this'} is an empty mapping"
        return HarnessError(what, where=document.where(path), hint=did_you_mean("", names))
    what = f"unknown key {str(subject)!r}{_inside(spot)}"
    return HarnessError(
        what, where=document.where_key((*path, subject)), hint=did_you_mean(subject, names)
    )


def _told(shape: Any) -> str:
    """What a schema says of a value, with an example."""
    if not isinstance(shape, dict):
        return ""
    examples = shape.get("examples", ())
    parts = [str(shape.get("description", "")).removesuffix(".")]
    parts += [f"For example: {_yaml(examples[0])}"] if examples else []
    return ". ".join(part for part in parts if part)


def _yaml(value: Any) -> str:
    """A value on one line, as a scenario would write it."""
    if isinstance(value, str):
        return value
    text: str = yaml.safe_dump(value, default_flow_style=True, width=10_000, sort_keys=False)
    return text.removesuffix("...\n").strip()


def _resolved(branch: Any) -> dict[str, Any]:
    reference = branch.get("$ref", "") if isinstance(branch, dict) else ""
    if reference.startswith("#/$defs/"):
        found: dict[str, Any] = validator("scenario").schema["$defs"][reference[8:]]
        return found
    return branch if isinstance(branch, dict) else {}


def _spot(path: tuple[str | int, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.lstrip(".")


def _inside(spot: str) -> str:
    return f" in {spot}" if spot else ""


_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a mapping",
    "mapping": "a mapping",
    "null": "empty",
}

_PLAIN = {
    "minItems": "must not be empty",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "pattern": "is not written as it must be",
    "minProperties": "needs at least {} keys",
    "maxProperties": "takes only {} key (make two entries of it)",
}


def _plain(error: ValidationError) -> str:
    wanted: Any = error.validator_value
    if error.validator == "type":
        kinds = wanted if isinstance(wanted, list) else [wanted]
        return f"must be {' or '.join(_TYPES[kind] for kind in kinds)}"
    sentence = _PLAIN.get(str(error.validator))
    return sentence.format(wanted) if sentence else error.message


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
