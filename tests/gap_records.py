"""The records of families, ready for tables with missing cells."""

from __future__ import annotations

import numpy as np

from mixtura.families import (
    Exponential,
    Gamma,
    LogNormal,
    Multinomial,
    Uniform,
    VonMisesFisher,
)
from mixtura.families.schema import Kind
from mixtura.families.von_mises_fisher import directions
from mixtura.testing import Rule, with_gaps
from mixtura.typing import FloatArray
from records import FamilyRecord


def gappy_rows(record: FamilyRecord, share: float = 0.25, seed: int = 0) -> FloatArray:
    """The record's rows with missing cells; those of directions have length 1 before."""
    rows = directions(record.X) if isinstance(record.family, VonMisesFisher) else record.X
    return with_gaps(rows, share, seed)


def rules_of(record: FamilyRecord) -> list[Rule]:
    """Sums over all values of each column; none where rows without a cell are no marginals."""
    family = record.family
    if isinstance(family, VonMisesFisher | Multinomial):
        return []
    rules = []
    for column, cells in zip(record.schema, record.X.T, strict=True):
        if column.kind is Kind.COUNT:
            rules.append(_ones(int(cells.max()) * 40 + 200))
        elif column.kind is not Kind.CONTINUOUS:
            rules.append(_ones(column.n_levels))
        elif isinstance(family, Uniform):
            rules.append(_between(np.unique(cells)))
        elif isinstance(family, Exponential | Gamma | LogNormal):
            rules.append(_half_line(float(np.median(cells))))
        else:
            rules.append(_line(float(cells.mean()), float(cells.std())))
    return rules


def _ones(n: int) -> Rule:
    return np.arange(float(n)), np.ones(n)


def _between(edges: FloatArray) -> Rule:
    """Exact for densities that jump at these alone."""
    return 0.5 * (edges[1:] + edges[:-1]), np.diff(edges)


# Double exponential quadrature (Takahasi, Mori 1974): tails and ends of any kind.


def _line(center: float, scale: float) -> Rule:
    t, step = np.linspace(-4.5, 4.5, 6001, retstep=True)
    inner = 0.5 * np.pi * np.sinh(t)
    slope = 0.5 * np.pi * np.cosh(t) * np.cosh(inner)
    return center + scale * np.sinh(inner), scale * slope * step


def _half_line(scale: float) -> Rule:
    t, step = np.linspace(-4.5, 4.5, 6001, retstep=True)
    x = scale * np.exp(0.5 * np.pi * np.sinh(t))
    return x, x * 0.5 * np.pi * np.cosh(t) * step
