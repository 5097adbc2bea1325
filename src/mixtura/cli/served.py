"""A page that is served until someone has had enough of it."""

from __future__ import annotations

import webbrowser

import click

from mixtura.explorer.server import PageServer

__all__ = ["serve"]


def serve(page: str, port: int, *, browser: bool) -> None:
    """Serve a page to this machine, and open it in a browser if there is one.

    It ends without an error on Ctrl-C.
    """
    with PageServer(page, port) as server:
        opened = browser and webbrowser.open(server.address)
        if not opened:
            click.echo(f"Open {server.address} in a browser on this machine.", err=True)
        click.echo(server.address)
        click.echo("Press Ctrl-C to end.", err=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            click.echo("", err=True)
