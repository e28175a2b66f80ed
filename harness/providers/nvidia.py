"""NVIDIA NIM: the hosted catalogue at integrate.api.nvidia.com, or a container of one's own."""

from collections.abc import Mapping
from urllib.parse import urlsplit

from harness.model import Ask, JsonObject, Provider
from harness.providers import _identity, _schemas, _wishes

HOSTED = "integrate.api.nvidia.com"
MODEL = "nvidia/llama-3.3-nemotron-super-49b-v1.5"


def billing_origin(ask: Ask, base_url: str) -> Mapping[str, str]:
    """Who calls, for the hosted catalogue alone: a container of one's own bills nobody (J10)."""
    if urlsplit(base_url).hostname != HOSTED:
        return {}
    return {"X-BILLING-INVOKE-ORIGIN": _identity.PRODUCT}


def template_switch(body: JsonObject, ask: Ask) -> JsonObject:
    """Whether to think is an argument of the chat template, whose name differs by model; a template
    ignores the one that it does not know."""
    if ask.reasoning is None:
        return body
    wanted = _wishes.on(ask)
    given = body.get("chat_template_kwargs") or {}
    return {
        **body,
        "chat_template_kwargs": {"thinking": wanted, "enable_thinking": wanted, **given},
    }


PROVIDER = Provider(
    name="nvidia",
    aliases=("nim", "nvidia-nim"),
    transport="chat_completions",
    base_url=f"https://{HOSTED}/v1",
    base_url_env="NVIDIA_BASE_URL",
    model=MODEL,
    hosts=(HOSTED,),
    key_env=("NVIDIA_API_KEY",),
    headers_for=billing_origin,
    default_max_tokens=16_384,
    prepare_tools=_schemas.typed_for_moonshot(MODEL),
    adapt=template_switch,
    can=frozenset({"tools", "stream", "parallel_tools", "reasoning", "inline_reasoning"}),
    sources={
        "base_url": "https://docs.api.nvidia.com/nim/reference/llm-apis",
        "headers_for": "row J10",
        "default_max_tokens": "row J10: thinking used up a smaller default",
        "prepare_tools": "row J05: by the model's name, wherever it is served",
        "adapt": "https://docs.nvidia.com/nim/large-language-models/latest/thinking-budget-control"
        ".html; vLLM's chat_template_kwargs",
        "profiles": "WIRE 10: none; a container without a parser may name think_tag_in_prompt",
    },
)
