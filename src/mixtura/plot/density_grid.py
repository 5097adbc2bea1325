"""The density of some columns on a grid: its heights, its hills, and whose place each is.

A row of which only these columns are there has their density, so that any family has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Self

import numpy as np

from mixtura.assignments import log_sum_exp, posterior
from mixtura.families.description import Bell, Curve, Mass
from mixtura.plot.shapes import TAILS, numbers, pair_of, span
from mixtura.plot.view import Fitted
from mixtura.typing import AnyArray, FloatArray

__all__ = ["DensityGrid"]

_STEPS = {1: 600, 2: 110}

_ABOUT = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
_BLOCK = 4096
_MOST_WHOLE = 160

# Lower hills, as shares of the highest, are of no account.
_LOWEST = 1e-3

# A climb begins with steps this much shorter than the grid's, lest it lead across a valley; it ends
# when they are this small a share of those. Two that end this close together, as a share of the
# picture, have reached the same hill.
_FINER, _SHORTEST, _SAME = 4.0, 1e-4, 1e-3
_CLIMB = 1000
_LONGER, _SHORTER = 1.5, 0.5


@dataclass(frozen=True, eq=False)
class DensityGrid:
    """The density of one or two columns.

    Attributes
    ----------
    fitted : Fitted
    columns : tuple of int
    axes : tuple of ndarray
        Places along each column, ascending.
    """

    fitted: Fitted
    columns: tuple[int, ...]
    axes: tuple[FloatArray, ...]

    @classmethod
    def of(cls, fitted: Fitted, columns: Sequence[int], values: FloatArray | None) -> Self:
        """Where the components are, and rows (n, d) if there are any."""
        axes = [_axis(fitted, c, values, _STEPS[len(columns)]) for c in columns]
        return cls(fitted, tuple(columns), tuple(axes))

    @cached_property
    def log_joint(self) -> FloatArray:
        """log(w_j p_j(x)) at the grid (m_0, ..., k), noise included."""
        flat = self._log_joint(np.array(list(product(*self.axes))))
        return flat.reshape(*(len(axis) for axis in self.axes), -1)

    def _log_joint(self, places: FloatArray) -> FloatArray:
        """The same at places (m, number of columns)."""
        mixture, found = self.fitted.model.mixture, []
        for start in range(0, len(places), _BLOCK):
            block = places[start : start + _BLOCK]
            cells = np.full((len(block), mixture.n_features), np.nan)
            cells[:, self.columns] = block
            with np.errstate(all="ignore"):  # places that the family cannot have
                found.append(mixture.log_joint(cells))
        joint = np.concatenate(found)
        return np.where(np.isnan(joint), -np.inf, joint)

    def log_density(self, places: FloatArray) -> FloatArray:
        """log p(x) at places (..., number of columns)."""
        flat = places.reshape(-1, len(self.columns))
        return log_sum_exp(self._log_joint(flat)).reshape(places.shape[:-1])

    @cached_property
    def _logs(self) -> FloatArray:
        flat = self.log_joint.reshape(-1, self.n_components)
        return log_sum_exp(flat).reshape(self.log_joint.shape[:-1])

    @property
    def heights(self) -> FloatArray:
        """Density at the grid as a share of that on the highest hill."""
        heights: FloatArray = np.exp(self._logs - self._highest)
        return heights

    @cached_property
    def shares(self) -> FloatArray:
        """Responsibilities at the grid (m_0, ..., k)."""
        flat = self.log_joint.reshape(-1, self.n_components)
        return posterior(flat)[0].reshape(self.log_joint.shape)

    def leads(self, component: int) -> FloatArray:
        """How far a component's responsibility is above the largest of the others."""
        others = np.delete(self.shares, component, axis=-1)
        leads: FloatArray = self.shares[..., component] - others.max(axis=-1, initial=0.0)
        return leads

    @property
    def n_components(self) -> int:
        """Noise included."""
        return self.fitted.model.mixture.n_components

    @property
    def hills(self) -> tuple[FloatArray, FloatArray]:
        """Places (m, number of columns) and heights (m,) of local maxima, highest first."""
        places, logs = self._tops
        heights = np.exp(logs - self._highest)
        return places[heights >= _LOWEST], heights[heights >= _LOWEST]

    @property
    def _highest(self) -> float:
        return float(self._tops[1][0])

    @cached_property
    def _tops(self) -> tuple[FloatArray, FloatArray]:
        """Where climbs from the peaks of the grid end, each place once, and log-densities."""
        peaks = np.argwhere(_peaks(self._logs) & np.isfinite(self._logs))
        places = np.stack([axis[at] for axis, at in zip(self.axes, peaks.T, strict=True)], axis=1)
        if not any(isinstance(self.fitted.marginal(c), Mass) for c in self.columns):
            places = self._climbed(np.concatenate([places, self._centers]))
        logs = self.log_density(places)
        order = np.argsort(-logs, kind="stable")
        kept: list[int] = []
        for place in order.tolist():
            apart = np.abs(places[kept] - places[place]) / self._ranges
            if not (apart < _SAME).all(axis=1).any():
                kept.append(place)
        return places[kept], logs[kept]

    @property
    def _centers(self) -> FloatArray:
        """Of the components that are in the picture: a narrow one may be between places of it."""
        means = [numbers(self.fitted.marginal(c)).mean for c in self.columns]
        low, high = (np.array([axis[end] for axis in self.axes]) for end in (0, -1))
        centers = np.stack(means, axis=1)
        return centers[((centers >= low) & (centers <= high)).all(axis=1)]

    @property
    def _ranges(self) -> FloatArray:
        return np.array([axis[-1] - axis[0] or 1.0 for axis in self.axes])

    def _climbed(self, places: FloatArray) -> FloatArray:
        """Up from each place, by compass: longer steps while they lead higher, else shorter ones.

        A narrow ridge across a grid looks like a row of peaks, of which all but one are none.
        Ridges go along the axes of components, and so does the compass.
        """
        compass = self._compass
        steps = np.ones(len(places))
        low, high = (np.array([axis[end] for axis in self.axes]) for end in (0, -1))
        for _ in range(_CLIMB):
            trials = np.clip(places[:, None] + steps[:, None, None] * compass, low, high)
            best = self.log_density(trials).argmax(axis=1)  # the place itself comes first
            places = trials[np.arange(len(places)), best]
            steps = np.where(best > 0, np.minimum(_LONGER * steps, 1.0), _SHORTER * steps)
            if (steps < _SHORTEST).all():
                break
        return places

    @property
    def _compass(self) -> FloatArray:
        """Nowhere, and short ways along the columns and the axes of components, both ways."""
        ways = np.diag(self._ranges)
        if len(self.columns) == 2:
            pair = pair_of(self.fitted, (self.columns[0], self.columns[1]))
            known = pair.spreads[np.isfinite(pair.spreads).all(axis=(1, 2))]
            axes = np.linalg.eigh(known)[1].transpose(0, 2, 1).reshape(-1, 2)
            ways = np.concatenate([ways, axes])
        ways /= np.abs(ways / self._ranges).max(axis=1, keepdims=True)
        ways /= _FINER * _STEPS[len(self.columns)]
        return np.concatenate([np.zeros((1, len(self.columns))), ways, -ways])


def _axis(fitted: Fitted, column: int, values: FloatArray | None, steps: int) -> FloatArray:
    """Places along a column, close together about the centers."""
    marginal = numbers(fitted.marginal(column))
    own = np.empty(0) if values is None else values[:, column]
    low, high = span(own, marginal, 0.04 if isinstance(marginal, Bell) else 0.0, TAILS)
    if isinstance(marginal, Mass):
        step = max(1.0, np.ceil((high - low) / _MOST_WHOLE))
        return np.arange(np.ceil(low), np.floor(high) + 1.0, step)
    if isinstance(marginal, Curve):
        high = float(marginal.values[-1]) if values is None else high
        low += (high - low) / (2 * steps)  # where it ends a density may be infinite
    deviation = np.where(np.isfinite(marginal.deviation), marginal.deviation, 0.0)
    near = (marginal.mean[:, None] + deviation[:, None] * _ABOUT).ravel()
    near = near[(near > low) & (near < high)]
    return np.unique(np.concatenate([np.linspace(low, high, steps), near]))


def _peaks(heights: FloatArray) -> AnyArray:
    """Which places are higher than those about them; of a level top the last one."""
    padded = np.pad(heights, 1, constant_values=-np.inf)
    peak = np.ones(heights.shape, dtype=bool)
    for shift in product((-1, 0, 1), repeat=heights.ndim):
        if any(shift):
            sides = zip(shift, heights.shape, strict=True)
            beside = padded[tuple(slice(1 + s, 1 + s + n) for s, n in sides)]
            later = shift > (0,) * heights.ndim
            peak &= heights > beside if later else heights >= beside
    return peak
