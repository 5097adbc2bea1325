"""Tables on which a mixture has business or none, as recipes: what a failing test prints is it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
from hypothesis import strategies as st

__all__ = ["Table", "Weights", "tables", "tame_tables", "weights"]

Array = np.ndarray[Any, np.dtype[Any]]
Random = np.random.Generator


def _clusters(rng: Random, n: int, d: int) -> Array:
    return rng.normal(size=(n, d)) + 6.0 * rng.integers(0, 3, (n, 1))


_KINDS: dict[str, Callable[[Random, int, int], Array]] = {
    "clusters": _clusters,
    "one cluster": lambda rng, n, d: rng.normal(size=(n, d)),
    "integers": lambda rng, n, d: rng.integers(-3, 4, (n, d)).astype(float),
    "zeros and ones": lambda rng, n, d: rng.integers(0, 2, (n, d)).astype(float),
    "few different rows": lambda rng, n, d: rng.normal(size=(3, d))[rng.integers(0, 3, n)],
    "equal rows": lambda rng, n, d: np.tile(rng.normal(size=d), (n, 1)),
    "heavy tails": lambda rng, n, d: rng.standard_cauchy((n, d)),
    "a plane": lambda rng, n, d: rng.normal(size=(n, 1)) @ rng.normal(size=(1, d)) + 1.0,
}


def _with_column(X: Array, column: Any) -> Array:
    changed = X.copy()
    changed[:, -1] = column
    return changed


def _with_row(X: Array, rng: Random, power: int) -> Array:
    changed = X.copy()
    changed[rng.integers(len(X))] = 10.0**power * rng.choice([-1.0, 1.0], X.shape[1])
    return changed


def _with_cell(X: Array, rng: Random, power: int) -> Array:
    changed = X.copy()
    changed[rng.integers(len(X)), rng.integers(X.shape[1])] = -(10.0**power)
    return changed


#: Functions (table, random numbers, power of ten) -> table.
_CHANGES: dict[str, Callable[[Array, Random, int], Array]] = {
    "a constant column": lambda X, rng, power: _with_column(X, 10.0**power),
    "a column twice": lambda X, rng, power: _with_column(X, X[:, 0]),
    "a collinear column": lambda X, rng, power: _with_column(X, X[:, :-1].sum(axis=1)),
    "rows twice": lambda X, rng, power: X[np.arange(len(X)) // 2],
    "an outlying row": _with_row,
    "an outlying cell": _with_cell,
    "a column of another unit": lambda X, rng, power: _with_column(X, 10.0**power * X[:, -1]),
    "another unit": lambda X, rng, power: 10.0**power * X,
    "an offset": lambda X, rng, power: X + 10.0**power,
    "rounded": lambda X, rng, power: X.round(1),
    "sorted": lambda X, rng, power: np.sort(X, axis=0),
}
_POWERS = {
    "a constant column": st.integers(-30, 30),
    "an outlying row": st.integers(1, 30),
    "an outlying cell": st.integers(1, 30),
    "a column of another unit": st.sampled_from([-300, -80, -70, -20, -9, -3, 3, 9, 20, 70, 80]),
    "another unit": st.sampled_from([-300, -80, -70, -20, -9, -3, 3, 9, 20, 70, 80, 300]),
    "an offset": st.integers(0, 15),
}


def _polars(X: Array) -> pl.DataFrame:
    return pl.DataFrame(X, schema=[f"x{j}" for j in range(X.shape[1])])


#: How the same rows may be given.
_CONTAINERS: dict[str, Callable[[Array], Any]] = {
    "float64": np.ascontiguousarray,
    "float32": lambda X: np.clip(X, -3e38, 3e38).astype(np.float32),
    "columns first": np.asfortranarray,
    "every other row": lambda X: np.repeat(X, 2, axis=0)[::2],
    "every other column, backwards": lambda X: np.repeat(X[::-1], 2, axis=1)[::-1, ::2],
    "float32, columns first": lambda X: np.asfortranarray(
        np.clip(X, -3e38, 3e38).astype(np.float32)
    ),
    "int64": lambda X: np.clip(X, -(2.0**62), 2.0**62).astype(np.int64),
    "int8": lambda X: np.clip(X, -100, 100).astype(np.int8),
    "bool": lambda X: X.mean() < X,
    "list": lambda X: X.tolist(),
    "pandas": lambda X: pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])]),
    "polars": _polars,
}


@dataclass(frozen=True)
class Table:
    """A recipe for a table.

    Attributes
    ----------
    kind : str
    n, d, seed : int
    changes : tuple of (str, int)
        What is done to it, each with a power of ten.
    container : str
    """

    kind: str = "clusters"
    n: int = 20
    d: int = 2
    seed: int = 0
    changes: tuple[tuple[str, int], ...] = ()
    container: str = "float64"

    @cached_property
    def given(self) -> Any:
        """What the user gives."""
        rng = np.random.default_rng(self.seed)
        X = _KINDS[self.kind](rng, self.n, self.d)
        with np.errstate(all="ignore"):
            for change, power in self.changes:
                X = np.clip(_CHANGES[change](X, rng, power), -1e308, 1e308)
            return _CONTAINERS[self.container](X)

    @cached_property
    def rows(self) -> Array:
        """The same as numbers."""
        return np.asarray(self.given, dtype=np.float64)

    @property
    def powers(self) -> list[int]:
        """Powers of ten of the changes, and 0."""
        return [0, *(power for _, power in self.changes)]

    @property
    def exact(self) -> bool:
        """Whether results come in double precision."""
        return not self.container.startswith("float32")


@st.composite
def _changes(draw: st.DrawFn) -> tuple[tuple[str, int], ...]:
    names = draw(st.lists(st.sampled_from(list(_CHANGES)), max_size=3))
    return tuple((name, draw(_POWERS.get(name, st.just(0)))) for name in names)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Any table of 1 to 60 rows and 1 to 6 columns."""
    return Table(
        draw(st.sampled_from(list(_KINDS))),
        draw(st.integers(1, 60)),
        draw(st.integers(1, 6)),
        draw(st.integers(0, 999)),
        draw(_changes()),
        draw(st.sampled_from(list(_CONTAINERS))),
    )


@st.composite
def tame_tables(draw: st.DrawFn) -> Table:
    """Tables that a mixture describes well."""
    n, d, seed = draw(st.integers(20, 60)), draw(st.integers(1, 4)), draw(st.integers(0, 999))
    return Table("clusters", n, d, seed, (), draw(st.sampled_from(["float64", "float32"])))


def _some(rng: Random, n: int, value: float) -> Array:
    return np.where(rng.random(n) < 0.3, value, 1.0)


#: Functions (random numbers, number of rows, power of ten) -> weights.
_WEIGHTS: dict[str, Callable[[Random, int, int], Any]] = {
    "none": lambda rng, n, power: None,
    "one number": lambda rng, n, power: 2.5,
    "counts": lambda rng, n, power: rng.integers(0, 4, n),
    "some zero": lambda rng, n, power: _some(rng, n, 0.0),
    "ratios": lambda rng, n, power: 10.0 ** rng.uniform(-3.0, 3.0, n),
    "another unit": lambda rng, n, power: 10.0**power * rng.uniform(0.5, 2.0, n),
    "some of another unit": lambda rng, n, power: _some(rng, n, 10.0**power),
    "some denormal": lambda rng, n, power: _some(rng, n, 5e-324),
    "all denormal": lambda rng, n, power: np.full(n, 1e-310),
    "some huge": lambda rng, n, power: _some(rng, n, 1e300),
    "extreme ratios": lambda rng, n, power: 10.0 ** rng.uniform(-300.0, 70.0, n),
}
_EXTREME = ("some of another unit", "some denormal", "all denormal", "some huge", "extreme ratios")


@dataclass(frozen=True)
class Weights:
    """A recipe for the weights of rows."""

    kind: str = "none"
    seed: int = 0
    power: int = 0

    @property
    def extreme(self) -> bool:
        """Whether they are of very different size."""
        return self.kind in _EXTREME

    def of(self, n: int) -> Any:
        """For so many rows."""
        return _WEIGHTS[self.kind](np.random.default_rng(self.seed), n, self.power)


@st.composite
def weights(draw: st.DrawFn) -> Weights:
    """Weights of rows, or none."""
    powers = st.sampled_from([-300, -80, -70, -20, -9, -3, 3, 9, 20, 70, 80, 300])
    kind = draw(st.sampled_from(list(_WEIGHTS)))
    return Weights(kind, draw(st.integers(0, 999)), draw(powers))
