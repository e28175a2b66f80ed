"""Every invariant fails on a miniature wrong in its own way, and passes on the good trace."""

import inspect
import re
from dataclasses import replace

import pytest
from miniatures.every import MINIATURES
from miniatures.of_accounts import declaring
from miniatures.traces import dying, outcome

from harness.invariants import INVARIANTS
from harness.model import OutcomeKind

# What a WHY may rest on: a specification's section, a page, a vendor's reference, a CVE, a row of
# the catalogue, or a bug with its number or release.
CITES = re.compile(
    r"https?://|RFC \d|WHATWG|API reference|ASVS|CVE-\d|section `|PR \d|#\d|\b[A-Q]\d\d\b"
    r"|\d\.\d+\.\d|each scenario that uses this cites|OpenAI's\s+reference"
)


def judged(miniature, trace):
    check = INVARIANTS.get(miniature.invariant)
    once = getattr(inspect.getmodule(check), "ONCE", False)
    return [
        sentence
        for turn in range(1 if once else len(trace.reports))
        for sentence in check(trace, turn, **miniature.args)
    ]


@pytest.mark.parametrize("miniature", MINIATURES, ids=lambda one: f"{one.invariant}-{one.name}")
def test_a_miniature_is_caught(miniature):
    """What is wrong in one way is caught by the invariant that names it, in whole sentences."""
    sentences = judged(miniature, miniature.spoil(miniature.good()))
    assert sentences
    assert all(sentence and isinstance(sentence, str) for sentence in sentences)


@pytest.mark.parametrize("miniature", MINIATURES, ids=lambda one: f"{one.invariant}-{one.name}")
def test_the_good_trace_is_acquitted(miniature):
    """What was spoilt to make the miniature is acquitted by the same invariant, same arguments."""
    assert judged(miniature, miniature.good()) == []


@pytest.mark.parametrize("name", INVARIANTS.names())
def test_every_invariant_has_a_miniature(name):
    """An invariant that nothing is known to fail is a wish."""
    assert name in {miniature.invariant for miniature in MINIATURES}


def test_no_miniature_names_what_does_not_exist():
    """A misspelt invariant is found at once, and no two miniatures share a name."""
    assert {miniature.invariant for miniature in MINIATURES} <= set(INVARIANTS.names())
    pairs = [(miniature.invariant, miniature.name) for miniature in MINIATURES]
    assert len(pairs) == len(set(pairs))


@pytest.mark.parametrize("name", INVARIANTS.names())
def test_an_invariant_says_what_it_is(name):
    """Text, level, source, and a check that takes its main argument as `value` if it has one."""
    check = INVARIANTS.get(name)
    module = inspect.getmodule(check)
    assert len(module.__doc__.strip()) > 20
    assert module.LEVEL in {"must", "should"}
    assert CITES.search(module.WHY), f"{name}: nobody can look up {module.WHY!r}"
    trace, turn, *others = inspect.signature(check).parameters.values()
    assert (trace.name, turn.name) == ("trace", "turn")
    positional = [p.name for p in others if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert not positional or positional[0] == "value"


SEES_REQUESTS = {"attempts", "refreshes_once", "request_has", "request_lacks"}


@pytest.mark.parametrize("name", sorted(set(INVARIANTS.names()) - SEES_REQUESTS))
def test_an_invariant_does_not_judge_a_turn_that_was_declined(name):
    """A target that lacks a feature says so: its turn is nobody's failure, but for what it sent."""
    trace = dying()
    skipped = replace(trace.reports[0], skipped="tools")
    trace = replace(trace, reports=(skipped,))
    assert list(INVARIANTS.get(name)(trace, 0)) == []


NEVER_HAD = [
    ("loses_the_reason", "no_finish"),
    ("completes_without_a_reason", "no_finish"),
    ("loses_usage", "no_usage"),
    ("loses_cached_tokens", "no_usage"),
    ("loses_cached_tokens", "no_cache_usage"),
    ("drops_reasoning", "no_reasoning"),
]


def spoilt(name, feature, **changes):
    (miniature,) = (one for one in MINIATURES if one.name == name)
    trace = declaring(miniature.spoil(miniature.good()), feature)
    return judged(miniature, outcome(trace, **changes))


@pytest.mark.parametrize(("name", "feature"), NEVER_HAD)
def test_a_field_that_the_target_never_has_is_not_missed(name, feature):
    """It says so once; what says so of another field is still asked for this one."""
    assert spoilt(name, feature) == []
    assert spoilt(name, {"no_finish": "no_usage"}.get(feature, "no_finish"))


@pytest.mark.parametrize("name", ["loses_the_reason", "loses_usage", "drops_reasoning"])
def test_a_reply_that_never_came_is_missed_by_whoever_has_no_such_field(name):
    """A target without finish reasons that raises has lost more than a finish reason."""
    feature = dict(NEVER_HAD)[name]
    assert spoilt(name, feature, kind=OutcomeKind.ERROR, response=None)


@pytest.mark.parametrize("part", ["content", "calls", "ids"])
def test_no_target_is_spared_its_text_and_its_calls(part):
    """They are what a reply is."""
    caught = [one for one in MINIATURES if one.invariant == "means"]
    missed = {one.name for one in caught if judged(one, one.spoil(one.good()))}
    told = {
        one.name for one in caught if judged(one, declaring(one.spoil(one.good()), f"no_{part}"))
    }
    assert told == missed
