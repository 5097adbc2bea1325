"""Tables that are not read into memory: files that are passed over, and a sample of their rows."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import polars as pl

from mixtura.cli.assigned_batches import NextRows, assigned, in_step
from mixtura.cli.assignments import Assigner, Assignments
from mixtura.cli.columns import Column
from mixtura.cli.datafile import DataFile
from mixtura.cli.engine import THIS_MACHINE, Engine
from mixtura.cli.features import Features, features_of_model
from mixtura.cli.first_look import look
from mixtura.cli.header import Choose, header
from mixtura.cli.kept import NO_WISHES, KeptColumns, Wishes
from mixtura.cli.kinds import KINDS, read_as
from mixtura.cli.known_columns import ReadColumns
from mixtura.cli.levels import levels_of
from mixtura.cli.names import Names
from mixtura.cli.progress import Tell, silent, telling
from mixtura.cli.search import Found, Large, Plan
from mixtura.cli.table import Table
from mixtura.cli.wording import count
from mixtura.errors import CellError, DataError
from mixtura.families.schema import Column as Described
from mixtura.families.schema import Kind, Schema
from mixtura.persistence.model_file import Model
from mixtura.sources.local import LocalScan
from mixtura.sources.read_ahead import ahead
from mixtura.sources.recognized import columns_of, files_of, scan_of
from mixtura.sources.scan import Batch, Scan
from mixtura.starts.large_rows import sample_size
from mixtura.typing import FloatArray

__all__ = ["LargeTable", "assigned_by"]

# Rows that tell which columns a model is of.
_GLANCE = 1_000


@dataclass(frozen=True, eq=False)
class LargeTable:
    """Files with the same columns, as one table.

    Attributes
    ----------
    files : tuple of Path
        In the order of their rows.
    names : tuple of str
        What the files call their columns.
    table : Table
        A sample of the rows.
    levels : tuple of Column or None
        As of a first look.
    frame : object or None
        The same as a table of an engine, if one is to pass over the rows.
    wishes : Wishes
        For the file of assignments.
    """

    files: tuple[Path, ...]
    names: tuple[str, ...]
    table: Table
    levels: tuple[Column | None, ...]
    frame: Any = None
    wishes: Wishes = NO_WISHES

    @classmethod
    def looked_at(
        cls,
        data: DataFile,
        n_sample: int | None = None,
        seed: int = 0,
        tell: Tell = silent,
        engine: Engine = THIS_MACHINE,
        choose: Choose | None = None,
        most: float = math.inf,
        wishes: Wishes = NO_WISHES,
    ) -> Self:
        """After one pass over all rows of some columns, or of all; or over so many, or some more.

        Raises
        ------
        DataError
            If there are no files or rows, or they cannot be read as one table.
        """
        files = tuple(files_of(data.paths))
        frame = engine.frame(files) if engine.remote else None
        scan, names, notes = _opened(files, data, choose)
        first = look(
            _first(ahead(scan.read), most),
            names.listed,
            n_sample or sample_size(len(names.listed)),
            seed,
            lambda done: tell(done, None, "rows", f"Looking at the rows of {data.name}"),
        )
        if first.n_rows == 0:
            raise DataError(f"{data} has column names but no rows.")
        if len(first.numbers) < first.n_rows:
            sample = f"{len(first.numbers):,} of {count(first.n_rows, 'row')}"
            notes = (*notes, f"A sample of {sample} told what the columns are.")
        table = Table(
            data.name,
            "parquet",
            tuple(replace(column, row_numbers=first.numbers) for column in first.columns),
            first.values,
            notes,
            first.numbers,
            first.n_rows,
        )
        return cls(files, scan.names, table, first.levels, frame, wishes)

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Have errors of the block tell rows of the table, or that they are those of the sample."""
        try:
            yield
        except CellError as error:
            assert self.table.row_numbers is not None
            raise error.in_row(int(self.table.row_numbers[error.row - 1])) from None
        except DataError as error:
            if not (self.table.sampled and re.search(r"\brows? \d", str(error))):
                raise
            raise DataError(f"{error} Rows are counted in a sample of the table here.") from None

    def with_all_levels(self, features: Features) -> Features:
        """The features, whose categories are those of all rows, and not of the sample alone.

        Raises
        ------
        DataError
            If they are no categories in all rows.
        """
        if not any(column.levels for column in features.schema):
            return features
        described = tuple(map(self._with_levels, features.schema))
        values = features.values.copy()
        for place, known in enumerate(described):
            column = self.table.columns[self.table.position(known.name)]
            values[:, place] = read_as(column, known)
        return replace(features, schema=Schema(described), values=values)

    def _with_levels(self, described: Described) -> Described:
        if not described.levels:
            return described
        seen = self.levels[self.table.position(described.name)]
        if seen is None:
            raise DataError(
                f"Column {described.name!r} has too many different cells to be a category in all "
                f"{self.table.n_rows:,} rows: --exclude it."
            )
        if described.kind is Kind.BINARY and seen.kind == "true or false":
            return described
        if described.kind is Kind.BINARY and (reason := KINDS[Kind.BINARY].cannot(seen)):
            levels = ", ".join(map(str, levels_of(seen)[:5])) if seen.words else seen.kind
            raise DataError(
                f"Column {described.name!r} {reason}, in all {self.table.n_rows:,} rows "
                f"({levels}): --exclude it, or take it as a category."
            )
        return replace(described, levels=levels_of(seen))

    def fitted(
        self,
        plan: Plan,
        features: Features,
        weight: FloatArray | None,
        weights: str | None,
        tell: Tell,
    ) -> tuple[Found, Iterator[Assignments]]:
        """The best model of some features, and all rows assigned by it, part by part.

        Features and weight are those of the sample; other arguments are as of `WholeTable`.
        """
        scan = self.scan(features.names, weights, tell)
        found = plan.run(features, weight, tell, Large(scan, self.table.n_rows))
        parts = self.assigned(found.model, features, weights)
        told = f"Assigning {self.table.n_rows:,} rows"
        return found, telling(parts, _n_rows, self.table.n_rows, tell, told)

    def scan(self, columns: Sequence[str], weight: str | None, tell: Tell) -> Scan:
        """All rows of some columns, called as in the table, where the engine has them."""
        wanted, named = self._called(columns, weight)
        if self.frame is not None:
            return scan_of(self.frame, wanted, named)
        scan = _local(self.files, wanted, named)
        return replace(scan, read=_telling(scan.read, self.table.n_rows, tell))

    def assigned(
        self, model: Model, features: Features, weight: str | None
    ) -> Iterator[Assignments]:
        """All rows, assigned by a model of the features part by part, in their order."""
        wanted, named = self._called(features.names, weight)
        batches = _local(self.files, wanted, named).read
        columns = ReadColumns(features.schema, model.description.name)
        kept = KeptColumns.of(self.table, self.wishes, features.names)
        assigner = Assigner(model, kept.label is not None, self.wishes.digits)
        yield from assigned(assigner, columns, ahead(batches), self._cells(kept.places))

    def _cells(self, places: Sequence[int]) -> NextRows:
        """What gives the cells of some columns, called as in the table."""
        if not places:
            return lambda n: []
        given = [self.names[place] for place in places]
        names = [self.table.names.listed[place] for place in places]
        batches = columns_of(self.files, given)
        return in_step(
            pl.DataFrame(batch).select(given).rename(dict(zip(given, names, strict=True)))
            for batch in batches
        )

    def _called(self, columns: Sequence[str], weight: str | None) -> tuple[list[str], str | None]:
        """What the files call columns of the table, and that of weights."""
        wanted = [self.names[self.table.position(name)] for name in columns]
        return wanted, None if weight is None else self.names[self.table.position(weight)]


def assigned_by(model: Model, data: DataFile, wishes: Wishes, tell: Tell) -> Iterator[Assignments]:
    """All rows of a large table, assigned by a model of some of its columns."""

    def known(header: Table) -> Sequence[int]:
        """Places of the model's columns; of all where some are lacking, which is told later."""
        places = [header.names.position(name) for name in model.feature_names or ()]
        found = [place for place in places if place is not None]
        if not found or len(found) < len(places):
            return range(len(header.columns))
        return [*found, *wishes.places(header)]

    large = LargeTable.looked_at(data, _GLANCE, choose=known, most=_GLANCE, wishes=wishes)
    with large.counted():
        features = features_of_model(large.table, model)
    parts = large.assigned(model, features, None)
    return telling(parts, _n_rows, None, tell, f"Assigning the rows of {data.name}")


def _n_rows(part: Assignments) -> int:
    return len(part.clusters)


def _local(files: Sequence[Path], *args: Any) -> LocalScan:
    scan = scan_of(list(files), *args)
    assert isinstance(scan, LocalScan)  # as are all files
    return scan


def _opened(
    files: Sequence[Path], data: DataFile, choose: Choose | None
) -> tuple[LocalScan, Names, tuple[str, ...]]:
    """A scan of the columns that are wanted, what they are called here, and notes on names."""
    given = _local(files[:1]).names
    if len(set(given)) < len(given):
        raise DataError(f"{files[0]} has two columns of one name: {', '.join(given)}.")
    first = header(data.name, given)
    notes = first.names.renamed(given)
    if choose is None:
        return _local(files), first.names, notes
    places = sorted(set(choose(first)))
    names = Names(tuple(first.names.listed[j] for j in places))
    return _local(files, [given[j] for j in places]), names, notes


def _first(batches: Iterator[Batch], most: float) -> Iterator[Batch]:
    """Batches until there are so many rows."""
    n = 0
    for batch in batches:
        yield batch
        n += len(batch)
        if n >= most:
            return


def _telling(
    read: Callable[[], Iterator[Batch]], n_rows: int, tell: Tell
) -> Callable[[], Iterator[Batch]]:
    """The same batches, whose rows are told of in the first pass."""
    passed: list[int] = []

    def telling() -> Iterator[Batch]:
        n = 0
        for batch in read():
            yield batch
            if not passed:
                n += len(batch)
                tell(n, n_rows, "rows", f"Copying {n_rows:,} rows to a temporary file")
        passed.append(n)

    return telling
