"""From status, vendor words and message to the kind of a failure: the tables, nothing else.

Exact codes and types speak first where they are specific, then the status with the message's words
(a bad key may be a 400, a spent balance a 429), then the vague types.
"""

from __future__ import annotations

import re

from harness.model import FailureKind

K = FailureKind

# Codes and types that mean one thing whatever the status. Compared in lower case.
_EXACT_WORDS = {
    K.AUTHENTICATION: """
        authentication_error invalid_api_key invalid_authentication_error authorized_error
        unauthenticated api_key_invalid unrecognizedclientexception expiredtokenexception
        expiredtoken invalidsignatureexception incompletesignatureexception
        missingauthenticationtokenexception invalidclienttokenid invalid_token token_expired""",
    K.BILLING: """
        billing_error insufficient_quota credit_balance_exhausted insufficient_balance
        enforced_spend_limit_reached arrearage exceeded_current_quota_error 1113
        billing_hard_limit_reached insufficient_credits payment_required""",
    K.CONTEXT_OVERFLOW: """
        context_length_exceeded exceed_context_size_error string_above_max_length
        model_context_window_exceeded""",
    K.CONTENT_FILTER: """
        content_filter content_policy_violation data_inspection_failed datainspectionfailed
        responsibleaipolicyviolation 1301 bio_policy misalignment_policy_violation""",
    K.OVERLOADED: """
        overloaded_error engine_overloaded_error server_is_overloaded slow_down
        service_unavailable_error unavailable_error serviceunavailableexception
        modelnotreadyexception 1305 unavailable""",
    K.RATE_LIMIT: """
        rate_limit_exceeded rate_limit_error rate_limit_reached_error throttlingexception
        resource_exhausted 1302 1303 too_many_requests throttling.ratequota
        throttling.allocationquota toomanyrequestsexception""",
    K.NOT_FOUND: "model_not_found resourcenotfoundexception deploymentnotfound",
    K.PERMISSION: "permission_denied accessdeniedexception",
    K.TIMEOUT: "modeltimeoutexception deadline_exceeded timeout_error",
    K.INVALID_REQUEST: """
        unsupported_parameter tool_use_failed json_validate_failed validationexception""",
    K.PAYLOAD_TOO_LARGE: "request_too_large",
    K.POLICY_BLOCKED: "guardrail_policy_blocked",
}
EXACT = {word: kind for kind, words in _EXACT_WORDS.items() for word in words.split()}

# Types that say little: asked last.
VAGUE: dict[str, FailureKind] = {
    "permission_error": K.PERMISSION,
    "not_found_error": K.NOT_FOUND,
    "notfounderror": K.NOT_FOUND,
    "invalid_request_error": K.INVALID_REQUEST,
    "badrequesterror": K.INVALID_REQUEST,
    "invalid_argument": K.INVALID_REQUEST,
    "invalid_prompt": K.INVALID_REQUEST,
    "server_error": K.SERVER_ERROR,
    "api_error": K.SERVER_ERROR,
    "upstream_error": K.SERVER_ERROR,
    "internal_error": K.SERVER_ERROR,
    "internalerror": K.SERVER_ERROR,
    "internalservererror": K.SERVER_ERROR,
    "internal_server_error": K.SERVER_ERROR,
    "internalserverexception": K.SERVER_ERROR,
    "modelerrorexception": K.SERVER_ERROR,
    "modelstreamerrorexception": K.SERVER_ERROR,
    "internal": K.SERVER_ERROR,
}

BY_STATUS: dict[int, FailureKind] = {
    400: K.INVALID_REQUEST,
    401: K.AUTHENTICATION,
    402: K.BILLING,
    403: K.PERMISSION,
    404: K.UNKNOWN,
    405: K.INVALID_REQUEST,
    408: K.TIMEOUT,
    410: K.NOT_FOUND,
    413: K.PAYLOAD_TOO_LARGE,
    415: K.INVALID_REQUEST,
    422: K.INVALID_REQUEST,
    424: K.SERVER_ERROR,
    429: K.RATE_LIMIT,
    498: K.OVERLOADED,
    503: K.OVERLOADED,
    504: K.TIMEOUT,
    524: K.TIMEOUT,
    529: K.OVERLOADED,
}

# A native envelope under HTTP 200 (`base_resp`): the status that its code stands for.
ENVELOPE_STATUS = {
    "1000": 500,
    "1001": 504,
    "1002": 429,
    "1004": 401,
    "1008": 402,
    "1024": 500,
    "1026": 400,
    "1027": 400,
    "1033": 500,
    "1039": 429,
    "2013": 400,
    "2049": 401,
}

TRANSIENT = frozenset(
    {K.RATE_LIMIT, K.OVERLOADED, K.SERVER_ERROR, K.TIMEOUT, K.CONNECTION, K.EMPTY_STREAM}
)

OVERFLOW = re.compile(
    "context length|context window|context size|context_length|maximum context|prompt is too long|"
    "input is too long|too many tokens|token limit exceeded|exceeds the model's max|"
    "maximum number of tokens|input token count|reduce the length"
)
BILLING = re.compile(
    "insufficient balance|insufficient credit|insufficient fund|out of funds|credit balance|"
    "balance is too low|insufficient quota|exceeded your current quota|spending limit|spend limit|"
    "key limit exceeded|billing|payment required|purchase more|top up|recharge|arrear"
)
SAFETY = re.compile(
    "content_filter|content filter|content management policy|new_sensitive|usage policies|"
    "usage policy|content policy|content exists risk|safety system|flagged|requires moderation|"
    "inappropriate content|output_sensitive|input_sensitive|sensitive content"
)
POLICY = re.compile("guardrail|data policy|privacy settings")
KEY = re.compile(
    "api key not valid|incorrect api key|invalid api key|api key you provided is invalid|"
    "api_key_invalid|invalid x-api-key|authorization failed|login fail|token expired|"
    "invalid authentication|invalid credentials"
)
CONNECTION = re.compile(
    "connection lost|connection reset|connection closed|connection terminated|network error|"
    "network connection|terminated|peer closed|broken pipe|upstream connect error|"
    "server disconnected|incomplete chunked read|bad record mac|ssl alert"
)
MISSING = re.compile(
    "not found|does not exist|no such model|unknown model|not supported|unavailable"
)
OVERLOADED = re.compile("overloaded|at capacity|over capacity|loading model")
VALIDATION = re.compile(
    "validation error|unsupported parameter|unrecognized request|invalid_request_error|"
    "unknown parameter|invalid schema"
)
RATE = re.compile("rate limit")
AGAIN = re.compile("try again|resets at|reset at|resets in|retry after")
USAGE = re.compile("usage limit|limit reached|quota|rate limit")


# What the words can make of a status.
_REFUSED = {
    K.CONTEXT_OVERFLOW: OVERFLOW,
    K.CONTENT_FILTER: SAFETY,
    K.AUTHENTICATION: KEY,
    K.BILLING: BILLING,
    K.RATE_LIMIT: RATE,
}
TOLD: dict[int, dict[FailureKind, re.Pattern[str]]] = {
    400: _REFUSED,
    422: _REFUSED,
    403: {K.BILLING: BILLING, K.CONTENT_FILTER: SAFETY, K.AUTHENTICATION: KEY},
    404: {K.BILLING: BILLING, K.POLICY_BLOCKED: POLICY, K.NOT_FOUND: MISSING},
    429: {K.OVERLOADED: OVERLOADED, K.BILLING: BILLING},
}


def kind(status: int | None, type_: str, code: str, words: str) -> FailureKind:
    """The kind that status, type, code and all the words of an error add up to."""
    tokens = [token.lower() for token in (code, type_) if token]
    heard = words.lower()
    exact = next((EXACT[token] for token in tokens if token in EXACT), None)
    exact = exact or next((EXACT[word] for word in heard.split() if word in _TELLING), None)
    if "resource_exhausted" in tokens:
        return K.RATE_LIMIT  # this vendor calls a minute's limit a quota
    if exact is K.RATE_LIMIT or (exact is K.INVALID_REQUEST and status != 400):
        exact = None  # its status and words may know better
    if exact is not None:
        return exact
    if status is not None:
        found = _by_status(status, heard)
        if found is not K.UNKNOWN:
            return found
    for token in tokens:
        if token in EXACT or token in VAGUE:
            return _louder(heard, EXACT.get(token) or VAGUE[token])
    return _louder(heard, K.UNKNOWN) if status is None else K.UNKNOWN


# Codes so telling that they count where they only stand among the words.
_TELLING = {word for word in EXACT if "_" in word} - {"content_filter", "slow_down"}


def transient(kind: FailureKind, status: int | None) -> bool:
    """Whether the same request may succeed later."""
    return kind in TRANSIENT or (kind is K.UNKNOWN and status in (404, 409, 425))


def _by_status(status: int, heard: str) -> FailureKind:
    if status >= 500:
        return _server(status, heard)
    if status == 402 and USAGE.search(heard) and AGAIN.search(heard):
        return K.RATE_LIMIT
    if status == 429 and "extra usage" in heard and "long context" in heard:
        return K.CONTEXT_OVERFLOW
    usual = BY_STATUS.get(status, K.UNKNOWN if status == 409 else K.INVALID_REQUEST)
    if usual is K.INVALID_REQUEST and VALIDATION.search(heard):
        return usual
    return _of(heard, TOLD.get(status, {}), usual)


def _server(status: int, heard: str) -> FailureKind:
    if status in (500, 502) and VALIDATION.search(heard):
        return K.INVALID_REQUEST
    if OVERFLOW.search(heard):
        return K.CONTEXT_OVERFLOW
    if status == 500 and OVERLOADED.search(heard):
        return K.OVERLOADED
    return BY_STATUS.get(status, K.SERVER_ERROR)


def _louder(heard: str, quiet: FailureKind) -> FailureKind:
    """In a stream there is no status: telling words beat a vague type."""
    tables = {
        K.CONTEXT_OVERFLOW: OVERFLOW,
        K.CONTENT_FILTER: SAFETY,
        K.BILLING: BILLING,
        K.OVERLOADED: OVERLOADED,
        K.AUTHENTICATION: KEY,
    }
    if quiet in (K.UNKNOWN, K.INVALID_REQUEST, K.SERVER_ERROR):
        found = _of(heard, tables)
        if found is not K.UNKNOWN:
            return found
    if quiet is K.UNKNOWN:
        return _of(heard, {K.CONNECTION: CONNECTION, K.RATE_LIMIT: RATE})
    return quiet


def _of(
    heard: str, tables: dict[FailureKind, re.Pattern[str]], otherwise: FailureKind = K.UNKNOWN
) -> FailureKind:
    return next((found for found, words in tables.items() if words.search(heard)), otherwise)
