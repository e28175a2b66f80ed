"""The Codex backend that a ChatGPT sign-in reaches: Responses with rules of its own."""

from collections.abc import Mapping

from harness.model import Ask, JsonObject, Provider
from harness.providers import _identity, _wishes

REFUSED = ("max_output_tokens", "temperature", "top_p")
LONGEST_ID = 64


def session(ask: Ask, base_url: str) -> Mapping[str, str]:
    """The session as headers, not in the body (F06). The account is the user's to name; the
    originator is us."""
    id_ = (_wishes.option(ask, "session_id") or "")[:LONGEST_ID]
    found = {
        "originator": _identity.PRODUCT,
        "session_id": id_,
        "x-client-request-id": id_,
        "ChatGPT-Account-ID": _wishes.option(ask, "account_id"),
    }
    return {name: value for name, value in found.items() if value}


def without_limits(body: JsonObject, ask: Ask) -> JsonObject:
    """The backend sets its own limits, and refuses ours."""
    return {key: value for key, value in body.items() if key not in REFUSED}


PROVIDER = Provider(
    name="chatgpt",
    aliases=("codex-backend", "chatgpt-codex"),
    transport="codex_responses",
    base_url="https://chatgpt.com/backend-api/codex",
    model="gpt-5.4-codex",
    hosts=("chatgpt.com",),
    credential="oauth_refresh",
    credential_options={"token_url": "https://auth.openai.com/oauth/token"},
    headers_for=session,
    adapt=without_limits,
    can=frozenset(
        {"tools", "stream", "parallel_tools", "reasoning", "signatures", "cache_usage", "vision"}
    ),
    profiles=frozenset({"responses_commentary_is_reasoning", "responses_thought_alone_is_pause"}),
    sources={
        "base_url": "row F06",
        "credential": "row N14; client_id is the user's to configure",
        "headers_for": "row F06, behaviour V (64 characters); no borrowed originator or agent",
        "adapt": "row F06",
        "profiles": "rows F24, F26",
    },
)
