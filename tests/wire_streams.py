"""Byte streams for the framing tests, and ways of feeding them."""

import itertools

from hypothesis import strategies as st

from harness.wire.growing import Growing

LINE_PARTS = [
    *(b"data: a", b"data:b", b"data", b"data:  c", b'data: {"x": "\xe2\x82\xac"}', b"data: [DONE]"),
    *(b"event: x", b"event:", b"id: 1", b"id", b"id: a\0b", b": note", b"retry: 30", b"retry: 3x"),
    *(b"other: y", b" data: z", b"data: \xff\xfe", b"data: \xe2\x80\xa8\xc2\x85\x0b\x0c", b""),
    *(b"\xef\xbb\xbf", b"da", b"ta: q"),
]
LINE_ENDS = [b"\n", b"\n\n", b"\r\n", b"\r\n\r\n", b"\r", b"\r\r", b"", b"\n\r"]
LINES = st.tuples(st.sampled_from(LINE_PARTS), st.sampled_from(LINE_ENDS)).map(b"".join)
EVEN_LINES = st.tuples(
    st.sampled_from([b"\n", b"\r\n"]), st.lists(st.sampled_from(LINE_PARTS), max_size=14)
).map(lambda pair: b"".join(part + pair[0] * (1 + (n % 2)) for n, part in enumerate(pair[1])))
SSE = st.lists(LINES, max_size=14).map(b"".join) | EVEN_LINES
POINTS = st.lists(st.integers(0, 300), max_size=12)


def cut(body, points):
    """The body in pieces that end at these points, wrapped around; some pieces are empty."""
    edges = [0, *sorted(point % (len(body) + 1) for point in points), len(body)]
    return [body[start:end] for start, end in itertools.pairwise(edges)]


def in_steps(body, size):
    return [body[start : start + size] for start in range(0, len(body), size)]


def fed(decoder, pieces):
    return [item for piece in pieces for item in decoder.feed(piece)]


def fed_until(decoder, pieces, into):
    """Like `fed`, keeping what came before an error; ends the stream too."""
    for piece in pieces:
        into += decoder.feed(piece)
    return decoder.end()


def bytes_moved(monkeypatch, run):
    """How many bytes were copied into and out of growing buffers while `run` ran."""
    moved = 0
    append, take = Growing.append, Growing.take

    def counting_append(self, data):
        nonlocal moved
        moved += len(data)
        append(self, data)

    def counting_take(self):
        nonlocal moved
        moved += len(self)
        return take(self)

    monkeypatch.setattr(Growing, "append", counting_append)
    monkeypatch.setattr(Growing, "take", counting_take)
    run()
    return moved
