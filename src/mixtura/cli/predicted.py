"""A column of each row of a table, from its other cells, by a model."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import polars as pl

from mixtura.cli.features import features_given
from mixtura.cli.kept import KeptColumns, Wishes
from mixtura.cli.names import unique_names
from mixtura.cli.table import Table
from mixtura.errors import MixturaError
from mixtura.explain.regression import (
    expected_values,
    interval_of_values,
    level_probabilities,
    one_column,
)
from mixtura.families.one_column import LevelShares
from mixtura.families.schema import Column
from mixtura.persistence.model_file import Model
from mixtura.sources import ArraySource, block_rows
from mixtura.typing import AnyArray, FloatArray

__all__ = ["predicted"]

_ROWS_AT_ONCE = 100_000


def predicted(
    model: Model, table: Table, value: str, interval: float | None, wishes: Wishes
) -> Iterator[pl.DataFrame]:
    """A column of a model for each row of a table, some rows at a time.

    Parameters
    ----------
    model : Model
    table : Table
        Which may have the column or not, and need not have all others.
    value : str
        The column.
    interval : float, optional
        The share of its distribution between two further columns.
    wishes : Wishes
        Columns that go along, and digits.
    """
    features = features_given(table, model, value)
    mixture, place = model.mixture, features.names.index(value)
    nothing = np.full((1, mixture.n_features), np.nan)
    if isinstance(one_column(mixture, nothing, place)[0], LevelShares):
        if interval is not None:
            raise MixturaError(
                f"Column {value!r} has levels, between which there is no interval: leave "
                "--interval out, and the probability of each is written."
            )
        of_rows: Callable[[AnyArray], FloatArray] = partial(level_probabilities, mixture, place)
        shown = partial(_levels, features.schema[place], wishes.digits)
    else:
        of_rows = partial(expected_values, mixture, place)
        if interval is not None:
            of_rows = partial(interval_of_values, mixture, place, interval)
        shown = partial(_numbers, value, wishes.digits)
    size = block_rows(mixture.n_features, mixture.n_components)
    source = ArraySource(features.values, None, size)
    found = np.concatenate(list(source.map(lambda chunk: of_rows(chunk.X))))
    kept = KeptColumns.of(table, wishes, features.names)
    return _blocks(shown(found), kept.cells(table), kept.label is not None)


def _numbers(value: str, digits: int | None, found: FloatArray) -> dict[str, pl.Series]:
    """Means, and the ends of an interval if there is one."""
    columns = found.reshape(len(found), -1).T
    names = (value, f"{value}_low", f"{value}_high")
    told = {name: pl.Series(column) for name, column in zip(names, columns, strict=False)}
    if digits is None:
        return told
    return {name: series.round_sig_figs(digits) for name, series in told.items()}


def _levels(column: Column, digits: int | None, found: FloatArray) -> dict[str, pl.Series]:
    """The likeliest level, and the probability of each."""
    cells = pl.Series([column.cell(float(level)) for level in range(column.n_levels)])
    shares = found if digits is None else found.round(digits)
    probabilities = {f"p_{cell}": pl.Series(p) for cell, p in zip(cells, shares.T, strict=True)}
    return {column.name: cells.gather(found.argmax(axis=1)), **probabilities}


def _blocks(
    told: dict[str, pl.Series], kept: list[pl.Series], labelled: bool
) -> Iterator[pl.DataFrame]:
    """The rows' numbers, what names them, what is told of them, and what goes along."""
    n = len(next(iter(told.values())))
    names = unique_names(["row", *told, *(cells.name for cells in kept)])
    row = pl.Series(np.arange(1, n + 1))
    own = [series.alias(name) for name, series in zip(names, [row, *told.values()], strict=False)]
    along = [cells.alias(name) for name, cells in zip(names[len(own) :], kept, strict=True)]
    frame = pl.DataFrame([own[0], *along[:labelled], *own[1:], *along[labelled:]])
    return frame.iter_slices(_ROWS_AT_ONCE)
