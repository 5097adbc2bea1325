"""What files keep of Gaussian components, and what people see of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixtura.errors import DegenerateError, MixturaError, ModelFileError
from mixtura.families.description import Bell, check_entries, check_names, refuse, stacked
from mixtura.families.gaussian.density import NARROWEST, Gaussian
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.prior import FLAT, FlatPrior, NormalInverseWishart, Prior
from mixtura.families.gaussian.structures import (
    VVV,
    AxisCovariances,
    Covariances,
    CovarianceStructure,
    DenseCovariances,
    Structure,
)
from mixtura.families.schema import Kind, Schema
from mixtura.families.tie import Tie
from mixtura.persistence.entries import (
    Entry,
    array,
    flag,
    made,
    number,
    optional,
    record,
    text,
)
from mixtura.typing import BoolArray, FloatArray

__all__ = ["NAMED_STRUCTURES", "GaussianDescription", "departure"]

_TEXTS = {
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

#: The covariance structures by name, simplest first, and each in words.
NAMED_STRUCTURES: dict[str, tuple[CovarianceStructure, str]] = {
    name: (Structure.named(name), text) for name, text in _TEXTS.items()
}

# Beyond these, differences and their squares are no ordinary numbers: no table that can be fitted
# comes near.
_FURTHEST = 1e100
_WIDEST = 1e200

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

    def columns(self, family: Gaussian, names: Sequence[object]) -> Schema:
        return Schema.of(names)

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
        return {"means": params.means, "covariances": _shown(params.covariances)}

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[Gaussian, GaussianParameters]:
        d = len(schema)
        family = _family(options, d)
        shape = (d,) if family.structure.diagonal else (d, d)
        means, covariances = stacked(arrays, means=(d,), covariances=shape)
        near = np.abs(means) <= _FURTHEST
        check_entries("means", means, near, f"a number from -{_FURTHEST:g} to {_FURTHEST:g}")
        make = _along_axes if family.structure.diagonal else _in_any_direction
        params = GaussianParameters(means, make(covariances))
        _check_ties(family.structure, params.covariances)
        _check_prior(family, params)
        return family, params

    def structure(self, family: Gaussian) -> tuple[str, str]:
        name = _name(family.structure)
        return name, NAMED_STRUCTURES[name][1]

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

    def dispersions(self, params: GaussianParameters, places: Sequence[int]) -> FloatArray:
        covariances, chosen = params.covariances, np.array(places)
        if isinstance(covariances, AxisCovariances):
            return covariances.variances[:, chosen, None] * np.eye(len(chosen))
        return covariances.matrices()[:, chosen[:, None], chosen]


def _name(structure: CovarianceStructure) -> str:
    for name, (known, _) in NAMED_STRUCTURES.items():
        if type(known) is type(structure) and known == structure:
            return name
    raise MixturaError(
        f"The covariance structure {structure!r} has no name: add a line for it to "
        "NAMED_STRUCTURES in mixtura.families.gaussian.description."
    )


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
    entries: dict[str, Entry[Any]] = {
        "structure": text(*NAMED_STRUCTURES),
        "floor": array((d,), 0.0),
        "fixed_means": flag(),
        "prior": optional(made(_prior_entries(d), _prior), null=FLAT),
    }
    check_names("options", options, tuple(entries))
    found = record(entries).read(options, "options")
    structure, _ = NAMED_STRUCTURES[found["structure"]]
    return Gaussian(structure, found["floor"], found["prior"], found["fixed_means"])


def _prior_entries(d: int) -> Entry[dict[str, Any]]:
    return record(
        {
            "mean": array((d,), -_FURTHEST, _FURTHEST),
            "shrinkage": number(maximum=_FURTHEST, above=0.0),
            "dof": number(maximum=_FURTHEST, above=d - 1.0),
            "scale": array((d, d), -_WIDEST, _WIDEST),
        }
    )


def _prior(found: dict[str, Any]) -> Prior:
    return NormalInverseWishart(**found)


def _check_prior(family: Gaussian, params: GaussianParameters) -> None:
    """See that its log-density is a number: it is part of the objective."""
    with np.errstate(all="ignore"):
        log_density = family.log_prior(params)
    if not np.isfinite(log_density):
        raise ModelFileError(
            f"its entry 'options.prior' has log-density {log_density:g} at its arrays; it should "
            "be a finite number."
        )


# ---------------------------------------------------------------------------------------------
# Covariances


def _along_axes(variances: FloatArray) -> AxisCovariances:
    _check_range(variances, variances == variances)
    return AxisCovariances(variances)


def _in_any_direction(matrices: FloatArray) -> DenseCovariances:
    d = matrices.shape[1]
    _check_range(matrices, np.broadcast_to(np.eye(d, dtype=np.bool_), matrices.shape))
    deviations = np.sqrt(np.diagonal(matrices, axis1=1, axis2=2))
    scales = deviations[:, :, None] * deviations[:, None, :]
    symmetric = np.abs(matrices - matrices.transpose(0, 2, 1)) <= _EQUAL * scales
    check_entries("covariances", matrices, symmetric, "that of a symmetric matrix")
    try:
        return DenseCovariances.of(matrices)
    except DegenerateError:
        least = np.linalg.eigvalsh(matrices / scales)[:, 0]
        j = int(least.argmin())
        raise ModelFileError(
            f"its entry 'arrays.covariances[{j}]' is not positive definite: the smallest "
            f"eigenvalue of its correlations is {least[j]:.3g}; it should be above 0 to working "
            "precision."
        ) from None


def _check_range(covariances: FloatArray, is_variance: BoolArray) -> None:
    ordinary = (covariances >= NARROWEST) & (covariances <= _WIDEST)
    expected = f"a variance from {NARROWEST:g} to {_WIDEST:g}"
    check_entries("covariances", covariances, ordinary | ~is_variance, expected)
    ordinary = np.abs(covariances) <= _WIDEST
    expected = f"a number from -{_WIDEST:g} to {_WIDEST:g}"
    check_entries("covariances", covariances, ordinary, expected)


def departure(structure: CovarianceStructure, covariances: Covariances) -> str | None:
    """What covariances of the structure would be; None if these are.

    What all components share is alike, and spheres are round: one stands for all.
    """
    if not isinstance(structure, Structure):
        return None
    shown = _shown(covariances)
    shared = Tie.OWN not in (structure.volume, structure.shape, structure.orientation)
    if shared and not np.allclose(shown, shown[:1], rtol=_EQUAL, atol=0.0):
        return "the same for all components"
    if structure.shape is Tie.NONE and not np.allclose(shown, shown[:, :1], rtol=_EQUAL, atol=0.0):
        return "the same for all columns"
    return None


def _check_ties(structure: CovarianceStructure, covariances: Covariances) -> None:
    expected = departure(structure, covariances)
    if expected is not None:
        raise ModelFileError(
            f"its entry 'arrays.covariances' is not of structure {_name(structure)}; it should be "
            f"{expected}."
        )


def _shown(covariances: Covariances) -> FloatArray:
    """Variances (k, d) of covariances along the axes, or matrices (k, d, d)."""
    along_axes = isinstance(covariances, AxisCovariances)
    return covariances.variances if along_axes else covariances.matrices()
