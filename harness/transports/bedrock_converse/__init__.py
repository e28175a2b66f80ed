"""Bedrock's Converse and ConverseStream."""

from harness.transports.bedrock_converse.transport import TRANSPORT

__all__ = ["TRANSPORT"]
