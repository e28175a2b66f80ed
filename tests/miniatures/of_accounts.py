"""Clients whose events tell another story than their reply, or that lose what it says of itself."""

from dataclasses import replace

from harness.invariants._wire import delivered
from harness.model import Event, EventKind, Failure, FailureKind, FinishReason, RegionKind, Usage
from miniatures.catalogue import miniature
from miniatures.traces import (
    THOUGHT,
    calling,
    dying,
    erring,
    events,
    failing,
    outcome,
    response,
    whole,
)

STATE = {"model": "m", "raw_finish_reason": "tool_calls"}
CALLS = [{"item": "fc_1"}, None]


def declaring(trace, *features):
    return replace(trace, case=replace(trace.case, facts={"features": features}))


def telling():
    """Declares that it tells its end, in a word."""
    good = declaring(whole(), "finish")
    told = good.reports[0].events
    return events(good, [e._replace(text=e.finish or "") if e.finish else e for e in told])


def broken():
    """An error after the reply had begun, told by an event."""
    good = declaring(erring(), "finish")
    failure = Failure(FailureKind.OVERLOADED, "Overloaded", "overloaded_error")
    end = Event(EventKind.FAILURE, "Overloaded", failure=failure)
    return outcome(events(good, [*good.reports[0].events, end]), kind="error", response=None)


def placed():
    """Each event names the frame that caused it."""
    good = declaring(whole(), "spans")
    units = iter(good.case.regions[0].units)
    told, at = [], None
    for event in good.reports[0].events:
        if event.kind is EventKind.ACTIVITY:
            at = next(units)
        told.append(event._replace(span=at) if event.kind is EventKind.TEXT else event)
    return events(good, told)


def stated():
    good = response(declaring(calling(), "state"), provider_data=dict(STATE))
    calls = good.reports[0].outcome.response.tool_calls
    made = [replace(call, provider_data=data) for call, data in zip(calls, CALLS, strict=True)]
    return response(good, tool_calls=tuple(made))


def parting(**said):
    """A stream that died inside its second call; the client hands on what it had."""
    good = declaring(dying(4 if said else 7, **said), "partial")
    names = [call.names[0] for call in delivered(good, 0).calls]
    return outcome(
        good, dropped=tuple(names), warnings=tuple(f"{name} was dropped" for name in names)
    )


def pondering():
    """A stream that died in its text, after the whole thought."""
    return response(parting(thought=THOUGHT), reasoning="".join(THOUGHT))


def unfinished():
    """The finish is missing, and the usage came."""
    good = declaring(response(dying(4, calls=()), usage=Usage(11, 7)), "partial")
    spans = tuple(s for s in good.case.regions[0].spans if s.kind is not RegionKind.FINISH)
    regions = replace(good.case.regions[0], spans=spans)
    return replace(good, case=replace(good.case, regions=(regions,)))


def changed(trace, kind, **parts):
    told = trace.reports[0].events
    return events(trace, [e._replace(**parts) if e.kind is kind else e for e in told])


def without(trace, kind):
    return events(trace, [event for event in trace.reports[0].events if event.kind is not kind])


@miniature("events_agree_with_reply", whole)
def ends_in_two_ways(trace):
    return changed(trace, EventKind.FINISH, finish=FinishReason.LENGTH)


@miniature("events_agree_with_reply", telling)
def ends_without_a_word(trace):
    return changed(trace, EventKind.FINISH, text="")


@miniature("events_agree_with_reply", telling)
def never_tells_its_end(trace):
    return without(trace, EventKind.FINISH)


@miniature("events_agree_with_reply", broken)
def never_tells_its_failure(trace):
    return without(trace, EventKind.FAILURE)


@miniature("events_agree_with_reply", broken)
def tells_another_failure(trace):
    other = Failure(FailureKind.TIMEOUT, "Overloaded", "overloaded_error")
    return changed(trace, EventKind.FAILURE, failure=other)


@miniature("events_agree_with_reply", broken)
def tells_its_failure_in_other_words(trace):
    return changed(trace, EventKind.FAILURE, text="it broke")


@miniature("events_agree_with_reply", failing)
def fails_only_in_its_events(trace):
    return outcome(trace, failure=None)


@miniature("events_agree_with_reply", telling)
def keeps_its_cost_from_the_events(trace):
    return without(trace, EventKind.USAGE)


@miniature("events_agree_with_reply", whole)
def costs_twice(trace):
    return changed(trace, EventKind.USAGE, usage=Usage(22, 14, 36))


@miniature("events_agree_with_reply", calling)
def names_another_call_in_the_events(trace):
    return changed(trace, EventKind.TOOL_NAME, text="get_news", name="get_news")


@miniature("events_agree_with_reply", calling)
def numbers_a_call_otherwise_in_the_events(trace):
    return changed(trace, EventKind.TOOL_NAME, id="call_x")


@miniature("events_agree_with_reply", calling)
def argues_for_another_call(trace):
    return changed(trace, EventKind.TOOL_ARGUMENTS, name="get_news")


@miniature("events_agree_with_reply", lambda: changed(calling(), EventKind.FINISH, text="x"))
def argues_for_a_call_without_a_name(trace):
    named = changed(trace, EventKind.TOOL_ARGUMENTS, name="get_weather")
    return without(named, EventKind.TOOL_NAME)


@miniature("events_name_their_bytes", placed)
def points_one_byte_beside(trace):
    told = trace.reports[0].events
    return events(
        trace,
        [e._replace(span=e.span._replace(start=e.span.start + 1)) if e.span else e for e in told],
    )


@miniature("events_name_their_bytes", placed)
def forgets_a_place_in_the_middle(trace):
    told = list(trace.reports[0].events)
    first = next(at for at, event in enumerate(told) if event.span)
    told[first] = told[first]._replace(span=None)
    return events(trace, told)


@miniature("events_name_their_bytes", placed)
def names_no_place_at_all(trace):
    return changed(trace, EventKind.TEXT, span=None)


@miniature("state_is", stated, reply=STATE, calls=CALLS)
def loses_its_model(trace):
    return response(trace, provider_data={"raw_finish_reason": "tool_calls"})


@miniature("state_is", stated, reply=STATE, calls=CALLS)
def keeps_what_nobody_sent(trace):
    return response(trace, provider_data={**STATE, "id": "resp_1"})


@miniature("state_is", stated, reply=STATE, calls=CALLS)
def changes_its_reason(trace):
    return response(trace, provider_data={**STATE, "raw_finish_reason": "stop"})


@miniature("state_is", stated, reply=STATE, calls=CALLS)
def loses_the_item_of_a_call(trace):
    calls = trace.reports[0].outcome.response.tool_calls
    return response(trace, tool_calls=tuple(replace(call, provider_data=None) for call in calls))


@miniature("state_is", stated, reply=STATE, calls=CALLS)
def loses_a_call_with_its_state(trace):
    return response(trace, tool_calls=trace.reports[0].outcome.response.tool_calls[:1])


@miniature("state_is", stated, reply=STATE)
def keeps_no_reply_at_all(trace):
    return outcome(trace, response=None)


@miniature("what_arrived_is_kept", parting)
def raises_instead_of_keeping(trace):
    return outcome(trace, kind="error", response=None)


@miniature("what_arrived_is_kept", parting)
def keeps_half_of_the_text(trace):
    return response(trace, content="I will")


@miniature("what_arrived_is_kept", pondering)
def loses_the_thought_of_a_cut_reply(trace):
    return response(trace, reasoning=None)


@miniature("what_arrived_is_kept", parting)
def offers_a_call_of_a_cut_reply(trace):
    return response(trace, tool_calls=calling().reports[0].outcome.response.tool_calls[:1])


@miniature("what_arrived_is_kept", parting)
def names_one_dropped_call_of_two(trace):
    return outcome(trace, dropped=trace.reports[0].outcome.dropped[:1])


@miniature("what_arrived_is_kept", parting)
def drops_without_a_warning(trace):
    return outcome(trace, warnings=())


@miniature("what_arrived_is_kept", unfinished)
def loses_the_usage_of_a_cut_reply(trace):
    return response(trace, usage=None)


@miniature("warns", parting, value=1)
def passes_over_in_silence(trace):
    return outcome(declaring(trace, "warns"), warnings=())


@miniature("warns", lambda: declaring(whole(), "warns"))
def warns_of_nothing(trace):
    return outcome(trace, warnings=("something was odd",))


@miniature("warns", lambda: declaring(whole(), "warns"))
def warns_in_its_events_alone(trace):
    return events(trace, [*trace.reports[0].events, Event(EventKind.WARNING, "it was odd")])


@miniature("events_agree_with_reply", telling)
def tells_no_text(trace):
    return without(trace, EventKind.TEXT)
