"""Amazon Bedrock over Converse and ConverseStream."""

from harness.model import Provider

PROVIDER = Provider(
    name="bedrock",
    transport="bedrock_converse",
    base_url="https://bedrock-runtime.us-east-1.amazonaws.com",
    model="anthropic.claude-sonnet-4-6-v1:0",
    credential="sigv4",
    home=True,
    can=frozenset(
        {"tools", "stream", "parallel_tools", "reasoning", "signatures", "cache_usage", "vision"}
    ),
)
