"""Tables on which a mixture has no business, and which people fit all the same."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["TABLES", "DegenerateTable"]


@dataclass(frozen=True)
class DegenerateTable:
    """A table, its row weights if any, and a number of components to ask of it.

    Attributes
    ----------
    name : str
    X : ndarray of shape (n, d)
    k : int
    weight : ndarray of shape (n,) or None
    """

    name: str
    X: np.ndarray
    k: int = 3
    weight: np.ndarray | None = None

    @property
    def large(self) -> bool:
        """Whether a fit needs more than milliseconds."""
        return self.X.shape[1] > 10


def _normal(n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=(n, d))


def _clumps(n: int = 30, d: int = 2, gap: float = 5.0, seed: int = 0) -> np.ndarray:
    """Two groups, `gap` deviations apart in each column."""
    X = _normal(n, d, seed)
    X[n // 2 :] += gap
    return X


def _with(X: np.ndarray, *columns: np.ndarray | float) -> np.ndarray:
    return np.column_stack([X, *(np.broadcast_to(column, len(X)) for column in columns)])


def _choice(values: list[float], n: int, d: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).choice(values, size=(n, d))


def _changed(X: np.ndarray, row: int, values: object) -> np.ndarray:
    X = X.copy()
    X[row] = values
    return X


def _spread_weights(n: int, decades: float) -> np.ndarray:
    return np.logspace(-decades / 2, decades / 2, n)


def _poisson(mean: float, n: int, d: int) -> np.ndarray:
    return np.random.default_rng(5).poisson(mean, (n, d)).astype(float)


_ROW = np.array([[1.5, -2.0]])
_T = DegenerateTable

#: Equal rows and ties.
_REPEATED = [
    _T("all rows equal", np.repeat(_ROW, 20, axis=0)),
    _T("all rows zero", np.zeros((12, 3))),
    _T("all rows equal, one component", np.repeat(_ROW, 9, axis=0), 1),
    _T("all rows equal, far from zero", np.full((15, 2), 1e9 + 0.1)),
    _T("two distinct rows", np.repeat([[0.0, 0.0], [1.0, 1.0]], 10, axis=0), 2),
    _T("two distinct rows, four components", np.repeat([[0.0, 1.0], [1.0, 0.0]], 10, axis=0), 4),
    _T("exactly k distinct rows", np.repeat(_normal(3, 2), 12, axis=0)),
    _T("k - 1 distinct rows", np.repeat(_normal(3, 2), 12, axis=0), 4),
    _T("one row a thousand times, one other", _changed(np.repeat(_ROW, 200, axis=0), 7, 9.0), 2),
    _T("one row often, a few others", np.concatenate([np.zeros((40, 2)), _normal(6, 2)])),
    _T("every row twice", np.repeat(_clumps(14), 2, axis=0)),
    _T("rows on a lattice", _choice([0.0, 1.0, 2.0], 30, 2)),
    _T("rows of two values", _choice([0.0, 1.0], 30, 3)),
    _T("rows rounded to halves", np.round(2.0 * _clumps()) / 2.0),
    _T("spikes in a slab", np.concatenate([np.repeat(_normal(2, 2), 8, axis=0), _normal(20, 2)])),
    _T("a spike on the line", np.concatenate([np.zeros((15, 1)), _normal(15, 1)]), 2),
    _T("two spikes on the line", np.repeat([[0.0], [1.0]], 15, axis=0), 2),
    _T("three values on the line, five components", _choice([0.0, 1.0, 5.0], 30, 1), 5),
]

#: Too few rows.
_FEW = [
    _T("a single row", np.array([[3.0, 4.0]]), 1),
    _T("a single number", np.array([[3.0]]), 1),
    _T("two rows, one component", _normal(2, 2), 1),
    _T("two rows, two components", _normal(2, 2), 2),
    _T("n = k", _normal(4, 2), 4),
    _T("n = k on the line", _normal(5, 1), 5),
    _T("n = k + 1", _normal(5, 3), 4),
    _T("n = d", _normal(4, 4), 2),
    _T("n < d", _normal(5, 8), 2),
    _T("n < d, one component", _normal(3, 6), 1),
    _T("n = d + 1", _normal(5, 4), 1),
    _T("d + 1 rows in each of two groups", _clumps(6, 2, 50.0), 2),
    _T("half as many components as rows", _normal(16, 2), 8),
    _T("100 rows of 200 columns", _normal(100, 200), 2),
    _T("8 rows of 12 columns", _clumps(8, 12), 2),
]

#: Columns that are constant, collinear or otherwise no real numbers.
_COLUMNS = [
    _T("a constant column", _with(_clumps(), 7.0)),
    _T("a constant column far from zero", _with(_clumps(), 1e12)),
    _T("only one column varies", _with(_normal(20, 1), 0.0, 3.0), 2),
    _T("a column that is constant but for one row", _with(_clumps(), np.eye(30)[4])),
    _T("two identical columns", _with(_clumps(), _clumps()[:, 0])),
    _T("all columns identical", np.repeat(_clumps(24, 1), 3, axis=1), 2),
    _T("one column the sum of the others", _with(_clumps(), _clumps().sum(axis=1))),
    _T("nearly collinear", _with(_clumps(), _clumps()[:, 0] + 1e-9 * _normal(30, 1, 3)[:, 0])),
    _T("opposite columns", _with(_clumps(24, 1), -_clumps(24, 1)[:, 0]), 2),
    _T("rows on a line", np.outer(_normal(20, 1)[:, 0], [1.0, 2.0, -1.0]) + 3.0, 2),
    _T("one-hot columns", np.eye(4)[np.arange(28) % 4]),
    _T("shares that sum to 1", np.random.default_rng(0).dirichlet([0.3, 1.0, 2.0], 25)),
    _T("a binary column beside a real one", _with(_normal(30, 1), np.arange(30) % 2)),
    _T("counts with many zeros", _poisson(0.15, 40, 3)),
    _T("small counts", _poisson(2.0, 30, 2)),
    _T("integers", np.random.default_rng(0).integers(-9, 9, (30, 2)).astype(float)),
    _T("days of the year", np.arange(1.0, 41.0)[:, None], 2),
    _T("columns of very different units", _clumps(30, 3) * [1e-9, 1.0, 1e9]),
]

#: Values and weights at the ends of the scale.
_EXTREMES = [
    _T("one giant outlier", _changed(_normal(30, 2), 3, 1e9)),
    _T("one outlier beyond resolution", _changed(_normal(30, 2), 3, [1e18, -1e18])),
    _T("two opposite outliers", _changed(_changed(_normal(30, 2), 0, 1e6), 1, -1e6)),
    _T("an outlier in one column", _changed(_normal(30, 3), 3, [0.0, 1e7, 0.0])),
    _T("heavy tails", np.random.default_rng(0).standard_cauchy((40, 2))),
    _T("lognormal", np.exp(4.0 * _normal(40, 2))),
    _T("two far clumps", _clumps(gap=1e8), 2),
    _T("two far clumps, three components", _clumps(gap=1e6)),
    _T("an offset of 1e8 with a spread of 1e-3", 1e8 + 1e-3 * _clumps()),
    _T("an offset of 1e15", 1e15 + np.round(_clumps())),
    _T("an offset at which rows merge", 1e16 + _clumps()),
    _T("values of 1e-300", 1e-300 * _clumps()),
    _T("values of 1e-160", 1e-160 * _clumps()),
    _T("values of 1e-150", 1e-150 * _clumps()),
    _T("denormal values", 1e-310 * _clumps()),
    _T("values of 1e150", 1e150 * _clumps()),
    _T("values of 1e154", 1e154 * _clumps()),
    _T("values of 1e200", 1e200 * _clumps()),
    _T("values of 1e308", 1.7e308 * np.tanh(_clumps())),
    _T("a column of 1e-200 beside one of 1e100", _clumps() * [1e-200, 1e100], 2),
    _T("float32", _clumps().astype(np.float32)),
    _T("float32 at an offset of 1e6", (1e6 + _clumps()).astype(np.float32)),
    _T("float32 of 1e30", (1e30 * _clumps()).astype(np.float32)),
    _T("float32 of 1e-30", (1e-30 * _clumps()).astype(np.float32)),
    _T("weights over twelve decades", _clumps(), 3, _spread_weights(30, 12.0)),
    _T("weights over 300 decades", _clumps(), 3, _spread_weights(30, 300.0)),
    _T("weights over 150 decades", _clumps(), 3, _spread_weights(30, 150.0)),
    _T("small weights", _clumps(), 3, np.full(30, 1e-70)),
    _T("tiny weights", _clumps(), 3, np.full(30, 1e-300)),
    _T("huge weights", _clumps(), 3, np.full(30, 1e300)),
    _T("denormal weights", _clumps(), 3, np.full(30, 1e-320)),
    _T("weights over thirty decades", _clumps(), 3, _spread_weights(30, 30.0)),
    _T("denormal weights beside others", _clumps(), 3, np.where(np.arange(30) % 3, 5e-324, 1.0)),
    _T("weights of zero", _clumps(), 3, np.arange(30) % 2.0),
    _T("weight on two rows", _clumps(), 2, (np.arange(30) % 15 == 0).astype(float)),
    _T("all weight on one row", _clumps(), 1, np.eye(30)[4]),
    _T("nearly all weight on one row", _clumps(), 2, np.where(np.arange(30) == 4, 1e15, 1.0)),
]

TABLES: list[DegenerateTable] = [*_REPEATED, *_FEW, *_COLUMNS, *_EXTREMES]
