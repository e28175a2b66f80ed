"""Clients that spoil tool calls: their names, arguments, ids, number and order."""

from dataclasses import replace

from harness.model import Event, EventKind, FinishReason, OutcomeKind, ToolCall
from miniatures.catalogue import miniature
from miniatures.traces import OSLO, calling, dying, events, outcome, response, whole


def calls(trace, **changes):
    """The trace with its first call changed."""
    first, *others = trace.reports[0].outcome.response.tool_calls
    return response(trace, tool_calls=(replace(first, **changes), *others))


def dying_after_a_call():
    """The first call came whole, the second half; the client kept the first."""
    good = dying(7)
    kept = ToolCall("call_a", "get_weather", '{"city": "Oslo"}')
    return outcome(response(good, tool_calls=(kept,)), dropped=("get_time",))


@miniature("tool_names_are_atomic", calling)
def appends_repeated_names(trace):
    return calls(trace, name="get_weatherget_weather")


def repeating():
    """The wire says each name in every fragment."""
    good = calling()
    regions = good.case.regions[0]
    named = [span for span in regions.spans if span.kind == "tool_name"]
    again = [span._replace(unit=span.unit + more) for span in named for more in (1, 2)]
    spans = tuple(sorted([*regions.spans, *again], key=lambda span: span.unit))
    turn = replace(good.case.turns[0], meaning=None)
    regions = (replace(regions, spans=spans),)
    return replace(good, case=replace(good.case, turns=(turn,), regions=regions))


@miniature("tool_names_are_atomic", repeating)
def appends_what_the_wire_repeats(trace):
    return calls(trace, name="get_weather" * 3)


@miniature("tool_names_are_atomic", calling)
def reports_a_name_in_parts(trace):
    told = [e for e in trace.reports[0].events if e.kind is not EventKind.TOOL_NAME]
    parts = [Event(EventKind.TOOL_NAME, part, 0, name=part) for part in ("get_", "weather")]
    return events(trace, [*parts, *told])


@miniature("tool_names_are_atomic", calling)
def reports_a_name_twice(trace):
    again = Event(EventKind.TOOL_NAME, "get_weather", 0, name="get_weather")
    return events(trace, [again, *trace.reports[0].events])


@miniature("tool_names_are_declared", calling)
def calls_an_undeclared_tool(trace):
    return calls(trace, name="rm")


@miniature("arguments_are_exact", calling)
def empties_arguments(trace):
    return calls(trace, arguments="{}")


@miniature("arguments_are_exact", calling, value=[{"city": "Oslo"}, {"tz": "CET"}])
def loses_a_call(trace):
    return response(trace, tool_calls=trace.reports[0].outcome.response.tool_calls[:1])


@miniature("arguments_are_valid_or_dropped", calling)
def hands_on_broken_arguments(trace):
    return calls(trace, arguments='{"city": ')


@miniature("arguments_are_valid_or_dropped", calling)
def hands_on_a_list_of_arguments(trace):
    return calls(trace, arguments='["Oslo"]')


@miniature("no_partial_call_is_executable", dying)
def closes_half_a_call(trace):
    half = ToolCall("call_a", "get_weather", '{"city": ""}')
    return response(trace, tool_calls=(half,))


def dying_at_a_name():
    return dying(3)


@miniature("no_partial_call_is_executable", dying_at_a_name)
def runs_a_name_with_nothing(trace):
    half = ToolCall("call_a", "get_weather", "{}")
    return response(trace, tool_calls=(half,))


@miniature("no_partial_call_is_executable", dying_after_a_call)
def closes_the_second_call(trace):
    kept = trace.reports[0].outcome.response.tool_calls
    return response(trace, tool_calls=(*kept, ToolCall("call_b", "get_time", "{}")))


@miniature("no_partial_call_is_executed", dying)
def runs_half_a_call(trace):
    ran = Event(EventKind.EXECUTED, '{"city": ""}', 0, name="get_weather")
    return events(trace, [*trace.reports[0].events, ran])


@miniature("dropped_tools", dying, value=["get_weather"])
def drops_silently(trace):
    return outcome(trace, dropped=())


@miniature("dropped_tools", dying)
def drops_silently_whatever_it_was(trace):
    return outcome(trace, dropped=())


@miniature("dropped_tools", dying, value=["get_weather"])
def names_it_and_keeps_it(trace):
    return response(trace, tool_calls=(ToolCall("call_a", "get_weather", "{}"),))


@miniature("calls_are_kept_apart", calling)
def merges_calls(trace):
    both = ToolCall("call_a", "get_weather", '{"city": "Oslo"}{"tz": "CET"}')
    return response(trace, tool_calls=(both,))


@miniature("calls_are_kept_apart", calling)
def swaps_arguments(trace):
    one, two = trace.reports[0].outcome.response.tool_calls
    swapped = (
        replace(one, arguments=two.arguments),
        replace(two, arguments=one.arguments),
    )
    return response(trace, tool_calls=swapped)


@miniature("calls_are_kept_apart", whole)
def makes_a_ghost_call(trace):
    return response(trace, tool_calls=(ToolCall("x", "", "{}"),))


@miniature("calls_are_in_order", calling)
def reverses_calls(trace):
    return response(trace, tool_calls=trace.reports[0].outcome.response.tool_calls[::-1])


@miniature("call_ids_are_unique", calling)
def gives_two_calls_one_id(trace):
    return calls(trace, id="call_b")


@miniature("call_ids_are_unique", calling)
def gives_an_empty_id(trace):
    return calls(trace, id="")


@miniature("call_ids_are_unique", calling)
def gives_an_integer_id(trace):
    return calls(trace, id=7)


@miniature("finish_agrees_with_calls", calling)
def says_stop_with_calls(trace):
    return response(trace, finish_reason=FinishReason.STOP)


@miniature("calls_end_with_tool_calls", calling)
def says_stop_beside_calls_where_the_wire_has_one_word(trace):
    stopped = response(trace, finish_reason=FinishReason.STOP)
    return replace(stopped, case=replace(stopped.case, wire="responses"))


@miniature("finish_agrees_with_calls", whole)
def says_tool_calls_without(trace):
    return response(trace, finish_reason=FinishReason.TOOL_CALLS)


def cut_short():
    """The model's own limit cut the call, and the client dropped it."""
    good = whole(calls=(("get_weather", "call_a", ('{"city": ',)),), finish="length")
    case = good.case
    meant = replace(case.turns[0].meaning, tool_calls=None)
    case = replace(case, turns=(replace(case.turns[0], meaning=meant),))
    good = response(replace(good, case=case), tool_calls=None)
    return outcome(good, dropped=("get_weather",))


@miniature("no_partial_call_is_executable", cut_short)
def closes_a_call_cut_by_the_limit(trace):
    return response(trace, tool_calls=(ToolCall("call_a", "get_weather", "{}"),))


@miniature("means", lambda: whole(calls=(OSLO,)))
def loses_the_only_call(trace):
    return response(trace, tool_calls=None)


@miniature("means", calling)
def calls_a_whole_reply_interrupted(trace):
    return outcome(trace, kind=OutcomeKind.INTERRUPTED)


@miniature("means", calling)
def changes_an_id(trace):
    return calls(trace, id="another")
