"""Which machine passes over the rows of a large table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import click

from mixtura.errors import DataError
from mixtura.sources.recognized import frame_of

__all__ = ["THIS_MACHINE", "Engine"]

_PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class Engine:
    """An engine of a cluster, or this machine alone.

    Attributes
    ----------
    name : str
    where : str or None
        Dask's scheduler, or Spark's master.
    """

    name: str = "local"
    where: str | None = None

    @classmethod
    def of(cls, name: str, scheduler: str | None, master: str | None) -> Self:
        """From options.

        Raises
        ------
        click.UsageError
            If they do not go together.
        """
        for option, value, owner in (
            ("--scheduler", scheduler, "dask"),
            ("--master", master, "spark"),
        ):
            if value is not None and name != owner:
                raise click.UsageError(f"{option} is for --engine {owner}: add that, or leave it.")
        return cls(name, scheduler or master)

    @property
    def remote(self) -> bool:
        """Whether it is an engine, even one that runs on this machine."""
        return self.name != "local"

    def frame(self, files: Sequence[Path]) -> Any:
        """The files as a table of the engine.

        Raises
        ------
        MixturaError
            If a file is not Parquet, or the engine is not installed or does not answer.
        """
        others = [file for file in files if file.suffix.lower() not in _PARQUET]
        if others:
            raise DataError(
                f"{others[0]} is no Parquet file: --engine {self.name} reads these alone. Save it "
                "as Parquet, or leave the option out."
            )
        return frame_of(self.name, files, self.where)


THIS_MACHINE = Engine()
