"""The log-normal family: positive measurements whose logarithms are Gaussian.

    log p_j(x) = log N(log x; mean_j, covariance_j) - sum_a log x_a

The parameters are those of the logarithms, and so are the M-steps: a fit is that of a Gaussian
mixture to log X, whose log-likelihood is larger by sum_i sum_a log x_ia (Johnson, Kotz and
Balakrishnan 1994, chapter 14; Aitchison and Brown 1957).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from mixtura.families.cells import Cells
from mixtura.families.closeness import Closeness
from mixtura.families.description import Curve, check_entries, curve, mean_density, refuse
from mixtura.families.distances import Distances
from mixtura.families.family import Embedding, Unbounded
from mixtura.families.gaussian.coordinates import GaussianCoordinates
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.description import GaussianDescription
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.some_columns import column_given, normal_column
from mixtura.families.one_column import Numbers, numbers
from mixtura.families.schema import Kind, Schema
from mixtura.families.some_columns import Components
from mixtura.statistics import Moments
from mixtura.typing import AnyArray, FloatArray, IntArray

__all__ = ["LogNormal", "LogNormalDescription", "logarithms"]

_OF_LOGARITHMS = GaussianDescription()

# Logarithms beyond this are those of no ordinary numbers.
_FURTHEST = 700.0


def logarithms(rows: AnyArray) -> AnyArray:
    """Positive numbers as places between which distances mean something."""
    return np.log(rows)


@dataclass(frozen=True)
class LogNormal(Unbounded):
    """Log-normal components.

    Parameters
    ----------
    gaussian : Gaussian
        The family of the logarithms, of any covariance structure; its floor is one of their
        variances.

    Examples
    --------
    >>> import numpy as np
    >>> from mixtura.families.gaussian.structures import VVV
    >>> family = LogNormal(Gaussian(VVV, floor=np.zeros(1)))
    >>> sizes = np.array([[1.0], [100.0]])
    >>> fitted = family.maximize(family.statistics(None, sizes, np.ones((2, 1))), None)
    >>> np.exp(fitted.means).round(9)
    array([[10.]])
    """

    gaussian: Gaussian

    def log_density(self, params: GaussianParameters, X: FloatArray) -> FloatArray:
        logs = np.log(X)
        log_density = self.gaussian.log_density(params, logs)
        log_density -= Cells.of(logs).values.sum(axis=1, keepdims=True)
        return log_density

    def distances(self, params: GaussianParameters) -> Distances:
        """Those of the logarithms."""
        return replace(self.gaussian.distances(params), places=logarithms)

    def of_columns(self, means: FloatArray, scales: FloatArray) -> GaussianParameters:
        """With the moments of log-normal columns: exp(m + s^2 / 2), and s^2 of the logarithm."""
        squared = np.log1p(np.square(scales / means))
        return self.gaussian.of_columns(np.log(means) - 0.5 * squared, np.sqrt(squared))

    def expected_cells(
        self, params: GaussianParameters, X: FloatArray, resp: FloatArray
    ) -> FloatArray:
        """The rows with missing cells at the mean of their logarithms: they are medians."""
        return np.asarray(np.exp(self.gaussian.expected_cells(params, np.log(X), resp)))

    def drawn_cells(
        self, params: GaussianParameters, X: FloatArray, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        return np.asarray(np.exp(self.gaussian.drawn_cells(params, np.log(X), labels, rng)))

    def statistics(
        self, params: GaussianParameters | None, X: FloatArray, resp: FloatArray
    ) -> Moments:
        return self.gaussian.statistics(params, np.log(X), resp)

    def maximize(
        self, statistics: Moments, params: GaussianParameters | None
    ) -> GaussianParameters:
        return self.gaussian.maximize(statistics, params)

    def log_prior(self, params: GaussianParameters) -> float:
        return self.gaussian.log_prior(params)

    def n_parameters(self, k: int, d: int) -> int:
        return self.gaussian.n_parameters(k, d)

    @property
    def embedding(self) -> Embedding:
        return logarithms

    @property
    def gathers(self) -> Hashable:
        return LogNormal, self.gaussian.gathers

    def n_sums(self, d: int) -> int:
        return self.gaussian.n_sums(d)

    def coordinates(self, params: GaussianParameters, weight: float) -> GaussianCoordinates | None:
        return self.gaussian.coordinates(params, weight)

    def reachable(self, params: GaussianParameters) -> GaussianParameters:
        return self.gaussian.reachable(params)

    def upheld(
        self, params: GaussianParameters, rounding: FloatArray, statistics: Callable[[], Moments]
    ) -> FloatArray:
        """What the logarithms owe: their rounding is that of the rows as a share of the median."""
        shares = rounding * np.exp(-2.0 * np.clip(params.means, -_FURTHEST / 2, _FURTHEST / 2))
        once = cache(statistics)
        owed = [self.gaussian.upheld(params, own, once)[j] for j, own in enumerate(shares)]
        return np.array(owed)

    def sample(
        self, params: GaussianParameters, labels: IntArray, rng: np.random.Generator
    ) -> FloatArray:
        logs = self.gaussian.sample(params, labels, rng)
        return np.asarray(np.exp(np.clip(logs, -_FURTHEST, _FURTHEST)))

    def marginal(self, params: GaussianParameters, places: IntArray) -> Components:
        gaussian, own = self.gaussian.marginal(params, places)
        return LogNormal(gaussian), own

    def conditional(
        self, params: GaussianParameters, places: IntArray, cells: FloatArray
    ) -> Components:
        gaussian, own = self.gaussian.conditional(params, places, np.log(cells))
        return LogNormal(gaussian), own

    def one_column(self, params: GaussianParameters, X: FloatArray, place: int) -> Numbers:
        means, deviations = column_given(params, np.log(X), place)
        of_logs = normal_column(means, deviations)
        with np.errstate(over="ignore"):
            expected = np.asarray(np.exp(means + 0.5 * np.square(deviations)))

        def below(values: FloatArray) -> FloatArray:
            with np.errstate(divide="ignore"):
                return of_logs.below(np.log(np.maximum(values, 0.0)))

        return numbers(expected, below, lambda shares: np.exp(of_logs.between(shares)[0]))

    def closeness(
        self, params: GaussianParameters, family: LogNormal, other: GaussianParameters
    ) -> Closeness:
        """That of the logarithms: no unit changes it, whether it is the same everywhere or not."""
        return self.gaussian.closeness(params, family.gaussian, other)

    def entropies(self, params: GaussianParameters) -> FloatArray:
        return np.asarray(self.gaussian.entropies(params) + params.means.sum(axis=1))


class LogNormalDescription:
    """What files keep of log-normal components, and what people see of them."""

    name = "log_normal"
    text = "a mean for the logarithm of each column, and a covariance matrix of the logarithms"
    held_by, simpler = _OF_LOGARITHMS.held_by, _OF_LOGARITHMS.simpler
    kinds = frozenset({Kind.CONTINUOUS})

    def columns(self, family: LogNormal, names: Sequence[object]) -> Schema:
        return Schema.of(names)

    def family(self, schema: Schema) -> LogNormal:
        return LogNormal(_OF_LOGARITHMS.family(schema))

    def check(self, X: FloatArray, schema: Schema) -> None:
        positive = (X > 0.0) & np.isfinite(X)
        words = "a log-normal cell is a finite number above 0; leave out rows that are not, or "
        refuse(~positive, X, schema, words + "choose a family that has them, such as gaussian")

    def options(self, family: LogNormal) -> dict[str, Any]:
        return _OF_LOGARITHMS.options(family.gaussian)

    def arrays(self, params: GaussianParameters) -> dict[str, FloatArray]:
        return _OF_LOGARITHMS.arrays(params)

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[LogNormal, GaussianParameters]:
        gaussian, params = _OF_LOGARITHMS.restored(options, arrays, schema)
        near = np.abs(params.means) <= _FURTHEST
        expected = f"the logarithm of a number, from -{_FURTHEST:g} to {_FURTHEST:g}"
        check_entries("means", params.means, near, expected)
        return LogNormal(gaussian), params

    def structure(self, family: LogNormal) -> tuple[str, str]:
        return _OF_LOGARITHMS.structure(family.gaussian)

    def restraints(self, family: LogNormal) -> tuple[tuple[str, str], ...]:
        return _OF_LOGARITHMS.restraints(family.gaussian)

    def marginal(self, params: GaussianParameters, place: int, schema: Schema) -> Curve:
        """In the column's own unit; the median stands for a mean beyond all numbers."""
        from scipy.special import ndtr, ndtri

        of_logs = _OF_LOGARITHMS.marginal(params, place, schema)
        centers, deviations = of_logs.mean[:, None], of_logs.deviation[:, None]

        def quantile(shares: FloatArray) -> FloatArray:
            logs = centers + deviations * ndtri(shares)
            return np.asarray(np.exp(np.clip(logs, -_FURTHEST, _FURTHEST)))

        def below(values: FloatArray) -> FloatArray:
            return np.asarray(ndtr((np.log(values) - centers) / deviations))

        means = _means(params, [place])[:, 0]
        means = np.where(np.isfinite(means), means, np.exp(of_logs.mean))
        spreads = np.sqrt(self.dispersions(params, [place])[:, 0, 0])
        return curve(means, spreads, quantile, lambda values: mean_density(values, below))

    @np.errstate(over="ignore", invalid="ignore")
    def dispersions(self, params: GaussianParameters, places: Sequence[int]) -> FloatArray:
        """Covariances of the rows themselves; infinite where they are beyond all numbers."""
        means = _means(params, places)
        shares = np.expm1(_OF_LOGARITHMS.dispersions(params, places))
        return np.where(shares == 0.0, 0.0, shares * means[:, :, None] * means[:, None, :])


@np.errstate(over="ignore")
def _means(params: GaussianParameters, places: Sequence[int]) -> FloatArray:
    """Means (k, m) of the rows themselves in some columns."""
    chosen = np.array(places)
    variances = params.covariances.variances[:, chosen]
    return np.asarray(np.exp(params.means[:, chosen] + 0.5 * variances))
