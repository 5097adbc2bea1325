"""`report`: the page about a fitted mixture and some rows, in a notebook or as a file."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

import narwhals as nw
import numpy as np

from mixtura.errors import DataError
from mixtura.estimators.as_model import model_of
from mixtura.estimators.asked import Asked
from mixtura.estimators.tables import as_weights, check_reach, column_names
from mixtura.persistence.atomic_files import Staging
from mixtura.persistence.model_file import Model
from mixtura.report import SearchSummary, TableSummary
from mixtura.report.frame import framed
from mixtura.report.model import page_of
from mixtura.typing import FloatArray

__all__ = ["Report", "Reporting", "RowsInView"]

# As high as a notebook's window.
_HEIGHT = 720


@dataclass(frozen=True)
class Report:
    """A page about a mixture and a table, which a notebook shows where it is.

    Attributes
    ----------
    page : str
        HTML that loads nothing. `str(report)` is the same.
    """

    page: str

    def save(self, path: str | PathLike[str]) -> None:
        """Write the page to a file; one that exists is replaced once the new one is complete."""
        with Staging() as staging:
            staging.place(Path(path)).write_text(self.page, encoding="utf-8")

    def __str__(self) -> str:
        return self.page

    def __repr__(self) -> str:
        return f"<Report of {len(self.page):,} characters: save(path) writes it to a file>"

    def _repr_html_(self) -> str:
        return framed(self.page, "Report", _HEIGHT)


@dataclass(frozen=True, eq=False)
class RowsInView:
    """A fitted mixture and the rows of a table, as reports and pictures see them.

    Attributes
    ----------
    model : Model
    rows : ndarray of shape (n, d)
        float64; NaN is a missing cell, and of categories they have the numbers of levels.
    weight : ndarray of shape (n,), or None
    row_names : list of str, or None
        The index of a pandas table, unless it counts the rows.
    """

    model: Model
    rows: FloatArray
    weight: FloatArray | None
    row_names: list[str] | None


class Reporting(Asked):
    """An estimator whose fitted mixture can be shown."""

    def report(self, X: Any, *, sample_weight: Any = None, title: str = "the table") -> Report:
        """The report about the mixture and the rows of a table: one page that loads nothing.

        A notebook shows it; `report(X).save("report.html")` writes it to a file. It is the page
        that `mixtura report` makes, of the columns that were fitted. Rows are counted from 0, or
        have the names of a pandas index.

        Parameters
        ----------
        X : table of shape (n, d)
        sample_weight : array of shape (n,), default=None
            The weights of the rows in the fit.
        title : str, default='the table'
            What the page calls the table.

        Returns
        -------
        Report

        Raises
        ------
        NotFittedError
            If the estimator is not fitted.
        DataError
            If the table is not in memory, or not one of the columns that were fitted.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> X = np.random.default_rng(0).normal(size=(50, 2))
        >>> page = str(mx.GaussianMixture(random_state=0).fit(X).report(X, title="a cloud"))
        >>> page[:15], "a cloud" in page
        ('<!DOCTYPE html>', True)
        """
        view = self._in_view(X, sample_weight, "report")
        n, record = len(view.rows), view.model.record
        table = TableSummary(
            title=str(title),
            columns=view.model.schema.names,
            row_numbers=np.arange(n),
            rows_total=n,
            row_names=view.row_names,
        )
        notes = () if record is None else (*record.notes, *filter(None, [record.sampled]))
        search = self._search_summary()
        page = page_of(view.model, view.rows, table, weight=view.weight, search=search, notes=notes)
        return Report(page)

    def _in_view(self, X: Any, sample_weight: Any, what: str) -> RowsInView:
        """The mixture and the rows of a table in memory, for what is named in errors."""
        self._fitted()
        if X is None:
            raise DataError(f"{what} shows the rows of a table: give it X, as of fit.")
        self._refuse_scanned(X, what)
        rows = np.asarray(self._as_fitted(X), dtype=np.float64)
        check_reach(rows, column_names(self._known(), rows))
        weight = as_weights(sample_weight, len(rows))
        return RowsInView(model_of(self._known()), rows, weight, _row_names(X))

    def _search_summary(self) -> SearchSummary | None:
        """The candidates that the mixture was chosen from, if there were any."""
        return None


def _row_names(X: Any) -> list[str] | None:
    """What the index of a pandas table calls its rows, if that is no count of them."""
    table = nw.from_native(X, eager_only=True, pass_through=True)
    index = nw.maybe_get_index(table) if isinstance(table, nw.DataFrame) else None
    if index is None or list(index) == list(range(len(index))):
        return None
    return [str(name) for name in index]
