"""Covariance structures are three ties each."""

from __future__ import annotations

import numpy as np
import pytest

from mixtura import em
from mixtura.errors import MixturaError
from mixtura.families import Gaussian
from mixtura.families.gaussian.structures import (
    STRUCTURES,
    VII,
    VVE,
    AxisCovariances,
    Structure,
)
from mixtura.families.tie import Tie
from mixtura.sources import ArraySource
from mixtura.starts.given import given_labels
from mixtura.typing import FloatArray
from records import two_groups

# Written out as in table 1 of Celeux and Govaert (1995), with a = d and b = d (d + 1) / 2.
N_PARAMETERS = {
    "EII": lambda k, a, b: 1,
    "VII": lambda k, a, b: k,
    "EEI": lambda k, a, b: a,
    "VEI": lambda k, a, b: a + k - 1,
    "EVI": lambda k, a, b: k * a - (k - 1),
    "VVI": lambda k, a, b: k * a,
    "EEE": lambda k, a, b: b,
    "VEE": lambda k, a, b: b + k - 1,
    "EVE": lambda k, a, b: b + (k - 1) * (a - 1),
    "VVE": lambda k, a, b: b + (k - 1) * a,
    "EEV": lambda k, a, b: k * b - (k - 1) * a,
    "VEV": lambda k, a, b: k * b - (k - 1) * (a - 1),
    "EVV": lambda k, a, b: k * b - (k - 1),
    "VVV": lambda k, a, b: k * b,
}


@pytest.mark.parametrize("structure", STRUCTURES, ids=lambda structure: structure.name)
@pytest.mark.parametrize(("k", "d"), [(1, 1), (1, 4), (3, 1), (3, 2), (5, 7)])
def test_parameters_are_counted_as_in_the_literature(structure: Structure, k: int, d: int) -> None:
    expected = N_PARAMETERS[structure.name](k, d, d * (d + 1) // 2)
    assert structure.n_parameters(k, d) == expected


def test_there_are_fourteen_and_their_letters_name_them() -> None:
    assert [structure.name for structure in STRUCTURES] == list(N_PARAMETERS)
    assert all(Structure.named(structure.name) == structure for structure in STRUCTURES)
    assert Structure.named("VVE") == VVE == Structure(Tie.OWN, Tie.OWN, Tie.SHARED)
    assert len(set(STRUCTURES)) == 14


@pytest.mark.parametrize("name", ["VIE", "IEE", "XYZ", "vve", "VV", "VVVV", "", "full"])
def test_other_letters_are_refused(name: str) -> None:
    with pytest.raises(MixturaError, match=rf"'{name}'.*EII, VII, .*, EVV, VVV\.$"):
        Structure.named(name)


@pytest.mark.parametrize("ties", [(Tie.NONE, Tie.OWN, Tie.OWN), (Tie.OWN, Tie.NONE, Tie.SHARED)])
def test_ties_that_make_no_structure_are_refused(ties: tuple[Tie, Tie, Tie]) -> None:
    with pytest.raises(MixturaError, match="There is no covariance structure"):
        Structure(*ties)


class Spheres:
    """VII without ties that anything could know of."""

    diagonal = True

    def estimate(
        self, count: FloatArray, scatter: FloatArray, floor: FloatArray, previous: object = None
    ) -> AxisCovariances:
        variances = np.maximum(scatter.mean(axis=1) / count, floor.max())
        return AxisCovariances(np.repeat(variances[:, None], len(floor), axis=1))

    def n_parameters(self, k: int, d: int) -> int:
        return k


def test_a_structure_of_ones_own_is_fitted_as_well() -> None:
    source, start = ArraySource(two_groups()), given_labels(np.arange(60) % 2, 2)
    own, known = (
        em.fit(em.begin(Gaussian(structure, np.zeros(3)), source, start), source)
        for structure in (Spheres(), VII)
    )
    assert own.objective == pytest.approx(known.objective, abs=1e-8)
    assert own.mixture.family.coordinates(own.mixture.params, 60.0) is None
