"""One small record for each family and structure: every law runs over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.families import (
    Bernoulli,
    Block,
    Box,
    Categorical,
    Exponential,
    FactorAnalyzers,
    Family,
    Gamma,
    Gaussian,
    Geometric,
    LogNormal,
    Multinomial,
    NegativeBinomial,
    Nested,
    Poisson,
    Product,
    StudentT,
    Uniform,
    VonMisesFisher,
    WithNoise,
)
from mixtura.families.gaussian.structures import EEE, EEI, STRUCTURES, VEV, VVV
from mixtura.families.schema import Column, Kind, Schema
from mixtura.families.tie import Tie
from mixtura.testing import BadCell
from mixtura.typing import FloatArray

MEASUREMENTS = Schema.of("abc")
NO_COUNTS = (
    (0, 1.5, "a count is a whole number"),
    (1, -1.0, "a count is a whole number"),
    (2, 1e17, "a count is a whole number"),
    (2, np.inf, "a count is a whole number"),
)
NO_DIRECTIONS = ((1, np.inf, "a direction has finite numbers"),)
NO_MEASUREMENTS = ((1, np.inf, "a measurement is a finite number"),)


@dataclass(frozen=True)
class FamilyRecord:
    """A family, a table that it can describe, and cells that it cannot.

    `at_once` says whether one M-step finds the maximum for given responsibilities.
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


def along_factors(n: int = 150, d: int = 7, seed: int = 5) -> FloatArray:
    """Two groups, each along two directions of its own."""
    rng = np.random.default_rng(seed)
    loadings, group = rng.normal(size=(2, 2, d)), np.arange(n) % 2
    X = np.einsum("nq,nqd->nd", rng.normal(size=(n, 2)), loadings[group])
    X += rng.normal(size=(n, d)) * np.linspace(0.5, 1.5, d) + 2.0 * group[:, None]
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
        ((1, 2.0, "0 or 1"), (3, 0.5, "0 or 1"), (0, -1.0, "0 or 1")),
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
        ),
    ),
    FamilyRecord(
        "poisson",
        Poisson(),
        np.random.default_rng(4).poisson((0.3, 4.0, 70.0), (60, 3)).astype(np.float64),
        Schema.of("abc", Kind.COUNT),
        NO_COUNTS,
    ),
    FamilyRecord(
        "negative_binomial",
        NegativeBinomial(),
        np.random.default_rng(5)
        .negative_binomial(1.5, (0.8, 0.3, 0.02), (60, 3))
        .astype(np.float64),
        Schema.of("abc", Kind.COUNT),
        NO_COUNTS,
        at_once=False,
    ),
    FamilyRecord(
        "multinomial",
        Multinomial(),
        np.random.default_rng(6).poisson((0.5, 3.0, 9.0), (60, 3)).astype(np.float64),
        Schema.of("abc", Kind.COUNT),
        NO_COUNTS,
    ),
    *(
        FamilyRecord(
            f"von_mises_fisher-{name}", VonMisesFisher(tie), two_groups(), bad=NO_DIRECTIONS
        )
        for name, tie in (("each", Tie.OWN), ("shared", Tie.SHARED))
    ),
    FamilyRecord(
        "geometric",
        Geometric(),
        np.random.default_rng(5).geometric((0.8, 0.3, 0.1), (60, 3)) - 1.0,
        Schema.of("abc", Kind.COUNT),
        ((0, 1.5, "a count is a whole number"), (1, -1.0, "a count is a whole number")),
    ),
    FamilyRecord(
        "exponential",
        Exponential(),
        np.random.default_rng(6).exponential((0.1, 1.0, 70.0), (60, 3)),
        bad=(
            (0, -0.5, "a waiting time is a finite number of 0 or more"),
            (1, np.inf, "a waiting time is a finite number of 0 or more"),
            (2, -np.inf, "leave out others, or choose the family gaussian"),
        ),
    ),
    FamilyRecord(
        "gamma",
        Gamma(),
        np.random.default_rng(7).gamma((0.4, 3.0, 900.0), (1e-3, 2.0, 0.1), (60, 3)),
        bad=(
            (0, 0.0, "a gamma distributed cell is a finite number above 0"),
            (1, -2.0, "leave out rows that are not"),
            (2, np.inf, "or choose a family that has them"),
        ),
    ),
    *(
        FamilyRecord(
            f"log_normal-{structure.name}",
            LogNormal(Gaussian(structure, np.zeros(3))),
            np.exp(0.2 * two_groups()),
            bad=(
                (0, 0.0, "a log-normal cell is a finite number above 0"),
                (1, -2.0, "leave out rows that are not"),
                (2, np.inf, "or choose a family that has them"),
            ),
        )
        for structure in (VVV, EEI)
    ),
    FamilyRecord("uniform", Uniform(), two_groups()),
    *(
        FamilyRecord(
            f"factors-{q}-{tie.name.lower()}-{share:g}",
            FactorAnalyzers(q, np.full(7, share), np.ones(7), tie),
            along_factors(),
            Schema.of("abcdefg"),
            at_once=False,
        )
        for q, tie, share in (
            (1, Tie.OWN, 0.0),
            (2, Tie.OWN, 1e-6),
            (2, Tie.SHARED, 1e-6),
            (2, Tie.OWN, 0.5),
        )
    ),
    FamilyRecord("gaussian-VVV-nested", Nested(Gaussian(VVV, np.zeros(3)), 2), two_groups(120)),
    FamilyRecord(
        "bernoulli-nested",
        Nested(Bernoulli(), 3),
        (np.random.default_rng(5).random((60, 4)) < 0.4).astype(np.float64),
        Schema.of("abcd", Kind.BINARY),
        ((1, 2.0, "0 or 1"), (3, 0.5, "0 or 1"), (0, -1.0, "0 or 1")),
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


def mixed_rows(n: int = 60) -> FloatArray:
    """Two measurements, a category of three levels, a count and a yes or no, not in that order."""
    rng = np.random.default_rng(5)
    measured = two_groups(n, 2)
    levels, counts = rng.integers(0, 3, n), rng.poisson(3.0, n)
    return np.column_stack([levels, measured[:, 0], counts, rng.random(n) < 0.4, measured[:, 1]])


FAMILIES.append(
    FamilyRecord(
        "mixed",
        Product(
            (
                Block(Gaussian(VVV, np.zeros(2)), (1, 4)),
                Block(Categorical((3,)), (0,)),
                Block(Poisson(), (2,)),
                Block(Bernoulli(), (3,)),
            )
        ),
        mixed_rows(),
        Schema(
            (
                Column("eyes", Kind.CATEGORICAL, ("blue", "brown", "green")),
                Column("height"),
                Column("visits", Kind.COUNT),
                Column("won", Kind.BINARY),
                Column("weight"),
            )
        ),
        (
            (0, 3.0, "numbers 0 to 2"),
            (1, np.inf, "a measurement is a finite number"),
            (2, 0.5, "a count is a whole number"),
            (3, 2.0, "0 or 1"),
            (4, -np.inf, "a measurement is a finite number"),
        ),
    )
)
FAMILY_IDS = [record.name for record in FAMILIES]
STRUCTURE_IDS = [structure.name for structure in STRUCTURES]
