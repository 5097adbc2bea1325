"""Tables that are not in memory at the door: how their batches become rows of numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from copy import copy
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Protocol, Self

import narwhals as nw
import numpy as np

from mixtura.errors import CellError, DataError
from mixtura.estimators.not_numbers import NotNumbersError
from mixtura.estimators.tables import check_reach
from mixtura.families.schema import Schema
from mixtura.patterns import empty_rows
from mixtura.sources.recognized import has_names, is_scanned, scan_of
from mixtura.sources.scan import Batch, Block, Cells, Scan, in_line
from mixtura.typing import AnyArray, FloatArray

__all__ = [
    "EachRow",
    "KnownColumns",
    "Reading",
    "Scanned",
    "as_fitted",
    "as_scanned",
    "learn",
    "scan",
]


class KnownColumns(Protocol):
    """What the columns of a table are, where nothing has to be found out. It can be pickled."""

    @property
    def schema(self) -> Schema: ...

    def read(self, cells: AnyArray, /) -> AnyArray:
        """Cells (n, d) of any kind as numbers.

        Raises
        ------
        DataError
            If they are none; a CellError counts the rows from 0.
        """
        ...


@dataclass(frozen=True, eq=False)
class Scanned:
    """A table that is passed over where it lies, as `scan` makes it.

    Attributes
    ----------
    scan : Scan
    sample : int or None
        Rows that starts and searches look at; None for as many as suit the columns.
    columns : KnownColumns or None
        None if the estimator is to find out what they are.
    """

    scan: Scan
    sample: int | None = None
    columns: KnownColumns | None = None


def scan(
    X: Any,
    *,
    columns: Sequence[str] | None = None,
    weight: Any = None,
    sample: int | None = None,
    raw_copy: bool = True,
) -> Scanned:
    """A table that need not fit into memory, with all that there is to say about it.

    Estimators take such tables as they are; this is for those who want to say more.

    Parameters
    ----------
    X : path, pattern, list of these, or a table
        Parquet, Arrow or CSV files, such as `'big/*.parquet'`; a `pyarrow.dataset.Dataset`, a lazy
        frame of polars, a memory-mapped array; an array or data frame of Dask; a data frame of
        Spark; or an array in memory.
    columns : sequence of str, default=None
        Those that are read; None for all.
    weight : str, default=None
        Name of the column of row weights; of an array in memory, or of Dask, an array (n,).
    sample : int, default=None
        Rows of the seeded sample that starts and searches look at: by default 200,000, or fewer
        of many columns. A table that has no more rows is fitted in memory.
    raw_copy : bool, default=True
        Whether what is read on this machine is decoded once, and kept in a temporary file until
        the fit is done. Where there is no room for it, every pass decodes anew. Of Spark, whether
        its workers keep the rows as a fit takes them. Dask keeps what was persisted.

    Returns
    -------
    Scanned
        For `fit` and the scoring methods of every estimator.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> X = np.concatenate([rng.normal(0, 1, (6000, 2)), rng.normal(9, 1, (4000, 2))])
    >>> table = mx.scan(X, sample=1000)
    >>> mx.GaussianMixture(2, random_state=0).fit(table).weights_.round(2)
    array([0.6, 0.4])
    """
    if sample is not None and (not isinstance(sample, int | np.integer) or sample < 1):
        raise DataError(f"sample={sample!r} is no number of rows: give a whole one, 1 or more.")
    return Scanned(scan_of(X, columns, weight, raw_copy=raw_copy), sample)


def as_scanned(
    X: Any, columns: Iterable[object] | None = None, *, raw_copy: bool = True
) -> Scanned | None:
    """A table that is not in memory; None of one that is. The columns are read, if they have names.

    A raw copy is worth while for more than one pass.

    Raises
    ------
    DataError
        If the table cannot be scanned.
    """
    if isinstance(X, Scanned):
        return X
    if not is_scanned(X):
        return None
    named = None if columns is None or not has_names(X) else list(map(str, columns))
    return Scanned(scan_of(X, named, raw_copy=raw_copy))


def is_named(scan: Scan) -> bool:
    """Whether its columns have names, and not numbers alone."""
    return scan.names != tuple(map(str, range(len(scan.names))))


# ---------------------------------------------------------------------------------------------
# From batches to rows


class Reader(Protocol):
    """Who knows what the columns of a table are: an estimator."""

    _learns_from_cells: ClassVar[bool]

    def _read(self, X: Any, *, reset: bool) -> AnyArray: ...

    def get_params(self, deep: bool = True) -> dict[str, Any]: ...


def learn(estimator: Reader, scan: Scan) -> Reading:
    """Let an estimator learn what the columns of a table are; gives what makes rows of them."""
    params = estimator.get_params(deep=False)
    reader: Reader = type(estimator)(**params)
    cells = scan.map_reduce(Digest.of).columns if estimator._learns_from_cells else None
    reader._read(_shown(scan.names, cells, named=is_named(scan)), reset=True)
    learnt = {name: value for name, value in vars(reader).items() if name not in params}
    vars(estimator).pop("feature_names_in_", None)
    vars(estimator).update(learnt)
    vars(reader).pop("feature_names_in_", None)
    return _reading(reader, scan)


def as_fitted(estimator: Reader, scanned: Scanned) -> Reading:
    """What makes rows of a table with the columns that an estimator knows."""
    scan, known = scanned.scan, scanned.columns
    if known is not None:
        return Reading(known.read, known.schema.names)
    reader = copy(estimator)
    expected = vars(estimator)["n_features_in_"]
    if expected != len(scan.names):
        raise DataError(
            f"The table has {len(scan.names)} columns ({', '.join(scan.names)}), and {expected} "
            "were fitted."
        )
    for name in ("feature_names_in_", "record_", "stream_"):
        vars(reader).pop(name, None)
    return _reading(reader, scan)


def _reading(reader: Reader, scan: Scan) -> Reading:
    named = any(column.levels for column in vars(reader)["schema_"])  # of a merged model
    numbers = not reader._learns_from_cells and not named
    return Reading(partial(reader._read, reset=False), scan.names, numbers)


def _shown(names: Sequence[str], cells: Sequence[Cells] | None, *, named: bool) -> Any:
    """A table that shows what there is to learn: columns of these cells, or none of any."""
    if cells is None:
        cells = [np.full(1, np.nan) for _ in names]
    if named:
        columns = dict(zip(names, cells, strict=True))
        return nw.from_dict(columns, backend="polars").to_native()
    return _table(cells)


@dataclass(frozen=True, eq=False)
class Reading:
    """Makes rows of batches.

    Attributes
    ----------
    read : callable
        Makes numbers of cells (n, d), and knows what the columns are, but not their names.
    names : tuple of str
        Of the columns.
    numbers : bool, default=False
        Whether cells are numbers that stay as they are.
    """

    read: Callable[[AnyArray], AnyArray]
    names: tuple[str, ...]
    numbers: bool = False

    def __call__(self, batch: Batch) -> Block:
        """The rows that are some, checked."""
        return _kept(self.rows(batch), None if batch.weight is None else self._weights(batch))

    @property
    def again(self) -> Callable[[Batch], Block]:
        """The same without checks."""
        return _as_they_are if self.numbers else self._again

    def _again(self, batch: Batch) -> Block:
        """Cells that are no numbers yet have to be read again."""
        return _kept(self.rows(batch), _double(batch.weight))

    def rows(self, batch: Batch) -> AnyArray:
        """All rows (n, d), as numbers."""
        cells = batch.cells if isinstance(batch.cells, np.ndarray) else _table(batch.cells)
        if not len(cells):
            return np.empty((0, len(self.names)))
        try:
            return in_line(self.read(cells))
        except CellError as error:
            names = dict(zip(map(str, range(len(self.names))), self.names, strict=True))
            error.column = names.get(error.column, error.column)
            raise DataError(_told(batch, error.in_row(error.row + batch.start))) from None
        except NotNumbersError as error:
            raise DataError(_told(batch, error.in_file(self.names), rows=True)) from None
        except DataError as error:
            raise DataError(_told(batch, error, rows=True)) from None

    def _weights(self, batch: Batch) -> FloatArray:
        weight = np.asarray(batch.weight, dtype=np.float64)
        bad = ~(np.isfinite(weight) & (weight >= 0.0))
        if bad.any():
            first = int(bad.argmax())
            told = f"The weight is {weight[first]} in row {batch.start + first}: weights should be "
            raise DataError(_told(batch, f"{told}finite numbers, 0 or more."))
        return weight


def _as_they_are(batch: Batch) -> Block:
    """Numbers that have been looked at before."""
    cells = batch.cells if isinstance(batch.cells, np.ndarray) else _table(batch.cells)
    known = cells.dtype in (np.float32, np.float64)
    return _kept(in_line(cells if known else cells.astype(np.float64)), _double(batch.weight))


def _kept(rows: AnyArray, weight: FloatArray | None) -> Block:
    """Rows that have some cell, and weight."""
    empty = empty_rows(rows) if len(rows) else None
    if empty is None and (weight is None or weight.all()):
        return Block(rows, weight)
    kept = np.ones(len(rows), dtype=np.bool_) if weight is None else weight > 0.0
    n_empty = 0
    if empty is not None:
        n_empty = int(np.count_nonzero(empty & kept))
        kept &= ~empty
    return Block(rows[kept], None if weight is None else weight[kept], n_empty)


def _double(weight: AnyArray | None) -> FloatArray | None:
    return None if weight is None else np.asarray(weight, dtype=np.float64)


def _told(batch: Batch, error: object, *, rows: bool = False) -> str:
    """An error, and where it is."""
    from_row = f"from row {batch.start:,} on" if rows and batch.start else ""
    where = ", ".join(filter(None, (batch.place, from_row)))
    return f"{where}: {error}" if where else str(error)


def _table(columns: Sequence[Cells]) -> AnyArray:
    """Columns side by side, as numbers if they are."""
    if all(isinstance(column, np.ndarray) for column in columns):
        return np.column_stack([np.asarray(column) for column in columns])
    table = np.empty((len(columns[0]), len(columns)), dtype=object)
    for a, column in enumerate(columns):
        table[:, a] = column
    return table


@dataclass(frozen=True, eq=False)
class EachRow:
    """Results of a function of rows for each row of a batch."""

    reading: Reading
    function: Callable[[AnyArray], AnyArray]

    def __call__(self, batch: Batch) -> AnyArray:
        rows = self.reading.rows(batch)
        check_reach(rows, self.reading.names)
        return self.function(rows)


# ---------------------------------------------------------------------------------------------
# What columns are

# Rows that tell the kind of a column, and levels beyond which it is no category.
_SHOWN, _MOST_LEVELS = 20_000, 1_000


@dataclass(frozen=True)
class Digest:
    """Some rows in which every level of every column is seen; those of two parts merge.

    Attributes
    ----------
    columns : list of list
        The cells, column by column.
    """

    columns: tuple[list[Any], ...]

    @classmethod
    def of(cls, number: int, batches: Iterator[Batch]) -> Self:
        """That of a partition."""
        digest: Self | None = None
        for batch in batches:
            cells = batch.cells.T if isinstance(batch.cells, np.ndarray) else batch.cells
            more = cls(
                tuple(np.asarray(c).tolist() if isinstance(c, np.ndarray) else c for c in cells)
            )
            digest = more._short() if digest is None else digest + more
        return cls(()) if digest is None else digest

    def __add__(self, other: Self) -> Self:
        if not (self.columns and other.columns):
            return self if self.columns else other
        pairs = zip(self.columns, other.columns, strict=True)
        return type(self)(tuple(mine + others for mine, others in pairs))._short()

    def _short(self) -> Self:
        """The first rows, and after them those with a level that is new in its column."""
        n = len(self.columns[0])
        if n <= _SHOWN:
            return self
        kept = set(range(_SHOWN))
        for column in self.columns:
            first: dict[Any, int] = {}
            for row, cell in enumerate(column):
                if len(first) > _MOST_LEVELS:
                    break
                first.setdefault(cell, row)
            kept.update(first.values())
        rows = sorted(kept)
        return type(self)(tuple([column[row] for row in rows] for column in self.columns))
