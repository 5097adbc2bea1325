"""The explorer's page: one text with its script, the kernel and a table, which loads nothing."""

from __future__ import annotations

import base64
import html
from importlib.resources import files

from mixtura.explorer.payload import build_payload
from mixtura.explorer.table import Table
from mixtura.report.bundle import bundle, fill, in_order, json_block, policy

__all__ = ["render"]

# The script that all others are for.
_ENTRY = "explorer/web/explorer.js"
_STYLES = ("report/web/paper.css", "explorer/web/explorer.css")


def render(table: Table) -> str:
    """Write the page about a table.

    The template has the slots `policy`, `title`, `style`, `payload` (JSON: see `build_payload`),
    `kernel` (WebAssembly in base64) and `script`.

    Parameters
    ----------
    table : Table

    Returns
    -------
    str
        The page; it loads nothing and works from a file.
    """
    package = files("mixtura")

    def read(path: str) -> str:
        return package.joinpath(path).read_text("utf-8")

    style = "".join("\n" + read(path) for path in _STYLES)
    script = "\n" + bundle(in_order(_ENTRY, read))
    kernel = package.joinpath("explorer/kernel.wasm").read_bytes()
    slots = {
        "policy": policy(script, style, wasm=True),
        "title": html.escape(table.title),
        "style": style,
        "payload": json_block(build_payload(table)),
        "kernel": base64.b64encode(kernel).decode("ascii"),
        "script": script,
    }
    return fill(read("explorer/web/index.html"), slots)
