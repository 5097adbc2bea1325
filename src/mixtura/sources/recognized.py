"""Which tables are scanned, one line for each kind. What reads them is imported when they come."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import IO, Any, TypeAlias

import numpy as np

from mixtura.errors import DataError, MixturaError
from mixtura.sources.array_scan import scan_array, scan_memmap
from mixtura.sources.lazyframe import scan_lazyframe
from mixtura.sources.scan import Scan
from mixtura.typing import AnyArray

__all__ = [
    "columns_of",
    "files_of",
    "frame_of",
    "has_names",
    "is_scanned",
    "scan_of",
    "shape_of",
    "writing",
]

#: Writes further rows: columns by their names.
Write: TypeAlias = Callable[[Mapping[str, AnyArray]], None]

#: By package and kind of object: the module and function that scan it.
_READERS = {
    ("dask", "Array"): ("dask", "scan_dask"),
    ("dask", "DataFrame"): ("dask", "scan_dask"),
    ("pyspark", "DataFrame"): ("spark", "scan_spark"),
    ("pyarrow", "Dataset"): ("arrow", "scan_dataset"),
}

# Bytes of a memory-mapped array up to which it is like any other.
_MOST_MAPPED = 32 << 20


def is_scanned(X: Any) -> bool:
    """Whether a table is passed over where it lies: files, and tables of engines."""
    return _kind(X) is not None or _is_paths(X) or _is_lazyframe(X) or _is_mapped(X)


def has_names(X: Any) -> bool:
    """Whether the columns of a table that is scanned have names."""
    return not (isinstance(X, np.ndarray) or _kind(X) == ("dask", "Array"))


def scan_of(
    X: Any,
    columns: Sequence[str] | None = None,
    weight: Any = None,
    *,
    raw_copy: bool = True,
) -> Scan:
    """The scan of a table.

    Parameters
    ----------
    X : path, list of paths, dataset of pyarrow, lazy frame of polars, table of dask or Spark, array
    columns : sequence of str, optional
        Names of those that are read.
    weight : str, optional
        Name of the column of weights.
    raw_copy : bool, default=True
        Whether what is read on this machine is decoded once, and kept in a temporary file.

    Raises
    ------
    DataError
        If the table cannot be scanned.
    """
    if _is_paths(X) or (isinstance(X, list | tuple) and not X):
        scan: Scan = _engine("arrow", "scan_files")(X, columns, weight, raw_copy=raw_copy)
        return scan
    if _is_lazyframe(X):
        return scan_lazyframe(X, columns, weight, raw_copy=raw_copy)
    kind = _kind(X)
    if kind is not None:
        module, function = _READERS[kind]
        own = {} if module == "dask" else {"raw_copy": raw_copy}
        made: Scan = _engine(module, function)(X, columns, weight, **own)
        return made
    if columns is not None:
        raise DataError("An array has no names of columns: leave columns out.")
    if isinstance(X, np.memmap) and weight is None:
        return scan_memmap(X, raw_copy=raw_copy)
    return scan_array(np.asarray(X), weight)


def frame_of(engine: str, files: Sequence[Path], where: str | None) -> Any:
    """Parquet files as a table of 'dask' or 'spark', which `scan_of` takes.

    Parameters
    ----------
    engine : str
    files : sequence of Path
        In the order of their rows.
    where : str or None
        Address of Dask's scheduler, or URL of Spark's master; None for this machine.

    Raises
    ------
    MixturaError
        If the engine is not installed, or does not answer.
    """
    return _engine(engine, "read_files")(list(map(str, files)), where)


def files_of(paths: Sequence[Path]) -> list[Path]:
    """As of `mixtura.sources.arrow`; MixturaError if there is no pyarrow."""
    files: list[Path] = _engine("arrow", "files_of")(paths)
    return files


def columns_of(files: Sequence[Path], names: Sequence[str]) -> Iterator[Any]:
    """As of `mixtura.sources.arrow`; MixturaError if there is no pyarrow."""
    batches: Iterator[Any] = _engine("arrow", "columns_of")(files, names)
    return batches


def shape_of(file: Path) -> tuple[int, int]:
    """As of `mixtura.sources.arrow`; MixturaError if there is no pyarrow."""
    shape: tuple[int, int] = _engine("arrow", "shape_of")(file)
    return shape


def writing(file: IO[bytes], kind: str) -> AbstractContextManager[Write]:
    """As of `mixtura.sources.arrow`; MixturaError if there is no pyarrow."""
    context: AbstractContextManager[Write] = _engine("arrow", "writing")(file, kind)
    return context


def _kind(X: Any) -> tuple[str, str] | None:
    """The package of a table, and what it is there."""
    for cls in type(X).__mro__:
        package = cls.__module__.partition(".")[0].removeprefix("dask_")
        found = ("dask" if package in ("dask", "expr") else package, cls.__name__)
        if found in _READERS:
            return found
    return None


def _is_mapped(X: Any) -> bool:
    """Whether it is a mapped array that one would rather not have in memory."""
    return isinstance(X, np.memmap) and X.ndim == 2 and X.nbytes > _MOST_MAPPED


def _is_lazyframe(X: Any) -> bool:
    return type(X).__name__ == "LazyFrame" and type(X).__module__.startswith("polars")


def _is_paths(X: Any) -> bool:
    if isinstance(X, str | Path):
        return True
    several = isinstance(X, list | tuple) and bool(X)
    return several and all(isinstance(x, str | Path) and Path(x).suffix for x in X)


def _engine(module: str, function: str) -> Any:
    """A function of a module that needs a package of its own."""
    try:
        return getattr(import_module(f"mixtura.sources.{module}"), function)
    except ImportError as error:
        raise MixturaError(
            f"This table is read by {error.name}, which is not installed: pip install "
            f"'mixtura[{module}]'."
        ) from None
