"""No credential, new or old, is in a log, a message or a representation."""

from __future__ import annotations

from collections.abc import Iterator

from harness.model import Level, Trace

LEVEL = Level.MUST
WHY = "OWASP ASVS 16.2.5: credentials are not logged."
ONCE = True


def check(trace: Trace, turn: int) -> Iterator[str]:
    """Over the whole case, in everything that the target gave out; `facts.secrets` says what."""
    places = [("an output", text) for text in trace.outputs]
    for report in trace.reports:
        failure = report.outcome.failure
        places += (
            [("an error", failure.message), ("an error", str(failure.provider_data))]
            if failure
            else []
        )
        places += [("a warning", text) for text in report.outcome.warnings]
    for number, secret in enumerate(trace.case.facts.get("secrets", ())):
        for place in sorted({place for place, text in places if secret and secret in text}):
            yield f"secret {number} is in {place}"
