"""The conformance suite against a broken reader: a mutant that no case notices is a gap.

A seeded sample of small faults is put into the readers and the framing, one at a time, and the
cases whose lines meet the fault are run. Nothing but the scenarios may catch it.
"""
