"""The named profiles: dialects that a real server speaks legitimately, each with its evidence.

A provider's file names those of its server; a scenario may name one to be judged under. Everything
else that differs from the protocol is a fault. None of them is on unless it is named.
"""

from __future__ import annotations

from typing import NamedTuple


class Profile(NamedTuple):
    allows: str
    evidence: str


PROFILES: dict[str, Profile] = {
    # How a reply ends
    "eof_is_end": Profile(
        "a clean end of the body without a finish reason is the end of the reply",
        "Ollama sends a null finish reason: https://github.com/pydantic/pydantic-ai/issues/6610; "
        "rows C24, O07",
    ),
    "done_is_end": Profile(
        "[DONE] without a finish reason is the end of the reply; a bare end of the body is not",
        "row C24: a stream that ends with [DONE] and never sends a finish reason",
    ),
    # What stands where in a reply
    "think_tags_are_text": Profile(
        "<think> and its synonyms are content like any other",
        "servers that parse reasoning themselves: a tag that is left is meant (WIRE 11.3)",
    ),
    "think_tag_in_prompt": Profile(
        "the prompt's template opens the think tag, so that a reply may hold the closer alone: "
        "text is withheld until the closer or the end decides",
        "NIM without a reasoning parser (WIRE 10, WIRE 11.3)",
    ),
    "refusal_is_content": Profile(
        "a refusal without text is shown as the content, and finishes with content_filter",
        "row C20: proxies whose users would see an empty reply",
    ),
    "cumulative_arguments": Profile(
        "a fragment that begins with all arguments so far replaces them",
        "row C28: DeepSeek behind Qianfan proxies, hermes-agent #35592, #35718, #35860",
    ),
    "whole_calls": Profile(
        "a streamed call comes in one delta, with its name and all its arguments",
        "Mistral: both are required of each call in a delta, https://docs.mistral.ai/api",
    ),
    "thinking_parts": Profile(
        "a thought comes as content parts of type thinking",
        "Mistral, https://docs.mistral.ai/capabilities/reasoning",
    ),
    "usage_on_finish": Profile(
        "the usage comes with the finish reason, unasked, and no other chunk has the field",
        "Mistral: usage is optional of a chunk and never null, https://docs.mistral.ai/api",
    ),
    # What goes back on the next turn, over chat
    "echo_reasoning_content": Profile(
        "every assistant message carries reasoning_content, a single space where none is known",
        "row J06: DeepSeek and Kimi refuse a turn with calls without it (WIRE 11.3)",
    ),
    "echo_reasoning_details": Profile(
        "reasoning_details go back unmodified, in order",
        "OpenRouter, MiniMax with reasoning_split (WIRE 11.3)",
    ),
    "echo_reasoning_text": Profile(
        "reasoning_text and reasoning_opaque go back together",
        "Copilot (WIRE 11.3)",
    ),
    "echo_extra_content": Profile(
        "extra_content goes back where it came: thought signatures are enforced",
        "Gemini over its compatible endpoint (WIRE 11.3; rows C09, C10)",
    ),
    "echo_raw_content": Profile(
        "the content goes back with its think tags",
        "MiniMax: the complete message must be echoed (WIRE 10, 11.3)",
    ),
    "echo_thinking_parts": Profile(
        "reasoning goes back as a content part of type thinking, before the text",
        "Mistral (WIRE 10, 11.3)",
    ),
    # What a request may hold, over chat
    "no_stream_options": Profile(
        "stream_options is not sent",
        "row C27: hosts that refuse the parameter",
    ),
    "tool_message_name": Profile(
        "a tool message carries the name of its function",
        "row E23: Gemini pairs results by name",
    ),
    # Which thinking goes back, over Messages and Converse
    "thinking_all": Profile(
        "thinking blocks go back in every turn, as they came",
        "Kimi over Messages (behaviour V), adaptive thinking",
    ),
    "thinking_unsigned": Profile(
        "the server knows no signatures: unsigned thinking goes back, signed does not",
        "rows G07: DeepSeek and Kimi over Messages",
    ),
    "thinking_none": Profile(
        "no thinking goes back: the host did not sign it",
        "row G06: third-party hosts of the Messages wire",
    ),
    # Verdicts over Responses
    "responses_thought_alone_is_pause": Profile(
        "a completed response of reasoning alone is continued",
        "row F26: the Codex backend, xAI and GitHub",
    ),
    "responses_answer_inside_thought": Profile(
        "an answer that stands inside the reasoning is the content",
        "row F33: xAI",
    ),
    "responses_harmony_leak_is_pause": Profile(
        "text that holds a tool call in the model's own notation is no answer",
        "row E22: hermes-agent #15347",
    ),
    "responses_commentary_is_reasoning": Profile(
        "text of the commentary phase is reasoning",
        "row F24: the Codex backend",
    ),
    # The gateway as its first client read it
    "lines_with_space_only": Profile(
        "only lines that start with `data: ` are read, each one JSON text of its own",
        "row O05: the gateway's first client split its lines so",
    ),
    # What a client may do
    "retry_after_text": Profile(
        "a reply that broke inside a tool call is asked for again although text was shown",
        "row D10: hermes-agent #14151",
    ),
    "withhold_text_after_call": Profile(
        "text that follows the start of a tool call is not shown as it comes",
        "row G35",
    ),
    "clean_lookalike_key": Profile(
        "look-alike characters are removed from a key",
        "row L09: keys pasted from web pages",
    ),
}

# Of these, what a script says is laid out in another way for a provider that names them.
SPOKEN = frozenset({"whole_calls", "thinking_parts", "usage_on_finish"})
