"""Coordinates of volumes and shapes: the log deviations along the axes, as far as they are free.

Each is a sum over what a structure ties together. Where volume and shape are tied alike, each axis
has a coordinate; else the volumes come first, and the shapes, each without its mean, after them.
"""

from __future__ import annotations

import numpy as np

from mixtura.families.gaussian.structures import Structure
from mixtura.typing import FloatArray

__all__ = ["growth_from", "n_spreads", "spread_information", "spread_slopes", "spreads_from"]


def n_spreads(structure: Structure, k: int, d: int) -> int:
    """How many coordinates there are."""
    volumes = 0 if _tied_alike(structure) else structure.volume.size(k)
    return volumes + d * structure.shape.size(k)


def spread_slopes(structure: Structure, along: FloatArray) -> list[FloatArray]:
    """Sums over what is tied together, from one value for each axis (k, d)."""
    if _tied_alike(structure):
        return [structure.shape.pooled(along)]
    volumes = np.add.reduce(along, axis=1)
    shapes = along - volumes[:, None] / along.shape[1]
    return [structure.volume.pooled(volumes), structure.shape.pooled(shapes)]


def spread_information(structure: Structure, information: FloatArray, d: int) -> list[FloatArray]:
    """That of the complete data, from what each component has (k,)."""
    columns = 0.5 * information[:, None].repeat(d, axis=1)
    if _tied_alike(structure):
        return [structure.shape.pooled(columns)]
    return [0.5 * d * structure.volume.pooled(information), structure.shape.pooled(columns)]


def growth_from(structure: Structure, spreads: FloatArray, k: int, d: int) -> FloatArray:
    """Changes of the log deviations, (k, d), or (1, d) where they are all the same."""
    if _tied_alike(structure):
        return 0.5 * spreads.reshape(-1, d)
    n_volumes = structure.volume.size(k)
    shapes = spreads[n_volumes:].reshape(-1, d)
    growth = 0.5 * spreads[:n_volumes, None]
    if len(shapes):
        growth = growth + 0.5 * (shapes - np.add.reduce(shapes, axis=1, keepdims=True) / d)
    return growth


def spreads_from(structure: Structure, growth: FloatArray) -> list[FloatArray]:
    """The coordinates of changes of the log deviations (k, d)."""
    if _tied_alike(structure):
        return [2.0 * structure.shape.one_of(growth)]
    volumes = np.add.reduce(growth, axis=1) / growth.shape[1]
    shapes = growth - volumes[:, None]
    return [2.0 * structure.volume.one_of(volumes), 2.0 * structure.shape.one_of(shapes)]


def _tied_alike(structure: Structure) -> bool:
    return structure.volume is structure.shape
