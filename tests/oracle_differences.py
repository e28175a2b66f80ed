"""Where we and the oracle differ, with who is right. Rendered into docs/replay.md, which a test
compares; an entry that no longer differs fails."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Explanation:
    """A difference that stands: whose reading is right, and why. `path` is the end of a cassette's
    path; `exchange` is None for every one of the file."""

    path: str
    fields: tuple
    right: str  # "ours" or "oracle"
    why: str
    exchange: int | None = None

    def covers(self, row, name):
        near = row["path"].endswith(self.path) and name in self.fields
        return near and self.exchange in (None, row["interaction_no"])


DIFFERENCES = (
    Explanation(
        "test_cohere/test_cohere_model_thinking_part.yaml",
        ("reasoning",),
        "ours",
        "Several summary parts of one reasoning item: we put a blank line between them, the oracle"
        " joins them without one, which glues the last word of a part to the next heading.",
    ),
    Explanation(
        "test_openai_responses/test_openai_responses_thinking_part_iter.yaml",
        ("reasoning",),
        "ours",
        "As above: a blank line between the parts of a reasoning summary.",
    ),
    Explanation(
        "test_citations_v1[v1].yaml.gz",
        ("text",),
        "ours",
        "A `citationsContent` block holds words of the reply beside its citations. The oracle joins"
        " `text` blocks only, and its sentence ends in the middle.",
        1,
    ),
    Explanation(
        "test_live_tool_search_handoff_anthropic_openai_anthropic.yaml",
        ("calls",),
        "ours",
        "The oracle lists the search among the tool calls, a `server_tool_use` block whose result"
        " stands in the same reply: the server ran it, a client must not.",
        0,
    ),
    Explanation(
        "test_anthropic/test_anthropic_text_parts_ahead_of_built_in_tool_call.yaml",
        ("calls", "finish"),
        "ours",
        "As above: `web_search` ran on the server, and the reply ended its turn.",
        0,
    ),
    Explanation(
        "test_anthropic/test_web_search.yaml",
        ("calls", "finish"),
        "ours",
        "As above: `web_search` ran on the server, and the reply ended its turn.",
    ),
)
