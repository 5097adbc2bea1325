"""Files and datasets of Arrow: Parquet, Arrow and CSV, batch by batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from glob import glob
from pathlib import Path
from typing import IO, TypeAlias

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from mixtura.errors import DataError
from mixtura.sources.arrow_batches import batch_of, is_number, number_type
from mixtura.sources.local import LocalScan
from mixtura.sources.scan import ROWS_PER_BATCH, Batch, wanted_columns
from mixtura.typing import AnyArray

__all__ = [
    "columns_of",
    "files_of",
    "scan_dataset",
    "scan_files",
    "shape_of",
    "writing",
]

#: Formats, by the ending of a file's name.
_FORMATS = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "ipc",
    ".feather": "ipc",
    ".ipc": "ipc",
    ".csv": "csv",
}

_BATCHES_AHEAD = 4

#: What can go wrong while a file is read.
_FAILURES = (pa.ArrowException, OSError, ValueError)

Read: TypeAlias = Callable[[Sequence[str]], Iterator[pa.RecordBatch]]


def scan_files(
    paths: str | Path | Sequence[str | Path],
    columns: Sequence[str] | None = None,
    weight: str | None = None,
    *,
    raw_copy: bool = True,
) -> LocalScan:
    """A scan of files of the same columns, one after the other.

    Parameters
    ----------
    paths : path, or sequence of paths
        Files, folders and patterns such as 'big/*.parquet'. The files of a folder or a pattern are
        read in the order of their names.
    columns : sequence of str, optional
        Those that are read; by default all, but for that of weights.
    weight : str, optional
        The column of weights.
    raw_copy : bool, default=True
        As of `LocalScan`.

    Raises
    ------
    DataError
        If there is no file, or one cannot be read, or has other columns than the first one.
    """
    files = files_of(paths)
    schemas = [_schema(file) for file in files]
    names, wanted = wanted_columns(schemas[0].names, columns, weight, str(files[0]))
    kinds = _agreed(files, schemas, names, wanted, alike=columns is None)
    readers = [(str(file), _reader(file)) for file in files]
    return _scan(readers, names, wanted, weight, kinds, raw_copy=raw_copy)


def columns_of(paths: Sequence[Path], names: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Some columns of files as they are, batch by batch in the order of their rows."""
    for file in paths:
        with _told(str(file)):
            yield from _reader(file)(names)


def scan_dataset(
    dataset: ds.Dataset,
    columns: Sequence[str] | None = None,
    weight: str | None = None,
    *,
    raw_copy: bool = True,
) -> LocalScan:
    """A scan of a dataset of Arrow; other arguments are as of `scan_files`."""
    names, wanted = wanted_columns(dataset.schema.names, columns, weight, "The dataset")
    kinds = [dataset.schema.field(name).type for name in names]
    readers = [("the dataset", partial(_batches, dataset))]
    return _scan(readers, names, wanted, weight, kinds, raw_copy=raw_copy)


def _batches(dataset: ds.Dataset, wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Those of a dataset, of which no more than a few are held at a time."""
    parquet = (
        isinstance(dataset, ds.FileSystemDataset) and dataset.format.default_extname == "parquet"
    )
    options = ds.ParquetFragmentScanOptions(pre_buffer=False) if parquet else None
    batches: Iterator[pa.RecordBatch] = dataset.to_batches(
        list(wanted),
        batch_size=ROWS_PER_BATCH,
        batch_readahead=_BATCHES_AHEAD,
        fragment_readahead=1,
        fragment_scan_options=options,
    )
    return batches


def _scan(
    readers: Sequence[tuple[str, Read]],
    names: tuple[str, ...],
    wanted: Sequence[str],
    weight: str | None,
    kinds: Sequence[pa.DataType],
    *,
    raw_copy: bool,
) -> LocalScan:
    """That of some places, one after the other, in columns of such types."""
    dtype = number_type(kinds)

    def read() -> Iterator[Batch]:
        for place, batches in readers:
            start = 0
            with _told(place):
                for batch in batches(wanted):
                    yield batch_of(batch, names, weight, dtype, place, start)
                    start += batch.num_rows

    return LocalScan(names, weight is not None, read, raw_copy)


# ---------------------------------------------------------------------------------------------
# Files


def files_of(paths: str | Path | Sequence[str | Path]) -> list[Path]:
    """Files that are named, lie in folders or fit patterns, in the order they are read.

    Raises
    ------
    DataError
        If there is none.
    """
    return [file for path in _listed(paths) for file in _found(path)]


def shape_of(file: Path) -> tuple[int, int]:
    """Rows and columns, as a Parquet or an Arrow file tells at once.

    Raises
    ------
    DataError
        If it cannot be read.
    """
    with _told(str(file)):
        if _format(file) == "parquet":
            told = pq.read_metadata(file)
            return told.num_rows, told.num_columns
        dataset = ds.dataset(file, format=_format(file))
        return dataset.count_rows(), len(dataset.schema)


def _listed(paths: str | Path | Sequence[str | Path]) -> list[Path]:
    listed = [paths] if isinstance(paths, str | Path) else list(paths)
    if not listed:
        raise DataError("The list of files is empty: give one path at least.")
    return [Path(path) for path in listed]


def _found(path: Path) -> list[Path]:
    """The file, those of the folder, or those that fit the pattern, by their names."""
    if path.is_dir():
        files = sorted(file for file in path.rglob("*") if file.suffix.lower() in _FORMATS)
        if not files:
            raise DataError(f"The folder {path} has no file that ends in {', '.join(_FORMATS)}.")
        return files
    if path.exists():
        return [path]
    files = [Path(file) for file in sorted(glob(str(path), recursive=True))]
    if files:
        return [file for each in files for file in _found(each)]
    if any(sign in str(path) for sign in "*?["):
        raise DataError(f"No file fits the pattern {path}: look at the folder, and at the ending.")
    raise DataError(f"{path}: no such file.")


def _format(file: Path) -> str:
    suffix = Path(file.name.lower().removesuffix(".gz")).suffix
    if suffix not in _FORMATS:
        raise DataError(
            f"{file}: it is not known how to read a file that ends in {suffix or 'nothing'}; "
            f"expected one of {', '.join(_FORMATS)}."
        )
    return _FORMATS[suffix]


def _reader(file: Path) -> Read:
    kind = _format(file)

    def read_parquet(wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        # Buffers ahead would hold all of a file.
        with pq.ParquetFile(file, pre_buffer=False) as opened:
            yield from opened.iter_batches(ROWS_PER_BATCH, columns=list(wanted))

    def read_other(wanted: Sequence[str]) -> Iterator[pa.RecordBatch]:
        yield from _batches(ds.dataset(file, format=kind), wanted)

    return read_parquet if kind == "parquet" else read_other


def _schema(file: Path) -> pa.Schema:
    with _told(str(file)):
        if _format(file) == "parquet":
            return pq.read_schema(file)
        return ds.dataset(file, format=_format(file)).schema


@contextmanager
def _told(place: str) -> Iterator[None]:
    """Say where something went wrong."""
    try:
        yield
    except DataError:
        raise
    except _FAILURES as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise DataError(
            f"{place} cannot be read ({reason}). Was it cut short? Make it anew, or leave it out."
        ) from None


def _agreed(
    files: Sequence[Path],
    schemas: Sequence[pa.Schema],
    names: Sequence[str],
    wanted: Sequence[str],
    *,
    alike: bool,
) -> list[pa.DataType]:
    """The types of the columns to fit, in all files, if these agree on them.

    Parameters
    ----------
    files, schemas
    names, wanted : sequence of str
        The columns to fit, and all that are read.
    alike : bool
        Whether further columns of one file are a mistake.
    """
    first, whose = schemas[0], files[0]
    kinds = [first.field(name).type for name in names]
    for file, schema in zip(files[1:], schemas[1:], strict=True):
        wanted_columns(schema.names, wanted, None, str(file))
        more = sorted(set(schema.names) - set(first.names))
        if more and alike:
            raise DataError(
                f"{file} has a column {more[0]!r}, which {whose} has not: name columns."
            )
        for name in names:
            here, there = schema.field(name).type, first.field(name).type
            if here != there and not (is_number(here) and is_number(there)):
                raise DataError(
                    f"Column {name!r} is of type {here} in {file}, and of type {there} in {whose}: "
                    "make them alike, or leave the column out."
                )
            kinds.append(here)
    return kinds


# ---------------------------------------------------------------------------------------------
# What is written


@contextmanager
def writing(file: IO[bytes], kind: str) -> Iterator[Callable[[Mapping[str, AnyArray]], None]]:
    """Gives what writes further rows, columns by their names, to a 'parquet' or 'arrow' file."""
    opened: list[pq.ParquetWriter | pa.RecordBatchFileWriter] = []

    def write(columns: Mapping[str, AnyArray]) -> None:
        batch = pa.table(dict(columns))
        if not opened:
            make = pq.ParquetWriter if kind == "parquet" else pa.ipc.new_file
            opened.append(make(file, batch.schema))
        opened[0].write_table(batch)

    yield write
    for writer in opened:  # whose end is written only if nothing went wrong
        writer.close()
