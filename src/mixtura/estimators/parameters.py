"""Checks of an estimator's parameters: each error has the value and what was expected."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from numbers import Integral, Real
from reprlib import repr as short
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from mixtura.errors import DataError, MixturaError
from mixtura.estimators.options import STARTS
from mixtura.mixing_weights import FREE, EqualWeights, FixedWeights, FreeLast, Mixing
from mixtura.starts.training_rows import LARGEST, TrainingRows
from mixtura.typing import AnyArray

__all__ = [
    "check_array",
    "check_count",
    "check_floor",
    "check_known",
    "check_level",
    "check_magnitude",
    "check_mixing",
    "check_noise",
    "check_noise_rows",
    "check_not_single",
    "check_places",
    "check_start",
    "check_total",
    "check_weights",
    "fixed_parts",
    "mixing_parameters",
    "seed_of",
    "wrong_kind",
]

# Variances with a smaller share of others' are lost in the rounding of a covariance matrix.
_LEAST_FLOOR = 1e-12

# Rows of a sample that fit into memory.
_MOST_ROWS = 10_000_000


def wrong_kind(name: str, value: object, expected: str, remedy: str) -> MixturaError:
    """The error for what is something else altogether, such as a class in place of an instance."""
    kind = type(value)
    told = f"a {kind.__name__} of {kind.__module__.partition('.')[0]}"
    if kind.__module__ == "builtins":
        told = short(value)
    if isinstance(value, type):
        told, remedy = f"the class {value.__name__}", f"Make one of it: {value.__name__}(...)."
    return MixturaError(f"{name} is {told}; expected {expected}. {remedy}")


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


def check_level(level: object) -> float:
    """A share between 0 and 1."""
    if isinstance(level, Real) and 0.0 < float(level) < 1.0:
        return float(level)
    raise MixturaError(
        f"Invalid value for 'level': {level!r}. It should be a number between 0 and 1."
    )


def check_total(weight: float, sample: str) -> None:
    """A weight of all rows that counts rows, so that as many can be drawn."""
    if not 1.0 <= weight <= _MOST_ROWS:
        raise DataError(
            f"sample_weight sums to {weight:.6g}, and {sample} has as many rows: there should be "
            f"weights that count rows, between 1 and {_MOST_ROWS:,} in all."
        )


def check_not_single(table: TrainingRows) -> None:
    """Refuse a row alone, of which no variance can be had.

    A weight above 1 stands for several rows, and a part of a larger table has the units of that.
    """
    if table.n_rows == 1 and table.whole is None and table.summary.total_weight <= 1.0:
        raise DataError(
            "Expected 2 rows or more, but got n_samples=1: a single row says nothing of variances. "
            "Give more rows; if it stands for several, its sample_weight."
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
    if known.dtype.kind == "f" and np.isnan(known).any():
        raise MixturaError(
            f"labels is NaN at row {int(np.isnan(known).argmax())}: where the component is unknown "
            "it should be -1."
        )
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


def check_places(name: str, value: Any, shape: tuple[int, ...]) -> AnyArray:
    """An array of numbers no larger than those of a table may be."""
    places = check_array(name, value, shape)
    furthest = places.flat[np.abs(places).argmax()]
    if abs(furthest) > LARGEST:
        raise MixturaError(
            f"The parameter '{name}' has {furthest:.3g}; its numbers should be no larger than "
            f"{LARGEST:.0e}, as those of a table, lest their squares overflow."
        )
    return places


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


def check_mixing(
    equal_weights: object, fixed: object, fixable: Sequence[str], *, noise: bool
) -> Mixing:
    """What M-steps make of the weights, from the parameters of these names.

    Beside noise, equal weights are those of the clusters; fixed ones are all.
    """
    if not isinstance(equal_weights, bool | np.bool_):
        raise MixturaError(f"equal_weights={equal_weights!r}; it should be True or False.")
    parts = fixed_parts(fixed)
    if not isinstance(parts, tuple | list) or not all(part in fixable for part in parts):
        raise MixturaError(
            f"fixed={fixed!r} is unknown; give None or some of {', '.join(fixable)}."
        )
    if "weights" in parts and equal_weights:
        raise MixturaError(
            "equal_weights=True leaves no weights to be fixed: leave 'weights' out of fixed."
        )
    if "weights" in parts:
        return FixedWeights()
    equal = FreeLast(EqualWeights()) if noise else EqualWeights()
    return equal if equal_weights else FREE


def mixing_parameters(mixing: Mixing) -> dict[str, Any]:
    """The parameters `equal_weights` and `fixed` from which `check_mixing` makes the rule."""
    fixed = mixing == FixedWeights()
    return {"equal_weights": mixing != FREE and not fixed, "fixed": "weights" if fixed else None}


def fixed_parts(fixed: Any) -> Any:
    """The parts that are fixed, from one of them, several or None."""
    return () if fixed is None else (fixed,) if isinstance(fixed, str) else fixed


def check_start(init_params: Any, table: TrainingRows, k: int, noise: bool) -> AnyArray | None:
    """Labels (n,) or responsibilities (n, k), or (n, k + 1) with noise; None for a start's name.

    Those are given for all of the user's rows, and kept for those of positive weight.
    """
    names, n = list(STARTS), table.n_given
    if isinstance(init_params, str):
        if init_params in names:
            return None
        raise MixturaError(
            f"init_params={init_params!r} is unknown; choose one of {', '.join(names)}, "
            "or give an array of labels (n,) or responsibilities (n, k)."
        )
    init = np.asarray(init_params)
    if init.shape == (n,):
        return _check_labels(table.kept(init), k, noise)
    if init.shape == (n, k + noise):
        return _check_responsibilities(table.kept(init), noise)
    raise MixturaError(
        f"init_params has shape {init.shape}; it should be the name of a start, labels ({n},) or "
        f"responsibilities ({n}, {k + noise}){', the last column for noise' if noise else ''}."
    )


def _check_labels(labels: AnyArray, k: int, noise: bool) -> AnyArray:
    least = -1 if noise else 0
    if not np.issubdtype(labels.dtype, np.integer) or labels.min() < least or labels.max() >= k:
        raise MixturaError(
            f"init_params holds labels from {labels.min()} to {labels.max()} ({labels.dtype}); "
            f"they should be whole numbers from 0 to {k - 1}{', or -1 for noise' if noise else ''}."
        )
    if noise and not -1 == labels.min() < labels.max():
        raise MixturaError(_NOISE_AND_REST.format("label -1"))
    return labels


def _check_responsibilities(resp: AnyArray, noise: bool) -> AnyArray:
    resp = np.asarray(resp, dtype=np.float64)
    total = resp.sum(axis=1)
    if not (resp >= 0.0).all() or not np.allclose(total, 1.0):
        raise MixturaError(
            f"init_params holds responsibilities that sum to between {total.min():.5g} and "
            f"{total.max():.5g}; each row should be non-negative and sum to 1."
        )
    if noise and not (resp[:, -1].any() and resp[:, :-1].any()):
        raise MixturaError(_NOISE_AND_REST.format("a share in the last column"))
    return resp


_NOISE_AND_REST = (
    "init_params marks all rows or none as noise, and what begins without rows never gets any: "
    "give some rows {}, or leave the start to mixtura."
)


def check_noise_rows(noise_init: Any, table: TrainingRows) -> AnyArray | None:
    """Which rows begin as noise, of those of positive weight; None if the user does not say."""
    if noise_init is None:
        return None
    rows, n = np.asarray(noise_init), table.n_given
    if rows.shape == (n,):
        rows, n = table.kept(rows), len(table.rows)
    if rows.shape != (n,) or rows.dtype != np.bool_ or rows.all() or not rows.any():
        raise MixturaError(
            f"noise_init has shape {rows.shape}, dtype {rows.dtype} and {np.count_nonzero(rows)} "
            f"marked rows; it should be a boolean array ({n},) that marks some rows, not all."
        )
    return rows
