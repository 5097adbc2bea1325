"""What files keep of Gaussian components, and what people see of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mixtura.errors import MixturaError, ModelFileError
from mixtura.families.description import Bell, check_entries, check_names, refuse, stacked
from mixtura.families.entries import Entries, of_pairs
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.kept_covariances import (
    WIDEST,
    covariances_of_columns,
    kept_covariances,
    kept_shape,
    shown_covariances,
)
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.prior import FLAT, FlatPrior, NormalInverseWishart, Prior
from mixtura.families.gaussian.structures import VVV, CovarianceStructure, Structure
from mixtura.families.schema import Kind, Schema
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
from mixtura.typing import FloatArray

__all__ = ["NAMED_STRUCTURES", "GaussianDescription", "check_near", "structure_name"]

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

# Beyond this, differences are no ordinary numbers: no table that can be fitted comes near.
_FURTHEST = 1e100


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
            "structure": structure_name(family.structure),
            "floor": family.floor.tolist(),
            "fixed_means": family.fixed_means,
            "prior": _prior_options(family.prior),
        }

    def arrays(self, params: GaussianParameters) -> dict[str, FloatArray]:
        return {"means": params.means, "covariances": shown_covariances(params.covariances)}

    def entries(self, params: GaussianParameters, schema: Schema) -> dict[str, Entries]:
        shown = shown_covariances(params.covariances)
        return {
            "means": Entries.of_columns(schema),
            "covariances": of_pairs(shown, schema),
        }

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema
    ) -> tuple[Gaussian, GaussianParameters]:
        d = len(schema)
        family = _family(options, d)
        structure = family.structure
        shape = kept_shape(structure, d)
        means, covariances = stacked(arrays, means=(d,), covariances=shape)
        check_near("means", means)
        name = structure_name(structure)
        kept = kept_covariances(structure, covariances, "covariances", name)
        params = GaussianParameters(means, kept)
        _check_prior(family, params)
        return family, params

    def structure(self, family: Gaussian) -> tuple[str, str]:
        name = structure_name(family.structure)
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
        return covariances_of_columns(params.covariances, places)


def structure_name(structure: CovarianceStructure) -> str:
    """The name of one of them.

    Raises
    ------
    MixturaError
        If it has none.
    """
    for name, (known, _) in NAMED_STRUCTURES.items():
        if type(known) is type(structure) and known == structure:
            return name
    raise MixturaError(
        f"The covariance structure {structure!r} has no name: add a line for it to "
        "NAMED_STRUCTURES in mixtura.families.gaussian.description."
    )


def check_near(name: str, places: FloatArray) -> None:
    """See that the places (k, d) of an array of that name are ordinary numbers."""
    near = np.abs(places) <= _FURTHEST
    check_entries(name, places, near, f"a number from -{_FURTHEST:g} to {_FURTHEST:g}")


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
            "scale": array((d, d), -WIDEST, WIDEST),
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
