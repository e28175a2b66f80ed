"""Cassettes: vcrpy files and more. What vcrpy cannot say (pieces, delays, ending) stands beside.

`lint`, `show` and `importing` are imported by name, by those who need them: they load more.
"""

from harness.cassette.read import load, loads
from harness.cassette.value import Cassette, Note
from harness.cassette.write import dumps, save

__all__ = ["Cassette", "Note", "dumps", "load", "loads", "save"]
