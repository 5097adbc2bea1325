"""The parameter `prior`, translated to the prior of a family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from mixtura import em
from mixtura.errors import DataError, MixturaError
from mixtura.estimators.parameters import check_array, check_magnitude
from mixtura.families import FLAT, Gaussian, NormalInverseWishart, Prior
from mixtura.families.gaussian.structures import VVI, VVV, CovarianceStructure
from mixtura.mixture import Mixture
from mixtura.sources import Source, Summary
from mixtura.statistics import Moments
from mixtura.stopping import fixed_length
from mixtura.typing import FloatArray

__all__ = ["check_prior", "make_prior"]

_DEFAULT = "default"

# Deviations between the prior's mean and the rows' that leave a covariance matrix invertible.
_FAR = 1e6

# Iterations for the covariance of rows with missing cells, and its least variance as a share of the
# columns'.
_STEPS, _LEAST = 50, 1e-9


def check_prior(prior: object) -> None:
    """None, 'default', a dict of some fields, or a NormalInverseWishart."""
    names = [field.name for field in fields(NormalInverseWishart)]
    if prior is None or isinstance(prior, NormalInverseWishart):
        return
    if isinstance(prior, Mapping):
        unknown = [name for name in prior if name not in names]
        if unknown:
            raise MixturaError(
                f"prior has {unknown[0]!r}; a dict should have some of {', '.join(names)}."
            )
    elif not isinstance(prior, str) or prior != _DEFAULT:
        raise MixturaError(
            f"prior={prior!r} is unknown; give None, {_DEFAULT!r}, a NormalInverseWishart, or a "
            f"dict of some of {', '.join(names)}."
        )


def make_prior(
    prior: Any,
    structure: CovarianceStructure,
    source: Source,
    summary: Summary,
    k: int,
    floor: FloatArray,
) -> Prior:
    """The prior of k components of the given structure, for the rows of a source."""
    d = source.n_features
    if prior is None:
        return FLAT
    if isinstance(prior, NormalInverseWishart):
        check_array("prior mean", prior.mean, (d,))
        made = prior
    else:
        given = {} if isinstance(prior, str) else _given(prior, d)
        covariance = np.ones(d)
        if "scale" not in given:
            of_rows = _of_gappy_rows if source.gappy else _covariance
            covariance = of_rows(source, summary, structure)
        mean = summary.center
        made = NormalInverseWishart.default(mean, covariance, k, floor, **given)
    if d > 1 and not structure.diagonal:
        _check_near(made, summary)
    return made


def _check_near(prior: NormalInverseWishart, summary: Summary) -> None:
    """A mean to which a covariance matrix can reach without losing its other directions."""
    distances = np.abs(summary.standardized(prior.mean))
    if distances.max() > _FAR:
        column = int(distances.argmax())
        raise MixturaError(
            f"The prior mean is {prior.mean[column]:.5g} in column {column}, and that of the rows "
            f"{summary.center[column]:.5g}: {distances[column]:.1e} standard deviations "
            f"away, where no more than {_FAR:.0e} can be resolved beside the other directions. "
            "Give a mean nearer to the rows, or use a diagonal covariance_type."
        )


def _given(prior: Mapping[str, Any], d: int) -> dict[str, Any]:
    """The fields of a prior that a dict has, as the prior takes them."""
    given = dict(prior)
    for name in ("shrinkage", "dof"):
        if name in given:
            given[name] = check_magnitude(f"prior {name}", given[name])
    if "mean" in given:
        given["mean"] = check_array("prior mean", given["mean"], (d,))
    if "scale" in given:
        given["scale"] = _scale(given["scale"], d)
    return given


def _scale(value: Any, d: int) -> FloatArray:
    """A scale matrix (d, d), from itself, its diagonal or one number for all of that."""
    try:
        scale = np.array(value, dtype=np.float64)
    except (TypeError, ValueError):
        scale = np.array([])
    if scale.shape not in ((), (d,), (d, d)):
        raise MixturaError(
            f"The prior scale {value!r} should be a number or have shape {(d,)} or {(d, d)}."
        )
    return scale if scale.ndim == 2 else np.diag(np.broadcast_to(scale, (d,)))


def _covariance(source: Source, summary: Summary, structure: CovarianceStructure) -> FloatArray:
    """Covariance of all rows, with divisor n - 1: (d, d), or (d,) of diagonal structures."""
    whole = source.map_reduce(
        lambda chunk: Moments.of(chunk.X, chunk.weight[:, None], diagonal=structure.diagonal)
    )
    covariance: FloatArray = whole.scatter[0] / _degrees(float(whole.count[0]))
    return covariance


def _of_gappy_rows(source: Source, summary: Summary, structure: CovarianceStructure) -> FloatArray:
    """The same of rows with missing cells: what is likeliest, nearly, for one Gaussian."""
    family = Gaussian(VVI if structure.diagonal else VVV, _LEAST * np.square(summary.scales))
    start = Mixture(family, family.of_columns(summary.center, summary.scales), np.ones(1))
    whole = em.fit(start, source, stopping=fixed_length(_STEPS)).mixture.params.covariances
    likeliest = whole.variances if structure.diagonal else whole.matrices()
    total = summary.total_weight
    covariance: FloatArray = likeliest[0] * total / _degrees(total)
    return covariance


def _degrees(weight: float) -> float:
    """What sums of squares are divided by."""
    if weight <= 1.0:
        raise DataError(
            f"The rows weigh {weight:.3g} together, and the default prior needs more "
            "than 1 for their covariance: give a prior with a 'scale', or larger weights."
        )
    return weight - 1.0
