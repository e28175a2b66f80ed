"""Where we and the oracle differ, with who is right. Rendered into docs/replay.md, which a test
compares; an entry that no longer differs fails."""

from dataclasses import dataclass

OURS, ORACLE = "ours", "the oracle"


@dataclass(frozen=True)
class Difference:
    """Differences of one cause: whose reading is right, and why. `rows` are the ends of cassette
    paths, each with the exchange's number."""

    fields: tuple
    right: str
    why: str
    rows: tuple

    def covers(self, row, name):
        return name in self.fields and self.place(row) is not None

    def place(self, row):
        """The entry of `rows` that this row of the oracle is."""
        found = f"{row['path']}#{row['interaction_no']}"
        return next((place for place in self.rows if found.endswith(place)), None)


DIFFERENCES = (
    Difference(
        ("reasoning",),
        OURS,
        "Several summary parts of one reasoning item. We put a blank line between them; the oracle"
        " joins them without one, which glues the last word of a part to the next part's heading.",
        (
            "test_cohere/test_cohere_model_thinking_part.yaml#0",
            "test_openai_responses/test_openai_responses_thinking_part_iter.yaml#0",
        ),
    ),
    Difference(
        ("calls", "finish"),
        OURS,
        "The oracle lists a tool that the server itself ran (`server_tool_use`) among the calls,"
        " here without its type. Its result stands in the same reply: a client must not run it.",
        (
            "test_live_tool_search_handoff_anthropic_openai_anthropic.yaml#0",
            "test_anthropic_text_parts_ahead_of_built_in_tool_call.yaml#0",
        ),
    ),
    Difference(
        ("text",),
        OURS,
        "A `citationsContent` block holds words of the reply beside its citations. The oracle joins"
        " `text` blocks only, and its sentence ends in the middle.",
        ("test_citations_v1[v1].yaml.gz#1",),
    ),
    Difference(
        ("text",),
        OURS,
        "The content begins with an inline `<think>` block. The SDK knows no such thing; we take it"
        " for what it is, and its words stand in `reasoning`.",
        (
            "test_huggingface/test_hf_model_thinking_part.yaml#0",
            "test_huggingface/test_hf_model_thinking_part.yaml#1",
            "test_huggingface/test_hf_model_thinking_part_iter.yaml#0",
        ),
    ),
    Difference(
        ("output",),
        OURS,
        "This server's `completion_tokens` leave the reasoning out, which its own total shows. Our"
        " `output_tokens` always hold it.",
        (
            "xai/grok_code_fast_1/streaming.json#0",
            "test_openai/test_compatible_api_with_tool_calls_without_id.yaml#0",
            "test_openai/test_compatible_api_with_tool_calls_without_id.yaml#1",
        ),
    ),
    Difference(
        ("input", "output"),
        OURS,
        "The usage stands in the vendor's own `x_groq.usage`, where the SDK does not look.",
        (
            "test_token_counts/TestTokenCounts.test_groq.yaml#0",
            "test_groq/test_groq_model_web_search_tool_stream.yaml#0",
        ),
    ),
    Difference(
        ("calls",),
        OURS,
        "The server repeats the tool's name in every fragment. The SDK concatenates the name; we"
        " keep it once.",
        ("test_tools_streaming/test_tools_streaming_variant_a.yaml#0",),
    ),
    Difference(
        ("finish",),
        OURS,
        "The server's finish reason is the empty text, which says nothing. The reply is whole and"
        " holds a call: `tool_calls`. Without a call it would be `unknown`.",
        ("test_snowflake/test_snowflake_thinking.yaml#0",),
    ),
)


def table():
    """The differences as the page shows them."""
    lines = ["| what differs | who is right | why | where |", "| --- | --- | --- | --- |"]
    for one in DIFFERENCES:
        where = "<br>".join(f"`{row}`" for row in one.rows)
        lines.append(f"| {', '.join(one.fields)} | {one.right} | {one.why} | {where} |")
    return "\n".join(lines)
