"""The parameter `prior`, translated to the prior of a family."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import numpy as np

from mixtura.errors import DataError, MixturaError
from mixtura.estimators.parameters import check_magnitude, check_places
from mixtura.families import FLAT, NormalInverseWishart, Prior
from mixtura.families.gaussian.structures import CovarianceStructure
from mixtura.sources import Source, Summary
from mixtura.starts.training_rows import LARGEST, SMALLEST
from mixtura.statistics import Moments
from mixtura.typing import FloatArray

__all__ = ["check_prior", "make_prior"]

_DEFAULT = "default"


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
        _given(vars(prior), d)
        return prior
    given = {} if isinstance(prior, str) else _given(prior, d)
    covariance = np.ones(d) if "scale" in given else _covariance(source, structure.diagonal)
    return NormalInverseWishart.default(summary.moments.mean[0], covariance, k, floor, **given)


def _given(prior: Mapping[str, Any], d: int) -> dict[str, Any]:
    """The fields of a prior that a dict has, as the prior takes them."""
    given = dict(prior)
    for name in ("shrinkage", "dof"):
        if name in given:
            given[name] = _rows_worth(f"prior {name}", given[name])
    if "mean" in given:
        given["mean"] = check_places("prior mean", given["mean"], (d,))
    if "scale" in given:
        given["scale"] = _scale(given["scale"], d)
    return given


def _rows_worth(name: str, value: object) -> float:
    """A number of rows, of which sums and squares are ordinary numbers."""
    n = check_magnitude(name, value)
    if n == 0.0 or SMALLEST <= n <= LARGEST:  # the prior says where 0 cannot be
        return n
    raise MixturaError(
        f"Invalid value for '{name}': {value!r}. It should be from {SMALLEST:.0e} to {LARGEST:.0e}."
    )


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
    variances = scale.diagonal() if scale.ndim == 2 else scale
    ordinary = (np.square(SMALLEST) <= variances) & (variances <= np.square(LARGEST))
    if not (ordinary | ~(variances > 0.0)).all():  # what is not positive has an error of its own
        raise MixturaError(
            f"The prior scale has variances from {variances.min():.3g} to {variances.max():.3g}; "
            f"they should be from {SMALLEST**2:.0e} to {LARGEST**2:.0e}: rescale the table."
        )
    return scale if scale.ndim == 2 else np.diag(np.broadcast_to(scale, (d,)))


def _covariance(source: Source, diagonal: bool) -> FloatArray:
    """Covariance of all rows, with divisor n - 1: (d, d), or (d,) if `diagonal`."""
    whole = source.map_reduce(
        lambda chunk: Moments.of(chunk.X, chunk.weight[:, None], diagonal=diagonal)
    )
    degrees = float(whole.count[0]) - 1.0
    if degrees <= 0.0:
        raise DataError(
            f"The rows weigh {whole.count[0]:.3g} together, and the default prior needs more "
            "than 1 for their covariance: give a prior with a 'scale', or larger weights."
        )
    covariance: FloatArray = whole.scatter[0] / degrees
    return covariance
