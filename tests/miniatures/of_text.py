"""Clients that lose, double, mix or hide what was said."""

from dataclasses import replace

from harness.model import Event, EventKind
from miniatures.catalogue import miniature
from miniatures.traces import calling, dying, events, response, thinking, whole


def tags():
    return whole(text=("Write <think> in code. ", "Done."))


def declining():
    """The model refuses in a field of its own."""
    good = whole(text=("I cannot.",))
    meaning = replace(good.case.turns[0].meaning, provider_data={"refusal": "I cannot."})
    case = replace(good.case, turns=(replace(good.case.turns[0], meaning=meaning),))
    return replace(good, case=case)


def ticking():
    """A target that says that it ticks."""
    good = whole()
    return replace(good, case=replace(good.case, facts={"features": ("activity",)}))


@miniature("text_is_exact", whole)
def loses_a_character(trace):
    return response(trace, content="I will look")


@miniature("text_is_exact", whole, value="I will look.")
def loses_all_text(trace):
    return response(trace, content=None)


@miniature("text_is_kept", dying)
def throws_partial_text_away(trace):
    silent = [e for e in trace.reports[0].events if e.kind is not EventKind.TEXT]
    return response(events(trace, silent), content=None)


@miniature("text_is_monotone", whole)
def takes_text_back(trace):
    return response(trace, content="look.")


@miniature("text_is_monotone", whole)
def shows_text_twice(trace):
    return events(trace, [*trace.reports[0].events, Event(EventKind.TEXT, "I will ")])


@miniature("deltas_equal_final", whole)
def skips_a_delta(trace):
    told = list(trace.reports[0].events)
    told.remove(Event(EventKind.TEXT, "look."))
    return events(trace, told)


@miniature("deltas_equal_final", thinking)
def skips_a_thought(trace):
    told = list(trace.reports[0].events)
    told.remove(Event(EventKind.REASONING, "the weather."))
    return events(trace, told)


@miniature("deltas_equal_final", calling)
def skips_an_argument(trace):
    told = list(trace.reports[0].events)
    told.remove(Event(EventKind.TOOL_ARGUMENTS, '"Oslo"}', 0))
    return events(trace, told)


@miniature("first_delta_once", whole)
def signals_the_first_delta_twice(trace):
    return events(trace, [Event(EventKind.FIRST_DELTA), *trace.reports[0].events])


@miniature("first_delta_once", whole)
def signals_the_first_delta_last(trace):
    first, *others = trace.reports[0].events
    return events(trace, [*others, first])


@miniature("first_delta_once", whole)
def declares_a_first_delta_and_has_none(trace):
    facts = {"features": ("first_delta",)}
    trace = replace(trace, case=replace(trace.case, facts=facts))
    return events(trace, trace.reports[0].events[1:])


@miniature("activity_per_piece", ticking)
def ticks_once(trace):
    tick = Event(EventKind.ACTIVITY)
    others = [e for e in trace.reports[0].events if e.kind is not EventKind.ACTIVITY]
    return events(trace, [tick, *others])


@miniature("activity_per_piece", ticking)
def ticks_without_end(trace):
    return events(trace, [*trace.reports[0].events, *[Event(EventKind.ACTIVITY)] * 50])


@miniature("activity_per_piece", ticking)
def says_that_it_ticks_and_does_not(trace):
    return events(trace, [e for e in trace.reports[0].events if e.kind is not EventKind.ACTIVITY])


@miniature("first_delta_once", thinking)
def thinks_before_the_first_delta(trace):
    first, *others = trace.reports[0].events
    at = next(i for i, event in enumerate(others) if event.kind is EventKind.REASONING)
    return events(trace, [*others[: at + 1], first, *others[at + 1 :]])


@miniature("prose_is_not_stripped", tags, value=["<think> in code"])
def strips_prose(trace):
    return response(trace, content="Write ")


@miniature("refusal_is_kept", declining)
def drops_the_refusal(trace):
    return response(trace, content=None, provider_data=None)


@miniature("reasoning_is_kept", thinking)
def drops_reasoning(trace):
    return response(trace, reasoning=None)


@miniature("reasoning_is_kept", thinking)
def doubles_reasoning(trace):
    return response(trace, reasoning="They want the weather." * 2)


def dying_in_thought():
    good = dying(2, thought=("They want ", "the weather."))
    return response(good, reasoning="They want the weather.")


@miniature("reasoning_is_kept", dying_in_thought)
def drops_partial_reasoning(trace):
    silent = [e for e in trace.reports[0].events if e.kind is not EventKind.REASONING]
    return response(events(trace, silent), reasoning=None)


@miniature("reasoning_stays_out_of_text", thinking)
def shows_thoughts(trace):
    return response(trace, content="They want the weather. I will look.")


@miniature("reasoning_stays_out_of_text", thinking)
def shows_a_tag(trace):
    return response(trace, content="</think>I will look.")


@miniature("reasoning_stays_out_of_text", thinking)
def streams_thoughts_as_text(trace):
    told = trace.reports[0].events
    return events(trace, [Event(EventKind.TEXT, "the weather."), *told])
