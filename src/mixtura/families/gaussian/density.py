"""The Gaussian family: p_j(x) = N(x; mean_j, covariance_j).

    log p_j(x) = -1/2 (d log 2 pi + log|S_j| + (x - m_j)^T S_j^-1 (x - m_j))

The M-step is m_j = sum_i r_ij x_i / n_j, and S_j what the covariance structure makes of the
scatter sum_i r_ij (x_i - m_j)(x_i - m_j)^T and the count n_j = sum_i r_ij. A prior adds to both.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from functools import reduce
from operator import add

import numpy as np

from mixtura.errors import DataError
from mixtura.families.closeness import Closeness
from mixtura.families.distances import Distances
from mixtura.families.elliptical import Ellipses
from mixtura.families.family import Embedding, Unbounded, as_they_are, in_one_unit, stand_ins
from mixtura.families.gaussian.closeness import normal_closeness, normal_entropies
from mixtura.families.gaussian.coordinates import GaussianCoordinates
from mixtura.families.gaussian.missing_cells import Gaps
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.prior import FLAT, Prior
from mixtura.families.gaussian.some_columns import (
    column_given,
    given_cells,
    normal_column,
    structure_of_some,
)
from mixtura.families.gaussian.structures import (
    AxisCovariances,
    CovarianceStructure,
    DenseCovariances,
    Structure,
)
from mixtura.families.observed_cells import of_observed_cells
from mixtura.families.one_column import Numbers
from mixtura.families.tie import Tie
from mixtura.kernels.completed_moments import completed_moments
from mixtura.kernels.singular import singular
from mixtura.patterns import Pattern, Patterns, has_gaps
from mixtura.statistics import Moments
from mixtura.typing import BoolArray, FloatArray, IntArray

__all__ = ["NARROWEST", "Gaussian", "check_resolved"]

# A variance this close to the floor, in units of it, lies on it.
_AT_FLOOR = 1.0 + 1e-6

# Times the floor: variances above this are nowhere near it, and a floor so much lower is another.
_CLEAR = 4.0

# A variance below this has no ordinary inverse: no table that can be fitted varies by so little.
NARROWEST = 1e-200

# Error of a difference between a row and a mean, as a share of the mean.
_ROUNDING = 16.0 * np.finfo(np.float64).eps


@dataclass(frozen=True)
class Gaussian(Unbounded):
    """Gaussian components of a given covariance structure.

    Parameters
    ----------
    structure : CovarianceStructure
        How the covariances are tied together.
    floor : ndarray of shape (d,)
        Least variance of each feature (see `CovarianceStructure.estimate`); zeros for none.
    prior : Prior, default=FLAT
        What is known of the components beforehand. With a `NormalInverseWishart` a component
        without rows goes to the mode of the prior: the penalised likelihood would fall anywhere
        else.
    fixed_means : bool, default=False
        Whether M-steps leave the means as they are. A first step, which has none, finds some.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families.gaussian.structures import VVV
    >>> family = Gaussian(VVV, floor=np.zeros(1))
    >>> X = np.array([[-1.0], [1.0]])
    >>> family.maximize(family.statistics(None, X, np.ones((2, 1))), None).means
    array([[0.]])
    """

    structure: CovarianceStructure
    floor: FloatArray
    prior: Prior = FLAT
    fixed_means: bool = False

    @np.errstate(over="ignore")  # a squared distance beyond all numbers is a log-density of -inf
    def log_density(self, params: GaussianParameters, X: FloatArray) -> FloatArray:
        return of_observed_cells(self._log_density, params, X)

    def _log_density(self, params: GaussianParameters, X: FloatArray) -> FloatArray:
        d = X.shape[1]
        constant = d * np.log(2.0 * np.pi) + params.covariances.log_determinants
        log_density: FloatArray = -0.5 * (params.squared_distances(X) + constant)
        return log_density

    def distances(self, params: GaussianParameters) -> Distances:
        return Distances(params, np.full(params.n_components, np.inf))

    def statistics(
        self, params: GaussianParameters | None, X: FloatArray, resp: FloatArray
    ) -> Moments:
        if not has_gaps(X):
            return Moments.of(X, resp, diagonal=self.structure.diagonal)
        if params is None:
            raise DataError(
                "Rows with missing cells are completed from parameters, and there are none yet: "
                "begin with `of_columns`."
            )
        patterns = Patterns.of(X)
        places = params.means, params.covariances.whitening
        compiled = completed_moments(
            X, resp, *places, patterns.order, patterns.ends, patterns.masks
        )
        if compiled is not None:
            return Moments(*compiled)
        first, *others = (self._of_pattern(params, X, resp, pattern) for pattern in patterns)
        return reduce(add, others, first)

    def _of_pattern(
        self, params: GaussianParameters, X: FloatArray, resp: FloatArray, pattern: Pattern
    ) -> Moments:
        """What is expected of all columns of the rows with one pattern of missing cells."""
        seen, own = X[pattern.rows[:, None], pattern.observed], resp[pattern.rows]
        diagonal = self.structure.diagonal
        if not len(pattern.missing):
            return Moments.of(seen, own, diagonal=diagonal)
        gaps = Gaps(params, pattern)
        moments = _moments(seen, own, diagonal=diagonal)
        complete = gaps.completed_diagonals if diagonal else gaps.completed
        return complete(moments, moments.count)

    def ellipses(self, params: GaussianParameters) -> Ellipses:
        return Ellipses.of(params.means, params.covariances.whitening)

    def of_columns(self, means: FloatArray, scales: FloatArray) -> GaussianParameters:
        """One component that is as wide as the columns, and along them."""
        variances = np.square(scales)[None]
        whole = AxisCovariances(variances)
        covariances = whole if self.structure.diagonal else DenseCovariances.of(whole.matrices())
        return GaussianParameters(means[None], covariances)

    def expected_cells(
        self, params: GaussianParameters, X: FloatArray, resp: FloatArray
    ) -> FloatArray:
        filled = X.copy()
        for pattern in Patterns.of(X).incomplete:
            rows, observed, missing = pattern
            cells = Gaps(params, pattern).expected(X[rows[:, None], observed])
            filled[rows[:, None], missing] = np.einsum("nk,knm->nm", resp[rows], cells)
        return filled

    def drawn_cells(
        self, params: GaussianParameters, X: FloatArray, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        filled = X.copy()
        for pattern in Patterns.of(X).incomplete:
            rows, observed, missing = pattern
            cells = Gaps(params, pattern).drawn(X[rows[:, None], observed], labels[rows], rng)
            filled[rows[:, None], missing] = cells
        return filled

    def maximize(
        self, statistics: Moments, params: GaussianParameters | None
    ) -> GaussianParameters:
        count, moments = self.prior.update(statistics, self.structure)
        means, scatter = moments.mean, moments.scatter
        if self.fixed_means and params is not None:
            means, scatter = params.means, moments.about(params.means)
        live, order = stand_ins(count)
        current, scatter = None if params is None else params.covariances.take(live), scatter[live]
        covariances = self.structure.estimate(count[live], scatter, self.floor, current)
        if not self.floor.any():
            check_resolved(means[live], covariances.variances)
        if not self.fixed_means:
            means = means[live][order]
        return GaussianParameters(means, covariances.take(order))

    def log_prior(self, params: GaussianParameters) -> float:
        return self.prior.log_density(params.means, params.covariances, self.structure)

    @property
    def embedding(self) -> Embedding:
        """Spheres look alike in one unit alone."""
        spheres = isinstance(self.structure, Structure) and self.structure.shape is Tie.NONE
        return in_one_unit if spheres else as_they_are

    @property
    def gathers(self) -> Hashable:
        return Moments, self.structure.diagonal

    def n_sums(self, d: int) -> int:
        return 1 + d + (d if self.structure.diagonal else d * (d + 1) // 2)

    def coordinates(self, params: GaussianParameters, weight: float) -> GaussianCoordinates | None:
        return GaussianCoordinates.of(self, params, weight)

    def reachable(self, params: GaussianParameters) -> GaussianParameters:
        """The same where the floor is kept; else covariances raised to it, as an M-step does."""
        covariances = params.covariances
        clear = not self.floor.any() or covariances.exceed(self.floor)
        if clear or (covariances.least_ratios(self.floor) >= 1.0).all():  # or on the floor
            return params
        scatter = covariances.variances if self.structure.diagonal else covariances.matrices()
        raised = self.structure.estimate(np.ones(len(scatter)), scatter, self.floor, covariances)
        return GaussianParameters(params.means, raised)

    def upheld(
        self, params: GaussianParameters, rounding: FloatArray, statistics: Callable[[], Moments]
    ) -> FloatArray:
        """What covariances under a lower floor would gain over those that rounding allows."""
        nothing, floor = np.zeros(params.n_components), self.floor
        if not floor.any():
            return nothing
        varying = np.isfinite(rounding)
        coarse = np.where(varying, np.maximum(floor, rounding), 1e-3 * floor)
        if params.covariances.exceed(_CLEAR * coarse):
            return nothing
        lower = np.where(varying, floor / _CLEAR, floor)
        higher = np.where(varying, coarse, floor)
        count, moments = self.prior.update(statistics(), self.structure)
        live, _ = stand_ins(count)
        count, scatter = count[live], moments.scatter[live]
        current = params.covariances.take(live)

        def reached(bound: FloatArray) -> FloatArray:
            best = self.structure.estimate(count, scatter, bound, current)
            return best.expected_log_likelihoods(count, scatter)

        nothing[live] = np.maximum(reached(lower) - reached(higher), 0.0)
        return nothing

    def on_floor(self, params: GaussianParameters) -> BoolArray:
        """The components (k,) that lie on the floor in some direction."""
        return params.covariances.least_ratios(self.floor) <= _AT_FLOOR

    def n_parameters(self, k: int, d: int) -> int:
        means = 0 if self.fixed_means else k * d
        return means + self.structure.n_parameters(k, d)

    def sample(
        self, params: GaussianParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        noise = rng.standard_normal((len(labels), params.means.shape[1]))
        return params.means[labels] + params.covariances.color(noise, labels)

    def marginal(
        self, params: GaussianParameters, places: IntArray
    ) -> tuple[Gaussian, GaussianParameters]:
        """Without a prior: that was one of all columns."""
        whole = len(places) == params.n_features
        structure = self.structure if whole else structure_of_some(self.structure)
        return Gaussian(structure, self.floor[places]), params.marginal(places)

    def conditional(
        self, params: GaussianParameters, places: IntArray, cells: FloatArray
    ) -> tuple[Gaussian, GaussianParameters]:
        own = given_cells(params, places, cells, diagonal=self.structure.diagonal)
        floor = np.delete(self.floor, places)
        return Gaussian(structure_of_some(self.structure), floor), own

    def one_column(self, params: GaussianParameters, X: FloatArray, place: int) -> Numbers:
        return normal_column(*column_given(params, X, place))

    def closeness(
        self, params: GaussianParameters, family: Gaussian, other: GaussianParameters
    ) -> Closeness:
        own, others = params.covariances.matrices(), other.covariances.matrices()
        return normal_closeness(params.means, own, other.means, others)

    def entropies(self, params: GaussianParameters) -> FloatArray:
        return normal_entropies(params.covariances.log_determinants, params.n_features)


def _moments(X: FloatArray, resp: FloatArray, *, diagonal: bool) -> Moments:
    """Moments of observed cells (n, o), of which there may be none."""
    if X.shape[1]:
        return Moments.of(X, resp, diagonal=diagonal)
    k = resp.shape[1]
    return Moments(resp.sum(axis=0), np.empty((k, 0)), np.empty((k, 0) if diagonal else (k, 0, 0)))


def check_resolved(means: FloatArray, variances: FloatArray) -> None:
    """Raise DegenerateError where a deviation (k, d) is no larger than the rounding of the mean.

    Equal rows then look like rows with a tiny spread, whatever the unit. Of rows at 0 there is no
    such rounding: their spread may be what is left of a far row, and shrinks without end.
    """
    unresolved = np.maximum(np.square(_ROUNDING * np.abs(means)), NARROWEST)
    collapsed = np.any(variances <= unresolved, axis=1)
    if collapsed.any():
        raise singular(collapsed)
