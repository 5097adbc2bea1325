"""Covariances as files keep them: variances (k, d) along the axes, or matrices (k, d, d)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mixtura.errors import DegenerateError, ModelFileError
from mixtura.families.description import check_entries
from mixtura.families.gaussian.density import NARROWEST
from mixtura.families.gaussian.structures import (
    AxisCovariances,
    Covariances,
    CovarianceStructure,
    DenseCovariances,
    Structure,
)
from mixtura.families.tie import Tie
from mixtura.typing import BoolArray, FloatArray

__all__ = [
    "WIDEST",
    "covariances_of_columns",
    "departure",
    "kept_covariances",
    "kept_shape",
    "shown_covariances",
]

#: Beyond this they are no ordinary numbers: no table that can be fitted comes near.
WIDEST = 1e200

# Numbers that are equal but for rounding.
_EQUAL = 1e-9


def kept_shape(structure: CovarianceStructure, d: int) -> tuple[int, ...]:
    """Of each component's."""
    return (d,) if structure.diagonal else (d, d)


def kept_covariances(
    structure: CovarianceStructure, array: FloatArray, name: str, of_structure: str
) -> Covariances:
    """The covariances that an array of that name holds.

    Raises
    ------
    ModelFileError
        If they are none of the structure, whose own name is the last argument.
    """
    make = _along_axes if structure.diagonal else _in_any_direction
    covariances = make(array, name)
    expected = departure(structure, covariances)
    if expected is not None:
        raise ModelFileError(
            f"its entry 'arrays.{name}' is not of structure {of_structure}; it should be "
            f"{expected}."
        )
    return covariances


def _along_axes(variances: FloatArray, name: str) -> AxisCovariances:
    _check_range(variances, variances == variances, name)
    return AxisCovariances(variances)


def _in_any_direction(matrices: FloatArray, name: str) -> DenseCovariances:
    d = matrices.shape[1]
    _check_range(matrices, np.broadcast_to(np.eye(d, dtype=np.bool_), matrices.shape), name)
    deviations = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    scales = deviations[:, :, None] * deviations[:, None, :]
    symmetric = np.abs(matrices - matrices.transpose(0, 2, 1)) <= _EQUAL * scales
    check_entries(name, matrices, symmetric, "that of a symmetric matrix")
    try:
        return DenseCovariances.of(matrices)
    except DegenerateError:
        least = np.linalg.eigvalsh(matrices / scales)[:, 0]
        j = int(least.argmin())
        raise ModelFileError(
            f"its entry 'arrays.{name}[{j}]' is not positive definite: the smallest "
            f"eigenvalue of its correlations is {least[j]:.3g}; it should be above 0 to working "
            "precision."
        ) from None


def _check_range(covariances: FloatArray, is_variance: BoolArray, name: str) -> None:
    ordinary = (covariances >= NARROWEST) & (covariances <= WIDEST)
    expected = f"a variance from {NARROWEST:g} to {WIDEST:g}"
    check_entries(name, covariances, ordinary | ~is_variance, expected)
    ordinary = np.abs(covariances) <= WIDEST
    expected = f"a number from -{WIDEST:g} to {WIDEST:g}"
    check_entries(name, covariances, ordinary, expected)


def departure(structure: CovarianceStructure, covariances: Covariances) -> str | None:
    """What covariances of the structure would be; None if these are.

    What all components share is alike, and spheres are round: one stands for all.
    """
    if not isinstance(structure, Structure):
        return None
    shown = shown_covariances(covariances)
    shared = Tie.OWN not in (structure.volume, structure.shape, structure.orientation)
    if shared and not np.allclose(shown, shown[:1], rtol=_EQUAL, atol=0.0):
        return "the same for all components"
    if structure.shape is Tie.NONE and not np.allclose(shown, shown[:, :1], rtol=_EQUAL, atol=0.0):
        return "the same for all columns"
    return None


def shown_covariances(covariances: Covariances) -> FloatArray:
    """Variances (k, d) of covariances along the axes, or matrices (k, d, d)."""
    along_axes = isinstance(covariances, AxisCovariances)
    return covariances.variances if along_axes else covariances.matrices()


def covariances_of_columns(covariances: Covariances, places: Sequence[int]) -> FloatArray:
    """Those of m of the columns, written out, (k, m, m)."""
    chosen = np.array(places)
    if isinstance(covariances, AxisCovariances):
        return covariances.variances[:, chosen, None] * np.eye(len(chosen))
    return covariances.matrices()[:, chosen[:, None], chosen]
