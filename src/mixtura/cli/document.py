"""Results for machines: one JSON object on standard output."""

from __future__ import annotations

import json
from typing import Any

import click

__all__ = ["print_document"]


def print_document(document: dict[str, Any]) -> None:
    """Print JSON values on one line, in ASCII: exact in every encoding, harmless to a terminal."""
    click.echo(json.dumps(document, allow_nan=False))
