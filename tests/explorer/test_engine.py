"""The explorer's engine has the numbers of the NumPy reference."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from engine_driver import NODE, answer_of, as_mixture, drive, problem, source_of

from mixtura import em, kernels
from mixtura.assignments import Tempered, draw_labels, hard, soft
from mixtura.explain.modes import find_modes
from mixtura.families import Gaussian, GaussianParameters
from mixtura.families.gaussian.structures import EEE, STRUCTURES, VVI, VVV, DenseCovariances
from mixtura.mixture import Mixture
from mixtura.selection.scores import score
from mixtura.sources.summary import summarize

pytestmark = pytest.mark.skipif(NODE is None, reason="no node")

REFERENCE = Path(__file__).parents[1] / "reference"
FAITHFUL = np.loadtxt(REFERENCE / "faithful.csv", delimiter=",", skiprows=1)
TEMPERATURE = 2.5
ASSIGNMENTS = {"soft": soft, "hard": hard, "tempered": Tempered(1.0 / TEMPERATURE)}


def groups_of_rows(seed: int, n: int, d: int) -> np.ndarray:
    """Three groups of different shapes, which touch."""
    rng = np.random.default_rng(seed)
    parts = (
        rng.normal(size=(n, d)) @ (rng.normal(size=(d, d)) + 2.0 * np.eye(d)),
        4.0 + rng.normal(size=(n, d)),
        0.5 * rng.normal(size=(n, d)) - 3.0,
    )
    return np.concatenate(parts)


# ---------------------------------------------------------------------------------------------
# Steps, for all structures

HALVES = [
    ["iterate", 2],
    ["read", "mixture"],
    ["eStep"],
    *(["read", name] for name in ("responsibilities", "posterior", "logDensity")),
    *(["read", name] for name in ("logLikelihood", "bic", "phase")),
    ["mStep"],
    *(["read", name] for name in ("mixture", "logLikelihood", "phase")),
    ["iterate", 2],
    ["read", "mixture"],
    ["read", "trace"],
]


@dataclass(frozen=True)
class Case:
    structure: Any
    d: int
    k: int
    algorithm: str
    weighted: bool

    def __str__(self) -> str:
        return f"{self.structure.name}-{self.d}-{self.k}-{self.algorithm}-{self.weighted}"


KINDS = [(1, "soft", False), (3, "soft", True), (3, "hard", False), (3, "tempered", True)]
CASES = [Case(structure, d, *kind) for structure in STRUCTURES for d in (1, 2, 4) for kind in KINDS]


def table_of(case: Case) -> tuple[np.ndarray, np.ndarray | None]:
    seed = CASES.index(case)
    X = groups_of_rows(seed, 30, case.d)
    return X, np.random.default_rng(seed).uniform(0.3, 2.0, len(X)) if case.weighted else None


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[Case, list[Any]]:
    problems = []
    for seed, case in enumerate(CASES):
        X, weight = table_of(case)
        own = {"k": case.k, "structure": case.structure.name, "algorithm": case.algorithm}
        steps = [["restart", "k-means++"], *HALVES]
        problems.append(problem(X, steps, weight=weight, seed=seed, temperature=TEMPERATURE, **own))
    driven = drive(problems, tmp_path_factory.mktemp("engine"))
    return dict(zip(CASES, driven, strict=True))


def assert_same(answer: dict[str, list[float]], mixture: Mixture[Any, Any]) -> None:
    matrices = mixture.params.covariances.matrices()
    np.testing.assert_allclose(answer["weights"], mixture.weights, rtol=1e-12)
    means = mixture.params.means.ravel()
    np.testing.assert_allclose(answer["means"], means, rtol=1e-12, atol=1e-12)
    size = np.abs(matrices).max()
    np.testing.assert_allclose(
        answer["covariances"], matrices.ravel(), rtol=1e-12, atol=1e-12 * size
    )


@pytest.mark.parametrize("case", CASES, ids=str)
def test_half_steps_and_iterations(answers: dict[Case, list[Any]], case: Case) -> None:
    X, weight = table_of(case)
    source = source_of(X, weight)
    W = np.ones(len(X)) if weight is None else weight
    (
        _,
        _,
        before,
        _,
        resp,
        posterior,
        log_density,
        total,
        bic,
        halfway,
        _,
        after,
        next_total,
        *end,
    ) = answers[case]
    resp, assignment = np.reshape(resp, (len(X), case.k)), ASSIGNMENTS[case.algorithm]
    with kernels.use("numpy"):
        mixture = as_mixture(case.structure, before, source)
        expected, _ = assignment(mixture.log_joint(X), lambda: np.random.default_rng())
        densities = mixture.log_density(X)
        np.testing.assert_allclose(resp, expected, rtol=0, atol=1e-12)
        np.testing.assert_allclose(
            np.reshape(posterior, resp.shape), mixture.responsibilities(X), rtol=0, atol=1e-12
        )
        np.testing.assert_allclose(log_density, densities, rtol=1e-12, atol=1e-12)
        assert total == pytest.approx(W @ densities, rel=1e-12)
        scores = score(mixture, source)
        assert bic == pytest.approx(scores.bic(mixture.n_parameters), rel=1e-12)
        gathered = em.expectation_of(mixture, X, W, resp, densities)
        mixture = mixture.maximize(gathered)
        assert_same(after, mixture)
        assert next_total == pytest.approx(W @ mixture.log_density(X), rel=1e-12)
        assert (halfway, end[0]) == ("M", "E")
        made, last, trace = end[1:]
        totals = [next_total]
        for _ in range(made["iterations"]):
            mixture = mixture.maximize(em.e_step(mixture, source, assignment))
            totals.append(float(W @ mixture.log_density(X)))
    np.testing.assert_allclose(trace[len(trace) - len(totals) :], totals, rtol=1e-12)
    if case.d > 1:  # in one column most structures have parameters that say the same
        assert_same(last, mixture)


# ---------------------------------------------------------------------------------------------
# Whole runs


@pytest.mark.parametrize("structure", [VVI, EEE, VVV], ids=lambda structure: structure.name)
def test_a_run_ends_as_in_python(tmp_path: Path, structure: Any) -> None:
    ways = ["k-means++", "random", "random responsibilities"]
    run = [["read", "mixture"], ["iterate", 1000], ["read", "mixture"], ["read", "trace"]]
    problems = [
        problem(FAITHFUL, [["restart", way], *run], k=3, seed=2, structure=structure.name)
        for way in ways
    ]
    source = source_of(FAITHFUL, None)
    for _, start, made, end, trace in drive(problems, tmp_path):
        with kernels.use("numpy"):
            fit = em.fit(as_mixture(structure, start, source), source)
        assert made == {"iterations": fit.n_iter, "converged": True}
        np.testing.assert_allclose(trace, np.multiply(len(FAITHFUL), fit.trace), rtol=1e-12)
        means = fit.mixture.params.means.ravel()
        np.testing.assert_allclose(end["means"], means, rtol=1e-6)


def test_the_optima_that_others_found(tmp_path: Path) -> None:
    published = {("EEE", 3): 2314.316, ("VVV", 2): 2322.192}  # Scrucca and others (2016)
    steps = [["iterate", 1000], ["read", "bic"]]
    problems = [problem(FAITHFUL, steps, k=k, structure=name, seed=3) for name, k in published]
    found = [bic for _, bic in drive(problems, tmp_path)]
    np.testing.assert_allclose(found, list(published.values()), atol=0.03)


def test_optima_are_remembered_best_first(tmp_path: Path) -> None:
    again = [["restart", "random"], ["iterate", 9000], ["iterate", 10], ["eStep"]]
    steps = [*(step for _ in range(12) for step in again), ["read", "optima"]]
    steps += [["configure", {"k": 2}], ["iterate", 1000], ["read", "optima"]]
    answers = drive([problem(FAITHFUL, steps, k=4)], tmp_path)[0]
    optima, _, _, more = answers[-4:]
    assert sum(optimum["found"] for optimum in optima) == 12
    values = [optimum["logLikelihood"] for optimum in optima]
    assert values == sorted(values, reverse=True)
    assert len(values) > 1
    assert min(np.diff(values[::-1])) > 1e-6 * len(FAITHFUL)
    assert {(o["k"], o["algorithm"]) for o in more} == {(4, "soft"), (2, "soft")}


def test_a_long_run_is_many_short_ones(tmp_path: Path) -> None:
    whole = [["restart", "random"], ["iterate", 40], ["read", "mixture"], ["read", "trace"]]
    parts = [["restart", "random"], *[["iterate", 1]] * 40, ["read", "mixture"], ["read", "trace"]]
    steps = [["restart", "random"], *[["eStep"], ["mStep"]] * 40]
    steps += [["read", "mixture"], ["read", "trace"]]
    problems = [problem(FAITHFUL, each, k=4, structure="VVE") for each in (whole, parts, steps)]
    ends = [answers[-2:] for answers in drive(problems, tmp_path)]
    for mixture, trace in ends[1:]:
        np.testing.assert_allclose(trace, ends[0][1], rtol=1e-12)
        np.testing.assert_allclose(mixture["means"], ends[0][0]["means"], rtol=1e-9)


@pytest.mark.parametrize("algorithm", ["soft", "hard", "tempered"])
def test_an_e_step_twice_is_the_same_and_settles_nothing(tmp_path: Path, algorithm: str) -> None:
    twice = [["eStep"], ["read", "responsibilities"]] * 2
    steps = [
        ["restart", "random"],
        *twice,
        ["read", "converged"],
        ["iterate", 3],
        ["read", "trace"],
    ]
    own = {"k": 3, "algorithm": algorithm, "temperature": 3.0, "seed": 5}
    _, _, first, _, second, converged, made, trace = drive(
        [problem(FAITHFUL, steps, **own)], tmp_path
    )[0]
    assert first == second
    assert not converged
    assert (made["iterations"], len(trace)) == (3, 4)


# ---------------------------------------------------------------------------------------------
# Starts, draws and drags


def test_draws_are_those_of_python(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    share, uniform = rng.dirichlet(np.full(4, 0.3), 200), rng.random(200)

    class Numbers:
        def random(self, n: int) -> np.ndarray:
            return uniform

    draws = {"share": share.ravel().tolist(), "n": 200, "k": 4, "uniform": uniform.tolist()}
    answers = drive([{"draws": draws}], tmp_path)[0]
    assert answers[0] == draw_labels(share, Numbers()).tolist()  # type: ignore[arg-type]


def test_random_steps_are_the_same_for_a_seed_and_never_settle(tmp_path: Path) -> None:
    steps = [["iterate", 25], ["eStep"], ["read", "responsibilities"], ["read", "trace"]]
    own = {"k": 3, "algorithm": "stochastic"}
    runs = drive([problem(FAITHFUL, steps, seed=seed, **own) for seed in (1, 1, 2)], tmp_path)
    assert runs[0] == runs[1]
    assert runs[0][-1] != runs[2][-1]
    resp = np.reshape(runs[0][2], (-1, 3))
    assert set(resp.ravel()) == {0.0, 1.0}
    assert (resp.sum(axis=1) == 1.0).all()
    assert runs[0][0] == {"iterations": 25, "converged": False}


def test_ways_to_start(tmp_path: Path) -> None:
    X = np.repeat(np.eye(3)[:, :2] * 100.0, 40, axis=0)
    X += np.random.default_rng(0).normal(size=X.shape)
    steps = [["restart", "k-means++"], ["read", "mixture"]]
    steps += [["restart", "random responsibilities"], ["read", "mixture"]]
    for _, apart, _, alike in drive([problem(X, steps, k=3, seed=s) for s in range(4)], tmp_path):
        np.testing.assert_allclose(np.sort(apart["weights"]), np.full(3, 1 / 3), rtol=1e-12)
        means = np.reshape(alike["means"], (3, 2))
        assert np.abs(means - X.mean(axis=0)).max() < 0.5 * X.std()


def test_a_dragged_mixture_fits_the_structure(tmp_path: Path) -> None:
    dragged = {
        "weights": [2.0, 1.0, 1.0],
        "means": [2.0, 60.0, 4.0, 80.0, 3.0, 55.0],
        "covariances": [0.2, 1.0, 1.0, 30.0, 0.1, -0.5, -0.5, 60.0, 0.4, 0.0, 0.0, 9.0],
    }
    steps = [
        ["setMixture", dragged],
        ["read", "mixture"],
        ["read", "iterations"],
        ["read", "trace"],
    ]
    problems = [problem(FAITHFUL, steps, k=3, structure=s.name) for s in STRUCTURES]
    weights = np.array([0.5, 0.25, 0.25])
    matrices, count = np.reshape(dragged["covariances"], (3, 2, 2)), len(FAITHFUL) * weights
    scatter = count[:, None, None] * matrices
    floor = summarize(source_of(FAITHFUL, None)).floor(1e-6)
    for structure, answers in zip(STRUCTURES, drive(problems, tmp_path), strict=True):
        _, after, iterations, trace = answers
        np.testing.assert_allclose(after["weights"], weights, rtol=1e-15)
        assert after["means"] == dragged["means"]
        assert (iterations, len(trace)) == (0, 1)
        own = np.diagonal(scatter, axis1=1, axis2=2) if structure.diagonal else scatter
        with kernels.use("numpy"):
            made = structure.estimate(count, own, floor).matrices().ravel()
        np.testing.assert_allclose(after["covariances"], made, rtol=1e-12, atol=1e-12)


def test_another_structure_keeps_the_place(tmp_path: Path) -> None:
    steps = [["read", "mixture"], ["configure", {"structure": "EEE"}], ["read", "mixture"]]
    steps += [["configure", {"algorithm": "hard"}], ["read", "mixture"]]
    before, _, after, _, later = drive([problem(FAITHFUL, steps, k=2)], tmp_path)[0]
    np.testing.assert_allclose(after["means"], before["means"], rtol=1e-15)
    first, second = np.reshape(after["covariances"], (2, 4))
    assert (first == second).all()
    assert later == after


# ---------------------------------------------------------------------------------------------
# Densities, marginals and hills


def some_mixture(seed: int, k: int, d: int) -> Mixture[Any, Any]:
    rng = np.random.default_rng(seed)
    root = rng.normal(size=(k, d, d))
    matrices = root @ root.transpose(0, 2, 1) + 0.2 * np.eye(d)
    params = GaussianParameters(2.0 * rng.normal(size=(k, d)), DenseCovariances.of(matrices))
    return Mixture(Gaussian(VVV, np.zeros(d)), params, rng.dirichlet(np.ones(k)))


def test_densities_and_marginals(tmp_path: Path) -> None:
    X, mixture, columns = groups_of_rows(1, 40, 3), some_mixture(2, 4, 3), [2, 0]
    points, few = X[:20].ravel().tolist(), X[:20, columns].ravel().tolist()
    steps = [["setMixture", answer_of(mixture)], ["density", points, 20]]
    steps += [["density", few, 20, columns], ["marginal", columns]]
    steps += [["componentDensity", j, few, 20, columns] for j in range(4)]
    _, density, marginal_density, marginal, *parts = drive([problem(X, steps, k=4)], tmp_path)[0]
    np.testing.assert_allclose(density, np.exp(mixture.log_density(X[:20])), rtol=1e-12)
    own = np.ix_(range(4), columns, columns)
    covariances = DenseCovariances.of(mixture.params.covariances.matrices()[own])
    params = GaussianParameters(mixture.params.means[:, columns], covariances)
    expected = Mixture(Gaussian(VVV, np.zeros(2)), params, mixture.weights)
    np.testing.assert_allclose(marginal["means"], params.means.ravel(), rtol=1e-15)
    np.testing.assert_allclose(
        marginal["covariances"], covariances.matrices().ravel(), rtol=1e-13, atol=1e-15
    )
    densities = np.exp(expected.log_density(X[:20][:, columns]))
    np.testing.assert_allclose(marginal_density, densities, rtol=1e-12)
    np.testing.assert_allclose(np.sum(parts, axis=0), densities, rtol=1e-12)


def test_hills_are_those_of_python(tmp_path: Path) -> None:
    mixtures = [some_mixture(seed, k, d) for seed in range(4) for k in (1, 3, 5) for d in (1, 2, 3)]
    cases = json.loads((REFERENCE / "modes.json").read_text())["cases"].values()
    for case in cases:
        given = case["parameters_from"]
        if isinstance(given, dict):
            covariances = DenseCovariances.of(np.array(given["covs"], dtype=float))
            params = GaussianParameters(np.array(given["means"], dtype=float), covariances)
            family = Gaussian(VVV, np.zeros(params.means.shape[1]))
            mixtures.append(Mixture(family, params, np.array(given["weights"])))
    problems = [
        problem(
            groups_of_rows(0, 20, m.n_features),
            [["setMixture", answer_of(m)], ["modes"]],
            k=m.n_components,
        )
        for m in mixtures
    ]
    several = 0
    for mixture, (_, hills) in zip(mixtures, drive(problems, tmp_path), strict=True):
        expected = find_modes(mixture)
        assert len(hills) == len(expected)
        several += len(hills) > mixture.n_components
        heights = [hill["logDensity"] for hill in hills]
        np.testing.assert_allclose(heights, expected.log_density, rtol=1e-12, atol=1e-12)
        if np.diff(heights).any():  # equal ones come in any order
            places = sorted([hill["place"] for hill in hills])
            np.testing.assert_allclose(places, sorted(expected.points.tolist()), atol=1e-6)
    assert several > 0


# ---------------------------------------------------------------------------------------------
# What is not regular, and bad input


def test_nothing_becomes_nan(tmp_path: Path) -> None:
    three = np.repeat([[0.0, 0.0], [1.0, 5.0], [3.0, 1.0]], 7, axis=0)
    line = np.outer(np.arange(20.0), [1.0, 2.0]) + 1e9
    steps = [["iterate", 60], *(["read", name] for name in ("note", "mixture", "logDensity"))]
    kinds = [
        {"algorithm": algorithm, "structure": structure, "k": 5, "temperature": 0.5}
        for algorithm in ("soft", "hard", "stochastic", "tempered")
        for structure in ("EII", "VVI", "EEV", "VVE", "VVV")
    ]
    problems = [problem(X, [*steps, ["modes"]], **kind) for X in (three, line) for kind in kinds]
    for place, (_, note, mixture, log_density, hills) in enumerate(drive(problems, tmp_path)):
        # JSON has null for what is no number.
        assert all(None not in numbers for numbers in (*mixture.values(), log_density))
        assert sum(mixture["weights"]) == pytest.approx(1.0)
        assert len(hills) > 0
        if place < len(kinds):
            assert "no rows left" in note or "on rows that are equal" in note


def test_bad_input_is_told(tmp_path: Path) -> None:
    X = FAITHFUL[:50]
    mixture = {"weights": [1.0, 0.0], "means": [1.0] * 4, "covariances": [1.0, 0.0, 0.0, 1.0] * 2}
    bad = {
        "21 components cannot be shown": problem(X, [], k=21),
        "is none of EII, VII": problem(X, [], structure="XXX"),
        "is none of soft, hard": problem(X, [], algorithm="firm"),
        "temperature is above 0": problem(X, [], temperature=0),
        "seed is a whole number": problem(X, [], seed=0.5),
        "Column 2 is constant": problem(np.column_stack([X[:, 0], np.full(50, 0.1)]), []),
        "not 3 x 2": {"table": {"rows": [1.0, 2.5], "n": 3, "d": 2}, "configuration": {}},
        "Weights are numbers from 0": problem(X, [], weight=np.full(50, -1.0)),
        "No row has a weight": problem(X, [], weight=np.zeros(50)),
        "no way to start": problem(X, [["restart", "well"]]),
        "41 columns are too many": problem(np.random.default_rng(0).normal(size=(50, 41)), []),
        "of 2 components in 2 columns": problem(X, [["setMixture", mixture | {"means": [0.5]}]]),
        "not all 0": problem(X, [["setMixture", mixture | {"weights": [0.0, 0.5 - 0.5]}]]),
    }
    for message, answers in zip(bad, drive(list(bad.values()), tmp_path), strict=True):
        assert answers[-1]["error"] == "RangeError", message
        assert message in answers[-1]["message"]
