"""From a target's name to the target: ours by its file, a user's by `module:attribute`."""

from __future__ import annotations

import importlib
import inspect
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
        if name not in TARGETS.names():
            told = TARGETS.unknown(name)
            raise UsageError(told.what, hint=f"Your own is package.module:make. {told.hint}")
        return TARGETS.get(name)()
    module, _, attribute = name.partition(":")
    try:
        make = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise UsageError(
            f"target {name!r} cannot be imported",
            found=str(error),
            hint="Name it as package.module:make, importable from where you run; under pytest, "
            'pythonpath = ["."] in [tool.pytest.ini_options] makes it so',
        ) from error
    except AttributeError as error:
        raise UsageError(
            f"module {module!r} has no {attribute!r}", hint="It must make a Target"
        ) from error
    _check_callable(name, make)
    made = make()
    if not isinstance(made, Target):
        raise UsageError(
            f"{name!r} made no Target",
            found=type(made).__name__,
            hint="A Target has `doors`, start(), open(wire) and stop()",
        )
    return made


def _check_callable(name: str, make: object) -> None:
    """A usual slip is the name of the session's class, or of a module's constant."""
    try:
        inspect.signature(make).bind()  # type: ignore[arg-type]  # what is no callable is told too
    except TypeError as error:
        raise UsageError(
            f"{name!r} cannot be called without arguments",
            found=str(error),
            hint="Name a function that takes none and returns a Target",
        ) from error
    except ValueError:
        return  # a function of C that tells nobody what it takes
