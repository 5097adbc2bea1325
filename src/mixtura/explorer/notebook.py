"""The explorer in a notebook, from any table that Python programs have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral, Real
from pathlib import Path
from typing import Any

import narwhals as nw
import narwhals.selectors as ncs
import numpy as np

from mixtura.errors import DataError, MixturaError
from mixtura.explorer.page import render
from mixtura.explorer.table import Table
from mixtura.persistence.atomic_files import Staging
from mixtura.report.frame import framed
from mixtura.typing import FloatArray

__all__ = ["Explorer", "explore"]

_LOWEST = 200


@dataclass(frozen=True, eq=False)
class Explorer:
    """A page about a table, which a notebook shows where it is the value of a cell.

    Attributes
    ----------
    table : Table
        What is explored.
    height : int
        Of the frame, in pixels.
    """

    table: Table
    height: int = 900

    def __repr__(self) -> str:
        n, d = self.table.values.shape
        return f"<Explorer of {self.table.title}: {n:,} rows, {d} columns>"

    @property
    def page(self) -> str:
        """The page as HTML; it loads nothing and works from a file."""
        return render(self.table)

    def save(self, path: str | Path) -> None:
        """Write the page to a file, to be opened in a browser."""
        with Staging() as staging:
            staging.place(Path(path)).write_text(self.page, encoding="utf-8")

    def _repr_html_(self) -> str:
        return framed(self.page, f"mixtura explorer: {self.table.title}", self.height)


def explore(
    X: Any,
    *,
    columns: Sequence[str | int] | str | int | None = None,
    title: str = "A table",
    height: int = 900,
    random_state: int = 0,
) -> Explorer:
    """Run EM by hand on a table: E and M steps, drags and restarts on a page in a notebook.

    The page runs the package's own compiled kernel in the browser, and needs neither a server nor
    a network. Components are Gaussian. Rows with a missing cell in a column of the model are left
    out, and the page tells how many; weights of rows are not looked at.

    Parameters
    ----------
    X : array-like of shape (n, d), or a table
        NumPy, pandas, polars, pyarrow or any other that narwhals knows. Of a table with names the
        columns of numbers are taken. Of more than 20,000 rows a random sample is shown, and the
        page says so.
    columns : sequence of str or int, optional
        Those to explore, by names or numbers, from 0; an array's are called "column 0", "column 1"
        and so on. By default all that are numbers, 40 at most.
    title : str, default="A table"
    height : int, default=900
        Of the frame in the notebook, in pixels.
    random_state : int, default=0
        Fixes which rows of a large table are shown.

    Returns
    -------
    Explorer
        A notebook shows it; `save` writes the page to a file.

    Raises
    ------
    DataError
        If the table is not in memory, if there is no such column, or none of numbers that vary.

    Examples
    --------
    >>> import numpy as np
    >>> import mixtura as mx
    >>> rng = np.random.default_rng(0)
    >>> mx.explore(np.concatenate([rng.normal(0, 1, 60), rng.normal(5, 1, 40)]), title="Two bumps")
    <Explorer of Two bumps: 100 rows, 1 columns>
    """
    if not isinstance(height, Real) or height < _LOWEST:
        raise MixturaError(f"height is {height!r}: a frame needs {_LOWEST} pixels at least.")
    if not isinstance(random_state, Integral) or random_state < 0:
        raise MixturaError(f"random_state is {random_state!r}: expected a whole number, 0 or more.")
    names, values = _read(X, columns)
    return Explorer(Table.of(str(title), names, values, seed=int(random_state)), int(height))


def _read(X: Any, columns: Any) -> tuple[Sequence[str], FloatArray]:
    """Names and numbers of the columns to explore."""
    table = nw.from_native(X, pass_through=True)
    if isinstance(table, nw.LazyFrame):
        raise DataError("The explorer is for tables in memory: collect it, or a part of its rows.")
    if isinstance(table, nw.DataFrame):
        return _read_table(table, columns)
    values = _as_array(X)
    names = [f"column {j}" for j in range(values.shape[1])]
    chosen = names if columns is None else _names_of(columns, names)
    return chosen, values[:, [names.index(name) for name in chosen]]


def _read_table(table: nw.DataFrame[Any], columns: Any) -> tuple[Sequence[str], FloatArray]:
    numeric = table.select(ncs.numeric())
    if columns is not None:
        chosen = _names_of(columns, table.columns)
        texts = [name for name in chosen if name not in numeric.columns]
        if texts:
            raise DataError(
                f"Column {texts[0]!r} is {table.schema[texts[0]]}, no numbers: the explorer shows "
                "numbers. Leave it out, or convert it."
            )
        numeric = numeric.select(chosen)
    if not numeric.columns:
        raise DataError(
            "The table has no column of numbers: the explorer needs one. Convert what should be."
        )
    cells = [numeric[name].cast(nw.Float64()).to_numpy() for name in numeric.columns]
    return numeric.columns, np.column_stack(cells).astype(np.float64)


def _as_array(X: Any) -> FloatArray:
    try:
        given = np.asarray(X)
        if given.dtype.kind == "c":  # the imaginary parts would be lost
            raise TypeError
        values = given.astype(np.float64)
    except (TypeError, ValueError, OverflowError):
        raise DataError(
            f"The table is of the type {type(X).__name__}, and no array of numbers: expected one, "
            "or a table in memory."
        ) from None
    if values.ndim not in (1, 2) or values.size == 0:
        raise DataError(f"An array of shape {values.shape} has no rows and columns to explore.")
    return values.reshape(len(values), -1)


def _names_of(columns: Any, known: Sequence[str]) -> list[str]:
    """The names of columns that are given by name or number; one may be given by itself."""
    given = [columns] if isinstance(columns, str | Integral) else list(columns)
    names: list[str] = []
    for each in given:
        number = int(each) if isinstance(each, Integral) else -1
        name = known[number] if 0 <= number < len(known) else str(each)
        if name not in known:
            raise DataError(f"There is no column {each!r}; there are {', '.join(known[:20])}.")
        if name in names:
            raise DataError(f"Column {name!r} is given twice: once is enough.")
        names.append(name)
    return names
