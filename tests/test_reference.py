"""Agreement with other programs and with exact arithmetic (see reference/README.md)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score

import mixtura as mx
from mixtura import em
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.explain.grouping import grouped
from mixtura.explain.hills import Hills
from mixtura.explain.merging_by_entropy import merge_by_entropy
from mixtura.explain.modes import find_modes
from mixtura.families import (
    Bernoulli,
    Categorical,
    Exponential,
    Family,
    Gamma,
    Gaussian,
    GaussianParameters,
    Geometric,
    Multinomial,
    Poisson,
    StudentT,
    StudentTParameters,
)
from mixtura.families.gaussian.structures import EEE, VII, VVI, VVV, DenseCovariances
from mixtura.families.tie import Tie
from mixtura.mixture import Mixture
from mixtura.selection import score
from mixtura.sources import ArraySource
from mixtura.starts.given import given_responsibilities
from mixtura.starts.hierarchy import hierarchy
from mixtura.statistics import Moments
from mixtura.stopping import projected_gain

REFERENCE = Path(__file__).parent / "reference"
NOT_OURS = Path(__file__).parents[2] / "shared" / "truth" / "families"


def read(name: str) -> Any:
    return json.loads((REFERENCE / f"{name}.json").read_text())


def table(name: str) -> np.ndarray:
    if name == "waiting":
        return table("faithful")[:, 1:]
    columns = {"faithful": range(2), "overlap": range(2)}.get(name, range(4))
    return np.loadtxt(REFERENCE / f"{name}.csv", delimiter=",", skiprows=1, usecols=columns)


def given_start(case: dict[str, Any]) -> np.ndarray:
    if "start_z" in case:
        return np.array(case["start_z"])
    labels, alpha, k = np.array(case["start_labels"]) - 1, case["start_alpha"], case.get("G", 3)
    resp = np.full((len(labels), k), alpha / k)
    resp[np.arange(len(labels)), labels] = (1.0 - alpha) + alpha / k
    return resp


FIXED = [
    (name, model)
    for name in ("faithful_2", "iris_truth", "iris_soft", "waiting_2")
    for model in read(f"fixedz_{name}")["models"]
    if model not in ("VEE", "EVE", "VVE")  # see exact_axes.json
]


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # no tol is 0
@pytest.mark.filterwarnings("ignore:Component 2 owes its likelihood")
@pytest.mark.parametrize(("name", "model"), FIXED)
def test_em_from_given_responsibilities(name: str, model: str) -> None:
    case = read(f"fixedz_{name}")
    X, resp, expected = table(case["dataset"]), given_start(case), case["models"][model]
    k = resp.shape[1]

    def fit(max_iter: int) -> mx.GaussianMixture:
        return mx.GaussianMixture(
            k,
            covariance_type=model,
            init_params=resp,
            max_iter=max_iter,
            tol=0.0,
            reg_covar=0.0,
            acceleration=None,
        ).fit(X)

    trace = [fit(pairs - 1).log_likelihood_ for pairs in case["trace_at"]]
    np.testing.assert_allclose(trace, expected["trace"], rtol=1e-12)
    final = fit(20_000)
    parameters = expected["final"]["parameters"]
    np.testing.assert_allclose(final.log_likelihood_, expected["final"]["loglik"], rtol=1e-12)
    np.testing.assert_allclose(-final.bic(X), expected["final"]["bic"], rtol=1e-11)
    np.testing.assert_allclose(final.scores_.entropy, read("entropy")[name][model], rtol=1e-6)
    assert final.n_parameters_ == expected["df"]
    sigma = np.array(parameters["sigma"] if "sigma" in parameters else parameters["sigmasq"])
    np.testing.assert_allclose(final.weights_, parameters["pro"], rtol=1e-6)
    np.testing.assert_allclose(final.means_.ravel(), np.ravel(parameters["mean"]), rtol=1e-6)
    np.testing.assert_allclose(
        final.covariances_.ravel(), sigma.ravel(), rtol=1e-6, atol=1e-6 * np.abs(sigma).max()
    )


@pytest.mark.parametrize("model", ["VEE", "EVE", "VVE"])
@pytest.mark.parametrize("name", ["faithful_2", "iris_truth", "iris_soft"])
def test_em_with_exact_maximisation(name: str, model: str) -> None:
    case, expected = read(f"fixedz_{name}"), read("exact_axes")[name][model]
    X, resp = table(case["dataset"]), given_start(case)
    family = Gaussian(COVARIANCE_TYPES[model].structure, np.zeros(X.shape[1]))
    first = em.begin(family, ArraySource(X), given_responsibilities(resp))
    rule = projected_gain(0.0, 20_000)
    final = em.fit(first, ArraySource(X), stopping=rule)
    trace = [len(X) * final.trace[min(m - 1, final.n_iter)] for m in case["trace_at"]]
    # The reference's axes are known to some 1e-8: sweeps alone, carried on until none turns by
    # more than 1e-11, give our trace to 3e-12, and are as far from the reference's.
    np.testing.assert_allclose(trace, expected["trace"], rtol=1e-12 if model == "VEE" else 4e-8)
    np.testing.assert_allclose(len(X) * final.objective, expected["loglik"], rtol=1e-12)


@pytest.mark.parametrize("name", ["faithful", "iris"])
def test_the_default_search_is_as_good(name: str) -> None:
    case, X = read("selected")[name], table(name)
    search = mx.MixtureSearch(random_state=0).fit(X)
    assert -search.results_["bic"][search.best_index_] >= case["bic"] * (1.0 + 1e-9)
    assert search.best_params_ == {"covariance_type": case["model"], "n_components": case["G"]}
    # Their run ends before the maximum, which leaves a row or two on the other side.
    theirs = at(case).responsibilities(X).argmax(axis=1)
    assert adjusted_rand_score(search.predict(X), theirs) > 0.98


PRIORS = [
    (name, model) for name, case in read("prior_map")["cases"].items() for model in case["models"]
]


@pytest.mark.filterwarnings("ignore:Component.*few rows")
@pytest.mark.filterwarnings("ignore:GaussianMixture did not converge")
@pytest.mark.parametrize(("name", "model"), PRIORS)
def test_posterior_modes_from_given_responsibilities(name: str, model: str) -> None:
    case = read("prior_map")["cases"][name]
    X, resp, expected = table(case["dataset"]), given_start(case), case["models"][model]
    final = mx.GaussianMixture(
        case["G"],
        covariance_type=model,
        prior="default",
        init_params=resp,
        max_iter=20_000,
        tol=0.0,
        reg_covar=0.0,
        acceleration=None,
    ).fit(X)
    source = ArraySource(X)
    mixture = em.begin(final.mixture_.family, source, given_responsibilities(resp))
    trace = []
    for pairs in range(1, case["trace_at"][-1] + 1):
        if pairs in case["trace_at"]:
            trace.append(mixture.log_density(X).sum())
        mixture = mixture.maximize(em.e_step(mixture, source))
    np.testing.assert_allclose(trace, expected["trace_data_loglik"], rtol=1e-12)
    scale = np.array(expected["prior"]["scale"])
    scale = scale if scale.ndim else scale * np.eye(X.shape[1])
    np.testing.assert_allclose(final.prior_.scale, scale, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(final.prior_.mean, expected["prior"]["mean"], rtol=1e-12)
    assert final.prior_.dof == expected["prior"]["dof"]
    assert final.prior_.shrinkage == expected["prior"]["shrinkage"]
    theirs = expected["final"]
    np.testing.assert_allclose(len(X) * final.lower_bound_, theirs["objective"], rtol=1e-12)
    np.testing.assert_allclose(final.log_likelihood_, theirs["data_loglik"], rtol=1e-8)
    np.testing.assert_allclose(final.weights_, theirs["pro"], rtol=1e-5)
    np.testing.assert_allclose(final.means_, theirs["mean"], rtol=1e-5)
    covariances = np.array(theirs["cov"])
    np.testing.assert_allclose(
        final.mixture_.params.covariances.matrices(),
        covariances,
        rtol=1e-5,
        atol=1e-6 * np.abs(covariances).max(),
    )


def at(case: dict[str, Any]) -> Mixture:
    """The mixture of some given parameters."""
    means = np.array(case["mean"])
    params = GaussianParameters(means, DenseCovariances.of(np.array(case["sigma"])))
    return Mixture(Gaussian(VVV, np.zeros(means.shape[1])), params, np.array(case["pro"]))


@pytest.mark.parametrize("name", ["faithful", "iris"])
def test_criteria_at_given_parameters(name: str) -> None:
    case = read("selected")[name]
    scores, df = score(at(case), ArraySource(table(name))), case["df"]
    actual = [scores.log_likelihood, -scores.bic(df), -scores.icl(df)]
    np.testing.assert_allclose(actual, [case["loglik"], case["bic"], case["icl"]], rtol=1e-13)


@pytest.mark.filterwarnings("ignore:GaussianMixture did not converge")
@pytest.mark.parametrize("model", sorted(read("faithful_noise")["models"]))
def test_em_with_noise_from_given_responsibilities(model: str) -> None:
    case = read("faithful_noise")
    X = np.concatenate([table("faithful"), case["X_extra"]])
    resp, expected = given_start(case), case["models"][model]
    volume = 1.0 / case["v_inv"]

    def fit(max_iter: int) -> mx.GaussianMixture:
        return mx.GaussianMixture(
            2, covariance_type=model, init_params=resp, max_iter=max_iter, tol=0.0, reg_covar=0.0,
            noise=volume, acceleration=None,
        ).fit(X)  # fmt: skip

    # mclust stops VEE and EVE short of each M-step's optimum.
    rtol = {"VEE": 1e-8, "EVE": 1e-6}.get(model, 1e-12)
    trace = [fit(pairs - 1).log_likelihood_ for pairs in case["trace_at"]]
    np.testing.assert_allclose(trace, expected["trace"], rtol=rtol)
    final, parameters = fit(20_000), expected["final"]["parameters"]
    np.testing.assert_allclose(final.log_likelihood_, expected["final"]["loglik"], rtol=1e-12)
    np.testing.assert_allclose(-final.bic(X), expected["final"]["bic"], rtol=1e-11)
    assert final.n_parameters_ == expected["df"]
    np.testing.assert_allclose(final.weights_, parameters["pro"], rtol=1e-6)
    np.testing.assert_allclose(final.means_, parameters["mean"], rtol=1e-6)
    np.testing.assert_allclose(
        final.covariances_, parameters["sigma"], rtol=1e-6, atol=1e-6 * np.max(parameters["sigma"])
    )


@pytest.mark.filterwarnings("ignore:Only 1 of 20 starts")
def test_the_volume_of_noise_and_a_start_of_our_own() -> None:
    case = read("faithful_noise")
    X = np.concatenate([table("faithful"), case["X_extra"]])
    for model, expected in case["models"].items():
        fit = mx.GaussianMixture(2, covariance_type=model, noise=True, random_state=0).fit(X)
        np.testing.assert_allclose(fit.noise_volume_, 1.0 / case["v_inv"], rtol=1e-9)
        assert fit.log_likelihood_ > expected["final"]["loglik"] - len(X) * 1e-6


def test_the_default_floor_changes_no_sound_fit() -> None:
    case = read("fixedz_faithful_2")
    fit = mx.GaussianMixture(2, init_params=given_start(case)).fit(table("faithful"))
    expected = case["models"]["VVV"]["final"]["loglik"]
    assert 0 <= expected - fit.log_likelihood_ < 272 * 1e-7


@pytest.mark.parametrize("random_state", range(5))
def test_the_default_fit_ends_at_the_maximum_where_components_overlap(random_state: int) -> None:
    # Our k-means leads to a lower optimum, and the highest ones of all are spurious.
    maximum = read("overlap")["maximum"]
    X = table("overlap")
    fit = mx.GaussianMixture(2, random_state=random_state).fit(X)
    assert 0 <= maximum["loglik"] - fit.log_likelihood_ < len(X) * fit.tol
    np.testing.assert_allclose(fit.weights_, maximum["weights"][::-1], atol=1e-3)
    np.testing.assert_allclose(fit.means_, maximum["means"][::-1], atol=1e-2)
    assert fit.spurious_ == ()
    few = mx.GaussianMixture(2, random_state=random_state, acceleration="early").fit(X)
    np.testing.assert_allclose(few.log_likelihood_, maximum["loglik"], rtol=1e-9)
    np.testing.assert_allclose(few.weights_, maximum["weights"][::-1], atol=2e-4)
    np.testing.assert_allclose(few.means_, maximum["means"][::-1], atol=2e-3)


def discrete_case(name: str) -> dict[str, Any]:
    """A case of ours, or one whose data are not ours to give away."""
    if (REFERENCE / f"{name}.json").exists():
        return read(name)
    path = NOT_OURS / f"{name}.json"
    if not path.exists():
        pytest.skip(f"{path} is not there: its data set is not part of the project")
    return json.loads(path.read_text())


def discrete_table(case: dict[str, Any]) -> tuple[Family[Any, Any], ArraySource]:
    data = case["data"]
    if case["family"] == "Poisson":
        return Poisson(), ArraySource(
            np.array(data["x"], float)[:, None], np.array(data["weights"])
        )
    if case["family"] == "Multinomial":
        return Multinomial(), ArraySource(np.array(data["X"], float))
    X = np.array([[float(cell) for cell in row] for row in data["X_rows_as_strings"]])
    if case["family"] == "Bernoulli":
        return Bernoulli(), ArraySource(X)
    return Categorical(tuple(data["levels"])), ArraySource(X)


def side_by_side(case: dict[str, Any], params: list[Any]) -> np.ndarray:
    """Parameters as a row of numbers for each component."""
    return np.hstack(params) if case["family"] == "Categorical" else np.array(params)


@pytest.mark.parametrize(
    "name",
    ["bernoulli_sim", "categorical_sim", "multinomial_sim", "poisson_thai_2", "poisson_thai_3"],
)
def test_discrete_mixtures_from_given_responsibilities(name: str) -> None:
    case = discrete_case(name)
    family, source = discrete_table(case)
    total, final = case["total_weight"], case["final"]
    start = given_responsibilities(given_start({"G": case["K"], **case}))
    first = em.begin(family, source, start)
    np.testing.assert_allclose(first.weights, case["step1"]["pi"], rtol=1e-12)
    step1 = side_by_side(case, case["step1"]["params"])
    np.testing.assert_allclose(first.params.sort_key, step1, rtol=1e-12)
    fit = em.fit(first, source, stopping=projected_gain(0.0, 20_000))
    trace = [total * fit.trace[min(pairs - 1, fit.n_iter)] for pairs in case["trace_at"]]
    np.testing.assert_allclose(trace, case["trace"], rtol=1e-12)
    scores, df = score(fit.mixture, source), fit.mixture.n_parameters
    assert df == final["df"]
    np.testing.assert_allclose(scores.log_likelihood, final["loglik"], rtol=1e-12)
    np.testing.assert_allclose(scores.bic(df), final["bic_minus"], rtol=1e-12)
    np.testing.assert_allclose(scores.entropy, final["entropy"], rtol=1e-4)
    np.testing.assert_allclose(fit.mixture.weights, final["pi"], atol=1e-5)
    params = side_by_side(case, final["params"])
    np.testing.assert_allclose(fit.mixture.params.sort_key, params, atol=1e-5)
    resp = fit.mixture.responsibilities(source.load(0).X[:5])
    np.testing.assert_allclose(resp, final["z_first5"], atol=1e-5)


#: Families of one column, and their parameters as the reference has them.
ONE_COLUMN: dict[str, tuple[Family[Any, Any], Callable[[Any], np.ndarray]]] = {
    "exponential_sim_2": (Exponential(), lambda params: params.rates),
    "geometric_sim_2": (Geometric(), lambda params: params.probabilities),
    "gamma_sim_2": (
        Gamma(),
        lambda params: np.hstack([params.shapes, params.shapes / params.means]),
    ),
}


@pytest.mark.parametrize("name", ONE_COLUMN)
def test_mixtures_of_one_column_from_given_responsibilities(name: str) -> None:
    case, (family, shown) = read(name), ONE_COLUMN[name]
    source, final = (
        ArraySource(np.array(case["data"]["x"], dtype=np.float64)[:, None]),
        case["final"],
    )
    start = given_responsibilities(given_start({"G": case["K"], **case}))
    first = em.begin(family, source, start)
    np.testing.assert_allclose(first.weights, case["step1"]["pi"], rtol=1e-12)
    np.testing.assert_allclose(shown(first.params), case["step1"]["params"], rtol=1e-10)
    fit = em.fit(first, source, stopping=projected_gain(0.0, 20_000))
    n = case["total_weight"]
    trace = [n * fit.trace[min(pairs - 1, fit.n_iter)] for pairs in case["trace_at"]]
    np.testing.assert_allclose(trace, case["trace"], rtol=1e-12)
    scores, df = score(fit.mixture, source), fit.mixture.n_parameters
    assert df == final["df"]
    np.testing.assert_allclose(scores.log_likelihood, final["loglik"], rtol=1e-12)
    np.testing.assert_allclose(scores.bic(df), final["bic_minus"], rtol=1e-12)
    np.testing.assert_allclose(scores.entropy, final["entropy"], rtol=1e-4)
    np.testing.assert_allclose(fit.mixture.weights, final["pi"], rtol=1e-5)
    np.testing.assert_allclose(shown(fit.mixture.params), final["params"], rtol=1e-5)
    resp = fit.mixture.responsibilities(source.load(0).X[:5])
    np.testing.assert_allclose(resp, final["z_first5"], atol=1e-5)


def student_t_case(name: str) -> tuple[dict[str, Any], np.ndarray]:
    """A case, and its rows."""
    if name.startswith("stackloss"):  # whose rows are not ours to give away
        told = discrete_case("student_t")
        return told["cases"][name], np.array(told["data"]["stackloss"])
    strewn = read("faithful_noise")["X_extra"] if "noise" in name else np.empty((0, 2))
    return read("student_t_faithful")["cases"][name], np.vstack([table("faithful"), strewn])


@pytest.mark.parametrize(
    "name",
    [
        "faithful_K2_fixed_nu5",
        "faithful_K2_fixed_nu30",
        "faithful_plus_noise_K2_common_nu5",
        "stackloss_K1_fixed_nu1",
        "stackloss_K1_fixed_nu3",
        "stackloss_K1_common_nu5",
    ],
)
def test_student_t_mixtures_from_given_parameters(name: str) -> None:
    case, X = student_t_case(name)
    begin, final, (n, d) = case["start"], case["final"], X.shape
    dof = Tie.SHARED if case["nu_mode"] == "common" else begin["nu"][0]
    first = Mixture(
        StudentT(VVV, np.zeros(d), dof),
        StudentTParameters(
            np.array(begin["mean"]),
            DenseCovariances.of(np.array(begin["scale"])),
            np.array(begin["nu"]),
        ),
        np.array(begin["pi"]),
    )
    fit = em.fit(first, ArraySource(X), stopping=projected_gain(0.0, 20_000))
    trace = [n * fit.trace[min(pairs, fit.n_iter)] for pairs in case["trace_at"]]
    np.testing.assert_allclose(trace, case["trace"], rtol=1e-12)
    assert fit.mixture.n_parameters == final["df"]
    params = fit.mixture.params
    if final["nu"][0] > 1000.0:  # theirs goes on rising; ours has come to the Gaussian limit
        assert params.dof.tolist() == [2.0**53]
        np.testing.assert_allclose(n * fit.objective, final["loglik"], rtol=1e-5)
        assert n * fit.objective > final["loglik"]
        return
    np.testing.assert_allclose(n * fit.objective, final["loglik"], rtol=1e-12)
    np.testing.assert_allclose(params.dof, final["nu"], rtol=1e-5)
    np.testing.assert_allclose(fit.mixture.weights, final["pi"], rtol=1e-5)
    np.testing.assert_allclose(params.locations, final["mean"], rtol=1e-5)
    np.testing.assert_allclose(params.scales.matrices(), final["scale"], rtol=1e-5)


@pytest.mark.parametrize("name", sorted(read("gmm_edges")["cases"]))
def test_densities_at_the_edge_of_floating_point(name: str) -> None:
    case = read("gmm_edges")["cases"][name]
    means, X = np.array(case["means"]), np.array(case["X"])
    params = GaussianParameters(means, DenseCovariances.of(np.array(case["covs"])))
    family = Gaussian(VVV, np.zeros(means.shape[1]))
    mixture = Mixture(family, params, np.array(case["weights"]))
    tol = case["tol"]
    np.testing.assert_allclose(family.log_density(params, X), case["log_prob"], rtol=tol, atol=tol)
    np.testing.assert_allclose(mixture.log_density(X), case["score_samples"], rtol=tol, atol=tol)
    np.testing.assert_allclose(
        mixture.responsibilities(X), case["resp"], rtol=0, atol=case["tol_resp"]
    )


def test_log_densities_of_single_families() -> None:
    edges = read("logdens_edges")
    for mean, variance, x, expected in edges["normal_1d"]:
        params = GaussianParameters(
            np.array([[mean]]), DenseCovariances.of(np.array([[[variance]]]))
        )
        actual = Gaussian(VVV, np.zeros(1)).log_density(params, np.array([[x]]))[0, 0]
        np.testing.assert_allclose(actual, expected, rtol=1e-14)


@pytest.mark.parametrize("name", sorted(read("mstep_offsets")["cases"]))
def test_m_steps_under_offsets_and_scales(name: str) -> None:
    case = read("mstep_offsets")["cases"][name]
    scale, offset = {
        "plain": (1.0, 0.0),
        "offset_1e6": (1.0, 1e6),
        "offset_1e9": (1.0, 1e9),
        "scale_1e-8": (1e-8, 0.0),
        "scale_1e8": (1e8, 0.0),
    }[name]
    X = table("iris") * scale + offset
    resp = np.full((150, 3), 0.1 / 3)
    resp[np.arange(150), np.repeat([0, 1, 2], 50)] += 0.9
    free = np.zeros(4)
    for structure, key in ((VVV, "full"), (EEE, "tied"), (VVI, "diag"), (VII, "spherical")):
        moments = Moments.of(X, resp, diagonal=structure.diagonal)
        np.testing.assert_allclose(moments.mean, case["mean"], rtol=1e-12)
        matrices = structure.estimate(moments.count, moments.scatter, free).matrices()
        expected = _written_out(np.array(case[key]), 3, 4)
        np.testing.assert_allclose(matrices, expected, atol=1e-12 * np.abs(expected).max())


def _written_out(covariances: np.ndarray, k: int, d: int) -> np.ndarray:
    if covariances.shape == (k,):
        return covariances[:, None, None] * np.eye(d)
    if covariances.shape == (d, d):
        return np.tile(covariances, (k, 1, 1))
    return covariances[:, :, None] * np.eye(d) if covariances.shape == (k, d) else covariances


@pytest.mark.parametrize("k", range(2, 7))
def test_model_based_hierarchy_of_iris(k: int) -> None:
    X = table("iris")
    expected = read("hierarchy_iris")["labels"][str(k)]
    labels = hierarchy(X, np.ones(len(X))).labels(k)
    assert len(set(zip(labels, expected, strict=True))) == k


@pytest.mark.parametrize("name", sorted(read("modes")["cases"]))
def test_modes_of_synthetic_mixtures(name: str) -> None:
    case = read("modes")["cases"][name]
    modes = find_modes(_full(case["parameters_from"]))
    assert len(modes) == case["n_modes"]
    expected = np.array(case["modes"])
    for point in modes.points:
        assert np.abs(expected - point).max(axis=1).min() < 1e-8
    for own, theirs in zip(modes.of_component, case["component_mean_to_mode"], strict=True):
        np.testing.assert_allclose(modes.points[own], expected[theirs], atol=1e-8)
    np.testing.assert_allclose(
        modes.log_density, np.sort(case["log_density_at_modes"])[::-1], rtol=1e-12
    )


@pytest.mark.parametrize("name", sorted(read("modes_fitted")["cases"]))
def test_modes_of_fitted_mixtures_and_the_rows_that_climb_to_them(name: str) -> None:
    case = read("modes_fitted")["cases"][name]
    mixture = _full(case["parameters"])
    modes = find_modes(mixture)
    assert len(modes) == case["n_modes"]
    expected = np.array(case["modes"])
    place = [int(np.abs(expected - point).max(axis=1).argmin()) for point in modes.points]
    np.testing.assert_allclose(modes.points, expected[place], rtol=1e-9, atol=1e-7)
    heights = np.array(case["log_density_at_modes"])[place]
    np.testing.assert_allclose(modes.log_density, heights, rtol=1e-10)
    own = [place[hill] for hill in modes.of_component]
    assert own == case["component_mean_to_mode"]
    if name in ("faithful", "waiting", "iris"):
        counts = np.bincount(
            Hills(mixture, modes).of(np.ascontiguousarray(table(name))), minlength=len(modes)
        )
        assert counts.tolist() == [case["data_points_per_mode"][number] for number in place]


def test_merging_by_entropy() -> None:
    case, X = read("combined")["faithful"], table("faithful")
    mixture = _full(case["parameters"])
    tree = merge_by_entropy(mixture, ArraySource(X))
    np.testing.assert_allclose(tree.values[::-1], case["entropy_by_K"], rtol=1e-9, atol=1e-12)
    assert (tree.merges + 1).tolist() == case["merges_1based"]
    assert tree.suggested == case["n_clusters_piecewise_reg2"]
    labels = grouped(mixture, tree.groups()).responsibilities(X).argmax(axis=1) + 1
    assert labels.tolist() == case["labels_at_optimum"]


def _full(parameters: dict[str, Any]) -> Mixture[Any, Any]:
    """A Gaussian mixture of given parameters."""
    weights = parameters.get("weights", parameters.get("pro"))
    means = np.array(parameters.get("means", parameters.get("mean")))
    covariances = np.array(parameters.get("covs", parameters.get("sigma")))
    params = GaussianParameters(means, DenseCovariances.of(covariances))
    return Mixture(Gaussian(VVV, np.zeros(means.shape[1])), params, np.array(weights))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # no tol is 0
@pytest.mark.parametrize("name", sorted(read("missing_iris")["cases"]))
def test_em_with_missing_cells(name: str) -> None:
    case, X = read("missing_iris")["cases"][name], table("iris_nan10")
    shape, k, start = case["covariance_type"], case["K"], case["start"]
    matrices = np.broadcast_to(np.array(start["cov"]), (k, 4, 4))
    precisions = {
        "full": np.linalg.inv(matrices),
        "tied": np.linalg.inv(matrices[0]),
        "diag": 1.0 / matrices.diagonal(0, 1, 2),
        "spherical": 1.0 / matrices[:, 0, 0],
    }[shape]

    def fit(max_iter: int) -> mx.GaussianMixture:
        return mx.GaussianMixture(
            k,
            covariance_type=shape,
            weights_init=start["pi"],
            means_init=start["mean"],
            precisions_init=precisions,
            max_iter=max_iter,
            tol=0.0,
            reg_covar=0.0,
            acceleration=None,
        ).fit(X)

    trace = [fit(pairs).log_likelihood_ for pairs in case["trace_at"]]
    np.testing.assert_allclose(trace, case["trace"], rtol=1e-12)
    final, expected = fit(20_000), case["final"]
    np.testing.assert_allclose(final.log_likelihood_, expected["loglik"], rtol=1e-12)
    assert final.n_parameters_ == expected["df"]
    np.testing.assert_allclose(final.weights_, expected["pi"], rtol=1e-6)
    np.testing.assert_allclose(final.means_, expected["mean"], rtol=1e-6)
    np.testing.assert_allclose(
        _written_out(final.covariances_, k, 4), expected["cov"], rtol=1e-6, atol=1e-6
    )
    imputed = case["conditional_mean_imputation"]
    rows = final.impute(X[imputed["rows_0based"]])
    np.testing.assert_allclose(rows, imputed["values"], atol=2e-9)


@pytest.mark.skipif(not NOT_OURS.exists(), reason="the table is not ours to pass on")
def test_a_table_with_gaps_as_one_group() -> None:
    case = json.loads((NOT_OURS.parent / "missing" / "missing_gaussian.json").read_text())["cases"]
    expected = case["airquality_nan_K1_full"]["final"]
    path = NOT_OURS.parent / "data" / "airquality_nan.csv"
    X = np.genfromtxt(path, delimiter=",", skip_header=1)
    final = mx.GaussianMixture(tol=1e-12, reg_covar=0.0).fit(X)
    np.testing.assert_allclose(final.log_likelihood_, expected["loglik"], rtol=1e-10)
    np.testing.assert_allclose(final.means_, expected["mean"], rtol=1e-6)
