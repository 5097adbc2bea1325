"""One small record for each family and structure: every law runs over all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from mixtura.families import Bernoulli, Box, Family, Gaussian, WithNoise
from mixtura.families.gaussian.structures import EEI, STRUCTURES, VVV
from mixtura.typing import FloatArray


@dataclass(frozen=True)
class FamilyRecord:
    """A family and a table that it can describe."""

    name: str
    family: Family[Any, Any]
    X: FloatArray
    noise: bool = False


def two_groups(n: int = 60, d: int = 3, seed: int = 1) -> FloatArray:
    rng = np.random.default_rng(seed)
    X = rng.normal(size=(n, d)) * np.linspace(1.0, 3.0, d)
    X[n // 3 :] += 2.0
    return rng.permutation(X)


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
