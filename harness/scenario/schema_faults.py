"""What a JSON Schema has against a document, as sentences with places and guesses."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any

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


def did_you_mean(word: Any, candidates: Iterable[str]) -> str:
    known = [str(candidate) for candidate in candidates]
    close = difflib.get_close_matches(str(word), known, n=1, cutoff=0.5)
    if close:
        return f"Did you mean {close[0]!r}?"
    return f"Known: {', '.join(sorted(known))}" if known else ""


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
    return error.validator in {"type", "required"} and len(error.path) == 0


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
                yield HarnessError(
                    f"unknown key {key!r}{spot}", where=place, hint=did_you_mean(key, known)
                )
    elif error.validator == "required":
        for key in wanted:
            if key not in instance:
                hint = shape.get("properties", {}).get(key, {}).get("description", "")
                yield HarnessError(f"{key!r} is missing{spot}", where=where, hint=hint)
    elif error.validator in {"enum", "const"}:
        allowed = wanted if error.validator == "enum" else [wanted]
        yield HarnessError(
            f"not an allowed value{spot}",
            where=where,
            found=repr(error.instance),
            hint=did_you_mean(instance, map(str, allowed)),
        )
    elif error.validator in {"oneOf", "anyOf"}:
        yield _no_shape(error, document, spot)
    else:
        yield HarnessError(_plain(error) + spot, where=where, found=_short(error.instance))


def _no_shape(error: ValidationError, document: Document, spot: str) -> HarnessError:
    path = tuple(error.absolute_path)
    choices: Any = error.validator_value
    shape: Any = error.schema
    branches = [_resolved(branch) for branch in choices]
    names = [key for branch in branches for key in branch.get("required", ())]
    if isinstance(error.instance, dict) and names:
        unknown = [
            key
            for key in error.instance
            if not any(key in b.get("properties", {}) for b in branches)
        ]
        subject = unknown[0] if unknown else next(iter(error.instance), "")
        place = document.where_key((*path, subject)) if subject else document.where(path)
        return HarnessError(
            f"none of the allowed shapes{spot}",
            where=place,
            found=f"key {subject!r}" if subject else "an empty mapping",
            hint=did_you_mean(subject, names),
        )
    kinds = sorted({str(b.get("type", "another shape")) for b in branches})
    return HarnessError(
        f"none of the allowed shapes{spot}",
        where=document.where(path),
        found=_short(error.instance),
        hint=f"Expected: {' or '.join(kinds)}. {shape.get('description', '')}".strip(),
    )


def _resolved(branch: Any) -> dict[str, Any]:
    reference = branch.get("$ref", "") if isinstance(branch, dict) else ""
    if reference.startswith("#/$defs/"):
        found: dict[str, Any] = validator("scenario").schema["$defs"][reference[8:]]
        return found
    return branch if isinstance(branch, dict) else {}


def _spot(path: tuple[str | int, ...]) -> str:
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return f" in {text.lstrip('.')}" if text else ""


_PLAIN = {
    "type": "must be {}",
    "minItems": "must not be empty",
    "minLength": "must have at least {} characters",
    "maxLength": "must have at most {} characters",
    "minimum": "must be at least {}",
    "maximum": "must be at most {}",
    "exclusiveMinimum": "must be more than {}",
    "pattern": "must match {}",
    "minProperties": "must have at least {} keys",
    "maxProperties": "must have at most {} key",
}


def _plain(error: ValidationError) -> str:
    sentence = _PLAIN.get(str(error.validator))
    return sentence.format(error.validator_value) if sentence else error.message


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
