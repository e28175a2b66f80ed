"""One part of canonical content as a block of this wire: text, image, file; anything else that the
wire itself knows goes through, and what it cannot say is named in words."""

from __future__ import annotations

import re
from typing import Any

from harness.model import JsonObject

_DATA_URL = re.compile(r"data:([\w.+-]+/[\w.+-]+)?(?:;[\w=.+-]+)*;base64,(.*)", re.DOTALL)


def block_of(part: JsonObject) -> JsonObject:
    kind = part.get("type")
    if kind in ("text", "input_text", "output_text"):
        return {**_only(part, "citations"), "type": "text", "text": str(part.get("text") or "")}
    if kind in ("image_url", "input_image"):
        return _image(part.get("image_url"))
    if kind == "file":
        return _file(part.get("file"))
    if kind == "refusal":
        return {"type": "text", "text": str(part.get("refusal") or "")}
    if kind in ("input_audio", "audio", None):
        return {"type": "text", "text": f"[{kind or 'unknown'} content was left out]"}
    return dict(part)


def _only(part: JsonObject, *names: str) -> JsonObject:
    return {name: part[name] for name in names if name in part}


def data_url(url: str) -> tuple[str, str] | None:
    """(media type, base64) of a data: URL."""
    match = _DATA_URL.fullmatch(url)
    return (match[1] or "image/png", match[2]) if match else None


def _image(image: Any) -> JsonObject:
    url = image.get("url") if isinstance(image, dict) else image
    if not isinstance(url, str) or not url:
        return {"type": "text", "text": "[an image without a URL was left out]"}
    inline = data_url(url)
    if inline:
        media, data = inline
        source = {"type": "base64", "media_type": media, "data": data}
    else:
        source = {"type": "url", "url": url}
    return {"type": "image", "source": source}


def _file(file: Any) -> JsonObject:
    held = file if isinstance(file, dict) else {}
    inline = data_url(str(held.get("file_data") or ""))
    if inline:
        media, data = inline
        source = {"type": "base64", "media_type": media, "data": data}
        return {"type": "document", "source": source, "title": held.get("filename")}
    return {"type": "text", "text": f"[file {held.get('filename') or ''} was left out]"}


LEFT_OUT = {"type": "text", "text": "[an earlier image was left out]"}


def latest(turns: list[JsonObject], most: Any) -> list[JsonObject]:
    """The turns with so many images in tool results, the latest ones; all, where nobody says how
    many. What stands for an older one says so."""
    if isinstance(most, bool) or not isinstance(most, int) or most < 0:
        return turns
    blocks = [block for turn in turns for block in turn["content"]]
    older = sum(_is_image(part) for block in blocks for part in _shown(block)) - most

    def without_older(block: JsonObject) -> JsonObject:
        nonlocal older
        parts: list[Any] = []
        for part in _shown(block):
            parts.append(LEFT_OUT if _is_image(part) and older > 0 else part)
            older -= _is_image(part)
        return {**block, "content": parts} if parts else block

    return [{**turn, "content": [without_older(b) for b in turn["content"]]} for turn in turns]


def _shown(block: JsonObject) -> list[Any]:
    """What a tool has answered in parts."""
    parts = block.get("content") if block.get("type") == "tool_result" else None
    return parts if isinstance(parts, list) else []


def _is_image(part: Any) -> bool:
    return isinstance(part, dict) and part.get("type") == "image"
