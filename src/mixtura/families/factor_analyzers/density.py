"""Factor analyzers: p_j(x) = N(x; m_j, L_j L_j^T + Psi_j) with q factors and diagonal Psi_j.

A row of component j is m_j + L_j z + e: the factors z ~ N(0, I) are what its columns have in
common, and e ~ N(0, Psi_j) is each column's own. This is for many columns: with B = S^-1 L, S the
covariance, the E-step gathers the scatter's diagonal and its products with B alone, so that time
and memory are linear in d.

An M-step takes m_j = sum_i r_ij x_i / n_j, which is the maximum whatever the covariance is, and
then one step of EM for the factor analysis of the scatter C_j about it (Rubin and Thayer 1982):

    L_j = C_j B (n_j (I - B^T L_j) + B^T C_j B)^-1
    Psi_j = diag(C_j - L_j B^T C_j) / n_j

so that the expected log-likelihood rises, if not to its maximum, and with it the likelihood.

The observed cells of a row with missing ones are those of a factor analyzer with the rows of L and
Psi in these columns. For a row the missing ones are then L_m z + e: their part in the scatter, and
in its products with B, is made of the moments of the factors (see `statistics.completed`).

References
----------
Ghahramani, Hinton (1996), "The EM algorithm for mixtures of factor analyzers", CRG-TR-96-1.
McLachlan, Peel, Bean (2003), "Modelling high-dimensional data by mixtures of factor analyzers",
Computational Statistics and Data Analysis 41.
McNicholas, Murphy (2008), "Parsimonious Gaussian mixture models", Statistics and Computing 18.
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
from mixtura.families.factor_analyzers.closeness import factor_closeness
from mixtura.families.factor_analyzers.coordinates import FactorCoordinates
from mixtura.families.factor_analyzers.parameters import FactorParameters
from mixtura.families.factor_analyzers.sketch import directions, first_factors, width
from mixtura.families.factor_analyzers.statistics import FactorMoments, completed
from mixtura.families.family import Embedding, Unbounded, as_they_are, stand_ins
from mixtura.families.gaussian.closeness import normal_entropies
from mixtura.families.gaussian.density import check_resolved
from mixtura.families.gaussian.some_columns import normal_column
from mixtura.families.observed_cells import of_observed_cells
from mixtura.families.one_column import Numbers
from mixtura.families.some_columns import Components
from mixtura.families.tie import Tie
from mixtura.patterns import Pattern, Patterns, has_gaps
from mixtura.typing import FloatArray, IntArray

__all__ = ["FactorAnalyzers"]

# A floor that is so much lower is another.
_LOWER = 0.25


@dataclass(frozen=True)
class FactorAnalyzers(Unbounded):
    """Gaussian components whose columns vary together through a few factors.

    Parameters
    ----------
    n_factors : int
        q. Without any, columns are independent within a component.
    floor : ndarray of shape (d,)
        Least uniqueness of each column; zeros for none.
    units : ndarray of shape (d,)
        A deviation of each column, by which they are compared where EM begins; all above 0.
    uniquenesses : Tie, default=Tie.OWN
        Whether each component has its own, or all share them.

    Examples
    --------
    >>> import numpy as np
    >>> family = FactorAnalyzers(1, floor=np.zeros(2), units=np.ones(2))
    >>> X = np.array([[-2.0, -2.0], [2.0, 2.0], [-1.0, 1.0], [1.0, -1.0]])
    >>> params = None
    >>> for _ in range(100):
    ...     params = family.maximize(family.statistics(params, X, np.ones((4, 1))), params)
    >>> params.matrices().round(3)
    array([[[2.5, 1.5],
            [1.5, 2.5]]])
    """

    n_factors: int
    floor: FloatArray
    units: FloatArray
    uniquenesses: Tie = Tie.OWN

    @np.errstate(over="ignore")  # a squared distance beyond all numbers is a log-density of -inf
    def log_density(self, params: FactorParameters, X: FloatArray) -> FloatArray:
        return of_observed_cells(self._log_density, params, X)

    def _log_density(self, params: FactorParameters, X: FloatArray) -> FloatArray:
        """Of complete rows."""
        constant = X.shape[1] * np.log(2.0 * np.pi) + params.log_determinants
        log_density: FloatArray = -0.5 * (params.squared_distances(X) + constant)
        return log_density

    def ellipses(self, params: FactorParameters) -> Ellipses:
        roots = np.linalg.cholesky(params.matrices())
        return Ellipses(params.means, np.linalg.inv(roots).transpose(0, 2, 1))

    def distances(self, params: FactorParameters) -> Distances:
        return Distances(params, np.full(params.n_components, np.inf))

    def of_columns(self, means: FloatArray, scales: FloatArray) -> FactorParameters:
        """Without factors yet, so that a first step finds some."""
        loadings = np.empty((1, len(means), 0))
        return FactorParameters(means[None], loadings, np.square(scales)[None])

    def expected_cells(
        self, params: FactorParameters, X: FloatArray, resp: FloatArray
    ) -> FloatArray:
        filled = X.copy()
        for rows, observed, missing in Patterns.of(X):
            factors = params.marginal(observed).scores(X[rows[:, None], observed])
            cells = params.means[:, missing] + np.einsum(
                "nkq,kmq->nkm", factors, params.loadings[:, missing]
            )
            filled[rows[:, None], missing] = np.einsum("nk,nkm->nm", resp[rows], cells)
        return filled

    def drawn_cells(
        self, params: FactorParameters, X: FloatArray, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        """Factors given what is observed, and cells given the factors."""
        filled = rng.standard_normal(X.shape)
        for rows, observed, missing in Patterns.of(X):
            seen, own = params.marginal(observed), labels[rows]
            factors = seen.scores(X[rows[:, None], observed])[np.arange(len(rows)), own]
            roots = np.linalg.cholesky(seen.factor_covariances)[own]
            factors += np.einsum("nab,nb->na", roots, rng.standard_normal(factors.shape))
            cells = filled[rows[:, None], missing] * params.deviations[own[:, None], missing]
            cells += params.means[own[:, None], missing]
            cells += np.einsum("nq,nmq->nm", factors, params.loadings[own[:, None], missing])
            filled[rows[:, None], missing] = cells
        return np.where(np.isnan(X), filled, X)

    def statistics(
        self, params: FactorParameters | None, X: FloatArray, resp: FloatArray
    ) -> FactorMoments:
        """Rows of which no cell is observed say nothing, and are not counted."""
        if params is None or params.n_factors < self.n_factors:
            return self._first_statistics(params, X, resp)
        if not has_gaps(X):
            return _gathered(params, X, resp)
        nobody = _gathered(params, params.means[:1], np.zeros((1, resp.shape[1])))
        parts = (_completed(params, p, X, resp) for p in Patterns.of(X).informative)
        return reduce(add, parts, nobody)

    def _first_statistics(
        self, params: FactorParameters | None, X: FloatArray, resp: FloatArray
    ) -> FactorMoments:
        """With parameters, of `of_columns`, cells are expected there that are missing."""
        k, d = resp.shape[1], X.shape[1]
        along = directions(k, d, self.n_factors) / self.units[:, None]
        m = along.shape[1]
        along, untold = np.broadcast_to(along, (k, d, m)), np.zeros((k, m, m))
        if not has_gaps(X):
            return FactorMoments.of(X, resp, along, untold)
        if params is None:
            raise DataError(
                "Rows with missing cells are completed from parameters, and there are none yet: "
                "begin with `of_columns`."
            )
        missing = np.isnan(X)
        own = np.where(missing.all(axis=1, keepdims=True), 0.0, resp)
        seen = FactorMoments.of(np.where(missing, params.means[0], X), own, along, untold)
        return seen.widened((own.T @ missing) * params.uniquenesses[0])

    def maximize(
        self, statistics: FactorMoments, params: FactorParameters | None
    ) -> FactorParameters:
        live, order = stand_ins(statistics.rows.count)
        seen = statistics.take(live)
        if params is None:
            loadings, left = first_factors(seen, self.n_factors, self.units)
        else:
            loadings, left = seen.regressed()
        means = seen.rows.mean
        uniquenesses = np.maximum(self._tied(left, seen.rows.count), self.floor)
        if not self.floor.any():
            check_resolved(means, uniquenesses)
        return FactorParameters(means, loadings, uniquenesses).take(order)

    def _tied(self, left: FloatArray, count: FloatArray) -> FloatArray:
        """Variances (k, d) that factors leave, the same for all components where they share it."""
        if self.uniquenesses is Tie.OWN:
            return left
        shared = (count / count.sum()) @ left
        return np.broadcast_to(shared, left.shape).copy()

    def n_parameters(self, k: int, d: int) -> int:
        """Loadings are free but for a rotation; no more than the covariances have themselves."""
        q = self.n_factors
        loadings, entries = d * q - q * (q - 1) // 2, d * (d + 1) // 2
        covariances = k * min(loadings, entries - d) + self.uniquenesses.size(k) * d
        return k * d + covariances

    def sample(
        self, params: FactorParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        factors = rng.standard_normal((len(labels), self.n_factors))
        rows = rng.standard_normal((len(labels), params.n_features))
        for j in np.unique(labels).tolist():
            own = labels == j
            common = params.means[j] + factors[own] @ params.loadings[j].T
            rows[own] = common + params.deviations[j] * rows[own]
        return rows

    def marginal(self, params: FactorParameters, places: IntArray) -> Components:
        """Of no more factors than columns."""
        return self._of_some(params.marginal(places), places)

    def conditional(
        self, params: FactorParameters, places: IntArray, cells: FloatArray
    ) -> Components:
        """Loadings on the factors in what the cells leave open of them."""
        others = np.delete(np.arange(params.n_features), places)
        seen, own = params.marginal(places), params.marginal(others)
        means = own.means + np.einsum("kmq,kq->km", own.loadings, seen.scores(cells[None])[0])
        loadings = own.loadings @ np.linalg.cholesky(seen.factor_covariances)
        return self._of_some(FactorParameters(means, loadings, own.uniquenesses), others)

    def _of_some(self, params: FactorParameters, places: IntArray) -> Components:
        own = params.condensed()
        family = FactorAnalyzers(
            own.n_factors, self.floor[places], self.units[places], self.uniquenesses
        )
        return family, own

    def one_column(self, params: FactorParameters, X: FloatArray, place: int) -> Numbers:
        means = np.empty((len(X), params.n_components))
        variances = np.empty(means.shape)
        loadings = params.loadings[:, place]
        for rows, observed, _ in Patterns.of(X):
            seen = params.marginal(observed)
            factors = seen.scores(X[rows[:, None], observed])
            means[rows] = params.means[:, place] + np.einsum("nkq,kq->nk", factors, loadings)
            open_ = np.einsum("kp,kpq,kq->k", loadings, seen.factor_covariances, loadings)
            variances[rows] = params.uniquenesses[:, place] + open_
        return normal_column(means, np.sqrt(variances))

    def closeness(
        self, params: FactorParameters, family: FactorAnalyzers, other: FactorParameters
    ) -> Closeness:
        return factor_closeness(params, other)

    def entropies(self, params: FactorParameters) -> FloatArray:
        return normal_entropies(params.log_determinants, params.n_features)

    @property
    def embedding(self) -> Embedding:
        return as_they_are

    @property
    def gathers(self) -> Hashable:
        """What a search begins with is the same for as many directions in the same units."""
        return FactorMoments, width(self.n_factors), self.units.tobytes()

    def n_sums(self, d: int) -> int:
        q = self.n_factors
        return 1 + 2 * d + q * (d + 1) + q * (q + 1) // 2

    def coordinates(self, params: FactorParameters, weight: float) -> FactorCoordinates:
        return FactorCoordinates(params, self.uniquenesses, self.floor)

    def reachable(self, params: FactorParameters) -> FactorParameters:
        """The same where the floor is kept; else uniquenesses raised to it, as an M-step does."""
        if (params.uniquenesses >= self.floor).all():
            return params
        raised = np.maximum(params.uniquenesses, self.floor)
        return FactorParameters(params.means, params.loadings, raised)

    def upheld(
        self,
        params: FactorParameters,
        rounding: FloatArray,
        statistics: Callable[[], FactorMoments],
    ) -> FloatArray:
        """What lower uniquenesses would gain, and what as large ones as rounding has would lose.

        That as many uniquenesses vanish as there are factors is no collapse (Heywood 1931): each of
        these columns is a factor then. A floor owes them nothing, since EM would not lower them
        any further if it could. More of them make the covariance singular.
        """
        varying = np.isfinite(rounding)
        narrow = self._narrower(params, np.where(varying, rounding, 0.0))
        held = params.on_floor(self.floor) & varying
        if not (narrow.any() or held.any()):
            return np.zeros(params.n_components)
        seen = statistics()
        live, _ = stand_ins(seen.rows.count)
        count = np.zeros(params.n_components)
        count[live] = seen.rows.count[live]
        owed = count * narrow
        if held.any():
            own, held, floor = params.uniquenesses[live], held[live], self.floor
            left = seen.take(live).regressed()[1]
            lower = np.where(held, np.maximum(left, _LOWER * floor), own)
            gains = np.log(own / lower) - left * (1.0 / lower - 1.0 / own)
            owed[live] += 0.5 * count[live] * gains.sum(axis=1).clip(min=0.0)
        return owed

    def _narrower(self, params: FactorParameters, rounding: FloatArray) -> FloatArray:
        """Nats per row (k,) that directions narrower than rounding (d,) gain, at least.

        A direction with the share t < 1 of the variance of rounding gains (t - 1 - log t) / 2, a
        convex and falling function. Summed over all directions it is no less than over the
        columns (Schur), nor than over the uniquenesses without the smallest q (Weyl).
        """
        k, d = params.uniquenesses.shape
        coarse = rounding > 0.0
        if not (params.uniquenesses < rounding).any():
            return np.zeros(k)

        def gains(variances: FloatArray) -> FloatArray:
            share = np.ones((k, d))
            np.divide(variances, rounding, out=share, where=coarse)
            share = share.clip(max=1.0)
            return np.asarray(0.5 * (share - 1.0 - np.log(share)))

        kept = max(d - self.n_factors, 0)
        without_largest = np.sort(gains(params.uniquenesses), axis=1)[:, :kept].sum(axis=1)
        return np.asarray(np.maximum(gains(params.variances).sum(axis=1), without_largest))


def _gathered(params: FactorParameters, X: FloatArray, resp: FloatArray) -> FactorMoments:
    """The statistics of complete rows."""
    return FactorMoments.of(X, resp, params.regression, params.factor_covariances)


def _completed(
    params: FactorParameters, pattern: Pattern, X: FloatArray, resp: FloatArray
) -> FactorMoments:
    """The statistics of the rows of one pattern."""
    rows, observed, missing = pattern
    seen = _gathered(params.marginal(observed), X[rows[:, None], observed], resp[rows])
    return completed(seen, params, observed, missing) if len(missing) else seen
