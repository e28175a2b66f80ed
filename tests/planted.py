"""A secret in every place of an exchange, in every encoding, cut in every way: and where it may
then be found. Shares no code with what scrubs."""

import base64
import contextlib
import gzip
import html
import json
import re
import urllib.parse
import zlib

from harness.model import Exchange, Piece, Request

SECRET = "Hv7/qZ+9wKfR2xV4mLd8=Tn1Yb"
URL = "https://api.vendor.test/v1/answers"
JSON = ("content-type", "application/json")
SSE = ("content-type", "text/event-stream")
FRAMED = ("content-type", "application/vnd.amazon.eventstream")


def base64_at(offset, secret):
    """As a part of a longer base64 text: what surrounds it shifts its bits."""
    return base64.b64encode(b"~" * offset + secret.encode() + b"~~").decode()


ENCODINGS = {
    "raw": lambda s: s,
    "json_slash": lambda s: s.replace("/", "\\/"),
    "json_u": lambda s: "".join(f"\\u{ord(char):04x}" for char in s),
    "url": lambda s: urllib.parse.quote(s, safe=""),
    "url_low": lambda s: urllib.parse.quote(s, safe="").replace("%2F", "%2f").replace("%2B", "%2b"),
    "url_twice": lambda s: urllib.parse.quote(urllib.parse.quote(s, safe=""), safe=""),
    "url_all": lambda s: "".join(f"%{ord(char):02X}" for char in s),
    "base64_0": lambda s: base64_at(0, s),
    "base64_1": lambda s: base64_at(1, s),
    "base64_2": lambda s: base64_at(2, s),
    "base64_url": lambda s: base64.urlsafe_b64encode(s.encode()).decode(),
    "hex": lambda s: s.encode().hex(),
    "hex_upper": lambda s: s.encode().hex().upper(),
    "base64_twice": lambda s: base64_at(1, base64_at(0, s)),
    "json_in_json": lambda s: "".join(f"\\\\u{ord(char):04X}" for char in s),
    "json_x": lambda s: "".join(f"\\\\x{ord(char):02x}" for char in s),
    "hex_mixed": lambda s: "".join(
        f"{ord(char):02{'xX'[number % 2]}}" for number, char in enumerate(s)
    ),
    "html": html.escape,
    "html_numbers": lambda s: "".join(f"&#{ord(char)};" for char in s),
    "url_mixed": lambda s: "".join(
        f"%{ord(char):02x}" if number % 2 else urllib.parse.quote(char, safe="")
        for number, char in enumerate(s)
    ),
    "reversed": lambda s: s[::-1],
}
SPLITS = ("whole", "bytes", "sevens", "halves", "thirds")


def event(data):
    return b"data: " + data + b"\n\n"


def delta(inside):
    return event(b'{"choices":[{"index":0,"delta":{"content":"' + inside + b'"}}]}')


def fragments(inside):
    """Cut where a JSON string may be cut: not inside an escape."""
    parts, at = [], 0
    while at < len(inside):
        size = 6 if inside[at : at + 2] == b"\\u" else 2 if inside[at : at + 1] == b"\\" else 1
        parts.append(inside[at : at + size])
        at += size
    middle = len(parts) // 3
    return (
        b"".join(parts[:middle]),
        b"".join(parts[middle : 2 * middle]),
        b"".join(parts[2 * middle :]),
    )


def frame(payload, **headers):
    block = b""
    for name, value in headers.items():
        block += bytes((len(name),)) + name.encode() + b"\7" + len(value).to_bytes(2, "big") + value
    prelude = (16 + len(block) + len(payload)).to_bytes(4, "big") + len(block).to_bytes(4, "big")
    head = prelude + zlib.crc32(prelude).to_bytes(4, "big") + block
    return head + payload + zlib.crc32(head + payload).to_bytes(4, "big")


def coded(inside, key=b"note"):
    """A JSON text in base64, as Bedrock's InvokeModel sends it."""
    return base64.b64encode(b'{"' + key + b'":"' + inside + b'","index":0}')


def framed(*events):
    return answered(b"".join(events), FRAMED)


def multipart(*parts):
    body = b"".join(b"--cut\r\n" + part + b"\r\n" for part in parts) + b"--cut--\r\n"
    return asked((("content-type", "multipart/form-data; boundary=cut"),), body)


def disposition(name, more=b""):
    return b'content-disposition: form-data; name="' + name + b'"\r\n' + more + b"\r\n"


def asked(headers=(), body=b"{}", url=URL):
    typed = any(name == "content-type" for name, _ in headers)
    return Exchange(
        Request("POST", url, tuple(headers) if typed else (JSON, *headers), body),
        200,
        "OK",
        (JSON,),
        (Piece(b"{}"),),
    )


def answered(body, *headers):
    length = ("content-length", str(len(body)))
    return Exchange(
        Request("POST", URL, (JSON,), b"{}"), 200, "OK", (*headers, length), (Piece(body),)
    )


# Each takes the encoded secret as bytes that are safe inside a JSON string.
SIGNED = "AWS4-HMAC-SHA256 Credential=%s/2026/x/b/aws4_request, SignedHeaders=host, Signature=0af3"
ASKED = {
    "authorization": lambda s: asked((("authorization", f"Bearer {s.decode()}"),)),
    "x_api_key": lambda s: asked((("x-api-key", s.decode()),)),
    "cookie": lambda s: asked((("cookie", f"theme=dark; session={s.decode()}"),)),
    "kept_header": lambda s: asked((("user-agent", f"cli/1 {s.decode()}"),)),
    "strange_header": lambda s: asked((("x-vendor-thing", s.decode()),)),
    "query_named": lambda s: asked(url=f"{URL}?key={s.decode()}"),
    "query_other": lambda s: asked(url=f"{URL}?note=a{s.decode()}b"),
    "path": lambda s: asked(url=f"{URL}/of/{s.decode()}/x"),
    "request_text": lambda s: asked(
        body=b'{"messages":[{"role":"user","content":"a ' + s + b' b"}]}'
    ),
    "request_field": lambda s: asked(body=b'{"api_key":"' + s + b'","n":1}'),
    "request_form": lambda s: asked(
        (("content-type", "application/x-www-form-urlencoded"),), b"grant_type=x&refresh_token=" + s
    ),
    "request_plain": lambda s: asked((("content-type", "text/plain"),), b"hello " + s + b" bye"),
    "basic": lambda s: asked(
        (("authorization", f"Basic {base64.b64encode(b'ada:' + s).decode()}"),),
        b'{"input":"ada:' + s + b'"}',
    ),
    "sigv4_header": lambda s: asked(
        (
            ("authorization", SIGNED % s.decode().replace("/", "")),
            ("x-amz-security-token", s.decode()),
        )
    ),
    "sigv4_query": lambda s: asked(
        url=f"{URL}?X-Amz-Credential={s.decode()}%2F20260101%2Feu%2Faws4_request"
        f"&X-Amz-Security-Token={s.decode()}&X-Amz-Signature={'0af3' * 16}"
    ),
    "multipart_field": lambda s: multipart(disposition(b"note") + b"so " + s),
    "multipart_json": lambda s: multipart(
        disposition(b"a", b"content-type: application/json\r\n") + b'{"x":"' + s + b'"}',
        disposition(b"b") + b"y",
    ),
    "request_base64": lambda s: asked(body=b'{"body":"' + coded(s) + b'"}'),
    "request_gzip": lambda s: asked(
        (("content-encoding", "gzip"),), gzip.compress(b'{"text":"a ' + s + b'"}', mtime=0)
    ),
}
ANSWERED = {
    "set_cookie": lambda s: answered(b"{}", ("set-cookie", f"sid={s.decode()}; Path=/")),
    "request_id": lambda s: answered(b"{}", ("x-request-id", s.decode())),
    "json_error": lambda s: answered(b'{"error":{"message":"bad key ' + s + b'."}}', JSON),
    "json_list": lambda s: answered(b'[{"a":["' + s + b'"]},{"b":"' + s + b'"}]', JSON),
    "json_opaque": lambda s: answered(b'{"signature":"AA' + s + b'"}', JSON),
    "json_token": lambda s: answered(b'{"access_token":"' + s + b'","expires_in":3600}', JSON),
    "sse": lambda s: answered(delta(b"so ") + delta(s) + event(b"[DONE]"), SSE),
    "sse_fragments": lambda s: answered(b"".join(map(delta, fragments(s))) + event(b"[DONE]"), SSE),
    "sse_comment": lambda s: answered(b": " + s + b"\n\n" + delta(b"x"), SSE),
    "ndjson": lambda s: answered(b'{"t":"' + s + b'"}\n{"t":"x"}\n', ("content-type", "x-ndjson")),
    "frames": lambda s: answered(frame(b'{"p":"ab"}') + frame(b'{"text":"' + s + b'"}'), FRAMED),
    "frames_fragments": lambda s: framed(
        *(frame(b'{"text":"' + part + b'"}') for part in fragments(s))
    ),
    "frame_header": lambda s: framed(frame(b'{"p":"ab"}', kind=b"chunk", note=s)),
    "frame_two_headers": lambda s: framed(frame(b"{}", note=b"so " + s), frame(b"{}", other=s)),
    "frame_plain": lambda s: framed(frame(b"so " + s, kind=b"text"), frame(s, kind=b"text")),
    "frames_base64": lambda s: framed(frame(b'{"bytes":"' + coded(s) + b'"}', kind=b"chunk")),
    "frames_base64_parts": lambda s: framed(
        *(frame(b'{"bytes":"' + coded(part) + b'","p":"ab"}') for part in fragments(s))
    ),
    "sse_base64": lambda s: answered(delta(coded(s)) + event(b"[DONE]"), SSE),
    "base64_in_base64": lambda s: answered(b'{"data":"' + coded(coded(s)) + b'"}', JSON),
    "two_cookies": lambda s: answered(
        b"{}", ("set-cookie", f"a=1; Path=/{s.decode()}"), ("set-cookie", f"sid={s.decode()}")
    ),
    "sigv4_echo": lambda s: answered(
        b'{"message":"The Canonical String should have been\\n\'POST\\n/model\\n\\nhost:x\\n'
        b"x-amz-security-token:" + s + b"\\n\\nhost;x-amz-security-token\\n"
        b"e3b0c442'\"}",
        JSON,
    ),
    "deflate": lambda s: answered(
        zlib.compress(b'{"text":"a ' + s + b'"}'), JSON, ("content-encoding", "deflate")
    ),
    "gzip": lambda s: answered(
        gzip.compress(b'{"text":"a ' + s + b'"}', mtime=0), JSON, ("content-encoding", "gzip")
    ),
    "plain": lambda s: answered(b"<p>" + s + b"</p>", ("content-type", "text/html")),
}
IN_JSON_ONLY = {
    "json_slash",
    "json_u",
    "json_in_json",
    "json_x",
}  # encodings of a JSON string, and of nothing else
JSON_PLACES = {"request_text", "request_field", "json_error", "json_list", "json_opaque"}
JSON_PLACES |= {"json_token", "sse", "sse_fragments", "ndjson", "frames", "gzip", "request_gzip"}
JSON_PLACES |= {"frames_fragments", "frames_base64", "frames_base64_parts", "sse_base64", "deflate"}
JSON_PLACES |= {"request_base64", "multipart_json", "base64_in_base64", "sigv4_echo", "basic"}
CODED = {"gzip", "request_gzip", "deflate"}
OUT_OF_URLS = {
    "query_named",
    "query_other",
    "path",
}  # raw, it is no part of a URL


def plantings():
    """(place, encoding, split, exchange)."""
    for places, splits in ((ASKED, SPLITS[:1]), (ANSWERED, SPLITS)):
        for place, make in places.items():
            for encoding, encode in ENCODINGS.items():
                if encoding in IN_JSON_ONLY and place not in JSON_PLACES:
                    continue
                exchange = make(encode(SECRET).encode())
                for split in splits if exchange.body != b"{}" else SPLITS[:1]:
                    yield place, encoding, split, cut(exchange, split)


def cut(exchange, split):
    body = exchange.body
    size = {"bytes": 1, "sevens": 7, "halves": len(body) // 2 + 1, "thirds": len(body) // 3 + 1}
    size = size.get(split, len(body))
    pieces = tuple(Piece(body[n : n + size], 0.001) for n in range(0, len(body), size))
    return Exchange(exchange.request, exchange.status, exchange.reason, exchange.headers, pieces)


_ESCAPED = re.compile(r"\\+(?:u00|x)([0-9a-fA-F]{2})")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{16,}")


def _decoded(text):
    plain = text.replace("-", "+").replace("_", "/")
    plain = plain[: len(plain) // 4 * 4] if len(plain) % 4 == 1 else plain
    try:
        return base64.b64decode(plain + "=" * (-len(plain) % 4))
    except ValueError:
        return b""


def traces(data, secret=SECRET, depth=2):
    """In which encodings a secret, or most of it, can be read from bytes."""
    text = data.decode("utf-8", "replace")
    views = {"as it stands": text, "without line ends": "".join(text.split())}
    views["percent decoded"] = urllib.parse.unquote(urllib.parse.unquote(text))
    views["unescaped"] = text.replace("\\/", "/")
    views["characters"] = _ESCAPED.sub(lambda one: chr(int(one[1], 16)), text)
    views["html"] = html.unescape(text)
    views["backwards"] = text[::-1]
    with contextlib.suppress(ValueError):
        views["json"] = json.dumps(json.loads(text), ensure_ascii=False).replace("\\/", "/")
    core = secret[3:-3]
    found = [name for name, view in views.items() if core in view]
    if depth:
        inner = (_decoded(one[0]) for one in _RUN.finditer(text))
        found += [f"in base64: {name}" for one in inner for name in traces(one, secret, depth - 1)]
    hexed = core.encode().hex()
    found += ["hex"] if hexed in text.lower() else []
    spelled = "".join(f"\\u{ord(char):04x}" for char in core)
    found += ["\\u"] if spelled in text.lower() else []
    for offset in range(3):
        coded = base64.b64encode(b"~" * offset + secret.encode())[4:-8].decode()
        plain = views["without line ends"].replace("-", "+").replace("_", "/")
        found += [f"base64 at {offset}"] if coded in plain else []
    return found
