"""Coordinates are the user's choice: they change the coordinates of the result and nothing else.

Every law begins both fits from the same responsibilities, so that they take the same path, and
runs six iterations. Both then differ by rounding, of 1e-16 in each step, which an iteration far
from a maximum may enlarge: `SAME` leaves six digits for that. Where components constrain each
other the new covariances are kept only if they are likelier than the old. Close to a maximum
rounding decides that, and the likelihood is level there to the square of the difference: `LEVEL`
is the root of the machine precision, times 64.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mixtura import em
from mixtura.families import Gaussian
from mixtura.families.gaussian.structures import Structure
from mixtura.sources import ArraySource, summarize
from mixtura.starts.given import given_responsibilities
from records import STRUCTURE_IDS, STRUCTURES

SAME = 1e-10
LEVEL = 64.0 * float(np.sqrt(np.finfo(np.float64).eps))
K = 3

#: Structures in which components constrain each other.
CONSTRAINED = {"VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV"}

#: Structures that a change of the unit of single features maps to themselves.
OF_ANY_UNITS = {"EEI", "VEI", "EVI", "VVI", "EEE", "VEE", "EVV", "VVV"}

#: Structures bound to the features, which a rotation does not map to themselves.
ALONG_THE_FEATURES = {"EEI", "VEI", "EVI", "VVI"}

every_structure = pytest.mark.parametrize("structure", STRUCTURES, ids=STRUCTURE_IDS)
few = settings(max_examples=10, deadline=None)
seeds = st.integers(0, 10_000)
dimensions = st.integers(1, 3)


def within(structure: Structure) -> float:
    return LEVEL if structure.name in CONSTRAINED else SAME


def table(seed: int, d: int, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Three groups of different form, in multiples of 1/64; and responsibilities near them."""
    rng = np.random.default_rng(seed)
    labels = np.arange(n) % K
    centers = 6.0 * np.eye(K, d) + np.arange(K)[:, None]
    X = centers[labels] + rng.normal(size=(n, d)) * rng.uniform(0.5, 1.5, (K, d))[labels]
    resp = 0.8 * np.eye(K)[labels] + 0.2 / K
    return np.round(64.0 * X) / 64.0, resp


class Result:
    """A fit from given responsibilities, with the default floor."""

    def __init__(self, structure: Structure, X: np.ndarray, resp: np.ndarray) -> None:
        source = ArraySource(X)
        family = Gaussian(structure, 1e-6 * np.square(summarize(source).scales))
        mixture = em.begin(family, source, given_responsibilities(resp))
        # Not em.fit, which returns the best mixture: at the maximum rounding decides which.
        for _ in range(6):
            mixture = mixture.maximize(em.e_step(mixture, source))
        self.objective = mixture.log_density(X).mean()
        self.weights = mixture.weights
        self.means = mixture.params.means
        self.covariances = mixture.params.covariances.matrices()
        self.resp = mixture.responsibilities(X)


def assert_same(
    there: Result, here: Result, matrix: np.ndarray, shift: np.ndarray, same: float
) -> None:
    """The result in the coordinates x A + shift is that in x, with its coordinates changed."""
    volume = np.linalg.slogdet(matrix)[1]
    np.testing.assert_allclose(there.objective, here.objective - volume, rtol=0.0, atol=same)
    np.testing.assert_allclose(there.weights, here.weights, rtol=0.0, atol=same)
    np.testing.assert_allclose(there.resp, here.resp, rtol=0.0, atol=same)
    # In the old coordinates, so that one unit serves for all features.
    inverse = np.linalg.inv(matrix)
    np.testing.assert_allclose((there.means - shift) @ inverse, here.means, rtol=0.0, atol=same)
    covariances = inverse.T @ there.covariances @ inverse
    np.testing.assert_allclose(covariances, here.covariances, rtol=0.0, atol=same)


@every_structure
@few
@given(seed=seeds, d=dimensions, exponent=st.integers(0, 8))
def test_an_offset(structure: Structure, seed: int, d: int, exponent: int) -> None:
    X, resp = table(seed, d)
    shift = np.full(d, 10.0**exponent)
    # Multiples of 1/64 keep every digit at 1e8, so both tables are the same; but a mean there has
    # an error of 1e8 machine precisions, and deviations from it have the same.
    same = within(structure) + 1e2 * 10.0**exponent * np.finfo(np.float64).eps
    here, there = Result(structure, X, resp), Result(structure, X + shift, resp)
    assert_same(there, here, np.eye(d), shift, same)


@every_structure
@few
@given(seed=seeds, d=dimensions, exponent=st.floats(-6.0, 6.0))
def test_a_global_scale(structure: Structure, seed: int, d: int, exponent: float) -> None:
    X, resp = table(seed, d)
    matrix = 10.0**exponent * np.eye(d)
    here, there = Result(structure, X, resp), Result(structure, X @ matrix, resp)
    assert_same(there, here, matrix, np.zeros(d), within(structure))


@pytest.mark.parametrize(
    "structure", [s for s in STRUCTURES if s.name in OF_ANY_UNITS], ids=lambda s: s.name
)
@few
@given(seed=seeds, exponents=st.lists(st.floats(-3.0, 3.0), min_size=1, max_size=3))
def test_units_of_single_features(structure: Structure, seed: int, exponents: list[float]) -> None:
    d = len(exponents)
    X, resp = table(seed, d)
    matrix = np.diag(10.0 ** np.array(exponents))
    here, there = Result(structure, X, resp), Result(structure, X @ matrix, resp)
    assert_same(there, here, matrix, np.zeros(d), within(structure))


@pytest.mark.parametrize("structure", [s for s in STRUCTURES if s.name not in ALONG_THE_FEATURES])
@few
@given(seed=seeds, d=st.integers(2, 3))
def test_a_rotation(structure: Structure, seed: int, d: int) -> None:
    X, resp = table(seed, d)
    matrix = np.linalg.qr(np.random.default_rng(seed).normal(size=(d, d)))[0]
    here, there = Result(structure, X, resp), Result(structure, X @ matrix, resp)
    assert_same(there, here, matrix, np.zeros(d), within(structure))


@every_structure
@few
@given(seed=seeds, d=dimensions)
def test_the_order_of_rows(structure: Structure, seed: int, d: int) -> None:
    X, resp = table(seed, d)
    order = np.random.default_rng(seed).permutation(len(X))
    here, there = Result(structure, X, resp), Result(structure, X[order], resp[order])
    here.resp = here.resp[order]
    assert_same(there, here, np.eye(d), np.zeros(d), within(structure))


@every_structure
@few
@given(seed=seeds, d=st.integers(2, 3))
def test_the_order_of_columns(structure: Structure, seed: int, d: int) -> None:
    X, resp = table(seed, d)
    matrix = np.eye(d)[np.random.default_rng(seed).permutation(d)]
    here, there = Result(structure, X, resp), Result(structure, X @ matrix, resp)
    assert_same(there, here, matrix, np.zeros(d), within(structure))


@every_structure
@few
@given(seed=seeds, d=dimensions)
def test_the_order_of_components(structure: Structure, seed: int, d: int) -> None:
    X, resp = table(seed, d)
    order = np.random.default_rng(seed).permutation(K)
    here, there = Result(structure, X, resp), Result(structure, X, resp[:, order])
    np.testing.assert_allclose(there.objective, here.objective, rtol=0.0, atol=within(structure))
    np.testing.assert_allclose(there.resp, here.resp[:, order], rtol=0.0, atol=within(structure))
