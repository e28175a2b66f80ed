"""How a cassette comes to be: captured at the transport, scrubbed, looked at by a gate, saved.

The rule of this room: nothing that was not scrubbed and let through by the gate is ever given to a
file, a log or a terminal, temporary files included.
"""

from harness.record.gate import check
from harness.record.scrub import Scrubber, scrub
from harness.record.tape import Mode, Tape, recording
from harness.secrets.known import Known

__all__ = ["Known", "Mode", "Scrubber", "Tape", "check", "recording", "scrub"]
