"""Which thinking goes back to whom. The server that signed a block is the only one that can read
it, so this is the provider's to say, by a profile:

  (none)              the signer itself: whole and signed, in the turns of the current tool loop;
                      older turns lose it, and what carries no signature is said as plain text
  thinking_all        everything, everywhere, as it came
  thinking_unsigned   a server that knows no signatures: unsigned blocks only, and the reasoning
                      text of a turn (even an empty one) as its leading block
  thinking_none       nobody's: all of it is removed

A block is dropped whole or kept whole; its text is never edited.
"""

from __future__ import annotations

from collections.abc import Callable

from harness.model import JsonObject

TOLD = "reasoning_content"  # inside this folder only: a turn's reasoning as text, not yet a block
KINDS = frozenset({"thinking", "redacted_thinking", TOLD})
PROFILES = frozenset({"thinking_all", "thinking_unsigned", "thinking_none"})

Policy = Callable[[JsonObject, bool], JsonObject | None]  # (block, is current) -> block or nothing


def told(message: JsonObject) -> list[JsonObject]:
    """The turn's reasoning as text, where it has one."""
    text = message.get("reasoning_content")
    if not isinstance(text, str):
        text = message.get("reasoning") or None
    return [{"type": TOLD, "thinking": text}] if isinstance(text, str) else []


def apply(turns: list[JsonObject], profiles: frozenset[str]) -> list[JsonObject]:
    """The turns with the thinking that may stay. A turn that was nothing else goes whole."""
    policy = next((_POLICIES[name] for name in sorted(PROFILES & profiles)), _signer)
    loop = _loop_start(turns)
    applied = []
    for position, turn in enumerate(turns):
        if turn["role"] != "assistant":
            applied.append(turn)
            continue
        current = position >= loop
        blocks = [policy(block, current) for block in turn["content"]]
        kept = [block for block in blocks if block is not None]
        if any(block.get("type") not in KINDS for block in turn["content"]):
            applied.append({**turn, "content": kept})
    return applied


def demoted(blocks: list[JsonObject]) -> list[JsonObject]:
    """Thinking whose signature no longer fits what follows it is said as text, or not at all."""
    said: list[JsonObject] = []
    for block in blocks:
        signed = block.get("type") in KINDS and block.get("type") != TOLD
        text = _as_text(block) if signed else block
        if text is not None:
            said.append(text)
    return said


def _loop_start(turns: list[JsonObject]) -> int:
    """The first turn of the latest tool loop: after the last user turn that answers no call and
    stands before the latest assistant turn."""
    latest = max((i for i, t in enumerate(turns) if t["role"] == "assistant"), default=0)
    for position in range(latest, -1, -1):
        turn = turns[position]
        if turn["role"] == "user" and not any(
            block.get("type") == "tool_result" for block in turn["content"]
        ):
            return position
    return 0


def _as_text(block: JsonObject) -> JsonObject | None:
    text = block.get("thinking")
    return {"type": "text", "text": text} if isinstance(text, str) and text.strip() else None


def _signer(block: JsonObject, current: bool) -> JsonObject | None:
    kind = block.get("type")
    if kind not in KINDS:
        return block
    if kind == TOLD or not current:
        return None
    if kind == "redacted_thinking":
        return block if block.get("data") else None
    return block if block.get("signature") else _as_text(block)


def _all(block: JsonObject, current: bool) -> JsonObject | None:
    return None if block.get("type") == TOLD else block


def _none(block: JsonObject, current: bool) -> JsonObject | None:
    return None if block.get("type") in KINDS else block


def _unsigned(block: JsonObject, current: bool) -> JsonObject | None:
    kind = block.get("type")
    if kind == TOLD:
        return {"type": "thinking", "thinking": block["thinking"]}
    if kind == "redacted_thinking" or (kind == "thinking" and block.get("signature")):
        return None
    return block


_POLICIES: dict[str, Policy] = {
    "thinking_all": _all,
    "thinking_none": _none,
    "thinking_unsigned": _unsigned,
}
