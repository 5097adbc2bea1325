"""Moments of the rows of factor analyzers, and of the factors that are expected of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import add
from typing import Self

import numpy as np

from mixtura.families.factor_analyzers.parameters import FactorParameters
from mixtura.families.factor_analyzers.tiles import tiles
from mixtura.statistics import SMALLEST_COUNT, Moments
from mixtura.typing import FloatArray, IntArray, Selection

__all__ = ["FactorMoments", "completed"]

# Of a variance, what the square of a mean's error may be without being seen.
_UNSEEN = 1e-16


@dataclass(frozen=True)
class FactorMoments:
    """Moments of rows and of their scores, per component, without any (d, d) matrix.

    A score is a sum over the columns, such as a factor that is expected of a row. What is about a
    mean merges by the pairwise formula, as in `Moments`; both sides have the same directions.

    Attributes
    ----------
    rows : Moments
        Their count, mean and scatter along the columns.
    directions : ndarray of shape (k, d, l)
        A score is a row times one of these.
    products : ndarray of shape (k, d, l)
        Sum of the weighted products of the deviations of rows and scores from their means.
    factors : ndarray of shape (k, l, l)
        The same of the scores with themselves, and what each row adds to it that its score does
        not tell.
    """

    rows: Moments
    directions: FloatArray
    products: FloatArray
    factors: FloatArray

    @classmethod
    def of(
        cls, X: FloatArray, resp: FloatArray, directions: FloatArray, untold: FloatArray
    ) -> Self:
        """Of rows X (n, d) with weighted responsibilities (n, k).

        Parameters
        ----------
        X, resp
        directions : ndarray of shape (k, d, l)
        untold : ndarray of shape (k, l, l)
            What each row adds to the factors beside its score.
        """
        parts = (cls._of_tile(X[tile], resp[tile], directions, untold) for tile in tiles(X))
        return reduce(add, parts)

    @classmethod
    def _of_tile(
        cls, X: FloatArray, resp: FloatArray, directions: FloatArray, untold: FloatArray
    ) -> Self:
        """Of few rows; each component looks at those alone that are not surely others'."""
        count = resp.sum(axis=0)
        count[count < SMALLEST_COUNT] = 0.0
        k, d = directions.shape[:2]
        mean, scatter = np.repeat(X[:1], k, axis=0), np.zeros((k, d))
        products = np.zeros(directions.shape)
        factors = count[:, None, None] * untold
        for j in np.flatnonzero(count).tolist():
            own = np.flatnonzero(resp[:, j])
            rows, weight = (X, resp[:, j]) if len(own) == len(X) else (X[own], resp[own, j])
            mean[j], deviation = _deviation(rows, weight, count[j])
            scores = deviation @ directions[j]
            weighted = weight[:, None] * scores
            products[j] = deviation.T @ weighted
            factors[j] += scores.T @ weighted
            scatter[j] = weight @ np.square(deviation, out=deviation)
        return cls(Moments(count, mean, scatter), directions, products, factors)

    def __add__(self, other: Self) -> Self:
        rows = self.rows + other.rows
        share = np.zeros(len(rows.count))
        np.divide(other.rows.count, rows.count, out=share, where=rows.count > 0.0)
        products, factors = self._between(self.rows.count * share, other.rows.mean)
        return type(self)(
            rows,
            self.directions,
            self.products + other.products + products,
            self.factors + other.factors + factors,
        )

    def _between(self, count: FloatArray, means: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Products, and products of scores, of so many rows at other means (k, d)."""
        apart = means - self.rows.mean
        scores = np.einsum("kd,kdl->kl", apart, self.directions)
        weighted = count[:, None] * scores
        return np.einsum("kd,kl->kdl", apart, weighted), np.einsum("kl,km->klm", scores, weighted)

    def __rmul__(self, factor: float) -> Self:
        return type(self)(
            factor * self.rows, self.directions, factor * self.products, factor * self.factors
        )

    def take(self, components: Selection) -> Self:
        """Those of some of the components."""
        return type(self)(
            self.rows.take(components),
            self.directions[components],
            self.products[components],
            self.factors[components],
        )

    def about(self, means: FloatArray) -> Self:
        """The same about other points (k, d) than the means of the rows."""
        products, factors = self._between(self.rows.count, means)
        rows = Moments(self.rows.count, means, self.rows.about(means))
        return type(self)(rows, self.directions, self.products + products, self.factors + factors)

    def widened(self, spread: FloatArray) -> Self:
        """With a sum of variances (k, d) more, of what varies independently in each column."""
        rows = replace(self.rows, scatter=self.rows.scatter + spread)
        products = spread[:, :, None] * self.directions
        factors = self.directions.transpose(0, 2, 1) @ products
        return type(self)(rows, self.directions, self.products + products, self.factors + factors)

    def regressed(self) -> tuple[FloatArray, FloatArray]:
        """The loadings (k, d, l) by which scores tell the most of rows, and the variances left."""
        count = self.rows.count[:, None]
        factors, products = self.factors / count[:, :, None], self.products / count[:, :, None]
        loadings = np.linalg.solve(factors, products.transpose(0, 2, 1)).transpose(0, 2, 1)
        left: FloatArray = self.rows.scatter / count
        left -= np.einsum("kdl,kdl->kd", loadings, products)
        return np.asarray(loadings, dtype=np.float64), left


def completed(
    seen: FactorMoments, params: FactorParameters, observed: IntArray, missing: IntArray
) -> FactorMoments:
    """The moments in all columns, from those in the observed ones.

    With F the moments of the factors, given the observed cells, those of the missing ones are L_m F
    and L_m F L_m^T, and psi_m for each row.
    """
    count, loadings = seen.rows.count, params.loadings[:, missing]
    mean, scatter = params.means.copy(), np.empty(params.means.shape)
    mean[:, observed], scatter[:, observed] = seen.rows.mean, seen.rows.scatter
    scores = np.einsum("ko,koq->kq", seen.rows.mean - params.means[:, observed], seen.directions)
    mean[:, missing] += np.einsum("kmq,kq->km", loadings, scores)
    products = np.empty(params.loadings.shape)
    products[:, observed], products[:, missing] = seen.products, loadings @ seen.factors
    scatter[:, missing] = np.einsum("kmq,kmq->km", products[:, missing], loadings)
    scatter[:, missing] += count[:, None] * params.uniquenesses[:, missing]
    rows = Moments(count, mean, scatter)
    return FactorMoments(rows, params.regression, products, seen.factors)


def _deviation(rows: FloatArray, weight: FloatArray, count: float) -> tuple[FloatArray, FloatArray]:
    """The mean (d,) of weighted rows, and their deviations from it.

    Far from 0 the mean is rounded: its deviations tell by how much.
    """
    mean = weight @ rows / count
    deviation = rows - mean
    error = weight @ deviation / count
    if (np.square(error) > _UNSEEN * np.einsum("nd,nd->d", deviation, deviation)).any():
        mean += error
        deviation = rows - mean
    return mean, deviation
