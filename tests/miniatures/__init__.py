"""Targets wrong in exactly one known way: the proof that an invariant can fail."""
