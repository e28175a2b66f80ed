"""Drives a credential's flow by hand: a server is a function from request to answer."""

import asyncio
import json

from harness.contracts import Await, Pause
from harness.model import Answer, Request

ASK = Request(
    "POST", "https://api.example/v1/chat", (("content-type", "application/json"),), b'{"a": 1}'
)


def drive(credential, server, request=ASK):
    """Every request that was sent, in order, and the last answer."""
    sent, flow, answer = [], credential.flow(request), None
    try:
        step = next(flow)
        while True:
            if isinstance(step, Pause):
                step = flow.send(None)
            elif isinstance(step, Await):
                step = flow.send(asyncio.run(_awaited(step.thing)))
            else:
                sent.append(step)
                answer = server(step)
                if isinstance(answer, BaseException):
                    step = flow.throw(answer)
                else:
                    step = flow.send(answer)
    except StopIteration:
        return sent, answer


async def _awaited(thing):
    return await thing


def answers(*statuses):
    """A server that answers with these statuses, one after the other."""
    left = list(statuses)
    return lambda request: Answer(left.pop(0), (), b'{"error": {"message": "no"}}')


def reply(status=200, **fields):
    return Answer(status, (("content-type", "application/json"),), json.dumps(fields).encode())


class TokenServer:
    """One refresh token is good at a time; `leeway` is whether the one before it gets the same
    answer again, as servers do that know of lost answers."""

    def __init__(self, *, leeway=False, keep=False, fields=None):
        self.number, self.calls, self.leeway, self.keep = 1, [], leeway, keep
        self.fields = fields or {}

    def __call__(self, request):
        if request.url.endswith("/token"):
            self.calls.append(request)
            return self.refresh(request)
        good = request.header("authorization") == f"Bearer access-{self.number}"
        return Answer(200 if good else 401, (), b"" if good else b'{"error": "stale"}')

    def refresh(self, request):
        given = request.header("x-refresh") or _form(request).get("refresh_token")
        if given == f"refresh-{self.number}":
            self.number += 1
        elif not (self.leeway and given == f"refresh-{self.number - 1}"):
            return reply(400, error="refresh_token_reused", error_description=f"{given} was used")
        made = {"access_token": f"access-{self.number}", "token_type": "Bearer", **self.fields}
        if not self.keep:
            made["refresh_token"] = f"refresh-{self.number}"
        else:
            self.number -= 1
            self.keep = False
            made["access_token"] = f"access-{self.number}"
        return reply(**made)


def _form(request):
    text = request.body.decode()
    return dict(pair.split("=", 1) for pair in text.split("&") if "=" in pair)
