"""The Student t family: p_j(x) = t(x; location_j, scale_j, nu_j).

A row of a component is Gaussian with covariance S_j / u, and u is Gamma distributed with mean 1
and shape nu_j / 2. With the squared distance delta = (x - m_j)^T S_j^-1 (x - m_j),
y = (delta - d) / (nu_j + d) and Binet's function mu (see `binet`)

    log p_j(x) = -1/2 (d log 2 pi + log|S_j| + d + log(1 + d / nu_j))
                 + mu((nu_j + d) / 2) - mu(nu_j / 2) - 1/2 (nu_j + d) log(1 + y)

which is the usual form, with nothing that cancels for large nu_j. EM takes u for missing:

    E u = 1 / (1 + y),    E log u = -log(1 + y) + psi((nu_j + d) / 2) - log((nu_j + d) / 2)

so that far rows weigh less. The M-step is m_j = sum_i r_ij u_ij x_i / sum_i r_ij u_ij, and S_j what
the covariance structure makes of the scatter sum_i r_ij u_ij (x_i - m_j)(x_i - m_j)^T and the
count n_j = sum_i r_ij; for nu_j see `degrees_of_freedom`. All three are of one E-step, so the
likelihood never falls (Liu and Rubin 1995; McLachlan and Peel 2000, section 7.5).

The observed cells of a row with missing ones are t distributed with the same degrees of freedom, so
that with d_o of them in place of d all of the above is as it was. Given u, the missing ones are
Gaussian, and are completed as those of `families.gaussian.missing_cells` are, under the weights
r u; their covariance given x_o and u is that given there over u (Liu and Rubin 1995, section 3).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass, replace
from functools import cached_property, reduce
from operator import add

import numpy as np

from mixtura.assignments import one_hot
from mixtura.families.distances import Distances
from mixtura.families.elliptical import Ellipses
from mixtura.families.family import Embedding, Unbounded, stand_ins
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.missing_cells import Gaps
from mixtura.families.gaussian.some_columns import (
    column_given,
    given_cells,
    scaled,
    structure_of_some,
)
from mixtura.families.gaussian.structures import CovarianceStructure
from mixtura.families.observed_cells import of_observed_cells
from mixtura.families.one_column import Numbers, numbers
from mixtura.families.some_columns import Components
from mixtura.families.student_t.binet import digamma_gap
from mixtura.families.student_t.coordinates import StudentTCoordinates
from mixtura.families.student_t.degrees_of_freedom import (
    FAR,
    FIRST,
    LARGEST,
    SMALLEST,
    ends,
    likeliest,
    missed,
)
from mixtura.families.student_t.parameters import StudentTParameters, StudentTSums, first_sums
from mixtura.families.tie import Tie
from mixtura.patterns import Pattern, Patterns, has_gaps
from mixtura.statistics import Moments
from mixtura.typing import FloatArray, IntArray

__all__ = ["StudentT"]

_LOG_TWO_PI = np.log(2.0 * np.pi)

# Squared distances beyond all numbers are this far: no row is out of reach.
_FURTHEST = 1e300


@dataclass(frozen=True)
class StudentT(Unbounded):
    """Student t components whose scale matrices have a given covariance structure.

    Parameters
    ----------
    structure : CovarianceStructure
        How the scale matrices are tied together.
    floor : ndarray of shape (d,)
        Least squared scale of each feature (see `CovarianceStructure.estimate`); zeros for none.
    dof : Tie or float, default=Tie.OWN
        Whether each component has degrees of freedom of its own, or all share them; or those that
        all have, from `SMALLEST` to `LARGEST` (see `degrees_of_freedom`).

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families.gaussian.structures import VVV
    >>> family = StudentT(VVV, floor=np.zeros(1), dof=1.0)
    >>> X = np.array([[-1.0], [0.0], [1.0], [50.0]])
    >>> params = None
    >>> for _ in range(100):
    ...     params = family.maximize(family.statistics(params, X, np.ones((4, 1))), params)
    >>> params.locations.round(2)  # one row in four hardly moves it
    array([[0.02]])
    """

    structure: CovarianceStructure
    floor: FloatArray
    dof: Tie | float = Tie.OWN

    @cached_property
    def normal(self) -> Gaussian:
        """Gaussian components with the same structure and floor."""
        return Gaussian(self.structure, self.floor)

    @cached_property
    def tie(self) -> Tie:
        """How the degrees of freedom are tied that are estimated; NONE where they are given."""
        return self.dof if isinstance(self.dof, Tie) else Tie.NONE

    def log_density(self, params: StudentTParameters, X: FloatArray) -> FloatArray:
        return of_observed_cells(self._log_density, params, X)

    def _log_density(self, params: StudentTParameters, X: FloatArray) -> FloatArray:
        """Of complete rows."""
        d, dof = params.n_features, params.dof
        constants = -0.5 * (d * (_LOG_TWO_PI + 1.0) + params.scales.log_determinants)
        constants -= params.normal_excess
        log_density: FloatArray = np.log1p(self._far(params, X))
        log_density *= -0.5 * (dof + d)
        log_density += constants
        return log_density

    def ellipses(self, params: StudentTParameters) -> Ellipses:
        """The pull is the u that is expected of a row there."""
        dof, d = params.dof, params.n_features

        def pull(squared: FloatArray) -> tuple[FloatArray, FloatArray]:
            far = 1.0 + squared / dof
            u = (1.0 + d / dof) / far
            return u, 2.0 * u / (dof * far)

        return Ellipses.of(params.locations, params.scales.whitening, pull)

    def distances(self, params: StudentTParameters) -> Distances:
        """In units of the scale matrices, which are no covariances."""
        return Distances(params, params.dof)

    def of_columns(self, means: FloatArray, scales: FloatArray) -> StudentTParameters:
        return StudentTParameters.of(self.normal.of_columns(means, scales), np.full(1, LARGEST))

    def expected_cells(
        self, params: StudentTParameters, X: FloatArray, resp: FloatArray
    ) -> FloatArray:
        """As of Gaussian components: where it has no mean, that is the place of symmetry."""
        return self.normal.expected_cells(params.normal, X, resp)

    def drawn_cells(
        self,
        params: StudentTParameters,
        X: FloatArray,
        labels: IntArray,
        rng: np.random.Generator,
    ) -> FloatArray:
        """Gaussian deviations from what is expected, over the root of a drawn u."""
        expected = self.expected_cells(params, X, one_hot(labels, params.n_components))
        drawn = self.normal.drawn_cells(params.normal, X, labels, rng)
        n_seen, dof = np.count_nonzero(~np.isnan(X), axis=1), params.dof[labels]
        far = np.zeros(len(X))
        for rows, observed, _ in Patterns.of(X).informative:
            of_all = self._far(params.marginal(observed), X[rows[:, None], observed])
            far[rows] = of_all[np.arange(len(rows)), labels[rows]]
        shape = 0.5 * (dof + n_seen)
        u = rng.gamma(shape) / (shape * (1.0 + far))
        return np.asarray(expected + (drawn - expected) / np.sqrt(u)[:, None])

    def statistics(
        self, params: StudentTParameters | None, X: FloatArray, resp: FloatArray
    ) -> StudentTSums:
        if params is None:
            return first_sums(self.normal.statistics(None, X, resp))
        if not has_gaps(X):
            return self._gathered(params, X, resp)
        first, *others = (self._completed(params, p, X, resp) for p in Patterns.of(X))
        return reduce(add, others, first)

    def _completed(
        self, params: StudentTParameters, pattern: Pattern, X: FloatArray, resp: FloatArray
    ) -> StudentTSums:
        """The statistics of the rows of one pattern."""
        rows, observed, missing = pattern
        if not len(observed):
            return self._expected(params, X[rows], resp[rows])
        seen = params.marginal(observed)
        sums = self._gathered(seen, X[rows[:, None], observed], resp[rows])
        if not len(missing):
            return sums
        gaps = Gaps(params.normal, pattern)
        complete = gaps.completed_diagonals if self.structure.diagonal else gaps.completed
        return replace(sums, moments=complete(sums.moments, sums.rows))

    def _expected(
        self, params: StudentTParameters, X: FloatArray, resp: FloatArray
    ) -> StudentTSums:
        """The statistics of rows without any cell: all there is are the parameters."""
        moments = self.normal.statistics(params.normal, X, resp)
        gap = digamma_gap(0.5 * params.dof)
        return StudentTSums(moments.count, moments, -moments.count * gap, np.zeros_like(gap))

    def _gathered(
        self, params: StudentTParameters, X: FloatArray, resp: FloatArray
    ) -> StudentTSums:
        """The statistics of complete rows."""
        rows = resp.sum(axis=0)
        far = self._far(params, X)
        log, u = np.log1p(far), 1.0 / (1.0 + far)
        tails = np.einsum("nk,nk->k", resp, far * u - log)
        beyond = np.einsum("nk,nk->k", resp, log - far)
        moments = Moments.of(X, resp * u, diagonal=self.structure.diagonal)
        return sums_of(params, rows, moments, tails, beyond)

    def maximize(
        self, statistics: StudentTSums, params: StudentTParameters | None
    ) -> StudentTParameters:
        live, order = stand_ins(statistics.rows)
        if params is not None:
            ended = self._ended(statistics.take(live), params.take(live))
            if ended is not None:
                return ended.take(order)
        before = None if params is None else params.normal
        normal = self.normal.maximize(statistics.about_rows, before)
        dof = self._dof(statistics.take(live), None if params is None else params.dof[live])
        return StudentTParameters.of(normal, dof[order])

    def _ended(
        self, statistics: StudentTSums, params: StudentTParameters
    ) -> StudentTParameters | None:
        """The parameters with some components made Gaussian; None if none has to be.

        Nothing else changes in such a step, so that the likelihood cannot fall: it rises by no
        less than what the rows gain under the responsibilities that they have.
        """
        own = self.tie.one_of(params.dof)
        if not (own > FAR).any():
            return None
        sums = self._pooled(statistics.rows, statistics.tails, statistics.normal)
        ended = np.resize(ends(own, *sums), len(params.dof))
        return replace(params, dof=np.where(ended, LARGEST, params.dof)) if ended.any() else None

    def _dof(self, statistics: StudentTSums, dof: FloatArray | None) -> FloatArray:
        """The M-step's degrees of freedom (k,), from the present ones."""
        k, tie = len(statistics.rows), self.tie
        if not isinstance(self.dof, Tie) or dof is None:
            return np.full(k, FIRST if isinstance(self.dof, Tie) else float(self.dof))
        sums = self._pooled(statistics.rows, statistics.tails)
        return np.resize(likeliest(tie.one_of(dof), *sums), k)

    def _pooled(self, *sums: FloatArray) -> tuple[FloatArray, ...]:
        """Over the components that share their degrees of freedom."""
        return tuple(self.tie.pooled(each) for each in sums)

    def _far(self, params: StudentTParameters, X: FloatArray) -> FloatArray:
        """How much further than usual each row is, (delta - d) / (nu + d), shape (n, k)."""
        d = params.n_features
        with np.errstate(over="ignore"):
            squared = params.squared_distances(X)
        far = np.minimum(squared, _FURTHEST, out=squared)
        far -= d
        far /= params.dof + d
        return far

    @property
    def embedding(self) -> Embedding:
        """That of Gaussian components."""
        return self.normal.embedding

    @property
    def gathers(self) -> Hashable:
        return StudentTSums, self.structure.diagonal

    def n_sums(self, d: int) -> int:
        return 3 + self.normal.n_sums(d)

    def coordinates(self, params: StudentTParameters, weight: float) -> StudentTCoordinates | None:
        normal = self.normal.coordinates(params.normal, weight)
        return None if normal is None else StudentTCoordinates(normal, params.dof, self.tie)

    def reachable(self, params: StudentTParameters) -> StudentTParameters:
        """With the scales raised to the floor, and degrees of freedom within their bounds."""
        normal = self.normal.reachable(params.normal)
        return StudentTParameters.of(normal, np.clip(params.dof, SMALLEST, LARGEST))

    def upheld(
        self,
        params: StudentTParameters,
        rounding: FloatArray,
        statistics: Callable[[], StudentTSums],
    ) -> FloatArray:
        """What lower floors would gain: of the scales, and of the degrees of freedom."""
        owed = self.normal.upheld(params.normal, rounding, lambda: statistics().about_rows)
        least = params.dof <= SMALLEST
        if self.tie is not Tie.NONE and least.any():
            sums = statistics()
            owed = owed + np.where(least, missed(sums.rows, sums.tails), 0.0)
        return owed

    def n_parameters(self, k: int, d: int) -> int:
        return self.normal.n_parameters(k, d) + self.tie.size(k)

    def sample(
        self, params: StudentTParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        noise = rng.standard_normal((len(labels), params.n_features))
        shape = 0.5 * params.dof[labels]
        noise /= np.sqrt(rng.standard_gamma(shape) / shape)[:, None]
        return params.locations[labels] + params.scales.color(noise, labels)

    def marginal(self, params: StudentTParameters, places: IntArray) -> Components:
        whole = len(places) == params.n_features
        structure = self.structure if whole else structure_of_some(self.structure)
        return StudentT(structure, self.floor[places], self.dof), params.marginal(places)

    def conditional(
        self, params: StudentTParameters, places: IntArray, cells: FloatArray
    ) -> Components:
        """Scale matrices grow with the distance of the cells, degrees of freedom by their number.

        With d_o cells at the squared distance delta: nu + d_o, and the Gaussian conditional times
        (nu + delta) / (nu + d_o) (Ding 2016, "On the conditional distribution of the multivariate t
        distribution", American Statistician 70).
        """
        diagonal, n_seen = self.structure.diagonal, len(places)
        wider = 1.0 + self._far(params.marginal(places), cells[None])[0]
        normal = given_cells(params.normal, places, cells, diagonal=diagonal)
        scales = scaled(normal.covariances, wider, diagonal=diagonal)
        dof = np.minimum(params.dof + n_seen, LARGEST)
        family = StudentT(
            structure_of_some(self.structure, own_volume=True),
            np.delete(self.floor, places) * min(float(wider.min()), 1.0),
            self.dof if isinstance(self.dof, Tie) else float(dof[0]),
        )
        return family, StudentTParameters(normal.means, scales, dof)

    def one_column(self, params: StudentTParameters, X: FloatArray, place: int) -> Numbers:
        from scipy.special import stdtr, stdtrit  # they take as long to import as a small fit

        locations, scales = column_given(params.normal, X, place)
        n_seen = np.count_nonzero(~np.isnan(X), axis=1)
        for rows, observed, _ in Patterns.of(X).informative:
            far = self._far(params.marginal(observed), X[rows[:, None], observed])
            scales[rows] *= np.sqrt(1.0 + far)
        dof = params.dof + n_seen[:, None]
        return numbers(
            locations,
            lambda values: np.asarray(stdtr(dof, (values - locations) / scales)),
            lambda shares: np.where(  # SciPy has +inf below which nothing lies
                shares > 0.0, locations + scales * stdtrit(dof, shares), -np.inf
            ),
        )


def sums_of(
    params: StudentTParameters,
    rows: FloatArray,
    moments: Moments,
    tails: FloatArray,
    beyond: FloatArray,
) -> StudentTSums:
    """The statistics from sums of r, of r (y u - log(1 + y)) and of r (log(1 + y) - y)."""
    d, dof = params.n_features, params.dof
    total = 0.5 * (dof + d)
    return StudentTSums(
        rows,
        moments,
        tails - rows * digamma_gap(total),
        total * beyond + rows * params.normal_excess,
    )


def sums_by_observed(
    params: StudentTParameters,
    rows: FloatArray,
    moments: Moments,
    tails: FloatArray,
    beyond: FloatArray,
) -> StudentTSums:
    """The same from sums, (d + 1, k), over the rows with each number of observed cells."""
    total = 0.5 * (params.dof + np.arange(params.n_features + 1.0)[:, None])
    gap = digamma_gap(total.ravel()).reshape(total.shape)
    return StudentTSums(
        rows.sum(axis=0),
        moments,
        (tails - rows * gap).sum(axis=0),
        (total * beyond + rows * params.excess_by_columns).sum(axis=0),
    )
