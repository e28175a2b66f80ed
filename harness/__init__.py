"""A record-and-replay conformance harness for LLM provider transports."""
