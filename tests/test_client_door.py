"""The library below the client: its errors by name, its proxies by environment."""

import socket
import threading

import httpx
import httpx2
import pytest
from client_stage import HELLO
from toy_wire import BACKEND, TOY

from harness.client import Client, Policy, Retry
from harness.client.door import died, module_of, own_client, own_settings
from harness.errors import UsageError
from harness.model import Ending, FailureKind

PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY")


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch):
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize(
    ("name", "ending", "kind"),
    [
        ("ReadTimeout", Ending.STALL, FailureKind.TIMEOUT),
        ("ReadError", Ending.RESET, FailureKind.CONNECTION),
        ("RemoteProtocolError", Ending.EOF, FailureKind.CONNECTION),
        ("DecodingError", Ending.RESET, FailureKind.PROTOCOL),
    ],
)
def test_an_exception_is_an_ending(module, name, ending, kind):
    """In either library, while a body is open."""
    found = died(getattr(module, name)("x"), reading=True)
    assert (found.ending, found.failure.kind, found.failure.type) == (ending, kind, name)


@pytest.mark.parametrize("module", [httpx, httpx2], ids=["httpx", "httpx2"])
@pytest.mark.parametrize(
    ("name", "kind", "transient"),
    [
        ("ConnectTimeout", FailureKind.TIMEOUT, True),
        ("PoolTimeout", FailureKind.TIMEOUT, True),
        ("ConnectError", FailureKind.CONNECTION, True),
        ("ProxyError", FailureKind.CONNECTION, True),
        ("UnsupportedProtocol", FailureKind.CONNECTION, False),
        ("InvalidURL", FailureKind.CONNECTION, False),
    ],
)
def test_an_exception_before_the_status_is_a_failure(module, name, kind, transient):
    """Transient unless the request itself could never be sent."""
    found = died(getattr(module, name)("x"), reading=False)
    assert (found.failure.kind, found.failure.transient) == (kind, transient)
    assert found.ending is None


def test_a_certificate_that_fails_is_final():
    """M12: asking again will not make it valid."""
    error = httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed")
    assert not died(error, reading=False).failure.transient


def test_a_client_of_ones_own_class_is_known():
    """By the class that it extends."""

    class Mine(httpx2.Client):
        pass

    with Mine() as mine:
        assert module_of(mine) is httpx2


def test_what_is_no_client_is_refused():
    """With its type."""
    with pytest.raises(UsageError, match="found int"):
        Client(BACKEND, TOY, http=7)


def test_a_url_that_cannot_be_is_an_outcome():
    """Not an exception of a library in the caller's face."""
    for url in ("nowhere", "http://a.example:port"):
        with Client(BACKEND, TOY, base_url=url, policy=Policy(retry=Retry(budget=2))) as client:
            reply = client.ask(HELLO)
        assert not reply.outcome.failure.transient
        assert len(reply.attempts) == 1


@pytest.fixture
def proxy():
    """A server that notes the first line that it is sent, and answers as any proxy may."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        lines = []

        def serve():
            peer, _ = server.accept()
            with peer:
                lines.append(peer.recv(65536).split(b"\r\n")[0])
                body = b"T hello\nF stop\n.\n"
                head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body)
                peer.sendall(head + body)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}", lines
        thread.join(5)


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
def test_the_environments_proxy_is_used(monkeypatch, proxy, variable):
    """D29: a request to a host that does not exist is answered by the proxy."""
    address, lines = proxy
    monkeypatch.setenv(variable.lower(), f"http://{address}")
    with Client(BACKEND, TOY, base_url="http://nowhere.invalid/v1") as client:
        assert client.ask(HELLO).value().content == "hello"
    assert lines == [b"POST http://nowhere.invalid/v1/say HTTP/1.1"]


def test_socks_is_socks5(monkeypatch):
    """D29: curl's `socks://` is normalised, other proxies and exceptions stay."""
    made = []
    monkeypatch.setenv("all_proxy", "socks://127.0.0.1:1080")
    monkeypatch.setenv("http_proxy", "127.0.0.1:3128")
    monkeypatch.setenv("no_proxy", "a.example, .b.example")
    settings = own_settings(lambda proxy: made.append(proxy) or proxy)
    assert settings["trust_env"] is False
    assert sorted(made) == ["http://127.0.0.1:3128", "socks5://127.0.0.1:1080"]
    mounts = settings["mounts"]
    assert mounts["all://"] == "socks5://127.0.0.1:1080"
    assert mounts["http://"] == "http://127.0.0.1:3128"
    assert mounts["all://a.example"] is None
    assert mounts["all://*.b.example"] is None


def test_without_socks_the_environment_is_the_librarys():
    """It knows proxies and their exceptions better than we do."""
    assert own_settings(httpx.HTTPTransport) == {"trust_env": True}
    own_client().close()
