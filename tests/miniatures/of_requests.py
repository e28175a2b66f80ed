"""Clients that send the wrong thing, too often, too early, or with the wrong key."""

import json
from dataclasses import replace

from harness.model import CachePolicy, Event, EventKind, OutcomeKind, Sent
from miniatures.catalogue import miniature
from miniatures.traces import (
    TOKEN_URL,
    dying,
    events,
    failing,
    outcome,
    refreshed,
    refused,
    request,
    retried,
    sent,
    stream,
    two_turns,
    whole,
)


def again(trace, *more):
    """The trace with more requests on its first turn."""
    return replace(trace, sent=(*trace.sent, *more))


def tape(trace, *more):
    exchanges = (*trace.case.tape, *more)
    regions = (*trace.case.regions, *[None] * len(more))
    return replace(trace, case=replace(trace.case, tape=exchanges, regions=regions))


def refused_for_good():
    good = failing(401)
    return outcome(good, failure=replace(good.reports[0].outcome.failure, status=401))


def asked_to_wait():
    return retried(429, (("retry-after", "2"),))


def asked_to_wait_until():
    dates = (
        ("date", "Fri, 20 Nov 2026 21:00:00 GMT"),
        ("retry-after", "Fri, 20 Nov 2026 21:00:02 GMT"),
    )
    return retried(503, dates)


def asked_to_wait_by_garbage():
    return retried(429, (("retry-after", "soon"), ("retry-after-ms", "1500")))


def marked():
    """A request with one cache marker, under a policy that wants it."""
    part = {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}
    good = sent(whole(), request(messages=[{"role": "user", "content": [part]}]))
    facts = {"cache_policy": CachePolicy(enabled=True, native=True)}
    return replace(good, case=replace(good.case, facts=facts))


@miniature("refreshes_once", refreshed)
def refreshes_twice(trace):
    return again(trace, Sent(request(url=TOKEN_URL), 0.3, 1))


@miniature("refreshes_once", refreshed)
def never_refreshes(trace):
    return replace(trace, sent=(trace.sent[0], trace.sent[2]))


@miniature("refresh_is_single_flight", refreshed)
def races_its_refreshes(trace):
    return again(trace, Sent(request(url=TOKEN_URL), 0.1, 1))


@miniature("new_credential_is_used", refreshed)
def sends_the_old_key_again(trace):
    return sent(trace, request(), request(url=TOKEN_URL), request())


@miniature("new_credential_is_used", refreshed)
def sends_a_key_of_its_own(trace):
    return sent(trace, request(), request(url=TOKEN_URL), request("sk-other"))


@miniature("body_is_unchanged", refreshed)
def changes_the_body_on_retry(trace):
    return sent(trace, request(), request(url=TOKEN_URL), request("sk-new-0002", model="other"))


@miniature("no_refresh", refused_for_good)
def refreshes_a_static_key(trace):
    return again(trace, Sent(request(url=TOKEN_URL), 0.1))


@miniature("no_refresh", refused_for_good)
def sends_a_static_key_again(trace):
    return again(trace, Sent(request(), 0.1))


@miniature("original_error_surfaces", failing)
def maps_the_status(trace):
    return outcome(trace, failure=replace(trace.reports[0].outcome.failure, status=400))


@miniature("original_error_surfaces", failing, value=422, message="no")
def says_something_else(trace):
    return outcome(trace, failure=replace(trace.reports[0].outcome.failure, message="oops"))


@miniature("original_error_surfaces", failing)
def hides_the_error(trace):
    return outcome(trace, kind=OutcomeKind.COMPLETE, failure=None)


@miniature("attempts", retried, value=2)
def gives_up_at_once(trace):
    return replace(trace, sent=trace.sent[:1])


@miniature("attempts", whole)
def asks_twice(trace):
    return again(trace, Sent(request(), 1.0))


@miniature("no_retry_after_text", dying)
def retries_after_text(trace):
    exchange, _ = stream()
    return again(tape(trace, exchange), Sent(request(), 1.0, 1))


@miniature("permanent_error_is_not_retried", failing)
def retries_a_422(trace):
    return again(tape(trace, refused(422)), Sent(request(), 1.0, 1))


@miniature("permanent_error_is_not_retried", refused_for_good)
def retries_a_403(trace):
    trace = replace(trace, case=replace(trace.case, tape=(refused(403),)))
    return again(trace, Sent(request(), 1.0, 0))


@miniature("retry_after_is_honoured", asked_to_wait)
def retries_at_once(trace):
    first, second = trace.sent
    return replace(trace, sent=(first, replace(second, at=0.5)))


@miniature("retry_after_is_honoured", asked_to_wait_until)
def cannot_read_a_date(trace):
    first, second = trace.sent
    return replace(trace, sent=(first, replace(second, at=0.5)))


@miniature("retry_after_is_honoured", asked_to_wait_by_garbage)
def cannot_read_milliseconds(trace):
    first, second = trace.sent
    return replace(trace, sent=(first, replace(second, at=0.5)))


@miniature("request_has", whole, value=["messages[0].content", "header:Authorization"])
def sends_no_messages(trace):
    return sent(trace, request(messages=[]))


@miniature("request_lacks", whole, value=["temperature"])
def sends_a_null(trace):
    return sent(trace, request(temperature=None))


@miniature("request_equals", whole, **{"messages[0].role": "user", "stream": True})
def sends_one_for_true(trace):
    return sent(trace, request(stream=1))


@miniature("request_equals", whole, value={"messages[-1].content": "How is it in Oslo?"})
def leaves_a_field_out(trace):
    return sent(trace, request(messages=[{"role": "user"}]))


@miniature("request_is_unchanged", retried, value=["messages"])
def rewrites_history_between_attempts(trace):
    return sent(trace, request(), request(messages=[]))


@miniature("request_is_unchanged", two_turns, value=["messages[0]"])
def rewrites_history_between_turns(trace):
    return sent(trace, request(), request(messages=[{"role": "user", "content": "Hi"}]))


@miniature("request_matches", whole, required=["model", "messages"])
def fits_no_schema(trace):
    bare = trace.sent[0].request
    return sent(trace, replace(bare, body=json.dumps({"model": "m"}).encode()))


@miniature("request_matches", whole, value={"required": ["model"]})
def sends_no_json(trace):
    return sent(trace, replace(trace.sent[0].request, body=b"model=m"))


@miniature("cache_markers_follow_policy", marked, value=["messages[0]"])
def sets_no_marker(trace):
    return sent(trace, request())


@miniature("cache_markers_follow_policy", marked, at_most=1)
def sets_two_markers(trace):
    part = {"type": "text", "text": "hi", "cache_control": {"type": "ephemeral"}}
    return sent(trace, request(messages=[{"role": "user", "content": [part, part]}]))


@miniature("cache_markers_follow_policy", whole)
def sets_markers_without_a_policy(trace):
    return sent(trace, marked().sent[0].request)


@miniature("secrets_stay_secret", refreshed)
def logs_a_key(trace):
    return replace(trace, outputs=("sent Bearer sk-old-0001",))


@miniature("secrets_stay_secret", refreshed)
def warns_with_a_key(trace):
    return outcome(trace, warnings=("sk-new-0002 will expire",))


@miniature("no_unexpected_request", whole)
def asks_for_more(trace):
    return again(trace, Sent(request(), 1.0, None, difference="nothing was left"))


@miniature("nothing_left_unplayed", retried)
def leaves_an_answer(trace):
    return replace(trace, sent=trace.sent[:1], unplayed=(1,))


@miniature("first_delta_once", dying)
def signals_again_after_a_retry(trace):
    return events(trace, [*trace.reports[0].events, Event(EventKind.FIRST_DELTA)])


@miniature("secret_goes_to_its_own_host", refreshed)
def follows_a_redirect_with_the_key(trace):
    elsewhere = request(url="https://elsewhere.example/v1/chat/completions")
    return sent(trace, request(), request(url=TOKEN_URL), elsewhere)


@miniature("secret_goes_to_its_own_host", refreshed)
def takes_the_key_along_in_a_query(trace):
    url = "https://elsewhere.example/v1?key=sk-new-0002"
    return again(trace, Sent(request("none", url=url), 0.3))


@miniature("secret_goes_to_its_own_host", refreshed)
def puts_the_key_into_a_body(trace):
    return again(trace, Sent(request("none", url="http://127.0.0.2/t", key_was="sk-old-0001"), 0.3))
