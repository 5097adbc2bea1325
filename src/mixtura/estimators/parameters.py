"""Checks of an estimator's parameters: each error has the value and what was expected."""

from __future__ import annotations

from functools import lru_cache
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from mixtura.errors import MixturaError
from mixtura.typing import AnyArray

__all__ = [
    "check_array",
    "check_count",
    "check_floor",
    "check_known",
    "check_magnitude",
    "check_noise",
    "check_weights",
    "seed_of",
]

# Variances with a smaller share of others' are lost in the rounding of a covariance matrix.
_LEAST_FLOOR = 1e-12


def check_count(name: str, value: object, at_least: int) -> int:
    """A whole number that is not too small."""
    if isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= at_least:
        return int(value)
    raise MixturaError(
        f"Invalid value for '{name}': {value!r}. It should be a whole number, {at_least} or more."
    )


def check_magnitude(name: str, value: object) -> float:
    """A finite number that is not negative."""
    if isinstance(value, Real) and np.isfinite(float(value)) and float(value) >= 0.0:
        return float(value)
    raise MixturaError(
        f"Invalid value for '{name}': {value!r}. It should be a finite number, 0 or more."
    )


def check_floor(value: object) -> float:
    """The share that is the variance floor: 0, or a number that rounding leaves standing."""
    floor = check_magnitude("reg_covar", value)
    if floor != 0.0 and not _LEAST_FLOOR <= floor <= 1.0 / _LEAST_FLOOR:
        raise MixturaError(
            f"Invalid value for 'reg_covar': {value!r}. It should be 0 for none, or from "
            f"{_LEAST_FLOOR:.0e}, as rounding blurs what is less, to {1.0 / _LEAST_FLOOR:.0e} "
            "times the features' variances."
        )
    return floor


def check_known(labels: Any, n: int, k: int, *, noise: bool) -> AnyArray | None:
    """Known components of n rows: whole numbers below k, -1 where unknown; None for none.

    With noise, k is its number.
    """
    if labels is None:
        return None
    known = np.asarray(labels)
    if known.shape != (n,) or not np.issubdtype(known.dtype, np.integer):
        raise MixturaError(
            f"labels has shape {known.shape} and dtype {known.dtype}; it should have shape {(n,)} "
            "and hold whole numbers: a component, or -1 where it is unknown."
        )
    if known.min() < -1 or known.max() >= k + noise:
        raise MixturaError(
            f"labels are from {known.min()} to {known.max()}; they should be from 0 to {k - 1}, "
            f"{f'{k} for noise, ' if noise else ''}or -1 where unknown. "
            "Raise n_components or number the labels anew."
        )
    return known if known.max() >= 0 else None


def check_noise(value: object) -> None:
    """False, True, or a volume: a finite number above 0."""
    if isinstance(value, bool | np.bool_):
        return
    if not isinstance(value, Real) or not 0.0 < float(value) < np.inf:
        raise MixturaError(
            f"Invalid value for 'noise': {value!r}. It should be False, True, or the volume over "
            "which noise is spread, a finite number above 0."
        )


def check_array(name: str, value: Any, shape: tuple[int, ...]) -> AnyArray:
    """An array of finite numbers of the given shape."""
    array = np.asarray(value, dtype=np.float64)
    if array.shape != shape:
        raise MixturaError(
            f"The parameter '{name}' should have the shape of {shape}, but got {array.shape}"
        )
    if not np.isfinite(array).all():
        raise MixturaError(f"The parameter '{name}' should be finite, but has NaN or infinity.")
    return array


def check_weights(value: Any, k: int, *, noise: bool) -> AnyArray:
    """Mixing weights: k numbers in [0, 1] that sum to 1; with noise k + 1."""
    if noise and np.shape(value) != (k + 1,):
        raise MixturaError(
            f"The parameter 'weights' has the shape {np.shape(value)}; with noise it should be "
            f"{(k + 1,)}: one for each component, and the last for the noise."
        )
    weights = check_array("weights", value, (k + noise,))
    if weights.min() < 0.0 or weights.max() > 1.0:
        raise MixturaError(
            "The parameter 'weights' should be in the range [0, 1], "
            f"but got values from {weights.min():.5f} to {weights.max():.5f}"
        )
    # float32 weights sum to 1 with an error of this size.
    if not np.isclose(weights.sum(), 1.0, rtol=0.0, atol=1e-6):
        raise MixturaError(
            "The parameter 'weights' should be normalized, "
            f"but got sum(weights) = {weights.sum():.5f}"
        )
    normalised: AnyArray = weights / weights.sum()
    return normalised


def seed_of(random_state: Any) -> int:
    """A seed: always the same for a number, the next one of a RandomState, any for None."""
    if isinstance(random_state, Integral):
        return _seed_of_number(int(random_state))
    return _drawn(random_state)


@lru_cache(maxsize=64)  # to make a generator takes longer than some iterations
def _seed_of_number(number: int) -> int:
    return _drawn(number)


def _drawn(random_state: Any) -> int:
    return int(check_random_state(random_state).randint(2**31 - 1))
