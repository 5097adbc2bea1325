"""What a page makes of the marginals of its columns: how far they separate the clusters, how much
of them there is room for, and the JSON values of them.

    {"kind": "bell", "mean", "deviation"}                               (k,) each
    {"kind": "curve", "mean", "deviation", "values", "densities"}       (m,) values, (k, m)
    {"kind": "mass", "mean", "deviation", "values", "probabilities"}    (m,) values, (k, m)
    {"kind": "shares", "levels", "probabilities"}                       L names, (k, L)
"""

from dataclasses import replace
from math import ceil, floor, inf

import numpy as np
from numpy.typing import NDArray

from mixtura.families.description import Bell, Curve, Marginal, Mass, Shares
from mixtura.report.summaries import Floats
from mixtura.report.visible import visible

DIGITS = 6  # of probabilities: more than a picture shows, in half the room
LEVEL_LETTERS = 60


def separation(marginal: Marginal, weights: Floats) -> float:
    """Variance of a column between clusters, as a multiple of that within.

    Of a column of levels it is that of their indicators (1 at a row's own level, 0 at others),
    summed over the levels.
    """
    share = weights / weights.sum() if weights.any() else np.full(len(weights), 1 / len(weights))
    match marginal:
        case Shares(probabilities=means):
            variances = (means * (1.0 - means)).sum(axis=1)
        case Bell() | Curve() | Mass():
            means, variances = marginal.mean[:, None], np.square(marginal.deviation)
    between = float(share @ np.square(means - share @ means).sum(axis=1))
    within = float(share @ variances)
    if within > 0.0:
        return between / within
    return inf if between > 0.0 else 0.0


def range_of_means(marginal: Bell | Curve | Mass) -> tuple[float, float]:
    """The least and the largest mean of the clusters; whole numbers around them for counts."""
    least, largest = float(marginal.mean.min()), float(marginal.mean.max())
    return (floor(least), ceil(largest)) if isinstance(marginal, Mass) else (least, largest)


def of_clusters(marginal: Marginal, n: int) -> Marginal:
    """What the first n clusters make of a column."""
    match marginal:
        case Bell():
            return Bell(marginal.mean[:n], marginal.deviation[:n])
        case Curve():
            own = marginal.mean[:n], marginal.deviation[:n]
            return Curve(*own, marginal.values, marginal.densities[:n])
        case Mass():
            own = marginal.mean[:n], marginal.deviation[:n]
            return Mass(*own, marginal.values, marginal.probabilities[:n])
        case Shares():
            return replace(marginal, probabilities=marginal.probabilities[:n])


def of_values(marginal: Marginal, most: int) -> Marginal:
    """The marginal, which is told as a bell if it has very many values."""
    if isinstance(marginal, Curve | Mass) and len(marginal.values) > most:
        return Bell(marginal.mean, marginal.deviation)
    return marginal


def of_levels(
    marginal: Shares, weights: Floats, most: int
) -> tuple[Shares, NDArray[np.intp] | None]:
    """The commonest levels in their order, and all others as one: `most` in all.

    With it comes the place of every level among those; None if all are there.
    """
    n = len(marginal.levels)
    if n <= most:
        return marginal, None
    commonest = np.argsort(-(weights @ marginal.probabilities), kind="stable")[: most - 1]
    kept = np.sort(commonest)
    places = np.full(n, most - 1)
    places[kept] = np.arange(most - 1)
    p = marginal.probabilities
    rest = p.sum(axis=1, keepdims=True) - p[:, kept].sum(axis=1, keepdims=True)
    levels = (*(marginal.levels[level] for level in kept), f"({n - most + 1:,} other levels)")
    return Shares(levels, np.hstack([p[:, kept], np.clip(rest, 0.0, 1.0)])), places


def document(marginal: Marginal) -> dict[str, object]:
    """A marginal as JSON values."""
    match marginal:
        case Bell(mean, deviation):
            return {"kind": "bell", "mean": mean, "deviation": deviation}
        case Curve(mean, deviation, values, densities):
            return {
                "kind": "curve",
                "mean": mean,
                "deviation": deviation,
                "values": values,
                "densities": _rounded(densities),
            }
        case Mass(mean, deviation, values, probabilities):
            return {
                "kind": "mass",
                "mean": mean,
                "deviation": deviation,
                "values": values,
                "probabilities": _rounded(probabilities),
            }
        case Shares(levels, probabilities):
            return {
                "kind": "shares",
                "levels": [visible(level, LEVEL_LETTERS) for level in levels],
                "probabilities": _rounded(probabilities),
            }


def _rounded(probabilities: Floats) -> list[list[float]]:
    return [[float(f"{p:.{DIGITS}g}") for p in row] for row in probabilities.tolist()]
