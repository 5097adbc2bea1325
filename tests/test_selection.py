"""Criteria by their definitions, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from mixtura.errors import MixturaError
from mixtura.families import Gaussian, GaussianParameters
from mixtura.families.gaussian.structures import VVV, DenseCovariances
from mixtura.mixture import Mixture
from mixtura.selection import (
    Entry,
    Scores,
    estimate_slope,
    held_out_weights,
    model_probabilities,
    score,
)
from mixtura.selection.named import CRITERIA, FIT_CRITERIA
from mixtura.sources import ArraySource
from mixtura.testing import check_statistics


def entry(k: int, p: int, log_likelihood: float, **more: float) -> Entry:
    scores = Scores(100.0, log_likelihood, -3.0, more.pop("entropy", 5.0))
    return Entry(k, p, scores, **{"log_likelihood_of_one": -300.0, **more})


def pair(distance: float) -> Mixture:
    means = np.array([[0.0], [distance]])
    params = GaussianParameters(means, DenseCovariances.of(np.ones((2, 1, 1))))
    return Mixture(Gaussian(VVV, np.zeros(1)), params, np.array([0.5, 0.5]))


# ---------------------------------------------------------------------------- a single fit


def test_criteria_of_a_single_fit() -> None:
    scores, log_n = Scores(98.0, -250.0, -3.0, 5.0), np.log(98.0)
    values = {name: criterion(scores, 7) for name, criterion in FIT_CRITERIA.items()}
    assert values == pytest.approx(
        {
            "bic": 500.0 + 7.0 * log_n,
            "aic": 514.0,
            "icl": 506.0 + 7.0 * log_n,
            "sabic": 500.0 + 7.0 * np.log(100.0 / 24.0),
        },
        rel=1e-14,
    )


def test_entropy_by_definition() -> None:
    # Halfway between equal components a row is shared alike; far outside it is certain.
    assert score(pair(2.0), ArraySource(np.array([[1.0]]))).entropy == pytest.approx(np.log(2.0))
    assert score(pair(2.0), ArraySource(np.array([[-90.0], [90.0]]))).entropy < 1e-70
    X = np.linspace(-3.0, 5.0, 50)[:, None]
    weight = np.linspace(0.0, 2.0, 50)
    resp = pair(2.0).responsibilities(X)
    expected = -(weight @ (resp * np.log(resp)).sum(axis=1))
    assert score(pair(2.0), ArraySource(X, weight)).entropy == pytest.approx(expected, rel=1e-13)
    assert score(pair(0.0), ArraySource(X)).entropy == pytest.approx(50 * np.log(2.0), rel=1e-14)


@pytest.mark.parametrize("distance", [1.0, 30.0])
def test_scores_merge(distance: float) -> None:
    X = np.linspace(-3.0, 33.0, 40)[:, None]
    check_statistics(
        lambda x, r: score(pair(distance), ArraySource(x, r[:, 0])), X, np.ones((40, 1))
    )


# ------------------------------------------------------------------------- a table of them


def test_entropy_criterion() -> None:
    table = [
        entry(1, 2, -300.0, entropy=0.0),
        entry(2, 5, -280.0, entropy=5.0),
        entry(3, 8, -300.0),
        entry(3, 8, -301.0),
    ]
    assert CRITERIA["nec"].of(table).tolist() == [1.0, 0.25, np.inf, np.inf]


def test_cross_validation_is_on_the_scale_of_aic() -> None:
    table = [entry(1, 2, -300.0, held_out=-310.0), entry(2, 5, -300.0)]
    np.testing.assert_array_equal(CRITERIA["cv"].of(table), [620.0, np.nan])


def test_probabilities_are_those_of_bic() -> None:
    table = [entry(1, 2, -300.0), entry(2, 5, -290.0), entry(3, 8, -289.0), entry(3, 9, 0.0)]
    table[3] = entry(3, 9, 0.0, sound=False)
    evidence = np.exp(-0.5 * (CRITERIA["bic"].of(table[:3]) - 600.0))
    probabilities = model_probabilities(table)
    np.testing.assert_allclose(probabilities[:3], evidence / evidence.sum(), rtol=1e-12)
    assert np.isnan(probabilities[3])
    far = model_probabilities([entry(1, 2, -3e9), entry(2, 5, -1e9)])
    assert far.tolist() == [0.0, 1.0]


def test_a_model_that_comes_twice_is_no_more_probable() -> None:
    once = model_probabilities([entry(1, 2, -300.0), entry(2, 5, -294.0)])
    twice = model_probabilities([entry(1, 2, -300.0 - 1e-8)] * 3 + [entry(2, 5, -294.0)])
    np.testing.assert_allclose(twice, [once[0] / 3] * 3 + [once[1]], rtol=1e-6)


# ------------------------------------------------------------------------- slope heuristic


def growing(slope: float, noise: float = 0.0) -> list[Entry]:
    """Log-likelihoods that rise fast up to 20 parameters, then by the slope, 25 models in all."""
    sizes = 5 + 4 * np.arange(25)
    signal = -500.0 * np.maximum(0.0, 1.0 - sizes / 22.0) ** 2
    noise = noise * np.random.default_rng(0).normal(size=25)
    fits = -1000.0 + signal + slope * sizes + noise
    return [entry(k, int(sizes[k - 1]), float(fits[k - 1])) for k in range(1, 26)]


def test_the_slope_of_an_exact_line_is_found() -> None:
    table = growing(0.7)
    slope = estimate_slope(table)
    assert slope.value == pytest.approx(0.7, rel=1e-12)
    values = CRITERIA["slope"].of(table)
    expected = [-2.0 * e.scores.log_likelihood + 4.0 * slope.value * e.n_parameters for e in table]
    np.testing.assert_allclose(values, expected, rtol=1e-14)
    assert table[int(values.argmin())].n_parameters == 21


def test_the_slope_is_robust() -> None:
    table = growing(0.7, noise=0.2)
    for outlier in (15, 20):  # these ended in poor local optima
        fit = table[outlier].scores.log_likelihood - 40.0
        table[outlier] = entry(outlier, table[outlier].n_parameters, fit)
    assert estimate_slope(table).value == pytest.approx(0.7, rel=0.1)
    chosen = table[int(CRITERIA["slope"].of(table).argmin())]
    assert 17 <= chosen.n_parameters <= 25


def test_only_the_best_sound_model_of_a_size_counts() -> None:
    table = growing(0.7)
    worse = [entry(1, e.n_parameters, e.scores.log_likelihood - 9.0) for e in table]
    collapsed = [entry(1, e.n_parameters, 1e6, sound=False) for e in table]
    assert estimate_slope(worse + collapsed + table) == estimate_slope(table)


def test_no_slope_from_too_few_models_or_from_a_fall() -> None:
    with pytest.raises(MixturaError, match=r"at least 10 different .* but there are 9"):
        estimate_slope(growing(0.7)[:9])
    assert np.isnan(CRITERIA["slope"].of(growing(0.7)[:9])).all()
    with pytest.raises(MixturaError, match="no gain"):
        estimate_slope(growing(-0.7))


# ------------------------------------------------------------------------------------ folds


def folds(weight: np.ndarray, n_folds: int, seed: int = 0) -> np.ndarray:
    return np.stack(list(held_out_weights(weight, n_folds, np.random.default_rng(seed))))


def test_each_row_is_held_out_once_in_folds_of_one_size() -> None:
    held = folds(np.ones(103), 10)
    assert set(held.ravel()) == {0.0, 1.0}
    assert (held.sum(axis=0) == 1.0).all()
    assert set(held.sum(axis=1)) == {10.0, 11.0}
    assert (folds(np.ones(103), 10) == held).all()
    assert (folds(np.ones(103), 10, seed=1) != held).any()


def test_folds_of_weights_are_those_of_repeated_rows() -> None:
    weight = np.array([1.0, 0.0, 3.0, 2.0, 1.0, 5.0])
    repeated = folds(np.ones(12), 4)
    starts = np.concatenate([[0], weight.cumsum()[:-1]]).astype(int)
    expected = np.stack(
        [repeated[:, a : a + int(w)].sum(axis=1) for a, w in zip(starts, weight, strict=True)],
        axis=1,
    )
    np.testing.assert_array_equal(folds(weight, 4), expected)


@pytest.mark.parametrize("scale", [0.37, 1e6, 1e12])
def test_folds_share_any_weights(scale: float) -> None:
    weight = scale * np.random.default_rng(0).exponential(size=50)
    held = folds(weight, 5)
    np.testing.assert_allclose(held.sum(axis=0), weight, rtol=1e-9)
    assert (held >= 0.0).all()
    np.testing.assert_allclose(held.sum(axis=1), weight.sum() / 5, rtol=0.3)
