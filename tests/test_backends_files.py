"""Each backend's file: complete, honest, and not to be taken for another's."""

import inspect
import re

import pytest
from backend_requests import ASKS, kwargs, refused, spelled, ways

from harness.credentials import CREDENTIALS
from harness.credentials.oauth_refresh import Grant
from harness.dialects import PROFILES
from harness.providers import PROVIDERS
from harness.transports import TRANSPORTS

VOCABULARY = {
    *("tools", "stream", "parallel_tools", "reasoning", "signatures", "cache_usage", "vision"),
    *("inline_reasoning", "custom_tools"),
}
HOME = {"anthropic", "bedrock", "openai", "openai_codex", "gateway"}
# `pytest -k` and `--provider` differ here: -k of the first takes the second's cells too.
INSIDE_ANOTHER = {("openai", "openai_codex")}
# What a fact stands on: a row of the behaviour table, a page of the wire's reference, a document.
SOURCE = re.compile(r"[A-Z]\d\d|WIRE \d|https://")
NAMED = ("adapt", "caching", "temperature", "default_max_tokens", "max_tokens_field", "profiles")
NAMED += ("headers", "headers_for", "prepare_messages", "prepare_tools", "credential_options")

WAYS = ways()


def test_the_room_holds_the_backends_that_we_promise():
    """Eighteen that are named in the documentation, and the backend of a ChatGPT sign-in."""
    assert set(PROVIDERS.names()) >= HOME | {
        *("kimi", "nvidia", "qwen", "openrouter", "nous", "xai", "ollama", "minimax", "zai"),
        *("deepseek", "gemini", "copilot", "mistral", "chatgpt"),
    }


@pytest.mark.parametrize("way", WAYS, ids=spelled)
def test_a_file_names_only_what_there_is(way):
    """Its transport, its credential kind, its profiles and its capabilities all exist."""
    assert way.transport in TRANSPORTS.names()
    assert way.credential in CREDENTIALS.names()
    assert way.profiles <= PROFILES.keys()
    assert way.can <= VOCABULARY
    assert way.model
    assert way.base_url.startswith(("https://", "http://127.0.0.1"))


@pytest.mark.parametrize("way", WAYS, ids=spelled)
def test_every_fact_has_a_source(way):
    """What a file says beyond the defaults names a row, the wire's reference or a document."""
    known = {**PROVIDERS.get(way.name).sources, **way.sources}
    default = type(way)(name="", transport="", base_url="", model="")
    declared = [name for name in NAMED if getattr(way, name) != getattr(default, name)]
    if "credential_options" in declared and "credential" in known:
        declared.remove("credential_options")
    assert [name for name in ("base_url", *declared) if name not in known] == []
    sourced = [name for name in ("base_url", *declared) if SOURCE.search(known[name])]
    assert sourced == ["base_url", *declared]


@pytest.mark.parametrize("way", WAYS, ids=spelled)
def test_a_credential_takes_the_options_that_are_declared(way):
    """The options are parameters of the kind: a misspelt one would fail at the first request."""
    build = CREDENTIALS.get(way.credential)
    known = set(inspect.signature(build).parameters)
    if way.credential == "oauth_refresh":
        known |= set(inspect.signature(Grant).parameters)
    assert set(way.credential_options) <= known


def test_no_name_or_alias_means_two_backends():
    """Names and aliases are unique among all of them, whatever their case and their hyphens."""
    said = [word for p in PROVIDERS for word in {p.name.replace("_", "-"), *p.aliases}]
    assert len(said) == len(set(said))
    assert all(word == word.lower() and "/" not in word and "_" not in word for word in said)


def test_no_name_is_part_of_another():
    """`pytest -k NAME` selects one backend, but for the pairs that are documented."""
    names = PROVIDERS.names()
    inside = {(a, b) for a in names for b in names if a != b and a in b}
    assert inside == INSIDE_ANOTHER


def test_one_backend_stands_for_each_wire():
    """Exactly five, each on a wire of its own."""
    home = [backend for backend in PROVIDERS if backend.home]
    assert {backend.name for backend in home} == HOME
    assert len({backend.transport for backend in home}) == len(HOME)


@pytest.mark.parametrize("backend", [p for p in PROVIDERS if p.also], ids=lambda p: p.name)
def test_other_ways_are_the_same_backends(backend):
    """They keep its name, differ in wire or host, and are found by their parent alone."""
    assert {way.name for way in backend.also} == {backend.name}
    spoken = [(way.transport, way.base_url) for way in (backend, *backend.also)]
    assert len(spoken) == len(set(spoken))
    assert not any(way.home or way.also or way.aliases for way in backend.also)


@pytest.mark.parametrize("ask", ASKS.values(), ids=ASKS)
@pytest.mark.parametrize("way", WAYS, ids=spelled)
def test_the_official_sdk_takes_what_is_built(way, ask):
    """Its own request types, or botocore's service model, accept the call; no backend's field
    stands outside extra_body."""
    assert refused(way, kwargs(way, **ask)) is None


def test_the_official_sdks_types_do_refuse():
    """The check can fail: a tool choice that no SDK knows, and a field that create() has not."""
    chat = PROVIDERS.get("openai")
    made = kwargs(chat)
    assert "tool_choice" in refused(chat, made | {"tool_choice": 7})
    assert "no ['thinking']" in refused(chat, made | {"thinking": {}})
    assert refused(PROVIDERS.get("bedrock"), {"modelId": "m", "mesages": []})


@pytest.mark.parametrize("way", WAYS, ids=spelled)
def test_nobody_elses_name_is_sent(way):
    """No request calls itself by another product's name: ours, or what the user configured."""
    made = kwargs(way, options={"session_id": "s1"}, reasoning={"effort": "high"})
    told = str([made.get("extra_headers"), made.get("extra_body"), dict(way.headers)]).lower()
    for product in ("hermes", "claude-code", "claude code", "vscode", "codex_cli", "qwen-code"):
        assert product not in told
