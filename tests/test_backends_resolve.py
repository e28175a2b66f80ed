"""From what somebody wrote to who is asked, over which wire, at which URL, with which key."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.errors import UsageError
from harness.providers import PROVIDERS, resolve

CHAT, MESSAGES, RESPONSES = "chat_completions", "anthropic_messages", "codex_responses"


def found(wanted, **more):
    return resolve(wanted, environ={}, **more)


@pytest.mark.parametrize(
    ("wanted", "name", "model"),
    [
        ("nous", "nous", None),
        ("nous/Hermes-4-405B", "nous", "Hermes-4-405B"),
        ("nous/", "nous", None),
        ("openrouter/anthropic/claude-opus-4.6", "openrouter", "anthropic/claude-opus-4.6"),
        ("anthropic/claude-opus-4.6", "anthropic", "claude-opus-4.6"),
        ("moonshot/kimi-k2", "kimi", "kimi-k2"),
        ("Moonshot", "kimi", None),
        ("z_ai", "zai", None),
        ("openai-codex", "openai_codex", None),
        ("ollama/qwen3:8b", "ollama", "qwen3:8b"),
        ("  xai ", "xai", None),
    ],
)
def test_a_name_an_alias_or_a_name_with_a_model(wanted, name, model):
    """Whatever its case and hyphens; what follows the first slash is the model."""
    made = found(wanted)
    assert made.provider.name == name
    assert made.model == (model or PROVIDERS.get(name).model)
    assert made.provider.model == made.model


@pytest.mark.parametrize(
    ("url", "name", "mode", "base"),
    [
        ("https://api.moonshot.ai/anthropic", "kimi", MESSAGES, None),
        ("https://api.moonshot.ai/anthropic/v1/messages", "kimi", MESSAGES, None),
        ("https://api.minimax.io/anthropic/", "minimax", MESSAGES, None),
        ("https://api.moonshot.ai", "kimi", CHAT, "https://api.moonshot.ai/v1"),
        ("https://api.moonshot.cn/v1/", "kimi", CHAT, "https://api.moonshot.cn/v1"),
        ("https://openrouter.ai/api", "openrouter", CHAT, "https://openrouter.ai/api/v1"),
        ("https://api.openai.com/v1", "openai", CHAT, None),
        ("https://api.openai.com/v1/responses", "openai_codex", RESPONSES, None),
        ("https://api.x.ai/v1", "xai", RESPONSES, None),
        ("api.x.ai/v1/chat/completions", "xai", CHAT, "https://api.x.ai/v1"),
        ("https://chatgpt.com/backend-api/codex", "chatgpt", RESPONSES, None),
        ("https://api.deepseek.com", "deepseek", CHAT, None),
        ("https://api.anthropic.com/v1/messages", "anthropic", MESSAGES, None),
        ("http://localhost:11434", "ollama", CHAT, "http://localhost:11434/v1"),
        ("127.0.0.1:8080", "ollama", CHAT, "http://127.0.0.1:8080/v1"),
        ("https://ollama.com", "ollama", CHAT, "https://ollama.com/v1"),
        ("https://llm.example/anthropic", "ollama", MESSAGES, None),
        ("https://llm.example/openai/v1?api-version=3", "ollama", CHAT, None),
        ("https://api.openai.com.llm.example/v1", "ollama", CHAT, None),
        ("https://llm.example/api.openai.com/v1", "ollama", CHAT, None),
    ],
)
def test_a_url_says_who_and_how(url, name, mode, base):
    """By its host, whole labels only; the path says which wire, and is completed where it is only
    the beginning of the declared one. A stranger is spoken to as any server of one's own."""
    made = found(url)
    assert (made.provider.name, made.provider.transport) == (name, mode)
    if base is not None:
        assert made.provider.base_url == base


def test_an_endpoint_is_no_part_of_a_base_and_a_query_stays():
    """The path of the endpoint is taken off, the query that a host needs is not."""
    made = found("https://llm.example/openai/v1/chat/completions?api-version=3")
    assert made.provider.base_url == "https://llm.example/openai/v1?api-version=3"


def test_a_mode_chooses_among_the_ways_of_one_backend():
    """Its other wires have their own URL and quirks; one that it does not speak is refused."""
    assert found("kimi", mode=MESSAGES).provider.base_url.endswith("/anthropic")
    assert found("xai", mode=CHAT).provider.transport == CHAT
    with pytest.raises(UsageError, match="does not speak"):
        found("anthropic", mode=CHAT)


def test_keys_and_urls_come_from_the_environment():
    """The first variable that holds something; a URL override moves the backend, its wire too."""
    environ = {"KIMI_API_KEY": "", "MOONSHOT_API_KEY": " not-a-key\n"}
    made = resolve("kimi", environ=environ)
    assert (made.key, made.key_from) == ("not-a-key", "MOONSHOT_API_KEY")
    assert "not-a-key" not in repr(made)
    moved = resolve("kimi", environ={"KIMI_BASE_URL": "http://127.0.0.1:9/anthropic"})
    assert moved.provider.transport == MESSAGES
    assert moved.provider.base_url == "http://127.0.0.1:9/anthropic"
    assert moved.key is None


def test_nothing_is_left_of_the_one_before():
    """N18, J34: another name gives another key, URL and wire; the declared values never change."""
    environ = {"KIMI_API_KEY": "not-a-key-1", "KIMI_BASE_URL": "https://kimi.example/v1"}
    first = resolve("kimi/k3", environ=environ)
    second = resolve("deepseek", environ=environ)
    assert first.key == "not-a-key-1"
    assert second.key is None
    assert second.provider.base_url == PROVIDERS.get("deepseek").base_url
    assert PROVIDERS.get("kimi").model != "k3"


def test_a_key_without_a_refresh_token_stands_alone():
    """A backend that refreshes is also spoken to with a plain key, which is then never renewed."""
    alone = resolve("nous", environ={"NOUS_API_KEY": "not-a-key"})
    assert (alone.provider.credential, dict(alone.provider.credential_options)) == ("key", {})
    environ = {"NOUS_API_KEY": "not-a-key", "NOUS_REFRESH_TOKEN": "not-a-token"}
    assert resolve("nous", environ=environ).provider.credential == "oauth_refresh"


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("kimmi", "Did you mean 'kimi'"),
        ("moonshoot/k2", "Did you mean 'moonshot'"),
        ("", "no provider"),
        ("ftp://x", "http or https"),
        ("https://user:secret-word@x/v1", "no password"),
        ("https://", "with a host"),
        ("https://x:99999/", "cannot be read"),
        ("https://[::1/", "cannot be read"),
    ],
)
def test_what_means_nothing_is_refused_in_words(wanted, said):
    """With a guess where there is one, and without the secret that a URL may hold."""
    with pytest.raises(UsageError) as caught:
        found(wanted)
    assert said in str(caught.value)
    assert "secret-word" not in str(caught.value)


@given(
    st.text(max_size=40) | st.from_regex(r"https?://[a-z0-9.:@/?#\\[\\]-]{0,30}", fullmatch=True)
)
def test_no_text_breaks_it(wanted):
    """Whatever somebody writes: a backend, or one error that says what is wrong."""
    try:
        made = found(wanted)
    except UsageError:
        return
    assert made.provider.name in PROVIDERS.names()
    assert made.provider.base_url.startswith(("http://", "https://"))
