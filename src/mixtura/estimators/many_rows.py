"""How an estimator comes to its rows, few or many, and fits many."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from joblib import effective_n_jobs

from mixtura.em import Observer
from mixtura.errors import DataError, MixturaError
from mixtura.estimators.parameters import seed_of
from mixtura.estimators.scanned import Reading, Scanned, as_fitted, as_scanned, learn
from mixtura.estimators.tables import Table, as_weights
from mixtura.fitting.large_fit import fit_large
from mixtura.fitting.record import FitRecord
from mixtura.mixture import Mixture
from mixtura.persistence.checkpoint import Checkpoint, fingerprint
from mixtura.sources.scan import Opened
from mixtura.starts.large_rows import LargeRows, as_opened, collected, sample_size
from mixtura.starts.training_rows import TrainingRows

if TYPE_CHECKING:
    from mixtura.estimators.mixture_estimator import MixtureEstimator

__all__ = ["record_of", "rows_of"]

# Parameters that change nothing of a result.
_OF_NO_CONSEQUENCE = {"verbose", "verbose_interval", "n_jobs"}


def rows_of(
    estimator: MixtureEstimator,
    X: Any,
    sample_weight: Any,
    labels: Any,
    n_sample: int | None = None,
) -> TrainingRows | LargeRows:
    """The rows of a table, whose columns the estimator learns.

    Parameters
    ----------
    estimator : MixtureEstimator
    X, sample_weight, labels
        As of its `fit`.
    n_sample : int, optional
        Rows of the sample that starts look at, if the rows are many.
    """
    scanned = as_scanned(X)
    for_rows = sample_weight is not None or labels is not None or not estimator._of_any_rows
    if scanned is not None and not (for_rows and isinstance(X, np.ndarray)):
        if for_rows:
            raise MixturaError(
                "Weights, labels and starts for each row are for tables in memory. Name the column "
                "of weights instead: mixtura.scan(X, weight='name')."
            )
        return _scanned_rows(estimator, scanned, n_sample)
    rows = estimator._door(X, reset=not estimator._goes_on)
    table = estimator._training_rows(X, rows, as_weights(sample_weight, len(rows)))
    few = table.n_rows <= sample_size(rows.shape[1])
    if few or labels is not None or not estimator._of_any_rows:
        return table
    return _large(estimator, as_opened(table), table.column_names, n_sample)


def _scanned_rows(
    estimator: MixtureEstimator, scanned: Scanned, n_sample: int | None
) -> TrainingRows | LargeRows:
    """The rows of a table that is not in memory: in one place if they are few."""
    scan, n_threads = scanned.scan, effective_n_jobs(estimator.n_jobs)
    opened = scan.opened(_reading(estimator, scanned), n_threads)
    if opened.n_rows == 0:
        raise DataError("The table has no row that has weight and some cell.")
    if opened.n_rows <= (scanned.sample or sample_size(len(scan.names))):
        return collected(opened, scan.names, n_threads)
    return _large(estimator, opened, scan.names, scanned.sample or n_sample)


def _reading(estimator: MixtureEstimator, scanned: Scanned) -> Reading:
    """What makes rows of a table; what its columns are is learnt, or known."""
    if scanned.columns is not None:
        schema = scanned.columns.schema
        none = Table(np.empty((0, len(schema))), schema)
        estimator._door(none, reset=not estimator._goes_on)
    elif not estimator._goes_on:
        return learn(estimator, scanned.scan)
    return as_fitted(estimator, scanned)


def _large(
    estimator: MixtureEstimator, opened: Opened, names: Sequence[str], n_sample: int | None
) -> LargeRows:
    """Rows that are passed over, and some of them that are at hand."""
    n_threads, seed = effective_n_jobs(estimator.n_jobs), seed_of(estimator.random_state)
    return LargeRows.of(opened, names, n_threads, n_sample or sample_size(len(names)), seed)


def record_of(
    estimator: MixtureEstimator,
    rows: LargeRows,
    checkpoint: Any,
    begin: Mixture[Any, Any] | None = None,
    passed: Observer | None = None,
) -> FitRecord:
    """The fit of many rows, from starts on the sample or from a mixture.

    Parameters
    ----------
    estimator : MixtureEstimator
    rows : LargeRows
    checkpoint : path, optional
        The folder that keeps it.
    begin : Mixture, optional
    passed : callable, optional
        Told of each pass, in place of what `verbose` prints.
    """
    keeper = None if checkpoint is None else _checkpoint(estimator, checkpoint, rows)
    specification = estimator._specification(rows.sample)
    if begin is not None:
        specification = specification.going_on_from(begin)
    if passed is not None:
        told = nullcontext(passed)
        specification = replace(specification, narrate=lambda *run: told)
    return fit_large(specification, rows, keeper)


def _checkpoint(estimator: MixtureEstimator, folder: Any, rows: LargeRows) -> Checkpoint:
    """Where a fit of these rows with these parameters is kept."""
    params = {
        name: value
        for name, value in sorted(estimator.get_params(deep=False).items())
        if name not in _OF_NO_CONSEQUENCE
    }
    means = rows.summary.columns.mean.tolist()
    known = type(estimator).__name__, params, estimator.schema_, rows.n_rows, rows.n_empty
    return Checkpoint(folder, fingerprint(*known, means, rows.dtype.str))
