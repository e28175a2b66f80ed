"""The text that is said holds something hard: it is put before the first text of the answer.

`what` is u2028 (line ends to Unicode, not to the protocol), nul, emoji, quotes, newline, done (the
words `data: [DONE]`), think_prose (a sentence that names a think tag), or html.
"""

from __future__ import annotations

from typing import Any

from harness.errors import UsageError
from harness.faults._edit import some
from harness.faults._text import say_in
from harness.model import Exchange, RegionKind, Regions

WIRES = None
TEXTS = {
    "u2028": "one\u2028two\u2029three\u0085four\x0bfive\x0csix ",
    "nul": "nul\x00nul ",
    "emoji": "👩‍👩‍👧‍👦 é ",
    "quotes": '"quoted" \\ back\\slash ',
    "newline": "one\r\ntwo\rthree\nfour ",
    "done": "data: [DONE]\n\ndata: ",
    "think_prose": "Write `<think>` and `</think>` around it. ",
    "html": "<b>&amp;</b> ",
}


def apply(exchange: Exchange, regions: Regions, *, what: str) -> Exchange:
    if what not in TEXTS:
        raise UsageError(f"{what!r} is no such text", hint=f"Texts are: {', '.join(TEXTS)}")
    first = some(regions.of(RegionKind.TEXT), "text")[0]

    def more(text: str) -> Any:
        return TEXTS[what] + text

    return say_in(exchange, regions, {first: more(first.text)})
