"""The likeliest covariances of each structure: formulas and order of kernels/em_loop.c.

With W_j = L_j diag(o_j) L_j^T component j's scatter, the estimates are those of Celeux and Govaert
(1995), sections 4.1 to 4.3. Components with their axes in common (EVE and VVE) have

    S_j = D B_j D^T

with D orthogonal and B_j diagonal. Given D, the best B_j follow from the diagonals of
D^T scatter_j D; turns find D, as `common_principal_axes` tells. (Browne and McNicholas 2014 have
another way.) The maximum over D may not be the only one: starting from the current D keeps EM
monotone.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from mixtura.families.gaussian.structures.algebra import algebra
from mixtura.families.gaussian.structures.axes import AxisCovariances
from mixtura.families.gaussian.structures.common_principal_axes import geometric_means
from mixtura.families.gaussian.structures.covariances import Covariances
from mixtura.families.gaussian.structures.dense import DenseCovariances
from mixtura.families.gaussian.structures.eigen import principal, principal_axes_of
from mixtura.families.tie import Tie
from mixtura.kernels.singular import check_positive
from mixtura.typing import FloatArray

if TYPE_CHECKING:
    from mixtura.families.gaussian.structures.structure import Structure

__all__ = ["along_features", "in_any_direction", "likelier", "shared_axes"]


# ---------------------------------------------------------------------------------------------
# Covariances along the features


def _proportional(
    count: FloatArray, spread: FloatArray, previous: Covariances | None
) -> tuple[FloatArray, FloatArray]:
    """Scales (k,) and a form in proportion to which the covariances are likeliest.

    The turns that find them begin with the current scales.
    """
    k, d = spread.shape[:2]
    first = np.ones(k) if previous is None else np.exp(previous.log_determinants / d)
    return algebra(d).common_form(count, spread, first)


def _one_form(count: FloatArray, scatter: FloatArray, previous: Covariances | None) -> FloatArray:
    """VEI and VEE: in proportion to one form."""
    return np.multiply.outer(*_proportional(count, scatter, previous))


def _spheres(
    how: Structure, count: FloatArray, scatter: FloatArray, floor: FloatArray
) -> FloatArray:
    k, d = scatter.shape
    if how.volume is Tie.OWN:
        variance = scatter.sum(axis=1) / (d * count)
    else:
        variance = np.full(k, scatter.sum() / (d * count.sum()))
    # S - diag(floor) is positive semi-definite for a sphere at the largest of the floors.
    return np.repeat(np.maximum(variance, floor.max())[:, None], d, axis=1)


def _pooled(count: FloatArray, sums: FloatArray) -> FloatArray:
    """Mean over the rows of all components, (1, ...), from sums (k, ...)."""
    return np.asarray(sums.sum(axis=0, keepdims=True) / count.sum())


def _same_variances(count: FloatArray, scatter: FloatArray, floor: FloatArray) -> FloatArray:
    return np.repeat(np.maximum(_pooled(count, scatter), floor), len(count), axis=0)


def _equal_determinants(count: FloatArray, scatter: FloatArray, roots: FloatArray) -> FloatArray:
    """EVI and EVV: the scatters, with the same determinant for all, from d-th roots of theirs."""
    volume = roots.sum() / count.sum()
    # A power of two that comes last changes no bit, and products of heavy rows do not overflow.
    power = 2.0**256 if volume > 1.0 else 1.0
    return np.asarray((volume / power * scatter.T / roots).T * power)


def _raised_spreads(count: FloatArray, scatter: FloatArray, floor: FloatArray) -> FloatArray:
    """Scatters (k, d) of components that lie on the floor where they were below it."""
    least = count[:, None] * floor
    return scatter if (scatter >= least).all() else np.maximum(scatter, least)


def along_features(
    how: Structure,
    count: FloatArray,
    scatter: FloatArray,
    floor: FloatArray,
    previous: AxisCovariances | None,
) -> tuple[AxisCovariances, bool]:
    """Diagonal covariances, and whether they may fall short of the previous ones."""
    if how.shape is Tie.NONE:
        return AxisCovariances(_spheres(how, count, scatter, floor)), False
    if how.shape is how.volume:
        if how.shape is Tie.SHARED:
            return AxisCovariances(_same_variances(count, scatter, floor)), False
        return AxisCovariances(np.maximum(scatter / count[:, None], floor)), False
    raised = _raised_spreads(count, scatter, floor)
    if how.shape is Tie.OWN:
        check_positive(raised)
        variances = _equal_determinants(count, raised, geometric_means(raised))
    else:
        variances = _one_form(count, raised, previous)
    return AxisCovariances(variances), raised is not scatter


# ---------------------------------------------------------------------------------------------
# Covariances in any direction


def _along(axes: FloatArray, variances: FloatArray) -> FloatArray:
    """Covariance matrices (k, d, d) from variances along axes, either for all or for each."""
    matrices: FloatArray = (axes * variances[:, None, :]) @ axes.transpose(0, 2, 1)
    return matrices


def _raised_matrices(matrices: FloatArray, floor: FloatArray) -> FloatArray:
    """The likeliest covariances S with S - diag(floor) positive semi-definite.

    In units of the floor the constraint says that no eigenvalue is below 1, and the maximum of
    the likelihood keeps the eigenvectors and lifts the smaller eigenvalues to 1.
    """
    if not floor.any() or algebra(len(floor)).exceeds(matrices, floor):
        return matrices
    unit = np.sqrt(floor)
    values, vectors = np.linalg.eigh(matrices / np.outer(unit, unit))
    lifted = _along(vectors, np.maximum(values, 1.0))
    # Free components stay exactly as they were: lifting costs them their last digits.
    free = np.all(values >= 1.0, axis=1, keepdims=True)[..., None]
    return np.where(free, matrices, lifted * np.outer(unit, unit))


def _raised_scatter(count: FloatArray, scatter: FloatArray, floor: FloatArray) -> FloatArray:
    """Scatters (k, d, d) of components that lie on the floor where they were below it."""
    if not floor.any():
        return scatter
    covariances = scatter / count[:, None, None]
    raised = _raised_matrices(covariances, floor)
    return scatter if raised is covariances else raised * count[:, None, None]


def shared_axes(matrices: FloatArray) -> FloatArray:
    """The axes (d, d), in columns, that matrices (k, d, d) have in common, if they have any."""
    k, d = matrices.shape[:2]
    pooled = (_unequal_shares(k) @ matrices.reshape(k, d * d)).reshape(d, d)
    return principal_axes_of(pooled)


@cache
def _unequal_shares(k: int) -> FloatArray:
    """They keep axes apart whose variances happen to be equal in the sum."""
    return 1.0 + 0.1 * np.arange(k) / k


def _same_axes(
    how: Structure, count: FloatArray, scatter: FloatArray, previous: DenseCovariances | None
) -> FloatArray:
    """EVE and VVE: along the same axes."""
    axes, spread, shares = algebra(scatter.shape[1]).common_axes(
        count,
        scatter,
        shared_axes(scatter if previous is None else previous.dense),
        equal_volumes=how.volume is Tie.SHARED,
    )
    volume = shares.sum() / count.sum()
    return _along(axes[None], volume * spread / shares[:, None])


def _same_shape(
    how: Structure, count: FloatArray, scatter: FloatArray, previous: DenseCovariances | None
) -> FloatArray:
    """EEV and VEV: one shape, turned."""
    spread, axes = principal(scatter)
    shared = how.volume is Tie.SHARED
    return _along(axes, _pooled(count, spread) if shared else _one_form(count, spread, previous))


def _one_matrix(count: FloatArray, scatter: FloatArray, floor: FloatArray) -> DenseCovariances:
    """EEE: what all have."""
    shared = DenseCovariances.of(_raised_matrices(_pooled(count, scatter), floor))
    return shared.take(np.zeros(len(count), dtype=np.intp))


def in_any_direction(
    how: Structure,
    count: FloatArray,
    scatter: FloatArray,
    floor: FloatArray,
    previous: DenseCovariances | None,
) -> tuple[DenseCovariances, bool]:
    """As `along_features`."""
    if how.volume is how.shape is how.orientation:
        if how.shape is Tie.SHARED:
            return _one_matrix(count, scatter, floor), False
        matrices = _raised_matrices(scatter / count[:, None, None], floor)
        return DenseCovariances.of(matrices), False
    raised = _raised_scatter(count, scatter, floor)
    match how.shape, how.orientation:
        case Tie.OWN, Tie.OWN:
            d = raised.shape[1]
            roots = np.exp(algebra(d).factorize(raised)[1] / d)
            matrices = _equal_determinants(count, raised, roots)
        case Tie.SHARED, Tie.OWN:
            matrices = _same_shape(how, count, raised, previous)
        case Tie.OWN, Tie.SHARED:
            matrices = _same_axes(how, count, raised, previous)
        case _:
            matrices = _one_form(count, raised, previous)
    return DenseCovariances.of(matrices), raised is not scatter


C = TypeVar("C", bound=Covariances)


def likelier(new: C, previous: C | None, count: FloatArray, scatter: FloatArray) -> C:
    """The new covariances, or the previous ones if those describe the scatter better.

    Where an estimate may fall short of the maximum (it is made from a raised scatter, or one of
    several local maxima) this keeps EM monotone.
    """
    if previous is None:
        return new
    before = previous.expected_log_likelihood(count, scatter)
    return new if new.expected_log_likelihood(count, scatter) >= before else previous
