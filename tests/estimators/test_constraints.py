"""`equal_weights`, `fixed` and `prior` of `GaussianMixture`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

import mixtura as mx
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.families import NormalInverseWishart

NAMES = [name for name in COVARIANCE_TYPES if len(name) == 3]
CENTRES = np.array([[0.0, 0.0], [5.0, 1.0], [1.0, 6.0]])


def groups(n: int = 150, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return CENTRES[rng.choice(3, n, p=[0.5, 0.3, 0.2])] + rng.normal(size=(n, 2))


# ----------------------------------------------------------------------------------- weights


@pytest.mark.parametrize("covariance_type", NAMES)
def test_equal_weights(covariance_type: str) -> None:
    X = groups()
    free = mx.GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(X)
    equal = clone(free).set_params(equal_weights=True).fit(X)
    assert (equal.weights_ == 1 / 3).all()
    assert equal.n_parameters_ == free.n_parameters_ - 2
    assert equal.log_likelihood_ < free.log_likelihood_
    assert np.diff(equal.trace_).min() >= 0.0
    np.testing.assert_allclose(equal.lower_bound_, equal.score(X), rtol=1e-12)


def test_a_search_tries_equal_weights_like_any_parameter() -> None:
    X = np.concatenate([CENTRES[j] + groups(60, j)[:50] * 0.1 for j in range(3)])
    grid = {"n_components": [3], "covariance_type": ["EII"], "equal_weights": [False, True]}
    search = mx.MixtureSearch(param_grid=grid, random_state=0).fit(X)
    assert search.best_params_["equal_weights"]
    assert search.results_["n_parameters"].tolist() == [9, 7]


def test_fixed_weights_stay_and_bring_the_components_into_their_order() -> None:
    X, weights = groups(), [0.2, 0.3, 0.5]
    fit = mx.GaussianMixture(3, weights_init=weights, fixed="weights", random_state=0).fit(X)
    np.testing.assert_array_equal(fit.weights_, weights)
    np.testing.assert_allclose(fit.means_, CENTRES[[2, 1, 0]], atol=0.5)
    assert fit.n_parameters_ == 15


# ------------------------------------------------------------------------------ fixed means


@pytest.mark.parametrize("algorithm", ["em", "hard", "stochastic"])
@pytest.mark.parametrize("covariance_type", NAMES)
def test_fixed_means_stay_exactly(covariance_type: str, algorithm: str) -> None:
    X = groups()
    fit = mx.GaussianMixture(
        3,
        covariance_type=covariance_type,
        algorithm=algorithm,
        means_init=CENTRES,
        fixed=("means",),
        max_iter=30 if algorithm == "stochastic" else 1000,
        random_state=0,
    ).fit(X)
    np.testing.assert_array_equal(fit.means_, CENTRES)
    structure = COVARIANCE_TYPES[covariance_type].structure
    assert fit.n_parameters_ == 2 + structure.n_parameters(3, 2)


def test_everything_fixed_but_the_covariances() -> None:
    X, weights = groups(), [0.5, 0.3, 0.2]
    fit = mx.GaussianMixture(
        3, means_init=CENTRES, weights_init=weights, fixed=("weights", "means")
    ).fit(X)
    resp = fit.predict_proba(X)
    deviation = X[:, None] - CENTRES
    expected = np.einsum("nj,nja,njb->jab", resp, deviation, deviation)
    expected /= resp.sum(axis=0)[:, None, None]
    np.testing.assert_allclose(fit.covariances_, expected, atol=1e-3)
    np.testing.assert_array_equal(fit.weights_, weights)
    assert fit.n_parameters_ == 9


def test_a_warm_start_goes_on_under_other_constraints() -> None:
    X = groups()
    fit = mx.GaussianMixture(3, random_state=0, warm_start=True).fit(X)
    for change in (
        {"equal_weights": True},
        {"equal_weights": False, "fixed": "means", "means_init": CENTRES + 0.1},
        {"fixed": "weights", "weights_init": [0.3, 0.3, 0.4]},
        {"fixed": None, "prior": "default"},
    ):
        fit.set_params(**change).fit(X)
        assert np.diff(fit.trace_).min(initial=0.0) >= 0.0, change
        if fit.fixed == "means":
            np.testing.assert_array_equal(fit.means_, CENTRES + 0.1)
        if fit.fixed == "weights":
            np.testing.assert_array_equal(fit.weights_, [0.3, 0.3, 0.4])


# ------------------------------------------------------------------------------------ priors


@pytest.mark.parametrize("covariance_type", NAMES)
def test_units_and_origin_do_not_matter_to_the_default_prior(covariance_type: str) -> None:
    X = np.round(groups() * 64)
    options: dict[str, Any] = {
        "covariance_type": covariance_type,
        "prior": "default",
        "random_state": 0,
        "tol": 1e-10,
    }
    here = mx.GaussianMixture(3, **options).fit(X)
    for scale, offset in ((2.0**-20, 0.0), (2.0**20, 0.0), (1.0, 2.0**26)):
        there = mx.GaussianMixture(3, **options).fit(X * scale + offset)
        np.testing.assert_allclose(
            there.predict_proba(X * scale + offset), here.predict_proba(X), atol=1e-4
        )
        np.testing.assert_allclose(there.means_ - offset, here.means_ * scale, rtol=1e-4)


@pytest.mark.parametrize("covariance_type", ["VVV", "EII", "VEI", "EEE"])
def test_weights_are_repetition_for_the_default_prior(covariance_type: str) -> None:
    X = groups()
    weight = np.random.default_rng(1).integers(0, 4, len(X))
    fit = mx.GaussianMixture(3, covariance_type=covariance_type, prior="default", random_state=0)
    weighted = clone(fit).fit(X, sample_weight=weight)
    repeated = clone(fit).fit(np.repeat(X, weight, axis=0))
    np.testing.assert_allclose(weighted.lower_bound_, repeated.lower_bound_, rtol=1e-9)
    np.testing.assert_allclose(weighted.prior_.scale, repeated.prior_.scale, rtol=1e-12)


@pytest.mark.parametrize("covariance_type", NAMES)
@pytest.mark.parametrize(
    "X",
    [
        np.repeat([[0.0, 0.0], [1.0, 2.0]], 4, axis=0),
        np.column_stack([np.arange(12.0), np.arange(12.0)]),
        np.column_stack([np.arange(12.0), np.full(12, 7.0)]),
        np.array([[0.0, 1.0], [2.0, 1.5], [1.0, 0.0]]),
    ],
    ids=["duplicates", "collinear", "constant", "three-rows"],
)
@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
@pytest.mark.filterwarnings("ignore:GaussianMixture did not converge")
def test_degenerate_tables_under_the_default_prior(covariance_type: str, X: np.ndarray) -> None:
    fit = mx.GaussianMixture(
        3, covariance_type=covariance_type, prior="default", max_iter=2, random_state=0
    ).fit(X)
    assert np.isfinite(fit.lower_bound_)
    assert np.isfinite(fit.predict_proba(X)).all()
    slack = 1e-12 * (1.0 + np.abs(fit.trace_).max())
    assert np.diff(fit.trace_).min(initial=0.0) >= -slack


@pytest.mark.filterwarnings("ignore:Component.*few rows")  # five, which are equal
def test_a_prior_keeps_a_component_from_collapsing_onto_equal_rows() -> None:
    X = np.concatenate([groups(60), np.full((5, 2), 20.0)])
    bare = mx.GaussianMixture(4, n_init=1, random_state=0)
    with pytest.warns(mx.DataWarning, match="collapsed"):
        bare.fit(X)
    assert bare.set_params(prior="default").fit(X).n_collapsed_ == 0


def test_priors_of_ones_own() -> None:
    X = groups()
    whole = NormalInverseWishart(np.zeros(2), 2.0, 7.0, np.diag([3.0, 3.0]))
    given: dict[str, Any] = {"mean": [0.0, 0.0], "shrinkage": 2, "dof": 7, "scale": 3.0}
    fits = [
        mx.GaussianMixture(3, prior=prior, random_state=0).fit(X)
        for prior in (whole, given, given | {"scale": [3.0, 3.0]})
    ]
    for fit in fits:
        assert fit.lower_bound_ == fits[0].lower_bound_
        total = len(X) * fit.lower_bound_ - fit.log_likelihood_
        params = fit.mixture_.params
        structure = COVARIANCE_TYPES["full"].structure
        expected = fit.prior_.log_density(params.means, params.covariances, structure)
        np.testing.assert_allclose(total, expected, rtol=1e-9)
    part = mx.GaussianMixture(3, prior={"shrinkage": 1.0}, random_state=0).fit(X)
    default = mx.GaussianMixture(3, prior="default", random_state=0).fit(X)
    np.testing.assert_array_equal(part.prior_.scale, default.prior_.scale)
    assert (part.prior_.shrinkage, default.prior_.shrinkage) == (1.0, 0.01)


# ------------------------------------------------------------------------------------ errors


@pytest.mark.parametrize(
    ("parameters", "words"),
    [
        ({"equal_weights": 1}, "equal_weights=1"),
        ({"equal_weights": True, "weights_init": [0.5, 0.5]}, "no choice of weights_init"),
        ({"equal_weights": True, "fixed": "weights"}, "no weights to be fixed"),
        ({"fixed": "weights"}, "needs the values"),
        ({"fixed": ("means",), "weights_init": [0.5, 0.5]}, "needs the values"),
        ({"fixed": "covariances"}, "fixed='covariances'.*weights, means"),
        ({"fixed": 3}, "fixed=3"),
        ({"prior": "flat"}, "prior='flat'.*'default'"),
        ({"prior": 1.0}, "prior=1.0"),
        ({"prior": {"kappa": 1.0}}, "'kappa'.*mean, shrinkage, dof, scale"),
        ({"prior": {"shrinkage": -1.0}}, "prior shrinkage"),
        ({"prior": {"mean": [0.0]}}, r"prior mean.*\(2,\)"),
        ({"prior": {"scale": [1.0, 2.0, 3.0]}}, r"prior scale.*\(2,\) or \(2, 2\)"),
        ({"prior": {"scale": [["a"]]}}, "prior scale"),
        ({"prior": NormalInverseWishart(np.zeros(1), 1.0, 3.0, np.eye(1))}, r"\(2,\)"),
    ],
)
def test_bad_constraints_are_named_with_their_value(parameters: dict[str, Any], words: str) -> None:
    with pytest.raises(mx.MixturaError, match=words):
        mx.GaussianMixture(2, **parameters).fit(groups())


def test_a_default_prior_needs_more_than_one_row() -> None:
    X = groups(4)
    light = np.full(4, 0.1)
    with pytest.raises(mx.DataError, match=r"weigh 0\.4"):
        mx.GaussianMixture(prior="default").fit(X, sample_weight=light)
    prior = {"scale": 1.0}
    assert np.isfinite(mx.GaussianMixture(prior=prior).fit(X, sample_weight=light).lower_bound_)


# -------------------------------------------------------------------------------- model file


@pytest.mark.parametrize(
    "parameters",
    [
        {"equal_weights": True},
        {"prior": "default"},
        {"prior": {"shrinkage": 0.1}},
        {"fixed": "means", "means_init": CENTRES},
        {"fixed": ("weights", "means"), "means_init": CENTRES, "weights_init": [0.5, 0.3, 0.2]},
    ],
    ids=str,
)
def test_constraints_go_through_the_model_file(parameters: dict[str, Any], tmp_path: Path) -> None:
    X, path = groups(), tmp_path / "model.json"
    fit = mx.GaussianMixture(3, random_state=0, **parameters).fit(X)
    mx.save(fit, path)
    again = mx.load(path)
    assert (again.equal_weights, again.fixed) == (fit.equal_weights, fit.fixed)
    assert (again.bic(X), again.lower_bound_) == (fit.bic(X), fit.lower_bound_)
    assert (again.prior_ is None) == (fit.prior_ is None)
    if fit.prior_ is not None:
        assert again.prior_.shrinkage == fit.prior_.shrinkage
        np.testing.assert_array_equal(again.prior_.scale, fit.prior_.scale)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fixed_means", "yes"),
        ("mixing", "everything"),
        ("prior", {"mean": [0.0], "shrinkage": 1.0}),
        ("prior", {"mean": [0], "shrinkage": 0, "dof": 3, "scale": [[1]]}),
    ],
)
def test_model_files_with_constraints_that_are_none(
    name: str, value: object, tmp_path: Path
) -> None:
    path = tmp_path / "model.json"
    mx.save(mx.GaussianMixture(2, random_state=0).fit(groups()), path)
    document = json.loads(path.read_text())
    part = document if name in document else document["options"]
    part[name] = value
    path.write_text(json.dumps(document))
    with pytest.raises(mx.ModelFileError, match=name):
        mx.load(path)
