"""One small record for each family and structure: every law runs over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.families import (
    Bernoulli,
    Box,
    Categorical,
    Family,
    Gaussian,
    Poisson,
    StudentT,
    WithNoise,
)
from mixtura.families.gaussian.structures import EEE, EEI, STRUCTURES, VEV, VVV
from mixtura.families.schema import Column, Kind, Schema
from mixtura.families.tie import Tie
from mixtura.testing import BadCell
from mixtura.typing import FloatArray

MEASUREMENTS = Schema.of("abc")
NO_MEASUREMENTS = (
    (1, np.inf, "a measurement is a finite number"),
    (0, np.nan, "a measurement is a finite number"),
)


@dataclass(frozen=True)
class FamilyRecord:
    """A family, a table that it can describe, and cells that it cannot.

    `at_once`: whether one M-step ends at the maximum where all rows' components are known.
    """

    name: str
    family: Family[Any, Any]
    X: FloatArray
    schema: Schema = MEASUREMENTS
    bad: tuple[BadCell, ...] = NO_MEASUREMENTS
    noise: bool = False
    at_once: bool = True


def two_groups(n: int = 60, d: int = 3, seed: int = 1) -> FloatArray:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.linspace(1.0, 3.0, d)
    X[n // 3 :] += 2.0
    return rng.permutation(X)


def heavy_tails(n: int = 60, d: int = 3, seed: int = 5) -> FloatArray:
    """Two groups with some rows far outside."""
    rng = np.random.default_rng(seed)
    return two_groups(n, d, seed) / np.sqrt(rng.gamma(1.5, size=(n, 1)) / 1.5)


FAMILIES = [
    *(
        FamilyRecord(f"gaussian-{structure.name}", Gaussian(structure, np.zeros(3)), two_groups())
        for structure in STRUCTURES
    ),
    FamilyRecord(
        "gaussian-VVV-floor",
        Gaussian(VVV, np.full(3, 5.0)),
        two_groups(),
    ),
    FamilyRecord(
        "bernoulli",
        Bernoulli(),
        (np.random.default_rng(2).random((60, 4)) < 0.4).astype(np.float64),
        Schema.of("abcd", Kind.BINARY),
        ((1, 2.0, "0 or 1"), (3, 0.5, "0 or 1"), (0, -1.0, "0 or 1"), (2, np.nan, "0 or 1")),
    ),
    FamilyRecord(
        "categorical",
        Categorical((2, 3, 5)),
        np.random.default_rng(3).integers(0, (2, 3, 5), (60, 3)).astype(np.float64),
        Schema(
            (
                Column("won", Kind.BINARY),
                Column("eyes", Kind.CATEGORICAL, ("blue", "brown", "green")),
                Column("grade", Kind.CATEGORICAL, (1, 2, 3, 4, 5)),
            )
        ),
        (
            (0, 2.0, "numbers 0 to 1"),
            (1, 3.0, "numbers 0 to 2"),
            (1, -1.0, "numbers 0 to 2"),
            (2, 0.5, "numbers 0 to 4"),
            (2, np.nan, "numbers 0 to 4"),
        ),
    ),
    FamilyRecord(
        "poisson",
        Poisson(),
        np.random.default_rng(4).poisson((0.3, 4.0, 70.0), (60, 3)).astype(np.float64),
        Schema.of("abc", Kind.COUNT),
        (
            (0, 1.5, "a count is a whole number"),
            (1, -1.0, "a count is a whole number"),
            (2, 1e17, "a count is a whole number"),
            (2, np.inf, "a count is a whole number"),
            (0, np.nan, "a count is a whole number"),
        ),
    ),
    *(
        FamilyRecord(
            f"student_t-{name}", StudentT(structure, floor, dof), heavy_tails(), at_once=False
        )
        for name, structure, floor, dof in (
            ("VVV", VVV, np.zeros(3), Tie.OWN),
            ("EEI", EEI, np.zeros(3), Tie.OWN),
            ("VEV", VEV, np.zeros(3), Tie.OWN),
            ("EEE-shared", EEE, np.zeros(3), Tie.SHARED),
            ("VVV-given", VVV, np.zeros(3), 4.0),
            ("VVV-floor", VVV, np.full(3, 5.0), Tie.OWN),
        )
    ),
    *(
        FamilyRecord(
            f"gaussian-{structure.name}-noise",
            WithNoise(Gaussian(structure, np.zeros(3)), Box(np.ones(3), 9.0 * np.eye(3))),
            two_groups(),
            noise=True,
        )
        for structure in (VVV, EEI)
    ),
]
FAMILY_IDS = [record.name for record in FAMILIES]
STRUCTURE_IDS = [structure.name for structure in STRUCTURES]
