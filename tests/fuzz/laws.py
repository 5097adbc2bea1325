"""What holds for every fit, whatever it was made of."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from sklearn.base import clone

import mixtura as mx
from fuzz.estimators import Case
from fuzz.open_cases import law_held_back
from fuzz.tables import Array

__all__ = [
    "abides",
    "assigns",
    "condition",
    "helps",
    "lie_on_hills",
    "never_falls",
    "numbers",
    "probabilities",
]

Law: TypeAlias = Callable[[Case, mx.GaussianMixture], None]

# What the objective may fall by, relative to its size, where covariances are well conditioned.
_ROUNDING = 1e-9


def helps(error: mx.MixturaError) -> None:
    """An error says something, and shows nothing of how it came about."""
    text = str(error)
    assert len(text) > 20
    assert "array(" not in text
    assert "Traceback" not in text


def numbers(case: Case, fit: mx.GaussianMixture) -> None:
    """All attributes are numbers, and the parameters finite ones."""
    for name in ("weights_", "means_", "covariances_", "precisions_", "precisions_cholesky_"):
        assert np.isfinite(getattr(fit, name)).all(), name
    assert (fit.weights_ >= 0.0).all()
    assert abs(fit.weights_.sum() - 1.0) <= (1e-12 if case.table.exact else 1e-6)
    mixture = fit.mixture_
    assert (mixture.params.covariances.variances > 0.0).all()
    scores = fit.scores_
    figures = [*fit.trace_, *fit.lower_bounds_, fit.lower_bound_, fit.log_likelihood_]
    figures += [scores.weight, scores.log_likelihood, scores.log_certainty, scores.entropy]
    assert not np.isnan(figures).any()
    assert fit.n_iter_ <= max(fit.max_iter, 0)
    assert len(fit.lower_bounds_) == fit.n_iter_
    assert fit.status_
    assert isinstance(fit.converged_, bool)
    assert set(fit.collapsed_) <= set(range(case.k))
    assert set(fit.spurious_) <= set(range(case.k))
    assert fit.noise_weight_ >= 0.0


def probabilities(case: Case, fit: mx.GaussianMixture) -> None:
    """Soft assignments are probabilities."""
    assigns(fit, case.table.given, 1e-9 if case.table.exact else 1e-6)


def assigns(fit: mx.GaussianMixture, X: Any, tolerance: float) -> None:
    """All methods that look at rows give what they say."""
    resp = fit.predict_proba(X)
    assert ((resp >= 0.0) & (resp <= 1.0)).all()
    np.testing.assert_allclose(resp.sum(axis=1), 1.0, rtol=0.0, atol=tolerance)
    noise = fit.noise_region_ is not None
    labels = fit.predict(X)
    assert labels.min() >= -noise
    assert labels.max() < fit.n_components
    best = np.where(labels < 0, resp.shape[1] - 1, labels)
    np.testing.assert_allclose(
        resp[np.arange(len(resp)), best], resp.max(axis=1), rtol=0.0, atol=tolerance
    )
    log_density = fit.score_samples(X)
    assert not np.isnan(log_density).any()
    assert (log_density < np.inf).all()
    assert set(np.unique(fit.membership(X))) <= set(range(-1, fit.n_components))


def never_falls(case: Case, fit: mx.GaussianMixture) -> None:
    """The objective of EM and of hard EM rises, but for rounding."""
    if case.algorithm in ("stochastic", "saem"):
        return
    rounding = max(_ROUNDING, np.finfo(float).eps * condition(fit))
    for before, after in pairwise(fit.trace_):
        assert after >= before - rounding * (1.0 + abs(before)), (before, after)
    assert fit.lower_bound_ >= max(fit.trace_) - rounding * (1.0 + abs(max(fit.trace_)))


def condition(fit: mx.GaussianMixture) -> float:
    """The largest condition number of the components' correlations."""
    covariances = fit.mixture_.params.covariances.matrices()
    deviations = np.sqrt(np.diagonal(covariances, axis1=1, axis2=2))
    return float(
        np.linalg.cond(covariances / deviations[:, :, None] / deviations[:, None, :]).max()
    )


def _same(a: mx.GaussianMixture, b: mx.GaussianMixture) -> None:
    for name in ("weights_", "means_", "covariances_", "precisions_", "trace_"):
        np.testing.assert_array_equal(getattr(a, name), getattr(b, name), name)
    for name in ("status_", "starts_", "spurious_", "collapsed_", "scores_", "notes_"):
        assert getattr(a, name) == getattr(b, name), name


def keeps_its_bits(case: Case, fit: mx.GaussianMixture) -> None:
    """The same once more."""
    _same(fit, case.fit())


def keeps_its_bits_in_threads(case: Case, fit: mx.GaussianMixture) -> None:
    """The same with two threads."""
    _same(fit, case.fit(n_jobs=2))


def clones(case: Case, fit: mx.GaussianMixture) -> None:
    """A clone has the same parameters, and is not fitted."""
    cloned = clone(fit)
    assert not hasattr(cloned, "means_")
    assert cloned.get_params().keys() == fit.get_params().keys()
    assert repr(cloned) == repr(fit)


def saved(case: Case, fit: mx.GaussianMixture) -> None:
    """A model file gives the same assignments; covariances are factorized anew."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.json"
        mx.save(fit, path)
        loaded = mx.load(path)
    X = case.table.given
    resp = fit.predict_proba(X)
    # Rounding of a factor shows in squared distances in proportion to them.
    farthest = 1.0 + np.abs(fit.score_samples(X).astype(np.float64)).max()
    rounding = 16.0 * np.finfo(float).eps * condition(fit) * farthest
    rounding = max(1e-9 if case.table.exact else 1e-6, rounding)
    np.testing.assert_allclose(loaded.predict_proba(X), resp, rtol=0.0, atol=rounding)
    assert loaded.trace_ == fit.trace_


def the_rest(case: Case, fit: mx.GaussianMixture) -> None:
    """All else that one does with a fit gives numbers."""
    X, weight = case.table.given, case.weights.of(case.table.n)
    figures = [fit.score(X, sample_weight=weight), fit.bic(X), fit.aic(X), fit.icl(X)]
    assert not np.isnan(figures).any()
    rows, components = fit.sample(5)
    assert rows.shape == (5, case.table.d)
    assert np.isfinite(rows).all()
    assert set(components) <= set(range(-1, case.k))


def hills(case: Case, fit: mx.GaussianMixture) -> None:
    """There are hills unless all is noise, and no row lies higher than the highest."""
    modes = fit.modes()
    assert bool(len(modes)) == fit.mixture_.clusters.weights.any()
    assert np.isfinite(modes.points).all()
    assert (np.diff(modes.log_density) <= 0.0).all()
    assert set(modes.of_component) <= (set(range(len(modes))) or {-1})
    lie_on_hills(fit, case.table.given)


def lie_on_hills(fit: mx.GaussianMixture, X: Any) -> None:
    """Densities are shares of the highest one."""
    share: Array = fit.normalized_density(X)
    assert ((share >= 0.0) & (share <= 1.0 + 1e-6)).all()


_LAWS = (
    numbers,
    probabilities,
    never_falls,
    keeps_its_bits,
    keeps_its_bits_in_threads,
    clones,
    saved,
    the_rest,
    hills,
)


def abides(case: Case, fit: mx.GaussianMixture, *laws: Law) -> None:
    """The fit abides by some laws, or by all."""
    for law in laws or _LAWS:
        if not law_held_back(law.__name__, case, fit):
            law(case, fit)
