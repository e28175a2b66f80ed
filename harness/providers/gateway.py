"""A generic LLM gateway behind a JWT."""

from harness.model import Provider

PROVIDER = Provider(
    name="gateway",
    transport="gateway",
    base_url="http://127.0.0.1:8000",
    model="default",
    base_url_env="LLM_GATEWAY_URL",
    credential="jwt_callback",
    home=True,
    can=frozenset({"tools", "stream", "parallel_tools", "inline_reasoning"}),
)
