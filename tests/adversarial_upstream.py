"""A raw upstream on 127.0.0.1 that behaves badly on purpose, and shares no code with the doors.

A path names a script; a script is a list of answers, one a request; an answer is a list of steps:
bytes to write at once, seconds to wait, or FIN, RST, STALL.
"""

import contextlib
import itertools
import json
import socket
import struct
import threading
import time

FIN, RST, STALL = "fin", "rst", "stall"
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"


def chunk(data):
    return b"%x\r\n%b\r\n" % (len(data), data)


END = b"0\r\n\r\n"


def event(delta, finish=None):
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    body = json.dumps({"id": "c1", "choices": [choice]}, ensure_ascii=False)
    return f"data: {body}\n\n".encode()


def call(arguments):
    return event({"tool_calls": [{"index": 0, "function": {"arguments": arguments}}]})


DONE = b"data: [DONE]\n\n"
TEXT = [event({"content": word}) for word in ("Gr\u00fc\u00dfe, ", "\u4e16\u754c ", "\U0001f30d.")]
WHOLE = b"".join([*TEXT, event({}, "stop"), DONE])
LONG = b"".join([event({"content": "x" * 40})] * 5 + [DONE])[:545]
CUT = [event({"content": "I write."}), call('{"path": "/t'), call("mp/hai")]
DENIED = b'{"error": {"message": "expired", "code": "invalid_api_key"}}'


def with_length(status, body, length=None):
    length = len(body) if length is None else length
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    )
    return [head.encode(), body]


def spaced(steps, seconds):
    return [part for step in steps for part in (seconds, step)]


def inside_a_character():
    """The stream cut at every byte that continues a character, so that no piece is whole UTF-8."""
    cuts = [0, *(n for n, byte in enumerate(WHOLE) if byte & 0xC0 == 0x80), len(WHOLE)]
    return [WHOLE[a:b] for a, b in itertools.pairwise(cuts)]


SCRIPTS = {
    "one_byte_chunks": [[HEAD, *(chunk(LONG[n : n + 1]) for n in range(len(LONG))), END]],
    "utf8_split": [[HEAD, *map(chunk, inside_a_character()), END]],
    "paced": [[HEAD, *spaced([*map(chunk, [*TEXT, event({}, "stop"), DONE]), END], 0.04)]],
    "eof_without_finish": [[HEAD, *map(chunk, CUT), FIN]],
    "error_event": [
        [HEAD, *map(chunk, CUT[:2]), chunk(b'data: {"error": {"message": "overloaded"}}\n\n'), END]
    ],
    "reset_mid_tool_call": [[HEAD, *map(chunk, CUT), 0.05, RST]],
    "stall": [[HEAD, *map(chunk, CUT), STALL]],
    "wrong_content_length": [[*with_length("200 OK", WHOLE, len(WHOLE) + 99), FIN]],
    "401_then_200": [
        with_length("401 Unauthorized", DENIED),
        [HEAD, *map(chunk, [*TEXT, DONE]), END],
    ],
}
PATIENCE = 0.6  # the read timeout of whoever asks for the stall


class Upstream:
    def __init__(self):
        self._server = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._server.getsockname()[1]}"
        self._asked = {}
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._accept)]

    def __enter__(self):
        self._threads[0].start()
        return self

    def __exit__(self, *_error):
        self._over.set()
        self._server.shutdown(socket.SHUT_RDWR)  # wakes accept
        self._server.close()
        for thread in self._threads:
            thread.join(5)
            assert not thread.is_alive()

    def forget(self):
        """Every script starts again at its first answer."""
        self._asked.clear()

    def _accept(self):
        with contextlib.suppress(OSError):
            while True:
                wire, _ = self._server.accept()
                thread = threading.Thread(target=self._serve, args=(wire,))
                self._threads.append(thread)
                thread.start()

    def _serve(self, wire):
        wire.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        wire.settimeout(0.05)
        with wire, contextlib.suppress(ConnectionError):
            while (path := self._request(wire)) is not None:
                number = self._asked[path] = self._asked.get(path, -1) + 1
                if not self._answer(wire, SCRIPTS[path.strip("/")][number]):
                    return

    def _request(self, wire):
        data = b""
        while not self._over.is_set():
            head, split, body = data.partition(b"\r\n\r\n")
            if split:
                lengths = [
                    line for line in head.lower().split(b"\r\n") if b"content-length" in line
                ]
                if len(body) >= int(lengths[0].split(b":")[1] if lengths else 0):
                    return head.split(b" ")[1].decode()
            try:
                more = wire.recv(65536)
            except TimeoutError:
                continue
            if not more:
                return None
            data += more
        return None

    def _answer(self, wire, steps):
        for step in steps:
            if isinstance(step, float):
                time.sleep(step)
            elif step == FIN:
                return False
            elif step == RST:
                wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                return False
            elif step == STALL:
                self._over.wait(PATIENCE * 3)
                return False
            else:
                wire.sendall(step)
        return True
