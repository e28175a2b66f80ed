"""Every exception of the house.

HarnessError                what, where, what was found, what to do
|- UsageError               a name or option that does not exist
|  `- NotInstalled          an optional package that the asked thing needs
|- FileError                a file of ours or a stranger's that cannot be used
|  |- CassetteError
|  `- ScenarioError         carries every fault of the file at once
|- WireError                the peer's bytes break their own protocol
|  |- FramingError
|  |- ChecksumError
|  |- CodingError
|  `- LimitError            more than a declared limit
|- CredentialError          the key or its state cannot be used; never holds a secret
|  `- AuthenticationFailed  the server's 401 after all that could be done
|- TargetError              the adapter, not the client, is broken: errored, never failed
|- NotApplicable            a fault that this wire or this body has no place for
`- SecretFound              a gate closed: nothing was written

UnexpectedRequest(BaseException)   not an Exception: no client may swallow or retry it
WaitsForEver(BaseException)        neither is this
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Where:
    file: str | Path | None = None
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [str(part) for part in (self.file, self.line, self.column) if part is not None]
        return ":".join(parts)


class HarnessError(Exception):
    """`what` happened, `where`, what was `found`, and what to do (`hint`)."""

    def __init__(
        self, what: str, *, where: Where | None = None, found: str = "", hint: str = ""
    ) -> None:
        self.what, self.where, self.found, self.hint = what, where, found, hint
        super().__init__(self.render())

    def render(self) -> str:
        text = f"{self.where}: {self.what}" if self.where and str(self.where) else self.what
        if self.found:
            text += f", found {self.found}"
        stop = "" if text.endswith(".") else "."
        return f"{text}{stop} {self.hint}" if self.hint else text


class UsageError(HarnessError):
    pass


class NotInstalled(UsageError):
    """`hint` is the line that installs it."""


class FileError(HarnessError):
    pass


class CassetteError(FileError):
    pass


class ScenarioError(FileError):
    """All faults of one file; the first is the message's subject."""

    def __init__(self, faults: list[HarnessError]) -> None:
        self.faults = faults
        first = faults[0]
        super().__init__(first.what, where=first.where, found=first.found, hint=first.hint)

    def render(self) -> str:
        return "\n".join(fault.render() for fault in self.faults)


class WireError(HarnessError):
    """`offset` is where in the body the protocol was broken."""

    def __init__(
        self, what: str, *, offset: int | None = None, found: str = "", hint: str = ""
    ) -> None:
        self.offset = offset
        at = f" at byte {offset}" if offset is not None else ""
        super().__init__(what + at, found=found, hint=hint)


class FramingError(WireError):
    pass


class ChecksumError(WireError):
    pass


class CodingError(WireError):
    pass


class LimitError(WireError):
    pass


class CredentialError(HarnessError):
    pass


class AuthenticationFailed(CredentialError):
    status = 401


class TargetError(HarnessError):
    pass


class NotApplicable(HarnessError):
    pass


class SecretFound(HarnessError):
    pass


class UnexpectedRequest(BaseException):
    """A request that no exchange expects. SDKs wrap or retry any Exception, so this is none."""


class WaitsForEver(BaseException):
    """The target declared no timeout and the peer sends nothing more: on a socket it would hang.

    Not an Exception, so that no client may swallow or retry it."""
