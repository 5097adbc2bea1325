"""Models that were fitted apart, made one from their statistics."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura.typing import AnyArray

rng = np.random.default_rng(3)
X = np.concatenate([rng.normal(0, 1, (700, 2)), rng.normal(4, 1.5, (500, 2))])
X = X[rng.permutation(len(X))]
COUNTS = rng.poisson(np.where(X[:, :1] > 2.0, [2.0, 9.0], [7.0, 3.0]))

GIVEN = {
    "weights_init": [0.5, 0.5],
    "means_init": [[0.0, 0.0], [3.0, 3.0]],
    "precisions_init": [np.eye(2), np.eye(2)],
}

MODELS: dict[str, tuple[AnyArray, Callable[[int], Any]]] = {
    "gaussian": (X, lambda seed: mx.GaussianMixture(2, random_state=seed)),
    "noise": (X, lambda seed: mx.GaussianMixture(2, noise=True, random_state=seed)),
    "tied": (X, lambda seed: mx.GaussianMixture(2, covariance_type="tied", random_state=seed)),
    "t": (X, lambda seed: mx.StudentTMixture(2, random_state=seed)),
    "poisson": (COUNTS, lambda seed: mx.PoissonMixture(2, random_state=seed)),
    "mixed": (
        np.column_stack([X, COUNTS]),
        lambda seed: mx.MixedMixture(2, random_state=seed, families={"2": "poisson"}),
    ),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("n_parts", [1, 2, 5])
@pytest.mark.parametrize("weighted", [False, True])
def test_models_at_the_same_place_come_to_one_iteration_on_all_rows(
    n_parts: int, weighted: bool
) -> None:
    weight = np.random.default_rng(0).random(len(X)) if weighted else np.ones(len(X))
    parts = zip(np.array_split(X, n_parts), np.array_split(weight, n_parts), strict=True)
    apart = [mx.GaussianMixture(2, max_iter=0, **GIVEN).fit(x, sample_weight=w) for x, w in parts]
    merged = mx.merge(apart)
    whole = mx.GaussianMixture(2, max_iter=1, acceleration=None, **GIVEN).fit(
        X, sample_weight=weight
    )
    np.testing.assert_allclose(merged.weights_, whole.weights_, rtol=1e-13)
    np.testing.assert_allclose(merged.means_, whole.means_, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(merged.covariances_, whole.covariances_, rtol=1e-12)
    assert merged.n_seen_ == len(X)
    assert merged.lower_bound_ == pytest.approx(whole.trace_[0], rel=1e-13)


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
@pytest.mark.parametrize("name", MODELS)
def test_models_that_were_fitted_apart_are_matched(name: str) -> None:
    rows, make = MODELS[name]
    apart = [make(seed).fit(part) for seed, part in enumerate(np.array_split(rows, 3))]
    order = np.arange(2)[::-1]
    turned = apart[1].record_.mixture.take(order)
    assert turned.weights[0] < turned.weights[1]
    merged, whole = mx.merge(apart), make(0).fit(rows)
    assert merged.score(rows) > whole.score(rows) - 0.02
    assert (merged.predict(rows) == whole.predict(rows)).mean() > 0.97
    assert merged.status_ == f"merged: {len(rows):,} rows of 3 models"
    before = merged.n_seen_
    assert merged.partial_fit(rows[:200]).n_seen_ == before + 200


def test_what_does_not_belong_together(tmp_path: Path) -> None:
    one, two = (mx.GaussianMixture(k, random_state=0).fit(X) for k in (1, 2))
    with pytest.raises(mx.MixturaError, match="have 1, 2 components"):
        mx.merge([one, two])
    with pytest.raises(mx.MixturaError, match="no model to merge"):
        mx.merge([])
    with pytest.raises(mx.MixturaError, match="Model 1 is a StudentTMixture"):
        mx.merge([two, mx.StudentTMixture(2, random_state=0).fit(X)])
    with pytest.raises(mx.MixturaError, match="Model 1 has the columns 0, and the first 0, 1"):
        mx.merge([two, mx.GaussianMixture(2, random_state=0).fit(X[:, :1])])
    with pytest.raises(mx.MixturaError, match="Model 0 is 'two'"):
        mx.merge(["two"])  # type: ignore[list-item]
    with pytest.raises(mx.MixturaError, match="statistics of model 1 are not known"):
        mx.merge([two, mx.load(_saved(two, tmp_path))])


def _saved(model: Any, folder: Path) -> Path:
    mx.save(model, folder / "model.json")
    return folder / "model.json"


def test_partial_fit_takes_tables_one_after_the_other() -> None:
    parts = np.array_split(X, 7)
    one = mx.GaussianMixture(2, random_state=0).partial_fit(iter(parts))
    other = mx.GaussianMixture(2, random_state=0)
    for part in parts:
        other.partial_fit(part)
    np.testing.assert_array_equal(one.means_, other.means_)
    assert one.n_seen_ == len(X)
    with pytest.raises(mx.MixturaError, match="those of one table"):
        one.partial_fit(iter(parts), sample_weight=np.ones(3))
