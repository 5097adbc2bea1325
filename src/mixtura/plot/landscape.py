"""The density of some columns on a grid: its heights, its hills, and whose place each is.

A row of which only these columns are there has their density, so that any family has it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Any, Self

import numpy as np

from mixtura.assignments import log_sum_exp, posterior
from mixtura.families.description import Bell, Curve, Mass
from mixtura.mixture import Mixture
from mixtura.plot.shapes import numbers, span
from mixtura.plot.view import Fitted
from mixtura.typing import AnyArray, FloatArray

__all__ = ["Landscape"]

_STEPS = {1: 600, 2: 110}
_ABOUT = np.array([-1.0, -0.5, 0.0, 0.5, 1.0])
_BLOCK = 4096
_MOST_WHOLE = 160

# Lower ones, as shares of the highest, are of no account.
_LOWEST = 1e-3


@dataclass(frozen=True, eq=False)
class Landscape:
    """The density of one or two columns.

    Attributes
    ----------
    axes : tuple of ndarray
        Places along each column, ascending.
    log_joint : ndarray of shape (m_0, ..., k)
        log(w_j p_j(x)) at each, noise included.
    whole : tuple of bool
        Which columns are of whole numbers.
    """

    axes: tuple[FloatArray, ...]
    log_joint: FloatArray
    whole: tuple[bool, ...]

    @classmethod
    def of(cls, fitted: Fitted, columns: Sequence[int], values: FloatArray | None) -> Self:
        """Where the components are, and rows (n, d) if there are any."""
        axes = tuple(_axis(fitted, c, values, _STEPS[len(columns)]) for c in columns)
        cells = np.full((int(np.prod([len(axis) for axis in axes])), len(fitted.names)), np.nan)
        cells[:, list(columns)] = np.array(list(product(*axes)))
        log_joint = _log_joint(fitted.model.mixture, cells)
        whole = tuple(isinstance(fitted.marginal(c), Mass) for c in columns)
        return cls(axes, log_joint.reshape(*(len(axis) for axis in axes), -1), whole)

    @cached_property
    def heights(self) -> FloatArray:
        """Density as a share of that on the highest hill."""
        logs = log_sum_exp(self.log_joint.reshape(-1, self.log_joint.shape[-1]))
        shape = self.log_joint.shape[:-1]
        heights: FloatArray = np.exp(logs - logs.max()).reshape(shape)
        return heights

    @cached_property
    def shares(self) -> FloatArray:
        """Responsibilities (m_0, ..., k)."""
        flat = self.log_joint.reshape(-1, self.log_joint.shape[-1])
        return posterior(flat)[0].reshape(self.log_joint.shape)

    def leads(self, component: int) -> FloatArray:
        """How far a component's responsibility is above the largest of the others."""
        others = np.delete(self.shares, component, axis=-1)
        leads: FloatArray = self.shares[..., component] - others.max(axis=-1)
        return leads

    @property
    def n_components(self) -> int:
        """Noise included."""
        return int(self.log_joint.shape[-1])

    @cached_property
    def hills(self) -> tuple[FloatArray, FloatArray]:
        """Places (m, number of columns) and heights (m,) of local maxima, highest first."""
        places = np.argwhere(_peaks(self.heights) & (self.heights >= _LOWEST))
        heights = self.heights[tuple(places.T)]
        order = np.argsort(-heights, kind="stable")
        found = [self._refined(place) for place in places[order].tolist()]
        return np.array(found).reshape(-1, len(self.axes)), heights[order]

    def _refined(self, place: list[int]) -> list[float]:
        """The top of parabolas through a place of the grid and those beside it."""
        tops = []
        for number, (at, axis) in enumerate(zip(place, self.axes, strict=True)):
            line: list[int | slice] = [*place]
            line[number] = slice(at - 1, at + 2)
            if self.whole[number] or not 0 < at < len(axis) - 1:
                tops.append(float(axis[at]))
                continue
            with np.errstate(divide="ignore"):
                logs = np.log(self.heights[tuple(line)])
            tops.append(_top(axis[at - 1 : at + 2], logs))
        return tops


def _axis(fitted: Fitted, column: int, values: FloatArray | None, steps: int) -> FloatArray:
    """Places along a column, close together about the centers."""
    marginal = numbers(fitted.marginal(column))
    own = np.empty(0) if values is None else values[:, column]
    low, high = span(own, marginal, 0.04 if isinstance(marginal, Bell) else 0.0)
    if isinstance(marginal, Mass):
        step = max(1.0, np.ceil((high - low) / _MOST_WHOLE))
        return np.arange(np.ceil(low), np.floor(high) + 1.0, step)
    if isinstance(marginal, Curve) and values is None:
        high = float(marginal.values[-1])
    deviation = np.where(np.isfinite(marginal.deviation), marginal.deviation, 0.0)
    near = (marginal.mean[:, None] + deviation[:, None] * _ABOUT).ravel()
    near = near[(near > low) & (near < high)]
    return np.unique(np.concatenate([np.linspace(low, high, steps), near]))


def _log_joint(mixture: Mixture[Any, Any], cells: FloatArray) -> FloatArray:
    blocks = [cells[i : i + _BLOCK] for i in range(0, len(cells), _BLOCK)]
    with np.errstate(all="ignore"):  # places that the family cannot have
        found = np.concatenate([mixture.log_joint(block) for block in blocks])
    return np.where(np.isnan(found), -np.inf, found)


def _peaks(heights: FloatArray) -> AnyArray:
    """Which places are higher than those about them; of a level top the last one."""
    padded = np.pad(heights, 1, constant_values=-np.inf)
    peak = np.ones(heights.shape, dtype=bool)
    for shift in product((-1, 0, 1), repeat=heights.ndim):
        if any(shift):
            sides = zip(shift, heights.shape, strict=True)
            beside = padded[tuple(slice(1 + s, 1 + s + n) for s, n in sides)]
            peak &= (heights > beside) if shift > (0,) * heights.ndim else (heights >= beside)
    return peak


def _top(x: FloatArray, y: FloatArray) -> float:
    """Where the parabola through three places is highest; the middle if it is not between them."""
    left, right = x[1] - x[0], x[2] - x[1]
    rise, fall = (y[1] - y[0]) / left, (y[2] - y[1]) / right
    curvature = (fall - rise) / (left + right)
    if not (np.isfinite(curvature) and curvature < 0.0):
        return float(x[1])
    top = 0.5 * (x[0] + x[1]) - 0.5 * rise / curvature
    return float(np.clip(top, x[0], x[2]))
