"""Where factor analyzers begin: the principal factors of each component, from a sketch.

With several components the first step knows no factors yet, so the scores of its statistics are
some random sums of the columns, the same for all rows. With S the scatter and D these directions,
S is then nearly

    (S D) (D^T S D)^+ (S D)^T

if its spread is along a few directions (Nystroem; Halko, Martinsson and Tropp 2011, section 5.5).
Of its principal axes the loadings are taken, each of the length that is left of its spread by the
noise about it, which is the mean of the spread along the other axes (Tipping and Bishop 1999). The
uniquenesses begin with all of the variances: of what begins too large EM takes off what it should,
but what begins too small it hardly raises.

One component begins the same way from every start, so it has to begin well, and has room for the
scatter itself. Its uniquenesses begin with what the other columns do not tell of a column, and its
loadings are the likeliest for these (Joreskog 1963, "Statistical Estimation in Factor Analysis").
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from mixtura.families.factor_analyzers.statistics import FactorMoments
from mixtura.typing import FloatArray

__all__ = ["directions", "first_factors", "principal_factors", "width"]

# Directions beyond the factors', and the number of which there is a multiple: families of nearly
# as many factors can share what they begin with.
_MORE, _AT_ONCE = 5, 8
_SEED = 0

# Columns up to which one component has its scatter gathered.
_WHOLE_UP_TO = 200

# Share of the spread along an axis that a loading has in any case: EM would not change it from 0.
_LEAST = 0.1

# Share of the largest spread that is nothing but rounding.
_ROUNDING = 1e-12


def width(n_factors: int) -> int:
    """How many directions there are for so many factors."""
    return 0 if n_factors == 0 else _AT_ONCE * -(-(n_factors + _MORE) // _AT_ONCE)


@lru_cache(maxsize=8)
def directions(k: int, d: int, n_factors: int) -> FloatArray:
    """Directions (d, l) of columns in units of their own, always the same: random ones, or all."""
    if _is_whole(k, d, n_factors):
        chosen = np.eye(d)
    else:
        chosen = np.random.default_rng(_SEED).standard_normal((d, width(n_factors)))
    chosen.flags.writeable = False
    return chosen


def _is_whole(k: int, d: int, n_factors: int) -> bool:
    return k == 1 and d <= _WHOLE_UP_TO and n_factors > 0


def first_factors(
    statistics: FactorMoments, n_factors: int, units: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Loadings (k, d, q) and uniquenesses (k, d) from the statistics of the first step.

    Parameters
    ----------
    statistics : FactorMoments
        Along the `directions` of columns in the units (d,).
    n_factors : int
    units : ndarray of shape (d,)
    """
    count = statistics.rows.count
    if _is_whole(len(count), len(units), n_factors):
        covariance = statistics.products[0] / units[:, None] / count[0]
        factors = _image_factors(covariance, n_factors)
        if factors is not None:
            loadings, uniquenesses = factors
            return (units[:, None] * loadings)[None], (np.square(units) * uniquenesses)[None]
    return principal_factors(statistics, n_factors, units)


def _image_factors(covariance: FloatArray, q: int) -> tuple[FloatArray, FloatArray] | None:
    """Loadings (d, q) and uniquenesses (d,) of a covariance (d, d); None where it is singular."""
    sizes, axes = np.linalg.eigh(covariance)
    if sizes[0] <= _ROUNDING * sizes[-1]:
        return None
    untold = 1.0 / (np.square(axes) / sizes).sum(axis=1)
    uniquenesses = (1.0 - 0.5 * q / len(sizes)) * untold
    unit = np.sqrt(uniquenesses)
    sizes, axes = np.linalg.eigh(covariance / np.outer(unit, unit))
    sizes, axes = sizes[: -q - 1 : -1], axes[:, : -q - 1 : -1]
    lengths = np.sqrt(np.maximum(sizes - 1.0, _LEAST * sizes))
    return unit[:, None] * axes * lengths, uniquenesses


def principal_factors(
    statistics: FactorMoments, n_factors: int, units: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """The same from principal axes, whatever the directions are."""
    count = statistics.rows.count[:, None]
    variances = statistics.rows.scatter / count
    d, q = len(units), n_factors
    if not q:
        return np.empty((*variances.shape, 0)), variances
    sketch = statistics.products / units[:, None] / count[:, :, None]
    sizes, axes = np.linalg.eigh(statistics.factors / count[:, :, None])
    sound = sizes > _ROUNDING * sizes[:, -1:]
    shares = np.where(sound, 1.0 / np.sqrt(np.where(sound, sizes, 1.0)), 0.0)
    root = sketch @ (axes * shares[:, None, :])  # the scatter is nearly this times its transpose
    spread, axes = np.linalg.eigh(root.transpose(0, 2, 1) @ root)
    spread, axes = spread[:, : -q - 1 : -1].clip(min=0.0), axes[:, :, : -q - 1 : -1]
    total = (variances / np.square(units)).sum(axis=1)
    noise = (total - spread.sum(axis=1)).clip(min=0.0) / max(d - q, 1)
    kept = np.maximum(spread - noise[:, None], _LEAST * spread)
    lengths = np.sqrt(np.divide(kept, spread, out=np.zeros_like(spread), where=spread > 0.0))
    return units[:, None] * (root @ axes) * lengths[:, None, :], variances
