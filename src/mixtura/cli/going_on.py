"""What to do after an interruption of a fit that is kept in a folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from mixtura.cli.visible import visible

__all__ = ["going_on"]


@contextmanager
def going_on(checkpoint: Path | None) -> Iterator[None]:
    """Say where a fit goes on from, if it does not get to its end."""
    try:
        yield
    except BaseException:
        if checkpoint is not None and any(checkpoint.rglob("*.checkpoint")):
            told = f"the same command goes on from {checkpoint}."
            click.echo(f"mixtura: {visible(told)}", err=True)
        raise
