"""What a search chooses does not depend on luck: seeds, the order of rows and columns, units."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
from sklearn.datasets import load_linnerud, load_wine

import mixtura as mx

REFERENCE = Path(__file__).parents[1] / "reference"

#: Structure, number of components, BIC in the units of the table.
Choice: TypeAlias = tuple[str, int, float]

pytestmark = pytest.mark.filterwarnings("ignore::mixtura.DataWarning")


def read(name: str, d: int) -> np.ndarray:
    return np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1, usecols=range(d))


def clumps(n: int = 240) -> np.ndarray:
    """Twelve groups in a grid: of them five or eight components are of little use."""
    rng = np.random.default_rng(0)
    centers = 12.0 * np.stack(np.meshgrid(np.arange(4), np.arange(3)), axis=-1).reshape(12, 2)
    return np.repeat(centers, n // 12, axis=0) + rng.normal(size=(n, 2))


TABLES: dict[str, Callable[[], np.ndarray]] = {
    "faithful": lambda: read("faithful", 2),
    "waiting": lambda: read("faithful", 2)[:, 1:],
    "iris": lambda: read("iris", 4),
    "petals": lambda: read("iris", 4)[:, 2:],
    "overlap": lambda: read("overlap", 2),
    "linnerud": lambda: np.hstack([load_linnerud().data, load_linnerud().target]),
    "wine, four columns": lambda: load_wine().data[:, [0, 6, 9, 12]],
    "clumps": clumps,
    "noise": lambda: np.random.default_rng(1).normal(size=(60, 3)),
}


def choice(X: np.ndarray, seed: int = 0, unit: float = 1.0) -> Choice:
    """What the default search chooses of a table whose values are multiplied by a unit."""
    search = mx.MixtureSearch(random_state=seed).fit(X)
    best = search.best_params_
    bic = float(search.results_["bic"][search.best_index_]) - 2.0 * X.size * np.log(unit)
    assert not search.best_estimator_.spurious_
    assert not search.best_estimator_.collapsed_
    return str(best["covariance_type"]), int(best["n_components"]), bic


@pytest.fixture(scope="module", params=TABLES)
def table(request: pytest.FixtureRequest) -> tuple[np.ndarray, Choice]:
    X = TABLES[request.param]()
    return X, choice(X)


def assert_same(found: Choice, expected: Choice) -> None:
    assert found[:2] == expected[:2]
    assert found[2] == pytest.approx(expected[2], abs=0.1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_another_seed(table: tuple[np.ndarray, Choice], seed: int) -> None:
    X, expected = table
    assert_same(choice(X, seed), expected)


def test_another_order_of_rows(table: tuple[np.ndarray, Choice]) -> None:
    X, expected = table
    assert_same(choice(X[np.random.default_rng(0).permutation(len(X))]), expected)


def test_another_order_of_columns(table: tuple[np.ndarray, Choice]) -> None:
    X, expected = table
    assert_same(choice(X[:, ::-1].copy()), expected)


@pytest.mark.parametrize("unit", [1e-3, 2.54])
def test_another_unit_and_origin(table: tuple[np.ndarray, Choice], unit: float) -> None:
    X, expected = table
    assert_same(choice(unit * (X + 7.0), unit=unit), expected)


def test_more_than_luck_is_at_stake() -> None:
    """Other structures and other numbers of components are chosen of these tables."""
    chosen = {choice(make())[:2] for make in TABLES.values()}
    assert len(chosen) > len(TABLES) // 2
