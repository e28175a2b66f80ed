"""Takes whatever came for a whole reply, and keeps quiet about what was wrong."""

from dataclasses import replace

from harness.model import FinishReason, NormalizedResponse, OutcomeKind
from harness.targets.reference import Reference


class _Session:
    def __init__(self, inner):
        self.inner = inner

    def run(self, turn):
        report = self.inner.run(turn)
        response = report.outcome.response or NormalizedResponse()
        said = (response.content or "").partition("⚠")[0].strip()
        response = replace(response, content=said or None, finish_reason=FinishReason.STOP)
        outcome = replace(
            report.outcome, kind=OutcomeKind.COMPLETE, response=response, failure=None, warnings=()
        )
        return replace(report, outcome=outcome)

    def close(self):
        self.inner.close()


class InventsStop(Reference):
    def open(self, wire):
        return _Session(super().open(wire))
