"""The shapes in which scikit-learn shows covariances, precisions and their Cholesky factors.

============  ===============
layout        shape
============  ===============
spherical     (k,)
diag          (k, d)
tied          (d, d)
full          (k, d, d)
============  ===============
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from mixtura.errors import MixturaError
from mixtura.families.gaussian.density import NARROWEST
from mixtura.families.gaussian.structures import (
    AxisCovariances,
    Covariances,
    DenseCovariances,
    is_positive_definite,
    written_out,
)
from mixtura.typing import AnyArray, FloatArray

__all__ = ["Diagonal", "Full", "Layout", "Shown", "Spherical", "Tied", "WrittenOut"]


@dataclass(frozen=True)
class Shown:
    """Covariances as a user sees them; `covariances = inverse(precisions)`.

    Attributes
    ----------
    covariances, precisions, precisions_cholesky : ndarray
        All of the layout's shape. The Cholesky factor W is upper triangular with
        W W^T = precision.
    """

    covariances: AnyArray
    precisions: AnyArray
    precisions_cholesky: AnyArray


class Layout(Protocol):
    """Between covariances and the arrays that show them."""

    def shape(self, k: int, d: int, /) -> tuple[int, ...]:
        """Shape of each array."""
        ...

    def show(self, covariances: Any, /) -> Shown:
        """The arrays that show some covariances."""
        ...

    def from_covariances(self, covariances: AnyArray, k: int, d: int, /) -> Covariances:
        """The covariances that an array shows; DegenerateError if one is singular."""
        ...

    def from_precisions(self, precisions: AnyArray, k: int, d: int, /) -> Covariances:
        """The covariances whose inverses are given; MixturaError if they have none."""
        ...


class Spherical:
    """One variance per component."""

    def shape(self, k: int, d: int) -> tuple[int, ...]:
        return (k,)

    def show(self, covariances: AxisCovariances) -> Shown:
        return _show_variances(covariances.variances[:, 0])

    def from_covariances(self, covariances: AnyArray, k: int, d: int) -> AxisCovariances:
        variances = np.asarray(covariances, dtype=np.float64)
        return AxisCovariances(np.repeat(variances[:, None], d, axis=1))

    def from_precisions(self, precisions: AnyArray, k: int, d: int) -> AxisCovariances:
        return self.from_covariances(_inverted(precisions), k, d)


class Diagonal:
    """One variance per component and feature."""

    def shape(self, k: int, d: int) -> tuple[int, ...]:
        return (k, d)

    def show(self, covariances: AxisCovariances) -> Shown:
        return _show_variances(covariances.variances)

    def from_covariances(self, covariances: AnyArray, k: int, d: int) -> AxisCovariances:
        return AxisCovariances(np.asarray(covariances, dtype=np.float64))

    def from_precisions(self, precisions: AnyArray, k: int, d: int) -> AxisCovariances:
        return AxisCovariances(_inverted(precisions))


class Full:
    """One matrix per component."""

    def shape(self, k: int, d: int) -> tuple[int, ...]:
        return (k, d, d)

    def show(self, covariances: DenseCovariances) -> Shown:
        return Shown(covariances.dense, covariances.precisions(), covariances.whitening)

    def from_covariances(self, covariances: AnyArray, k: int, d: int) -> DenseCovariances:
        return DenseCovariances.of(np.asarray(covariances, dtype=np.float64))

    def from_precisions(self, precisions: AnyArray, k: int, d: int) -> DenseCovariances:
        return DenseCovariances.of(_inverted_matrices(precisions))


class Tied:
    """One matrix for all components."""

    def shape(self, k: int, d: int) -> tuple[int, ...]:
        return (d, d)

    def show(self, covariances: DenseCovariances) -> Shown:
        every = Full().show(covariances)
        return Shown(every.covariances[0], every.precisions[0], every.precisions_cholesky[0])

    def from_covariances(self, covariances: AnyArray, k: int, d: int) -> DenseCovariances:
        return Full().from_covariances(_repeated(covariances, k), k, d)

    def from_precisions(self, precisions: AnyArray, k: int, d: int) -> DenseCovariances:
        return Full().from_precisions(_repeated(precisions, k), k, d)


class WrittenOut:
    """Variances along the axes, shown as one diagonal matrix per component."""

    def shape(self, k: int, d: int) -> tuple[int, ...]:
        return (k, d, d)

    def show(self, covariances: AxisCovariances) -> Shown:
        shown = _show_variances(covariances.variances)
        return Shown(
            written_out(shown.covariances),
            written_out(shown.precisions),
            written_out(shown.precisions_cholesky),
        )

    def from_covariances(self, covariances: AnyArray, k: int, d: int) -> AxisCovariances:
        variances = np.diagonal(covariances, axis1=1, axis2=2)
        return AxisCovariances(variances.astype(np.float64))

    def from_precisions(self, precisions: AnyArray, k: int, d: int) -> AxisCovariances:
        return AxisCovariances(_inverted(np.diagonal(precisions, axis1=1, axis2=2)))


def _show_variances(variances: FloatArray) -> Shown:
    return Shown(variances, 1.0 / variances, 1.0 / np.sqrt(variances))


def _repeated(matrix: AnyArray, k: int) -> AnyArray:
    return np.repeat(matrix[None], k, axis=0)


def _inverted(precisions: AnyArray) -> FloatArray:
    if not (precisions > 0.0).all():
        raise MixturaError(
            f"precisions should be positive, but the smallest is {precisions.min():.5g}."
        )
    _check_magnitude(precisions)
    return 1.0 / np.asarray(precisions, dtype=np.float64)


def _inverted_matrices(precisions: AnyArray) -> FloatArray:
    matrices = np.asarray(precisions, dtype=np.float64)
    bad = [j for j, matrix in enumerate(matrices) if not is_positive_definite(matrix)]
    if bad:
        raise MixturaError(
            "precisions should be symmetric, positive-definite matrices, but that of component "
            f"{bad[0]} is not."
        )
    _check_magnitude(matrices.diagonal(0, 1, 2))
    return np.asarray(np.linalg.inv(matrices), dtype=np.float64)


def _check_magnitude(precisions: AnyArray) -> None:
    least, most = precisions.min(), precisions.max()
    if not NARROWEST <= least <= most <= 1.0 / NARROWEST:
        raise MixturaError(
            f"precisions should be between {NARROWEST:.0e} and {1.0 / NARROWEST:.0e}, lest their "
            f"inverses overflow or vanish, but are from {least:.5g} to {most:.5g}."
        )
