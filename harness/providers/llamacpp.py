"""A llama-server of llama.cpp on this machine: chat completions, no key, whatever model it has."""

from harness.model import Provider

PROVIDER = Provider(
    name="llamacpp",
    aliases=("llama-server", "llama.cpp"),
    transport="chat_completions",
    base_url="http://127.0.0.1:8080/v1",
    base_url_env="LLAMACPP_BASE_URL",
    model="tiny-random-llama",
    can=frozenset({"tools", "stream", "parallel_tools", "inline_reasoning"}),
    sources={
        "base_url": "https://github.com/ggml-org/llama.cpp/tree/master/tools/server",
        "can": "recordings in cassettes/chat/llamacpp_*.yaml",
    },
)
