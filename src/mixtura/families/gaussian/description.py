"""What files keep of Gaussian components, and what people see of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixtura.errors import DegenerateError, MixturaError
from mixtura.families.description import Bell, check_entries, check_names, refuse, stacked
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.prior import FLAT, FlatPrior, NormalInverseWishart, Prior
from mixtura.families.gaussian.structures import (
    VVV,
    AxisCovariances,
    CovarianceStructure,
    DenseCovariances,
    Structure,
)
from mixtura.families.schema import Kind, Schema
from mixtura.families.tie import Tie
from mixtura.typing import FloatArray

__all__ = ["STRUCTURE_TEXTS", "GaussianDescription"]

#: The covariance structures in words, simplest first.
STRUCTURE_TEXTS = {
    "EII": "all components share one variance, the same in all directions",
    "VII": "each component has its own variance, the same in all directions",
    "EEI": "all components share one variance for each column",
    "VEI": "variances for each column, in the same proportions but of different size",
    "EVI": "variances for each column, in different proportions but of equal volume",
    "VVI": "each component has its own variance for each column",
    "EEE": "all components share one covariance matrix",
    "VEE": "covariance matrices of one form, of different size",
    "EVE": "ellipsoids along the same axes, of different shape but equal volume",
    "VVE": "ellipsoids along the same axes, of different shape and size",
    "EEV": "one ellipsoid, turned differently",
    "VEV": "ellipsoids of one shape, turned differently and of different size",
    "EVV": "ellipsoids of equal volume",
    "VVV": "each component has its own covariance matrix",
}

# Beyond these, differences and their squares are no ordinary numbers: no table that can be fitted
# comes near.
_FURTHEST = 1e100
_NARROWEST, _WIDEST = 1e-200, 1e200

# Numbers that are equal but for rounding.
_EQUAL = 1e-9


class GaussianDescription:
    """Of Gaussian components of all structures; with any prior that the package has."""

    name = "gaussian"
    text = "a mean for each column, and a covariance matrix"
    held_by = (
        "rows that are equal in some direction, and are held at the variance floor (reg_covar)"
    )
    simpler = "a simpler covariance_type"
    kinds = frozenset({Kind.CONTINUOUS, Kind.COUNT, Kind.BINARY})

    def family(self, schema: Schema) -> Gaussian:
        return Gaussian(VVV, np.zeros(len(schema)))

    def check(self, X: FloatArray, schema: Schema) -> None:
        refuse(~np.isfinite(X), X, schema, "a measurement is a finite number")

    def options(self, family: Gaussian) -> dict[str, Any]:
        return {
            "structure": _name(family.structure),
            "floor": family.floor.tolist(),
            "fixed_means": family.fixed_means,
            "prior": _prior_options(family.prior),
        }

    def arrays(self, params: GaussianParameters) -> dict[str, FloatArray]:
        covariances = params.covariances
        along_axes = isinstance(covariances, AxisCovariances)
        shown = covariances.variances if along_axes else covariances.matrices()
        return {"means": params.means, "covariances": shown}

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[Gaussian, GaussianParameters]:
        family = _family(options, len(schema))
        d, structure = len(schema), Structure.named(options["structure"])
        shape = (d,) if structure.diagonal else (d, d)
        means, covariances = stacked(arrays, means=(d,), covariances=shape)
        near = np.abs(means) <= _FURTHEST
        check_entries("means", means, near, f"numbers from -{_FURTHEST:g} to {_FURTHEST:g}")
        _check_ties(structure, covariances)
        make = _along_axes if structure.diagonal else _in_any_direction
        return family, GaussianParameters(means, make(covariances))

    def structure(self, family: Gaussian) -> tuple[str, str]:
        name = _name(family.structure)
        return name, STRUCTURE_TEXTS[name]

    def restraints(self, family: Gaussian) -> tuple[tuple[str, str], ...]:
        told = [("Held", "means fixed")] if family.fixed_means else []
        if isinstance(prior := family.prior, NormalInverseWishart):
            strength = f"shrinkage {prior.shrinkage:g}, dof {prior.dof:g}"
            words = f"normal inverse Wishart, {strength} (the criteria are without it)"
            told.append(("Prior", words))
        return tuple(told)

    def marginal(self, params: GaussianParameters, place: int, schema: Schema) -> Bell:
        variances = params.covariances.variances[:, place]
        return Bell(params.means[:, place], np.sqrt(variances))

    def covariances(self, params: GaussianParameters, places: Sequence[int]) -> FloatArray:
        covariances, chosen = params.covariances, np.array(places)
        if isinstance(covariances, AxisCovariances):
            return covariances.variances[:, chosen, None] * np.eye(len(chosen))
        return covariances.matrices()[:, chosen[:, None], chosen]


def _name(structure: CovarianceStructure) -> str:
    if not isinstance(structure, Structure):
        raise MixturaError(
            f"The covariance structure {structure!r} has no name that others would know; expected "
            f"one of {', '.join(STRUCTURE_TEXTS)}."
        )
    return structure.name


# ---------------------------------------------------------------------------------------------
# Options


def _prior_options(prior: Prior) -> dict[str, Any] | None:
    if isinstance(prior, FlatPrior):
        return None
    if not isinstance(prior, NormalInverseWishart):
        raise MixturaError(
            f"A {type(prior).__name__} has no options; expected a NormalInverseWishart prior."
        )
    return {
        "mean": prior.mean.tolist(),
        "shrinkage": float(prior.shrinkage),
        "dof": float(prior.dof),
        "scale": prior.scale.tolist(),
    }


def _family(options: Mapping[str, Any], d: int) -> Gaussian:
    check_names("option", options, ("structure", "floor", "fixed_means", "prior"))
    structure, fixed_means = options["structure"], options["fixed_means"]
    if not isinstance(structure, str) or structure not in STRUCTURE_TEXTS:
        raise _unexpected("structure", structure, f"one of {', '.join(STRUCTURE_TEXTS)}")
    if not isinstance(fixed_means, bool):
        raise _unexpected("fixed_means", fixed_means, "true or false")
    floor = _numbers("floor", options["floor"], (d,))
    if floor.min() < 0.0:
        raise _unexpected("floor", options["floor"], "variances of 0 or more")
    return Gaussian(Structure.named(structure), floor, _prior(options["prior"], d), fixed_means)


def _prior(options: Any, d: int) -> Prior:
    if options is None:
        return FLAT
    if not isinstance(options, Mapping):
        raise _unexpected("prior", options, "null, or mean, shrinkage, dof and scale")
    check_names("prior's option", options, ("mean", "shrinkage", "dof", "scale"))
    return NormalInverseWishart(
        _numbers("mean", options["mean"], (d,)),
        float(_numbers("shrinkage", options["shrinkage"], ())),
        float(_numbers("dof", options["dof"], ())),
        _numbers("scale", options["scale"], (d, d)),
    )


def _numbers(name: str, value: Any, shape: tuple[int, ...]) -> FloatArray:
    """Finite numbers of a shape, from JSON values."""
    try:
        array = np.array(value)
    except ValueError:  # rows of different lengths
        array = np.array(None)
    if array.dtype.kind not in "iuf" or array.shape != shape or not np.isfinite(array).all():
        what = f"finite numbers of shape {shape}" if shape else "a finite number"
        raise _unexpected(name, value, what)
    return array.astype(np.float64)


def _unexpected(name: str, value: Any, expected: str) -> MixturaError:
    return MixturaError(f"The option {name!r} is {value!r}; expected {expected}.")


# ---------------------------------------------------------------------------------------------
# Covariances


def _along_axes(variances: FloatArray) -> AxisCovariances:
    _check_variances(variances)
    return AxisCovariances(variances)


def _in_any_direction(matrices: FloatArray) -> DenseCovariances:
    variances = np.diagonal(matrices, axis1=1, axis2=2)
    _check_variances(variances)
    deviations = np.sqrt(variances)
    scales = deviations[:, :, None] * deviations[:, None, :]
    symmetric = np.abs(matrices - matrices.transpose(0, 2, 1)) <= _EQUAL * scales
    check_entries("covariances", matrices, symmetric, "symmetric matrices")
    try:
        return DenseCovariances.of(matrices)
    except DegenerateError:
        least = float(np.linalg.eigvalsh(matrices / scales)[:, 0].min())
        raise MixturaError(
            "The array 'covariances' has a matrix that is not positive definite: the smallest "
            f"eigenvalue of its correlations is {least:.3g}; expected one above 0 to working "
            "precision."
        ) from None


def _check_variances(variances: FloatArray) -> None:
    ordinary = (variances >= _NARROWEST) & (variances <= _WIDEST)
    expected = f"variances from {_NARROWEST:g} to {_WIDEST:g}"
    check_entries("covariances", variances, ordinary, expected)


def _check_ties(structure: Structure, covariances: FloatArray) -> None:
    """See that what all components share is alike, and spheres are round: one stands for all."""
    shared = Tie.OWN not in (structure.volume, structure.shape, structure.orientation)
    if shared and not np.allclose(covariances, covariances[:1], rtol=_EQUAL, atol=0.0):
        expected = "to be the same for all components"
    elif structure.shape is Tie.NONE and not np.allclose(
        covariances, covariances[:, :1], rtol=_EQUAL, atol=0.0
    ):
        expected = "to be the same for all columns"
    else:
        return
    raise MixturaError(
        f"The array 'covariances' of structure {structure.name} is expected {expected}."
    )
