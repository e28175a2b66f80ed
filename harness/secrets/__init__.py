"""What is secret: values that somebody told us of, and shapes that keys have.

The rule of this room: it finds, and puts something of the same length in the place of what it has
found. Who may see a value, and what is done when it stands where it must not, others decide.
"""

from harness.secrets.known import Hit, Known
from harness.secrets.masking import environment, masked, masked_bytes

__all__ = ["Hit", "Known", "environment", "masked", "masked_bytes"]
