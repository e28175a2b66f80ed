"""Clients that go on after a cut reply as if nothing had been said."""

from dataclasses import replace

from harness.model import Sent
from miniatures.catalogue import miniature
from miniatures.traces import ASK, TEXT, dying, request, sent, whole

SAID = {"role": "assistant", "content": "".join(TEXT)}
GO_ON = {"role": "user", "content": "Go on."}


def continued():
    """The first reply was cut after its text, and the second one went on from there."""
    cut, rest = dying(2, text=TEXT), whole()
    tape = (*cut.case.tape, *rest.case.tape)
    case = replace(rest.case, tape=tape, regions=(*cut.case.regions, *rest.case.regions))
    following = request(messages=[*ASK.messages, SAID, GO_ON])
    return replace(rest, case=case, sent=(Sent(request(), 0.0, 0), Sent(following, 1.0, 1)))


@miniature("continuation_goes_on", continued)
def asks_the_same_again(trace):
    return sent(trace, request(), request())


@miniature("continuation_goes_on", continued)
def loses_the_end_of_the_part(trace):
    part = {"role": "assistant", "content": TEXT[0]}
    return sent(trace, request(), request(messages=[*ASK.messages, part, GO_ON]))


@miniature("continuation_goes_on", continued)
def puts_the_part_in_place_of_the_question(trace):
    return sent(trace, request(), request(messages=[SAID]))
