"""From a target's name to the target: ours by its file, a user's by `module:attribute`."""

from __future__ import annotations

import importlib
from collections.abc import Callable

from harness.contracts import Target
from harness.errors import UsageError
from harness.registry import Room

TARGETS: Room[Callable[[], Target]] = Room(
    "harness.targets", "make", kind="target", group="harness.targets"
)


def make_command(command: str) -> Target:
    """A target in its own process, in any language, that speaks the target protocol."""
    from_command: Callable[[str], Target] = importlib.import_module(
        "harness.targets._process"
    ).from_command
    return from_command(command)


def make_target(name: str) -> Target:
    """A fresh target. `pkg.mod:make` is called without arguments and must give a Target."""
    if ":" not in name:
        return TARGETS.get(name)()
    module, _, attribute = name.partition(":")
    try:
        make = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"target {name!r} cannot be imported",
            found=str(error),
            hint="Name it as package.module:make, importable from where you run",
        ) from error
    except AttributeError as error:
        raise UsageError(
            f"module {module!r} has no {attribute!r}", hint="It must make a Target"
        ) from error
    made = make()
    if not isinstance(made, Target):
        raise UsageError(
            f"{name!r} made no Target",
            found=type(made).__name__,
            hint="A Target has `doors`, start(), open(wire) and stop()",
        )
    return made
