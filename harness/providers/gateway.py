"""A generic LLM gateway behind a JWT."""

from harness.model import Provider

PROVIDER = Provider(
    name="gateway",
    aliases=("jwt-gateway", "llm-gateway"),
    transport="gateway",
    base_url="http://127.0.0.1:8000",
    model="default",
    base_url_env="LLM_GATEWAY_URL",
    key_env=("LLM_GATEWAY_TOKEN",),
    credential="jwt_callback",
    home=True,
    can=frozenset({"tools", "stream", "parallel_tools", "inline_reasoning"}),
    sources={
        "base_url": "rows O01, O05: a server of one's own, without a public address",
        "credential": "row O03: the application's token, and its callback on a 401",
        "can": "rows O02, O05: the wire has no field for reasoning, images or cached tokens",
    },
)
