"""The same events inside AWS's binary frames, as Bedrock's InvokeModelWithResponseStream has them.

Each frame's payload is a JSON object whose `bytes` is one event's JSON in base64.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from harness.errors import WireError
from harness.model import Event, Headers, Provider
from harness.transports._failures import classify
from harness.transports.anthropic_messages.reader import MessagesReader
from harness.wire import jsontext
from harness.wire.eventstream import EventStreamDecoder, Frame

CONTENT_TYPE = "application/vnd.amazon.eventstream"
OPENING = base64.b64encode(b'{"type":"message_start"')[:28]  # of the first event; 21 bytes of it


class InvokeReader(MessagesReader):
    def __init__(self, provider: Provider, status: int = 200, headers: Headers = ()) -> None:
        super().__init__(provider, status, headers)
        self.decoder = EventStreamDecoder()

    def frame(self, frame: Any) -> list[Event]:
        if frame.headers.get(":message-type") in ("exception", "error"):
            return self._refused(frame)
        try:
            held = frame.json()
            data = jsontext.loads(base64.b64decode(held["bytes"], validate=True))
        except (WireError, binascii.Error, KeyError, TypeError):
            data = None
        if not isinstance(data, dict):
            self.blocks.damage()
            return self.warn("a frame that holds no event was passed over")
        return self.event(data, data.get("type"), frame.span)

    def _refused(self, frame: Frame) -> list[Event]:
        """The frame's headers name the error; its payload may explain it."""
        named = frame.headers.get(":exception-type") or frame.headers.get(":error-code") or ""
        try:
            said = frame.json()
        except WireError:
            said = None
        message = said.get("message") if isinstance(said, dict) else None
        error = {"type": str(named), "message": str(message or frame.headers.get(":error-message"))}
        return self.fail(classify(None, {"error": error}, self.headers, self.provider))
