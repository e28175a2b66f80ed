"""Calls that we know and do not read, by their path: so that `unsupported` can say why.

The rule of this file: one line a protocol, the first that fits counts.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from harness.model import Exchange

_KNOWN = (
    (r":(stream)?generatecontent$", "Gemini's native generateContent: another protocol"),
    (r":(batch)?embedcontents?$", "an embeddings call: no reply of a model"),
    (r":counttokens$|/count_tokens$|/input_tokens$", "a count of tokens: no reply of a model"),
    (r":(stream)?rawpredict$|:predict$", "Vertex's predict with another protocol inside"),
    (r"/interactions(/[^/]+)?$", "Gemini's interactions: another protocol"),
    (r"/model/[^/]+/invoke(-with-response-stream)?$", "InvokeModel with another protocol inside"),
    (r"/(embeddings|embed|api/embed)$", "an embeddings call: no reply of a model"),
    (r"/rerank$", "a rerank call: no reply of a model"),
    (r"/chat/completions/.+|/responses/.+|/batches.*", "about stored or batched replies"),
    (r"/completions$", "legacy text completions: another protocol"),
    (r"/complete$", "Anthropic's legacy text completions: another protocol"),
    (r"/api/(chat|generate)$", "Ollama's native protocol"),
    (r"/v[12]/chat(-stream)?$|/v1/generate$", "a vendor's own chat protocol (Cohere, Writer)"),
    (r"/models(/.*)?$", "a list of models"),
    (r"/(images|audio|moderations|files|uploads|fine_tuning|vector_stores|threads|assistants)\b",
     "a call that asks for no chat reply"),
    (r"/oauth|/token$|/agent-key$", "a call for a credential"),
)  # fmt: skip
_LINES = tuple((re.compile(pattern), why) for pattern, why in _KNOWN)


def why_not(exchange: Exchange) -> str:
    """The sentence that stands in an unsupported reading's warnings."""
    parts = urlsplit(exchange.request.url)
    path = parts.path.rstrip("/").lower()
    where = f"{exchange.request.method} {parts.netloc}{parts.path}"
    for pattern, why in _LINES:
        if pattern.search(path):
            return f"{where} is {why}"
    return f"{where} is no LLM call that we know"
