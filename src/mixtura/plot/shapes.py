"""How components look in one column and in two: densities, centers and ellipses."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from mixtura.families.description import Bell, Curve, Marginal, Mass, Shares
from mixtura.plot.view import Fitted
from mixtura.typing import FloatArray

__all__ = ["TAILS", "Pair", "densities", "numbers", "outline", "pair_of", "places_of", "span"]

#: In deviations: there a bell is at a hundredth of its height.
TAILS = 3.1

_CORNERS = 90
_ROOT = np.sqrt(2.0 * np.pi)
_GRID, _ABOUT = 240, np.linspace(-4.0, 4.0, 49)

# How far components are shown, in deviations, and how far that may widen a picture of rows.
_REACH, _WIDER = 2.5, 0.3


class Pair(NamedTuple):
    """Components in two columns.

    Attributes
    ----------
    centers : ndarray of shape (k, 2)
    spreads : ndarray of shape (k, 2, 2)
        Variances on the diagonals.
    elliptic : bool
        Whether ellipses show the components, and not only how far they reach along the columns.
    """

    centers: FloatArray
    spreads: FloatArray
    elliptic: bool


def numbers(marginal: Marginal) -> Bell | Curve | Mass:
    """A marginal of a column of numbers."""
    assert not isinstance(marginal, Shares)  # which levels have
    return marginal


def pair_of(fitted: Fitted, columns: tuple[int, int]) -> Pair:
    """Components in two columns of numbers, as the description has them."""
    marginals = [numbers(fitted.marginal(c)) for c in columns]
    centers = np.stack([marginal.mean for marginal in marginals], axis=1)
    variances = np.square([marginal.deviation for marginal in marginals]).T
    alone = variances[:, :, None] * np.eye(2) if np.isfinite(variances).all() else None
    given = fitted.summary.spreads(columns)
    bells = all(isinstance(marginal, Bell) for marginal in marginals)
    if alone is None:
        alone = np.zeros((len(centers), 2, 2))
        alone[:, [0, 1], [0, 1]] = variances
    spreads = alone if given is None else np.where(np.isnan(given), alone, given)
    return Pair(centers, spreads, given is not None or bells)


def outline(center: FloatArray, spread: FloatArray, radius: float) -> FloatArray:
    """Corners (m, 2) of the ellipse so many standard deviations about a center."""
    values, vectors = np.linalg.eigh(spread)
    angles = np.linspace(0.0, 2.0 * np.pi, _CORNERS)
    circle = radius * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    corners: FloatArray = center + (circle * np.sqrt(np.maximum(values, 0.0))) @ vectors.T
    return corners


def span(
    values: FloatArray, marginal: Bell | Curve | Mass, margin: float, reach: float = _REACH
) -> tuple[float, float]:
    """Where a column is drawn: all of its cells, and components within reason.

    Parameters
    ----------
    values : ndarray of shape (n,)
        Of which some may be missing.
    marginal : Bell, Curve or Mass
    margin : float
        What is added at both ends, as a share.
    reach : float, default=2.5
        How many deviations about its mean a component reaches.
    """
    deviation = np.where(np.isfinite(marginal.deviation), marginal.deviation, 0.0)
    low = float((marginal.mean - reach * deviation).min())
    high = float((marginal.mean + reach * deviation).max())
    if not isinstance(marginal, Bell):  # skewed ones have nothing below their least values
        low = float(marginal.values[0])
    seen = values[~np.isnan(values)]
    if len(seen):
        least, largest = float(seen.min()), float(seen.max())
        beyond = _WIDER * (largest - least) if largest > least else np.inf
        low = min(least, max(low, least - beyond))
        high = max(largest, min(high, largest + beyond))
    room = margin * (high - low) if high > low else 0.5
    return low - room, high + room


def places_of(marginal: Bell | Curve | Mass, low: float, high: float) -> FloatArray:
    """Ascending places at which densities are drawn; close together about each center."""
    if isinstance(marginal, Mass):
        return np.arange(np.ceil(low), np.floor(high) + 1.0) + 0.0  # no negative zero
    near = (
        marginal.mean[:, None]
        + np.where(np.isfinite(marginal.deviation), marginal.deviation, 0.0)[:, None] * _ABOUT
    )
    bends = marginal.values if isinstance(marginal, Curve) else np.empty(0)
    places = np.unique(np.concatenate([np.linspace(low, high, _GRID), near.ravel(), bends]))
    return places[(places >= low) & (places <= high)]


def densities(marginal: Bell | Curve | Mass, places: FloatArray) -> FloatArray:
    """Densities (k, m) of the components at places, or probabilities of whole numbers."""
    match marginal:
        case Bell(mean, deviation):
            z = (places - mean[:, None]) / deviation[:, None]
            return np.asarray(np.exp(-0.5 * z * z) / (_ROOT * deviation[:, None]))
        case Curve(_, _, values, shapes):
            return np.array([np.interp(places, values, row, 0.0, 0.0) for row in shapes])
        case Mass(_, _, values, masses):
            at = np.searchsorted(values, places)
            there = at < len(values)
            there[there] = values[at[there]] == places[there]
            found = np.zeros((len(masses), len(places)))
            found[:, there] = masses[:, at[there]]
            return found
