"""Clients that misreport how a reply ended, what it cost, and what state came with it."""

from dataclasses import replace

from harness.model import (
    Ending,
    Event,
    EventKind,
    Failure,
    FailureKind,
    FinishReason,
    OutcomeKind,
    Usage,
)
from miniatures.catalogue import miniature
from miniatures.traces import (
    USAGE,
    calling,
    dying,
    erring,
    events,
    failing,
    outcome,
    response,
    sent,
    thinking,
    two_turns,
    whole,
)


def odd():
    """A finish reason that nobody knows."""
    good = whole(finish="unknown")
    return response(good, finish_reason=FinishReason.UNKNOWN)


def uncounted():
    return whole(usage=False)


def stalling():
    return dying(2, ending=Ending.STALL)


def warned():
    """Kept as a partial reply, with a warning in its text and an incomplete reason."""
    good = response(dying(2), content="I will look.\n\n⚠ the connection died", finish_reason="stop")
    return outcome(good, kind=OutcomeKind.COMPLETE, failure=None)


@miniature("finish_reason_is", whole, value="stop")
def loses_the_reason(trace):
    return response(trace, finish_reason=None)


@miniature("finish_reason_is", lambda: whole(finish="length"))
def says_stop_for_length(trace):
    return response(trace, finish_reason=FinishReason.STOP)


@miniature("finish_is_canonical", whole)
def hands_on_the_vendors_word(trace):
    return response(trace, finish_reason="end_turn")


@miniature("finish_is_canonical", dying)
def completes_without_a_reason(trace):
    return outcome(trace, kind=OutcomeKind.COMPLETE)


@miniature("unknown_finish_is_loud", odd)
def reads_the_unknown_as_stop(trace):
    return response(trace, finish_reason=FinishReason.STOP)


@miniature("ends_once", whole)
def ends_twice(trace):
    return events(trace, [*trace.reports[0].events, Event(EventKind.FINISH)])


@miniature("ends_once", whole)
def finishes_and_fails(trace):
    return events(trace, [*trace.reports[0].events, Event(EventKind.FAILURE)])


@miniature("ends_once", whole)
def speaks_after_the_end(trace):
    return events(trace, [*trace.reports[0].events, Event(EventKind.TEXT, "More.")])


@miniature("ends_once", whole)
def never_reports_its_end(trace):
    facts = {"features": ("finish",)}
    trace = replace(trace, case=replace(trace.case, facts=facts))
    return events(trace, [e for e in trace.reports[0].events if e.kind is not EventKind.FINISH])


def invented_stop(trace):
    trace = outcome(trace, kind=OutcomeKind.COMPLETE, failure=None)
    return response(trace, content="I will look.", finish_reason=FinishReason.STOP)


@miniature("truncation_is_visible", dying)
def invents_a_stop(trace):
    return invented_stop(trace)


@miniature("truncation_is_visible", stalling)
def invents_a_stop_after_a_stall(trace):
    return invented_stop(trace)


@miniature("truncation_is_visible", warned)
def leaves_the_warning_out(trace):
    return response(trace, content="I will look.")


@miniature("truncation_is_visible", dying)
def completes_without_any_reason(trace):
    return outcome(trace, kind=OutcomeKind.COMPLETE, failure=None)


@miniature("error_surfaces", erring)
def swallows_the_error(trace):
    return outcome(trace, kind=OutcomeKind.COMPLETE, failure=None)


@miniature("error_surfaces", erring, value="overloaded_error")
def renames_the_error(trace):
    return outcome(trace, failure=Failure(FailureKind.UNKNOWN, "something", "api_error"))


@miniature("error_surfaces", erring)
def tells_of_an_error_that_never_came(trace):
    return outcome(trace, failure=Failure(FailureKind.UNKNOWN, "stream error", "StreamError"))


@miniature("error_surfaces", failing, status=422)
def changes_the_errors_status(trace):
    return outcome(trace, failure=replace(trace.reports[0].outcome.failure, status=400))


@miniature("non_reply_is_an_error", failing)
def takes_a_page_for_a_reply(trace):
    trace = outcome(trace, kind=OutcomeKind.COMPLETE, failure=None)
    return response(trace, finish_reason=FinishReason.STOP)


@miniature("non_reply_is_an_error", failing)
def takes_a_page_for_a_cut_reply(trace):
    return outcome(trace, kind=OutcomeKind.INTERRUPTED, failure=None)


@miniature("signatures_are_kept", thinking)
def drops_the_signature(trace):
    return response(trace, provider_data=None)


@miniature("signatures_round_trip", two_turns)
def does_not_send_the_signature_back(trace):
    return sent(trace, trace.sent[0].request, trace.sent[0].request)


@miniature("usage_is_exact", calling)
def counts_no_input(trace):
    return response(trace, usage=replace(USAGE, input_tokens=0))


@miniature("usage_is_exact", calling, input_tokens=11, output_tokens=7)
def loses_usage(trace):
    return response(trace, usage=None)


@miniature("usage_is_counted_once", calling)
def adds_usage_up(trace):
    return response(trace, usage=Usage(22, 14, 36))


@miniature("usage_is_counted_once", calling)
def reports_usage_added_up(trace):
    added = Event(EventKind.USAGE, usage=Usage(22, 14, 36))
    return events(trace, [*trace.reports[0].events, added])


@miniature("usage_details_are_kept", calling)
def loses_cached_tokens(trace):
    return response(trace, usage=Usage(11, 7, 18, None, None, 3))


@miniature("usage_details_are_kept", calling, reasoning_tokens=3)
def loses_reasoning_tokens(trace):
    return response(trace, usage=Usage(11, 7, 18, 5))


@miniature("usage_is_not_invented", uncounted)
def estimates_usage(trace):
    return response(trace, usage=Usage(8, 1, 9))


@miniature("usage_is_not_invented", uncounted)
def says_zero_for_nothing(trace):
    return response(trace, usage=Usage(0, 0, 0))


@miniature("means", thinking)
def loses_the_reasoning(trace):
    return response(trace, reasoning=None)


@miniature("means", whole)
def loses_the_usage(trace):
    return response(trace, usage=None)


@miniature("means", whole)
def changes_the_text(trace):
    return response(trace, content="I will look!")


@miniature("means", lambda: whole(finish="length"))
def changes_the_reason(trace):
    return response(trace, finish_reason=FinishReason.STOP)


@miniature("never_waits_for_ever", stalling)
def waits_without_a_timeout(trace):
    endless = Failure(FailureKind.TIMEOUT, "no read timeout was set", "waits_for_ever")
    return outcome(trace, failure=endless)
