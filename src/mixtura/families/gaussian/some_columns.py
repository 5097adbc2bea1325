"""Gaussian components in some of their columns, and given the cells of some.

    p_j(x_o) = N(x_o; mean_o, S_oo),    p_j(x_m | x_o) = N(x_m; mean_m + B (x_o - mean_o), S_m.o)

with B = S_mo S_oo^-1 and S_m.o = S_mm - B S_om, as of `missing_cells` (Anderson 2003, "An
Introduction to Multivariate Statistical Analysis", section 2.5).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from mixtura.families.gaussian.missing_cells import Gaps
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.structures import (
    VVI,
    VVV,
    AxisCovariances,
    Covariances,
    CovarianceStructure,
    DenseCovariances,
    Structure,
)
from mixtura.families.one_column import Numbers, numbers
from mixtura.families.tie import Tie
from mixtura.patterns import Pattern, Patterns
from mixtura.typing import FloatArray, IntArray

__all__ = [
    "column_given",
    "given_cells",
    "normal_column",
    "scaled",
    "structure_of_some",
]

_NOBODY = np.zeros(1, dtype=np.intp)


def structure_of_some(
    structure: CovarianceStructure, *, own_volume: bool = False
) -> CovarianceStructure:
    """The structure that holds covariances of some columns, also given the others.

    Where all components have multiples of one matrix, so they have there. Else equal volumes,
    common axes and shapes are of all columns together, and some of them share nothing.

    Parameters
    ----------
    structure : CovarianceStructure
        Of all columns.
    own_volume : bool, default=False
        Whether each component's covariances are multiplied by a number of their own.

    Examples
    --------
    >>> from mixtura.families.gaussian.structures import EEV, EVI, VEE
    >>> [structure_of_some(each).name for each in (EEV, EVI, VEE)]
    ['VVV', 'VVI', 'VEE']
    """
    one_form = (
        isinstance(structure, Structure)
        and structure.shape is not Tie.OWN
        and structure.orientation is not Tie.OWN
    )
    if not one_form:
        return VVI if structure.diagonal else VVV
    assert isinstance(structure, Structure)
    return replace(structure, volume=Tie.OWN) if own_volume else structure


def given_cells(
    params: GaussianParameters, places: IntArray, cells: FloatArray, *, diagonal: bool
) -> GaussianParameters:
    """The components in all other columns, given the cells (o,) of some."""
    others = np.delete(np.arange(params.n_features), places)
    if diagonal:
        return params.marginal(others)
    gaps = Gaps(params, Pattern(_NOBODY, places, others))
    return GaussianParameters(gaps.expected(cells[None])[:, 0], DenseCovariances.of(gaps.left))


def scaled(covariances: Covariances, factors: FloatArray, *, diagonal: bool) -> Covariances:
    """Covariances times a number (k,) for each component."""
    if diagonal:
        return AxisCovariances(covariances.variances * factors[:, None])
    return DenseCovariances.of(covariances.matrices() * factors[:, None, None])


def column_given(
    params: GaussianParameters, X: FloatArray, place: int
) -> tuple[FloatArray, FloatArray]:
    """Means and deviations (n, k) of one column given the observed cells of rows (n, d)."""
    means = np.empty((len(X), params.n_components))
    variances = np.empty(means.shape)
    for rows, observed, _ in Patterns.of(X):
        gaps = Gaps(params, Pattern(rows, observed, np.array([place])))
        means[rows] = gaps.expected(X[rows[:, None], observed])[:, :, 0].T
        variances[rows] = gaps.left[:, 0, 0]
    # Rounding may leave nothing of the variance where columns are collinear.
    return means, np.sqrt(np.maximum(variances, np.finfo(np.float64).tiny))


def normal_column(means: FloatArray, deviations: FloatArray) -> Numbers:
    """A column of bells, with means and deviations (n, k)."""
    from scipy.special import ndtr, ndtri  # they take as long to import as a small fit

    return numbers(
        means,
        lambda values: np.asarray(ndtr((values - means) / deviations)),
        lambda shares: means + deviations * np.asarray(ndtri(shares)),
    )
