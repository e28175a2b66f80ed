"""A wire for tests of the client alone: a line is an event, so a test reads like what happens.

`T words`, `R thought`, `C name` (a call begins), `A arguments`, `D` (the call is whole), `E error`,
`F reason`, and `.` which ends it all.
"""

import copy
import json

from harness.model import (
    Ending,
    Event,
    EventKind,
    Failure,
    FailureKind,
    FinishReason,
    NormalizedResponse,
    Outcome,
    OutcomeKind,
    Provider,
    Request,
    ToolCall,
)

BACKEND = Provider(name="toy", transport="toy", base_url="http://127.0.0.1:9/v1", model="m")


class ToyReader:
    def __init__(self, whole=False):
        self.rest, self.text, self.thought = b"", "", ""
        self.calls, self.open = [], None
        self.finish = self.failure = None
        self.finished = False
        self.outcome = Outcome(OutcomeKind.INTERRUPTED)

    def fork(self):
        return copy.deepcopy(self)

    def feed(self, data):
        self.rest += data
        *lines, self.rest = self.rest.split(b"\n")
        events = []
        for line in lines:
            if not self.finished:
                events += self.line(line.decode())
        return events

    def line(self, line):
        kind, _, words = line.partition(" ")
        if kind == "T":
            self.text += words
            return [Event(EventKind.TEXT, words)]
        if kind == "R":
            self.thought += words
            return [Event(EventKind.REASONING, words)]
        if kind == "C":
            self.open = [words, ""]
            return [Event(EventKind.TOOL_NAME, words, len(self.calls))]
        if kind == "A":
            self.open[1] += words
            return [Event(EventKind.TOOL_ARGUMENTS, words, len(self.calls))]
        if kind == "D":
            self.calls.append(ToolCall("id", *self.open))
            self.open = None
        if kind == "E":
            lost = "connection lost" in words
            self.failure = Failure(FailureKind.SERVER_ERROR, words, "said", transient=lost)
            self.finished = True
        if kind == "F":
            self.finish = FinishReason(words)
        self.finished = self.finished or kind == "."
        return []

    def end(self, how=Ending.COMPLETE):
        response = NormalizedResponse(self.text or None, reasoning=self.thought or None)
        dropped = (self.open[0],) if self.open else ()
        if self.failure is None and self.finished and not self.finish and not self.text:
            self.failure = Failure(FailureKind.EMPTY_STREAM, "empty", "empty", transient=True)
        if self.failure is not None:
            self.outcome = Outcome(OutcomeKind.ERROR, None, self.failure, dropped)
            return [Event(EventKind.FAILURE, failure=self.failure)]
        if not self.finished or how not in {Ending.COMPLETE, Ending.CLIENT_CLOSED}:
            self.outcome = Outcome(OutcomeKind.INTERRUPTED, response, None, dropped)
            return []
        response = NormalizedResponse(
            self.text or None, tuple(self.calls) or None, self.finish, self.thought or None
        )
        self.outcome = Outcome(OutcomeKind.COMPLETE, response)
        return [Event(EventKind.FINISH, finish=self.finish)]


class ToyTransport:
    name = wire = "toy"

    def convert_messages(self, messages, provider, ask):
        return [dict(message) for message in messages]

    def build_kwargs(self, ask, provider, converted=None):
        messages = list(ask.messages) if converted is None else converted
        body = {"model": ask.model or provider.model, "messages": messages, "stream": ask.stream}
        body |= {"max_tokens": ask.max_tokens} if ask.max_tokens else {}
        return body | dict(ask.options)

    def build_request(self, kwargs, provider, endpoint):
        headers = (("content-type", "application/json"), *provider.headers.items())
        return Request("POST", endpoint.base_url + "/say", headers, json.dumps(kwargs).encode())

    def reader(self, provider, status=200, headers=()):
        return ToyReader()

    def read_failure(self, answer, provider):
        kinds = {401: FailureKind.AUTHENTICATION, 429: FailureKind.RATE_LIMIT}
        transient = answer.status in {429, 500, 502, 503}
        after = answer.header("retry-after")
        return Failure(
            kinds.get(answer.status, FailureKind.INVALID_REQUEST),
            answer.body.decode("utf-8", "replace"),
            "said",
            answer.status,
            transient,
            float(after) if after else None,
        )


TOY = ToyTransport()
