"""Mistral's own API, close to Chat Completions."""

import hashlib
import re

from harness.model import Ask, JsonObject, Provider
from harness.providers import _wishes

DOCS = "https://docs.mistral.ai/api"
_ID = re.compile(r"[A-Za-z0-9]{9}")
_RENAMED = {"seed": "random_seed"}
_UNKNOWN = frozenset({"logprobs", "top_logprobs", "logit_bias", "user", "store", "service_tier"})


def nine(identity: str) -> str:
    """An id of nine letters and digits, which is all that is taken; always the same for one id."""
    if _ID.fullmatch(identity):
        return identity
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:9]


def short_ids(messages: list[JsonObject], ask: Ask) -> list[JsonObject]:
    """A call and its result keep the one id that they share."""
    return [_short(message) for message in messages]


def _short(message: JsonObject) -> JsonObject:
    made = dict(message)
    if isinstance(made.get("tool_call_id"), str):
        made["tool_call_id"] = nine(made["tool_call_id"])
    if isinstance(made.get("tool_calls"), list):
        made["tool_calls"] = [{**call, "id": nine(str(call["id"]))} for call in made["tool_calls"]]
    return made


def own_words(body: JsonObject, ask: Ask) -> JsonObject:
    """Its names for what others call otherwise; what it does not know is refused, so not sent."""
    made = {_RENAMED.get(k, k): v for k, v in body.items() if k not in _UNKNOWN}
    if _wishes.on(ask) and body["model"].startswith("magistral"):
        made["prompt_mode"] = "reasoning"
    return made


PROVIDER = Provider(
    name="mistral",
    aliases=("mistralai", "codestral"),
    transport="chat_completions",
    base_url="https://api.mistral.ai/v1",
    base_url_env="MISTRAL_BASE_URL",
    model="mistral-medium-latest",
    hosts=("api.mistral.ai", "codestral.mistral.ai"),
    key_env=("MISTRAL_API_KEY",),
    prepare_messages=short_ids,
    adapt=own_words,
    can=frozenset({"tools", "stream", "parallel_tools", "reasoning", "cache_usage", "vision"}),
    profiles=frozenset(
        {
            "echo_thinking_parts",
            "thinking_parts",
            "whole_calls",
            "usage_on_finish",
            "no_stream_options",
        }
    ),
    sources={
        "base_url": DOCS,
        "prepare_messages": "WIRE 10: ids of nine alphanumerics",
        "adapt": f"{DOCS}#tag/chat; WIRE 10 (random_seed, prompt_mode)",
        "profiles": f"WIRE 10, 11.3; row C27; {DOCS}; its SDK has no stream_options",
    },
)
