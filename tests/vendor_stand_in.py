"""A local stand-in for two backends behind short-lived tokens: the first is refused, the token
endpoint hands out another, and then there is an answer. Every secret is as long as a real one.
"""

import base64
import http.server
import json
import threading


def token(name):
    """A JWT as a portal signs one: its scope is read by the client, its end is near."""
    parts = [
        {"alg": "HS256", "typ": "JWT"},
        {"sub": f"user-{name}", "scope": SCOPE, "exp": 4000000000},
    ]
    coded = [
        base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts
    ]
    return ".".join([*coded, base64.urlsafe_b64encode(name.encode() * 6).decode().rstrip("=")])


SCOPE = "inference:invoke"
STALE, FRESH = token("stale"), token("fresh")
REFRESH = ["rt-first-Zk3Qw9Lm5Xc7Vb1N", "rt-second-Aa4Ss6Dd8Ff0Gg2H"]
SECRETS = [STALE, FRESH, *REFRESH]
SAID = ("Hel", "lo, ", "Ada.")


def chat():
    for word in SAID:
        yield {"choices": [{"index": 0, "delta": {"content": word}, "finish_reason": None}]}
    yield {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_POST(self):
        self.server.asked += 1
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if "/token" in self.path:
            self._token(body)
        elif self.headers.get("authorization") == f"Bearer {FRESH}":
            self._stream()
        else:
            told = {"error": {"message": f"expired: {self.headers.get('authorization')}"}}
            self._json(401, told)

    def _token(self, body):
        assert REFRESH[0] in body.decode() + str(self.headers)
        self._json(
            200,
            {
                "access_token": FRESH,
                "refresh_token": REFRESH[1],
                "token_type": "Bearer",
                "expires_in": 3600,
                "scope": SCOPE,
                "account": {"email": "ada@analytical-engine.com", "id": "acct-0123456789"},
            },
        )

    def _json(self, status, value):
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.send_header("x-request-id", f"req_{self.server.number():012}")
        self.end_headers()
        self.wfile.write(data)

    def _stream(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        for event in self.server.events:
            data = b"data: " + json.dumps(event).encode() + b"\n\n"
            self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))
        self.wfile.write(b"e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n")


class StandIn(http.server.ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, events=None):
        super().__init__(("127.0.0.1", 0), Handler)
        self.events = list(chat()) if events is None else events
        self._number = self.asked = 0
        self._thread = threading.Thread(target=self.serve_forever, args=(0.02,))

    def number(self):
        self._number += 1
        return self._number

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *error):
        self.shutdown()
        self._thread.join(5)
        self.server_close()
