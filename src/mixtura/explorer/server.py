"""A server of one page, for this machine alone."""

from __future__ import annotations

import errno
import os
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from mixtura.errors import MixturaError

__all__ = ["PageServer"]

_HOST = "127.0.0.1"

# Names by which a browser on this machine may ask for the page. A site elsewhere that has its own
# name lead here (DNS rebinding) asks by that.
_NAMES = ("127.0.0.1", "localhost")


class PageServer(ThreadingHTTPServer):
    """Serves one page at 127.0.0.1, and nothing else.

    Parameters
    ----------
    page : str
    port : int, default=0
        0 for any that is free.

    Raises
    ------
    MixturaError
        If the port cannot be had.

    Examples
    --------
    >>> with PageServer("<p>Hello.</p>") as server:
    ...     server.address.startswith("http://127.0.0.1:")
    True
    """

    daemon_threads = True
    allow_reuse_address = os.name == "posix"  # elsewhere two servers could share the port

    def __init__(self, page: str, port: int = 0) -> None:
        self.page = page.encode("utf-8")
        try:
            super().__init__((_HOST, port), _Answer)
        except OSError as error:
            raise _refused(port, error) from error

    @property
    def address(self) -> str:
        """Where the page is."""
        return f"http://{_HOST}:{self.server_port}/"


class _Answer(BaseHTTPRequestHandler):
    """To one request."""

    server: PageServer
    server_version = "mixtura"
    sys_version = ""
    timeout = 30.0  # seconds that a silent client is waited for

    def do_GET(self) -> None:
        """The page at its address, 404 elsewhere."""
        if self._send_head():
            self.wfile.write(self.server.page)

    def do_HEAD(self) -> None:
        """The same without the page."""
        self._send_head()

    def _send_head(self) -> bool:
        host = self.headers.get("Host", "").rpartition(":")[0]
        if host not in _NAMES:
            self.send_error(HTTPStatus.FORBIDDEN)
            return False
        if self.path != "/":
            self.send_error(HTTPStatus.NOT_FOUND)
            return False
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(self.server.page)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        return True

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: nobody reads a log of one page."""


def _refused(port: int, error: OSError) -> MixturaError:
    if error.errno == errno.EADDRINUSE:
        return MixturaError(
            f"Port {port} of this machine is in use: choose another one, or leave --port out for "
            "one that is free."
        )
    return MixturaError(
        f"Port {port} of this machine cannot be had ({error.strerror or error}): choose one above "
        "1023, or leave --port out for one that is free."
    )
