"""Takes whatever came for a whole reply."""

from dataclasses import replace

from harness.model import FinishReason, OutcomeKind
from harness.targets.reference import Reference


class _Session:
    def __init__(self, inner):
        self.inner = inner

    def run(self, turn):
        report = self.inner.run(turn)
        response = replace(report.outcome.response, finish_reason=FinishReason.STOP)
        outcome = replace(report.outcome, kind=OutcomeKind.COMPLETE, response=response)
        return replace(report, outcome=outcome)

    def close(self):
        self.inner.close()


class InventsStop(Reference):
    def open(self, wire):
        return _Session(super().open(wire))
