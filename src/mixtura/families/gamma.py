"""The gamma family: d independent positive measurements per component, each with a shape.

With mean m and shape a, of which the variance is m^2 / a, and R as in `stirling`,

    log p_j(x) = sum_b 1/2 log(a_jb / 2 pi) - R(a_jb) - log x_b + a_jb (log u_jb - u_jb + 1)

where u_jb = x_b / m_jb. The M-step is m_jb = sum_i r_ij x_ib / n_j, and the shape that solves

    log a_jb - psi(a_jb) = log m_jb - sum_i r_ij log x_ib / n_j

(Johnson, Kotz and Balakrishnan 1994, section 17.7; Minka 2002, "Estimating a gamma
distribution"). Mean and shape are orthogonal (Cox and Reid 1987).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from mixtura.errors import DegenerateError
from mixtura.families.cells import Cells
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
from mixtura.families.exponential import cube_roots
from mixtura.families.family import Embedding, IndependentColumns, Unbounded, stand_ins
from mixtura.families.one_column import Numbers, numbers
from mixtura.families.schema import Kind, Schema
from mixtura.families.stirling import remainder, remainder_curvature, remainder_slope
from mixtura.persistence.entries import Entry, number, record
from mixtura.statistics import SMALLEST_COUNT
from mixtura.typing import BoolArray, FloatArray, IntArray, Selection

__all__ = ["LARGEST_SHAPES", "Gamma", "GammaDescription", "GammaMoments", "GammaParameters"]

#: Largest shapes may be from 1 to this: rounding blurs the rows of larger ones.
LARGEST_SHAPES = 1e12

# Cells below this have no ordinary ratio to the largest ones that a table can have. So have means,
# but for rounding.
_LEAST, _LARGEST = 1e-200, 1e75
_LEAST_MEAN, _LARGEST_MEAN = 0.5 * _LEAST, 2.0 * _LARGEST

# A cell that is nearer to the mean than this share of it is told by its difference from that.
_NEAR = 0.5

# No rows that numbers can hold have a shape as small as this.
_LEAST_SHAPE = 1e-6

# Shapes below a share of the largest are nowhere near it, and one so much larger is another.
_CLEAR = 4.0

# Newton's method for a shape ends when no logarithm changes by more, for a next step would change
# no digit; or after so many steps.
_LAST_CHANGE, _MOST_STEPS = 1e-8, 50


@dataclass(frozen=True)
class GammaParameters(PerColumn):
    """Fitted numbers of k gamma components.

    Attributes
    ----------
    means, shapes : ndarray of shape (k, d)
    """

    means: FloatArray
    shapes: FloatArray

    @property
    def n_components(self) -> int:
        return len(self.means)

    @property
    def n_features(self) -> int:
        return int(self.means.shape[1])

    @property
    def sort_key(self) -> FloatArray:
        return np.hstack([self.means, self.shapes])

    def take(self, order: Selection) -> Self:
        return type(self)(self.means[order], self.shapes[order])


@dataclass(frozen=True)
class GammaMoments(PerColumn):
    """Weighted count and mean of the rows of each component, and how far they spread about it.

    The spread is kept about the mean and merged by a pairwise formula, as the scatter of `Moments`
    is: sums of logarithms lose the digits in which large shapes differ.

    Attributes
    ----------
    count : ndarray of shape (k, 1) or (k, d)
        Sum of the rows' weights times responsibilities; by column, over its observed cells, where
        some are missing.
    mean : ndarray of shape (k, d)
    spread : ndarray of shape (k, d)
        Sum of the weighted u - 1 - log u, where u is a cell as a multiple of the mean: half the
        deviance. It is `count` times what the mean of the logarithms lacks to that of the mean.
    """

    count: FloatArray
    mean: FloatArray
    spread: FloatArray

    @classmethod
    def of(cls, X: FloatArray, resp: FloatArray) -> Self:
        """Of rows X (n, d) with weighted responsibilities (n, k)."""
        cells = Cells.of(X)
        center, count = _center(cells), cells.counts(resp)
        mean = np.zeros((resp.shape[1], len(center)))
        np.divide(cells.sums(resp), count, out=mean, where=count >= SMALLEST_COUNT)
        vanished: BoolArray = mean < _LEAST_MEAN  # as good as no rows: their mean underflows
        if cells.observed is None:
            vanished = np.asarray(vanished.any(axis=1, keepdims=True))
        count, mean = np.where(vanished, 0.0, count), np.where(vanished, center, mean)
        spread = resp.T @ _spread(cells.filled(center), center) - count * _spread(mean, center)
        return cls(count, mean, np.maximum(spread, 0.0))

    @np.errstate(divide="ignore", invalid="ignore", over="ignore")  # of counts that cancel
    def __add__(self, other: Self) -> Self:
        own, others = self.count, other.count
        count = own + others
        share = np.divide(own, count, out=np.zeros_like(count), where=count != 0.0)
        rest = np.divide(others, count, out=np.ones_like(count), where=count != 0.0)
        mean = share * self.mean + rest * other.mean  # no difference: that of small ones is lost
        between = own * _spread(self.mean, mean) + others * _spread(other.mean, mean)
        return type(self)(count, mean, self.spread + other.spread + between)

    def __rmul__(self, factor: float) -> Self:
        return type(self)(factor * self.count, self.mean, factor * self.spread)

    def take(self, components: Selection) -> Self:
        """Of some of the components."""
        return type(self)(self.count[components], self.mean[components], self.spread[components])

    @property
    def gaps(self) -> FloatArray:
        """Logarithms of the means less means of the logarithms, (k, d): 0 where rows are equal."""
        gaps = np.zeros(self.spread.shape)
        np.divide(self.spread, self.count, out=gaps, where=self.count != 0.0)
        return np.maximum(gaps, 0.0)


def _center(cells: Cells) -> FloatArray:
    """Means (d,) of the rows, whatever their weights; 1 where no cell of a column is observed."""
    if cells.observed is None:
        return np.asarray(cells.values.mean(axis=0))
    observed = cells.observed.sum(axis=0)
    center = np.ones(len(observed))
    np.divide(cells.values.sum(axis=0), observed, out=center, where=observed > 0.0)
    return center


def _spread(cells: FloatArray, mean: FloatArray) -> FloatArray:
    """u - 1 - log u of cells u times a mean, to the last digit where u is near 1 or 0."""
    beyond = (cells - mean) / mean
    logs = np.log(cells / mean)
    np.log1p(beyond, out=logs, where=np.abs(beyond) < _NEAR)
    return beyond - logs


@dataclass(frozen=True)
class Gamma(
    Unbounded, IndependentColumns[GammaParameters], ColumnFamily[GammaParameters, GammaMoments]
):
    """Independent gamma distributed features within each component.

    Parameters
    ----------
    largest_shape : float, default=1e6
        Rows that are equal have ever more likelihood as the shape grows. No shape is larger than
        this, so that no deviation is less than 1 / sqrt(largest_shape) of its mean: a thousandth.

    Examples
    --------
    >>> import numpy as np
    >>> family, sizes = Gamma(), np.array([[1.0], [2.0], [6.0]])
    >>> fitted = family.maximize(family.statistics(None, sizes, np.ones((3, 1))), None)
    >>> fitted.means, fitted.shapes.round(3)
    (array([[3.]]), array([[2.]]))
    """

    largest_shape: float = 1e6

    @np.errstate(over="ignore")  # a row beyond all numbers of means has a log-density of -inf
    def log_density(self, params: GammaParameters, X: FloatArray) -> FloatArray:
        shapes = params.shapes
        cells = Cells.of(X)
        constant = cells.over_columns(0.5 * np.log(shapes / (2.0 * np.pi)) - remainder(shapes))
        filled = cells.filled(np.ones(X.shape[1]))
        log_density: FloatArray = constant - np.log(filled).sum(axis=1, keepdims=True)
        for j, (mean, shape) in enumerate(zip(params.means, shapes, strict=True)):
            log_density[:, j] -= cells.counted(_spread(filled, mean)) @ shape
        return log_density

    def expectations(self, params: GammaParameters) -> FloatArray:
        return params.means

    def statistics(
        self, params: GammaParameters | None, X: FloatArray, resp: FloatArray
    ) -> GammaMoments:
        return GammaMoments.of(X, resp)

    def cells(self, statistics: GammaMoments) -> FloatArray:
        return statistics.count

    def likeliest(
        self, statistics: GammaMoments, params: GammaParameters | None
    ) -> GammaParameters:
        if not (statistics.mean >= _LEAST_MEAN).all():
            raise DegenerateError(
                "The rows of a component have hardly any weight, and no mean above 0. Use fewer "
                "components."
            )
        shapes = _likeliest_shapes(statistics.gaps, self.largest_shape)
        return GammaParameters(statistics.mean, shapes)

    def n_parameters(self, k: int, d: int) -> int:
        return 2 * k * d

    @property
    def embedding(self) -> Embedding:
        return cube_roots

    @property
    def gathers(self) -> Hashable:
        return GammaMoments

    def n_sums(self, d: int) -> int:
        return 1 + 2 * d

    def coordinates(self, params: GammaParameters, weight: float) -> GammaCoordinates:
        return GammaCoordinates(params, self.largest_shape)

    def reachable(self, params: GammaParameters) -> GammaParameters:
        """The same, with no shape above the largest one."""
        return GammaParameters(params.means, np.minimum(params.shapes, self.largest_shape))

    def upheld(
        self, params: GammaParameters, rounding: FloatArray, statistics: Callable[[], GammaMoments]
    ) -> FloatArray:
        """What shapes under a higher bound would gain over those that rounding allows."""
        nothing = np.zeros(params.n_components)
        with np.errstate(divide="ignore", over="ignore"):
            told_apart = np.square(params.means) / rounding
        coarse = np.minimum(np.maximum(told_apart, _LEAST), self.largest_shape)
        varying = np.isfinite(rounding)
        if (params.shapes[:, varying] <= coarse[:, varying] / _CLEAR).all():
            return nothing
        sums = statistics()
        live, _ = stand_ins(sums.count.max(axis=1))
        own = sums.take(live)

        def reached(bounds: FloatArray) -> FloatArray:
            shapes = _likeliest_shapes(own.gaps, bounds[live])
            nats = 0.5 * np.log(shapes) - remainder(shapes) - shapes * own.gaps
            return np.asarray((own.count * nats)[:, varying].sum(axis=1))

        higher = np.full_like(coarse, _CLEAR * self.largest_shape)
        nothing[live] = np.maximum(reached(higher) - reached(coarse), 0.0)
        return nothing

    def sample(
        self, params: GammaParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        shapes = params.shapes[labels]
        rows: FloatArray = rng.gamma(shapes, params.means[labels] / shapes)
        return np.maximum(rows, _LEAST, out=rows)  # small shapes have mass below all numbers

    def one_column(self, params: GammaParameters, X: FloatArray, place: int) -> Numbers:
        from scipy.special import gammainc, gammaincinv  # they take as long to import as a fit

        means, shapes = params.means[None, :, place], params.shapes[None, :, place]
        scales = means / shapes
        return numbers(
            means,
            lambda values: np.asarray(gammainc(shapes, np.maximum(values, 0.0) / scales)),
            lambda shares: np.asarray(gammaincinv(shapes, shares) * scales),
        )


def _likeliest_shapes(gaps: FloatArray, largest: FloatArray | float) -> FloatArray:
    """The shapes a with log a - psi(a) = gap, but no larger than the largest ones.

    By Newton's method in log a, from the approximation of Minka (2002): the left side is a convex
    and falling function of log a, and the information about log a is its slope times a.
    """
    largest = np.broadcast_to(largest, gaps.shape)
    below = gaps > _gap(largest)
    shapes, gap = np.array(largest), gaps[below]
    a = (3.0 - gap + np.sqrt(np.square(gap - 3.0) + 24.0 * gap)) / (12.0 * gap)
    for _ in range(_MOST_STEPS):
        change = np.clip(a * (_gap(a) - gap) / _information(a), -1.0, 1.0)
        a *= np.exp(change)
        if (np.abs(change) <= _LAST_CHANGE).all():
            break
    shapes[below] = np.minimum(a, largest[below])
    return shapes


def _gap(a: FloatArray) -> FloatArray:
    """log a - psi(a): what the mean of the logarithms lacks to the logarithm of the mean."""
    return 0.5 / a - remainder_slope(a)


def _information(a: FloatArray) -> FloatArray:
    """a^2 psi'(a) - a: that of a row about log a."""
    return 0.5 + np.square(a) * remainder_curvature(a)


@dataclass(frozen=True, eq=False)
class GammaCoordinates:
    """Logarithms of means and shapes.

    The complete data's information is w_j a_jb about that of a mean, and
    w_j (a_jb^2 psi'(a_jb) - a_jb) about that of a shape. By Fisher's identity the gradient is, per
    row of weight,

        a_jb sum_i r_ij (u_ijb - 1)
        a_jb sum_i r_ij (log a_jb - psi(a_jb) + log u_ijb - u_ijb + 1)

    Shapes at the largest one have none. EM leaves them where they are, and so do the steps here.

    Attributes
    ----------
    params : GammaParameters
    largest_shape : float
    """

    params: GammaParameters
    largest_shape: float

    @cached_property
    def inner(self) -> BoolArray:
        """Which shapes (k, d) are below the largest."""
        return self.params.shapes < self.largest_shape

    def _stacked(self, of_means: FloatArray, of_shapes: FloatArray) -> FloatArray:
        """Numbers (k, d) of means and of shapes as those of the coordinates (p,)."""
        return np.concatenate([of_means.ravel(), of_shapes[self.inner]])

    def information(self, weights: FloatArray) -> FloatArray:
        shapes, weights = self.params.shapes, weights[:, None]
        return self._stacked(weights * shapes, weights * _information(shapes))

    def gradient(self, statistics: GammaMoments, weight: float) -> FloatArray:
        means, shapes, count = self.params.means, self.params.shapes, statistics.count
        beyond = count * (statistics.mean - means) / means
        spread = statistics.spread + count * _spread(statistics.mean, means)
        return self._stacked(shapes * beyond, shapes * (count * _gap(shapes) - spread)) / weight

    def moved(self, changes: FloatArray, estimate: Callable[[], GammaParameters]) -> Self | None:
        means, shapes = self.params.means, self.params.shapes.copy()
        with np.errstate(over="ignore"):
            factors = np.exp(changes)
        means = means * factors[: means.size].reshape(means.shape)
        shapes[self.inner] *= factors[means.size :]
        return self._alike(GammaParameters(means, shapes))

    def towards(self, params: GammaParameters) -> tuple[FloatArray, Self] | None:
        there = self._alike(params)
        if there is None:
            return None
        of_means = np.log(params.means / self.params.means)
        return self._stacked(of_means, np.log(params.shapes / self.params.shapes)), there

    def _alike(self, params: GammaParameters) -> Self | None:
        """The coordinates about other parameters, if they are sound and the same ones."""
        there = type(self)(params, self.largest_shape)
        means, shapes = params.means, params.shapes
        sound = ((means >= _LEAST_MEAN) & (means <= _LARGEST_MEAN) & (shapes >= _LEAST_SHAPE)).all()
        return there if sound and np.array_equal(there.inner, self.inner) else None


class GammaDescription(Independent):
    """What files keep of gamma components, and what people see of them."""

    name = "gamma"
    text = "a mean and a shape for each column of positive numbers"
    held_by = (
        "rows that are nearly equal in some column, next to their size, and are held at the "
        "largest shape (largest_shape)"
    )
    kinds = frozenset({Kind.CONTINUOUS})

    def family(self, schema: Schema) -> Gamma:
        return Gamma()

    def check(self, X: FloatArray, schema: Schema) -> None:
        positive = (X >= _LEAST) & np.isfinite(X)
        expected = f"a gamma distributed cell is a finite number above 0, of {_LEAST:g} or more"
        remedy = "leave out rows that are not, or choose a family that has them, such as gaussian"
        refuse(~positive, X, schema, f"{expected}; {remedy}")

    def options(self, family: Gamma) -> dict[str, Any]:
        return {"largest_shape": float(family.largest_shape)}

    def arrays(self, params: GammaParameters) -> dict[str, FloatArray]:
        return {"means": params.means, "shapes": params.shapes}

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[Gamma, GammaParameters]:
        entries: dict[str, Entry[Any]] = {"largest_shape": number(1.0, LARGEST_SHAPES)}
        check_names("options", options, tuple(entries))
        family, size = Gamma(**record(entries).read(options, "options")), (len(schema),)
        means, shapes = stacked(arrays, means=size, shapes=size)
        good = (means >= _LEAST_MEAN) & (means <= _LARGEST_MEAN)
        check_entries("means", means, good, f"a number above 0, up to {_LARGEST:g}")
        good = (shapes >= _LEAST_SHAPE) & (shapes <= family.largest_shape)
        expected = f"a number from {_LEAST_SHAPE:g} to the largest shape, {family.largest_shape:g}"
        check_entries("shapes", shapes, good, expected)
        return family, GammaParameters(means, shapes)

    @np.errstate(over="ignore")
    def marginal(self, params: GammaParameters, place: int, schema: Schema) -> Curve:
        """A curve of mean densities about each place, for a density may be infinite at 0."""
        from scipy.special import gammainc, gammaincinv

        means, shapes = params.means[:, place], params.shapes[:, place, None]
        scales = means[:, None] / shapes

        def quantile(shares: FloatArray) -> FloatArray:
            return np.asarray(np.maximum(scales * gammaincinv(shapes, shares), _LEAST))

        def below(values: FloatArray) -> FloatArray:
            return np.asarray(gammainc(shapes, values / scales))

        deviations = means / np.sqrt(shapes[:, 0])
        return curve(means, deviations, quantile, lambda values: mean_density(values, below))
