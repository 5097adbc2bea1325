"""The server has one page, for this machine alone."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator
from threading import Thread

import pytest

from mixtura.errors import MixturaError
from mixtura.explorer.server import PageServer

PAGE = "<p>Ä page.</p>"


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer(PAGE) as server:
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(
    server: PageServer, method: str, path: str, host: str | None = None
) -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port, timeout=30)
    headers = {"Host": host or f"127.0.0.1:{server.server_port}"}
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, dict(answer.getheaders()), body


def test_the_page_and_nothing_else(server: PageServer) -> None:
    status, headers, body = ask(server, "GET", "/")
    assert (status, body) == (200, PAGE.encode())
    assert headers["Content-Type"] == "text/html; charset=utf-8"
    assert ask(server, "HEAD", "/")[::2] == (200, b"")
    for path in ("/index.html", "/../etc/passwd", "/?x", "/kernel.wasm"):
        assert ask(server, "GET", path)[0] == 404
    assert ask(server, "POST", "/")[0] == 501


def test_only_who_asks_for_this_machine_is_answered(server: PageServer) -> None:
    port = server.server_port
    assert ask(server, "GET", "/", f"localhost:{port}")[0] == 200
    for host in ("example.org", f"example.org:{port}", f"127.0.0.1.example.org:{port}"):
        assert ask(server, "GET", "/", host)[0] == 403


def test_it_listens_to_this_machine_alone(server: PageServer) -> None:
    assert server.socket.getsockname()[0] == "127.0.0.1"
    assert server.address == f"http://127.0.0.1:{server.server_port}/"


def test_a_port_in_use_is_told() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(MixturaError, match=rf"Port {taken.getsockname()[1]} .* is in use"),
    ):
        PageServer(PAGE, taken.getsockname()[1])


def test_a_port_that_cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: PageServer) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(PageServer, "server_bind", refuse)
    with pytest.raises(MixturaError, match=r"cannot be had \(Permission denied\)"):
        PageServer(PAGE, 80)
