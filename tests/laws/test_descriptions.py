"""What descriptions of families say, and what files may not hold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy import stats

from mixtura import em
from mixtura.errors import DataError, MixturaError, ModelFileError
from mixtura.families import (
    Bernoulli,
    BernoulliParameters,
    Categorical,
    CategoricalParameters,
    Gaussian,
    Poisson,
    PoissonParameters,
    WithNoise,
    registry,
)
from mixtura.families.categorical import CategoricalDescription
from mixtura.families.description import Bell, Mass
from mixtura.families.gaussian.prior import NormalInverseWishart
from mixtura.families.gaussian.structures import EEE, VII, VVI, VVV
from mixtura.families.noise import Box
from mixtura.families.poisson import PoissonDescription
from mixtura.families.registry import (
    DESCRIPTIONS,
    description_named,
    description_of,
    is_described,
    register,
)
from mixtura.families.schema import Column, Kind, Schema
from mixtura.sources import ArraySource
from mixtura.starts.given import random_responsibilities
from mixtura.testing import assert_alike

# ---------------------------------------------------------------------------------------------
# Words


def test_the_door_says_which_cell_is_bad() -> None:
    X = np.zeros((9, 2))
    X[4, 1], X[7, 0] = 2.0, 3.0
    schema = Schema.of(["smokes", "drinks"], Kind.BINARY)
    with pytest.raises(DataError, match=r"Column drinks has 2 in row 4 \(and 1 more such cell"):
        description_named("bernoulli").check(X, schema)
    schema = Schema((Column("eyes", Kind.CATEGORICAL, ("blue", "brown")), Column("b", Kind.BINARY)))
    with pytest.raises(DataError, match=r"Column eyes has 3 in row 7: a category is one of the"):
        CategoricalDescription().check(X, schema)
    with pytest.raises(DataError, match=r"Column n has 0.5 in row 0: a count is a whole number"):
        PoissonDescription().check(np.array([[0.5]]), Schema.of("n", Kind.COUNT))


def test_levels_have_the_names_that_people_gave_them() -> None:
    schema = Schema(
        (Column("won", Kind.BINARY, ("no", "yes")), Column("g", Kind.CATEGORICAL, (10, 20, 30)))
    )
    description = CategoricalDescription()
    family = description.family(schema)
    assert family == Categorical((2, 3))
    params = CategoricalParameters(np.array([[0.1, 0.9, 0.2, 0.3, 0.5]]), family.levels)
    marginal = description.marginal(params, 1, schema)
    assert marginal.levels == ("10", "20", "30")
    np.testing.assert_array_equal(marginal.probabilities, [[0.2, 0.3, 0.5]])
    coins = description_named("bernoulli").marginal(
        BernoulliParameters(np.array([[0.25, 0.5]])), 0, schema
    )
    assert coins.levels == ("no", "yes")
    np.testing.assert_array_equal(coins.probabilities, [[0.75, 0.25]])


@pytest.mark.parametrize("rates", [[0.0], [0.01], [0.0, 3.0], [1.0, 40.0], [500.0], [900.0, 950.0]])
def test_counts_that_are_shown_hold_nearly_all_of_the_mass(rates: list[float]) -> None:
    params = PoissonParameters(np.array(rates)[:, None])
    mass = PoissonDescription().marginal(params, 0, Schema.of("n", Kind.COUNT))
    assert isinstance(mass, Mass)
    assert (np.diff(mass.values) == 1.0).all()
    assert len(mass.values) <= 400
    beyond = stats.poisson.cdf(mass.values[0] - 1.0, rates) + stats.poisson.sf(
        mass.values[-1], rates
    )
    assert (beyond <= 1e-6).all()
    np.testing.assert_allclose(
        mass.probabilities, stats.poisson.pmf(mass.values, params.rates), rtol=1e-9, atol=1e-12
    )


def test_counts_too_many_to_be_told_apart_have_bells() -> None:
    params = PoissonParameters(np.array([[0.0], [1e6]]))
    bell = PoissonDescription().marginal(params, 0, Schema.of("n", Kind.COUNT))
    assert isinstance(bell, Bell)
    np.testing.assert_allclose(bell.deviation, [12.0**-0.5, 1e3], rtol=1e-6)
    assert bell.mean.tolist() == [0.0, 1e6]


# ---------------------------------------------------------------------------------------------
# What files may hold

BINARY, COUNTS, PLAIN = Schema.of("ab", Kind.BINARY), Schema.of("ab", Kind.COUNT), Schema.of("ab")
GAUSSIAN = {"structure": "VVV", "floor": [0.0, 0.0], "fixed_means": False, "prior": None}
PRIOR = {"mean": [0.0, 0.0], "shrinkage": 1.0, "dof": 4.0, "scale": [[1.0, 0.0], [0.0, 1.0]]}
ROUND = {"means": np.zeros((2, 2)), "covariances": np.tile(np.eye(2), (2, 1, 1))}


@pytest.mark.parametrize(
    ("name", "options", "arrays", "schema", "words"),
    [
        (
            "bernoulli",
            {},
            {"probabilities": np.array([[0.5, 0.1], [0.5, 1.5]])},
            BINARY,
            r"'arrays.probabilities\[1\]\[1\]' is 1.5; it should be a number from 0 to 1",
        ),
        ("poisson", {}, {"rates": np.array([[0.5, -1.0]])}, COUNTS, r"rates\[0\]\[1\]' is -1"),
        (
            "categorical",
            {},
            {"probabilities": np.array([[0.5, 0.5, 1.0, 0.0], [0.5, 0.5, 0.9, 0.0]])},
            BINARY,
            r"'arrays.probabilities\[1\]' sums to 0.9 over the levels of column 'b'",
        ),
        ("categorical", {}, {"probabilities": np.array([[-1.0, 2.0, 1, 0]])}, BINARY, "is -1"),
        ("gaussian", {**GAUSSIAN, "structure": "VXV"}, ROUND, PLAIN, "'VXV'; .* one of EII"),
        ("gaussian", {**GAUSSIAN, "structure": ["VVV"]}, ROUND, PLAIN, "'options.structure'"),
        ("gaussian", {**GAUSSIAN, "floor": [0.0]}, ROUND, PLAIN, "'options.floor' is"),
        (
            "gaussian",
            {**GAUSSIAN, "floor": [0, -1]},
            ROUND,
            PLAIN,
            r"floor\[1\]' is -1; .*0 or",
        ),
        ("gaussian", {**GAUSSIAN, "floor": ["0", "1"]}, ROUND, PLAIN, "finite number"),
        ("gaussian", {**GAUSSIAN, "fixed_means": 1}, ROUND, PLAIN, "true or false"),
        ("gaussian", {**GAUSSIAN, "prior": "default"}, ROUND, PLAIN, "prior' is 'default'"),
        ("gaussian", {**GAUSSIAN, "prior": {"mean": [0, 0]}}, ROUND, PLAIN, "shrinkage' is miss"),
        (
            "gaussian",
            {**GAUSSIAN, "prior": {**PRIOR, "dof": 1}},
            ROUND,
            PLAIN,
            "dof' is 1; .*above",
        ),
        (
            "gaussian",
            {**GAUSSIAN, "prior": {**PRIOR, "scale": [[1.0, 2.0], [2.0, 1.0]]}},
            ROUND,
            PLAIN,
            "'options.prior' cannot be used: .*positive-definite",
        ),
        (
            "gaussian",
            {**GAUSSIAN, "prior": {**PRIOR, "mean": [1e75, 0.0], "shrinkage": 1e12}},
            {**ROUND, "covariances": np.tile(1e-190 * np.eye(2), (2, 1, 1))},
            PLAIN,
            "'options.prior' has log-density",
        ),
        (
            "gaussian",
            GAUSSIAN,
            {**ROUND, "means": np.array([[0.0, 0.0], [1e101, 0.0]])},
            PLAIN,
            r"'arrays.means\[1\]\[0\]' is 1e\+101; it should be a number from -1e\+100 to",
        ),
    ],
)
def test_what_files_may_not_hold(
    name: str,
    options: dict[str, Any],
    arrays: dict[str, np.ndarray],
    schema: Schema,
    words: str,
) -> None:
    with pytest.raises(ModelFileError, match=words):
        description_named(name).restored(options, arrays, schema)


@pytest.mark.parametrize(
    ("structure", "covariance", "words"),
    [
        ("VVV", [[1.0, 0.5], [0.4, 1.0]], r"covariances\[0\]\[0\]\[1\]' is 0.5; .*symmetric"),
        ("VVV", [[1.0, 2.0], [2.0, 1.0]], r"covariances\[0\]' is not positive definite.* is -1"),
        ("VVV", [[1.0, 1.0], [1.0, 1.0]], "not positive definite"),
        ("VVV", [[1.0, 0.0], [0.0, 1e-310]], r"\[0\]\[1\]\[1\]' is 1e-310; .*a variance from"),
        ("VVV", [[1e300, 0.0], [0.0, 1.0]], "a variance from"),
        ("VVV", [[1.0, 1e300], [-1e300, 1.0]], r"\[0\]\[0\]\[1\]' is 1e\+300; .*a number from"),
        ("VVI", [1.0, -1.0], r"covariances\[0\]\[1\]' is -1.0; .*a variance from"),
        ("VVI", [1.0, 1e-310], "a variance from"),
        ("VII", [1.0, 2.0], "not of structure VII; it should be the same for all columns"),
    ],
)
def test_covariances_that_are_none(structure: str, covariance: Any, words: str) -> None:
    arrays = {"means": np.zeros((1, 2)), "covariances": np.array([covariance])}
    with pytest.raises(ModelFileError, match=words):
        description_named("gaussian").restored({**GAUSSIAN, "structure": structure}, arrays, PLAIN)


def test_covariances_that_are_shared_are_equal() -> None:
    arrays = {**ROUND, "covariances": np.array([np.eye(2), 2.0 * np.eye(2)])}
    description = description_named("gaussian")
    with pytest.raises(ModelFileError, match="EEE; it should be the same for all components"):
        description.restored({**GAUSSIAN, "structure": "EEE"}, arrays, PLAIN)
    assert description.restored(GAUSSIAN, arrays, PLAIN)[0].structure == VVV


def test_options_of_a_gaussian_come_back() -> None:
    prior = NormalInverseWishart(np.array([1.0, 2.0]), 0.01, 4.0, np.diag([1.0, 3.0]))
    family = Gaussian(VVI, np.array([0.1, 1e-30]), prior, fixed_means=True)
    description = description_of(family)
    arrays = {"means": np.zeros((1, 2)), "covariances": np.ones((1, 2))}
    again, _ = description.restored(description.options(family), arrays, PLAIN)
    assert_alike(again.floor, family.floor, rtol=0.0)
    assert (again.structure, again.fixed_means) == (VVI, True)
    assert_alike(again.prior, prior, rtol=0.0)
    assert description.structure(family)[0] == "VVI"


def test_covariances_of_some_columns() -> None:
    family = Gaussian(EEE, np.zeros(3))
    X = np.random.default_rng(0).normal(size=(50, 3)) @ np.array(
        [[1, 2, 0], [0, 1, 3], [0, 0, 1.0]]
    )
    params = em.begin(family, ArraySource(X), random_responsibilities(2, (0,))).params
    matrices = params.covariances.matrices()
    some = description_of(family).dispersions(params, [2, 0])
    np.testing.assert_array_equal(some[:, 0, 1], matrices[:, 2, 0])
    np.testing.assert_array_equal(some[:, 0, 0], matrices[:, 2, 2])
    bare = description_of(Bernoulli())
    assert bare.dispersions(BernoulliParameters(np.ones((1, 2))), [0, 1]) is None


def test_families_by_name_and_by_type() -> None:
    names = [description.name for description in DESCRIPTIONS.values()]
    assert names == ["bernoulli", "categorical", "poisson", "gaussian", "student_t"]
    noisy = WithNoise(Poisson(), Box(np.zeros(1), np.eye(1)))
    assert description_of(noisy) is description_named("poisson")
    assert description_of(Gaussian(VII, np.zeros(1))).name == "gaussian"
    with pytest.raises(MixturaError, match="'weibull'; expected one of bernoulli, categorical"):
        description_named("weibull")

    class Unknown(Bernoulli):
        pass

    with pytest.raises(MixturaError, match=r"Unknown is a family that nothing.*register\(Unknown"):
        description_of(Unknown())


def test_families_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(registry, "DESCRIPTIONS", {**DESCRIPTIONS})

    def own(name: str) -> Any:
        return type("OwnDescription", (PoissonDescription,), {"name": name})()

    earlier, later = (type(name, (Poisson,), {}) for name in ("Earlier", "Later"))
    register(earlier, own("own"))
    register(later, own("own"))
    assert type(description_named("own")).__name__ == "OwnDescription"
    assert (is_described(later()), is_described(earlier())) == (True, False)
    assert list(registry.DESCRIPTIONS)[-1] is later
    with pytest.raises(MixturaError, match="Later cannot be registered as 'poisson'"):
        register(later, own("poisson"))
    with pytest.raises(MixturaError, match="Poisson cannot be registered as 'own'"):
        register(Poisson, own("own"))
