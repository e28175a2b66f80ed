"""Amazon Bedrock over Converse and ConverseStream, signed with SigV4."""

from harness.model import Provider

PROVIDER = Provider(
    name="bedrock",
    aliases=("aws", "aws-bedrock", "amazon-bedrock"),
    transport="bedrock_converse",
    base_url="https://bedrock-runtime.us-east-1.amazonaws.com",
    base_url_env="AWS_ENDPOINT_URL_BEDROCK_RUNTIME",
    model="anthropic.claude-sonnet-4-6-v1:0",
    hosts=("amazonaws.com",),
    credential="sigv4",
    home=True,
    can=frozenset(
        {"tools", "stream", "parallel_tools", "reasoning", "signatures", "cache_usage", "vision"}
    ),
    sources={
        "base_url": "https://docs.aws.amazon.com/general/latest/gr/bedrock.html",
        "credential": "https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html; keys "
        "come from AWS's own chain",
        "guardrail": "row H02: options.guardrail goes out as guardrailConfig",
        "default_max_tokens": "row H01: the wire's own 4096",
        "caching": "row K04: no markers; the wire would make cache points of them",
    },
)
