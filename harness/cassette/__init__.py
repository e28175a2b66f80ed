"""Cassettes: vcrpy files and more."""

from harness.cassette.load import Cassette, load

__all__ = ["Cassette", "load"]
