"""The uniform family: a box for each component.

    log p_j(x) = -sum_a log(high_ja - low_ja) within the box, -inf beyond

The M-step is the smallest box about all rows that can be of the component,

    low_ja = min x_ia,  high_ja = max x_ia  over i with r_ij > 0

(Johnson, Kotz and Balakrishnan 1995, section 26.5).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura.errors import DegenerateError
from mixtura.families.cells import Cells
from mixtura.families.closeness import Closeness, pairs
from mixtura.families.column_parameters import ColumnFamily, PerColumn
from mixtura.families.description import (
    Curve,
    Independent,
    check_entries,
    check_names,
    curve,
    mean_density,
    refuse,
    stacked,
)
from mixtura.families.family import Embedding, IndependentColumns, Unbounded, as_they_are
from mixtura.families.log_linear import logs
from mixtura.families.one_column import Numbers, evenly
from mixtura.families.schema import Kind, Schema
from mixtura.statistics import SMALLEST_COUNT
from mixtura.typing import FloatArray, IntArray, Selection

__all__ = ["Uniform", "UniformDescription", "UniformExtents", "UniformParameters"]

# No table that can be fitted has numbers beyond this.
_FURTHEST = 1e75

_LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class UniformParameters(PerColumn):
    """Fitted numbers of k uniform components.

    Attributes
    ----------
    low, high : ndarray of shape (k, d)
        The sides of the boxes.
    """

    low: FloatArray
    high: FloatArray

    @property
    def n_components(self) -> int:
        return len(self.low)

    @property
    def n_features(self) -> int:
        return int(self.low.shape[1])

    @property
    def sort_key(self) -> FloatArray:
        return np.hstack([self.low, self.high])

    @property
    def widths(self) -> FloatArray:
        return self.high - self.low

    def take(self, order: Selection) -> Self:
        return type(self)(self.low[order], self.high[order])


@dataclass(frozen=True)
class UniformExtents(PerColumn):
    """Weighted count of the rows of each component, and how far they reach; merging takes hulls.

    A component without rows reaches from the largest of all numbers down to the smallest.

    Attributes
    ----------
    count : ndarray of shape (k, 1) or (k, d)
        By column, of the observed cells, where some are missing.
    minimum, maximum : ndarray of shape (k, d)
    """

    count: FloatArray
    minimum: FloatArray
    maximum: FloatArray

    @classmethod
    def of(cls, X: FloatArray, resp: FloatArray) -> Self:
        """Of rows X (n, d) with weighted responsibilities (n, k)."""
        k, d = resp.shape[1], X.shape[1]
        minimum, maximum = np.full((k, d), _LARGEST), np.full((k, d), -_LARGEST)
        for j, own in enumerate(resp.T >= SMALLEST_COUNT):
            rows = X[own]
            minimum[j] = np.fmin.reduce(rows, axis=0, initial=_LARGEST)
            maximum[j] = np.fmax.reduce(rows, axis=0, initial=-_LARGEST)
        return cls(Cells.of(X).counts(resp), minimum, maximum)

    def __add__(self, other: Self) -> Self:
        return type(self)(
            self.count + other.count,
            np.minimum(self.minimum, other.minimum),
            np.maximum(self.maximum, other.maximum),
        )

    def __rmul__(self, factor: float) -> Self:
        return type(self)(factor * self.count, self.minimum, self.maximum)

    def take(self, components: Selection) -> Self:
        """Of some of the components."""
        return type(self)(
            self.count[components], self.minimum[components], self.maximum[components]
        )


@dataclass(frozen=True)
class Uniform(
    Unbounded,
    IndependentColumns[UniformParameters],
    ColumnFamily[UniformParameters, UniformExtents],
):
    """Uniform components, each over a box along the axes.

    A row in a box has some responsibility there, however small, so that an M-step cannot leave it
    out: EM shrinks no box, and ends after a few steps close to where it began. Starts that assign
    whole rows, such as k-means, say most of the result; those that share rows among all components
    give each the same box.

    A component whose rows are equal in some column has no box, and ends in a `DegenerateError`.

    Examples
    --------
    >>> import numpy as np
    >>> family, X = Uniform(), np.array([[0.0], [1.0], [4.0]])
    >>> family.maximize(family.statistics(None, X, np.ones((3, 1))), None).widths
    array([[4.]])
    """

    @property
    def blends(self) -> bool:
        """False: a box takes no row in that is outside, and no step shrinks it."""
        return False

    def log_density(self, params: UniformParameters, X: FloatArray) -> FloatArray:
        log_density = np.full((len(X), params.n_components), -np.inf)
        cells = Cells.of(X)
        log_volumes = np.broadcast_to(cells.over_columns(np.log(params.widths)), log_density.shape)
        for j in range(params.n_components):
            beyond = ((params.low[j] > X) | (params.high[j] < X)).any(axis=1)
            log_density[~beyond, j] = -log_volumes[~beyond, j]
        return log_density

    def expectations(self, params: UniformParameters) -> FloatArray:
        return 0.5 * (params.low + params.high)

    def statistics(
        self, params: UniformParameters | None, X: FloatArray, resp: FloatArray
    ) -> UniformExtents:
        return UniformExtents.of(X, resp)

    def cells(self, statistics: UniformExtents) -> FloatArray:
        return statistics.count

    def likeliest(
        self, statistics: UniformExtents, params: UniformParameters | None
    ) -> UniformParameters:
        boxes = UniformParameters(statistics.minimum, statistics.maximum)
        flat = np.any(~(boxes.widths > 0.0), axis=1)
        if flat.any():
            raise DegenerateError(
                f"{np.count_nonzero(flat)} of {len(flat)} components have boxes without width: "
                "all of their rows are equal in some column, where a uniform density has no "
                "bound. Use fewer components, other starts, or leave out columns of few values."
            )
        return boxes

    def n_parameters(self, k: int, d: int) -> int:
        return 2 * k * d

    @property
    def embedding(self) -> Embedding:
        return as_they_are

    @property
    def gathers(self) -> Hashable:
        return UniformExtents

    def n_sums(self, d: int) -> int:
        return 1 + 2 * d

    def coordinates(self, params: UniformParameters, weight: float) -> None:
        """None: the density jumps at the sides, and EM ends in a few steps."""
        return

    def reachable(self, params: UniformParameters) -> UniformParameters:
        """As they are: an M-step could have given any."""
        return params

    def upheld(
        self,
        params: UniformParameters,
        rounding: FloatArray,
        statistics: Callable[[], UniformExtents],
    ) -> FloatArray:
        """Nothing: boxes of different values are as wide as what tells these apart."""
        return np.zeros(params.n_components)

    def sample(
        self, params: UniformParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        low, high = params.low[labels], params.high[labels]
        return np.clip(rng.uniform(low, high), low, high)

    def one_column(self, params: UniformParameters, X: FloatArray, place: int) -> Numbers:
        return evenly(params.low[None, :, place], params.high[None, :, place])

    def closeness(
        self, params: UniformParameters, family: Uniform, other: UniformParameters
    ) -> Closeness:
        (low, low_), (high, high_) = pairs(params.low, other.low), pairs(params.high, other.high)
        width, width_ = pairs(params.widths, other.widths)
        both = (np.minimum(high, high_) - np.maximum(low, low_)).clip(min=0.0)
        affinities = (logs(both) - 0.5 * (np.log(width) + np.log(width_))).sum(axis=2)
        within = ((low >= low_) & (high <= high_)).all(axis=2)
        divergences = (np.log(width_) - np.log(width)).sum(axis=2)
        return Closeness(affinities, np.where(within, divergences, np.inf))

    def entropies(self, params: UniformParameters) -> FloatArray:
        return np.asarray(np.log(params.widths).sum(axis=1))


class UniformDescription(Independent):
    """What files keep of uniform components, and what people see of them."""

    name = "uniform"
    text = "a smallest and a largest value of each column, all between them being alike"
    kinds = frozenset({Kind.CONTINUOUS})

    def family(self, schema: Schema) -> Uniform:
        return Uniform()

    def check(self, X: FloatArray, schema: Schema) -> None:
        refuse(~np.isfinite(X), X, schema, "a measurement is a finite number")

    def arrays(self, params: UniformParameters) -> dict[str, FloatArray]:
        return {"low": params.low, "high": params.high}

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[Uniform, UniformParameters]:
        check_names("options", options, ())
        low, high = stacked(arrays, low=(len(schema),), high=(len(schema),))
        for name, array in (("low", low), ("high", high)):
            near = np.abs(array) <= _FURTHEST
            check_entries(name, array, near, f"a number from -{_FURTHEST:g} to {_FURTHEST:g}")
        check_entries("high", high, high > low, "a number above that in 'arrays.low'")
        return Uniform(), UniformParameters(low, high)

    def marginal(self, params: UniformParameters, place: int, schema: Schema) -> Curve:
        low, widths = params.low[:, place, None], params.widths[:, place, None]

        def below(values: FloatArray) -> FloatArray:
            return np.clip((values - low) / widths, 0.0, 1.0)

        return curve(
            (low + 0.5 * widths)[:, 0],
            widths[:, 0] / np.sqrt(12.0),
            lambda shares: low + shares * widths,
            lambda values: mean_density(values, below),
        )
