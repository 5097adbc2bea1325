"""Any rows, once a model is fitted: assignments of which all laws hold, or an error of our own."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.exceptions import NotFittedError

import mixtura as mx
from fuzz.effort import examples
from fuzz.laws import assigns, helps, lie_on_hills
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES
from mixtura.kernels.choice import use

TYPES = [name for name in COVARIANCE_TYPES if len(name) > 1]
SIZES = [0.0, 5e-324, 1e-310, 1e-200, 1e-100, 1e-9, 1.0, 7.0, 1e9, 1e15, 1e30, 1e70, 1e100, 1e140]
BEYOND = [1e150, 1e154, 1e155, 1e200, 1e300, 1.7976931348623157e308]
VALUES = [sign * size for size in SIZES + BEYOND for sign in (1.0, -1.0)]


@cache
def fitted(covariance_type: str, noise: bool, algorithm: str) -> mx.GaussianMixture:
    """A model of two overlapping clusters and a distant one."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(60, 3)) @ rng.normal(size=(3, 3))
    X[20:40] += 2.0
    X[40:] += 50.0
    model = mx.GaussianMixture(
        3, covariance_type=covariance_type, noise=noise, algorithm=algorithm, random_state=0
    )
    return model.fit(X)


models = st.builds(
    fitted, st.sampled_from(TYPES), st.booleans(), st.sampled_from(["em", "hard", "stochastic"])
)
rows = st.one_of(
    arrays(np.float64, st.tuples(st.integers(1, 6), st.just(3)), elements=st.sampled_from(VALUES)),
    arrays(
        np.float32,
        st.tuples(st.integers(1, 6), st.just(3)),
        elements=st.sampled_from([float(np.float32(v)) for v in VALUES if abs(v) < 3e38]),
    ),
    arrays(
        np.float64,
        st.tuples(st.integers(1, 6), st.just(3)),
        elements=st.floats(-1e140, 1e140, allow_nan=False),
    ),
)


@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
@given(models, rows, st.sampled_from(["auto", "numpy"]))
@examples(60)
def test_any_rows(fit: mx.GaussianMixture, X: Any, kernel: str) -> None:
    with use(kernel):
        try:
            assigns(fit, X, 1e-9 if X.dtype == np.float64 else 1e-6)
        except mx.MixturaError as error:
            helps(error)
            return
        lie_on_hills(fit, X)
        figures = [fit.score(X), fit.bic(X), fit.aic(X), fit.icl(X)]
        assert not np.isnan(figures).any()


@given(rows)
@examples(5)
def test_nothing_before_a_fit(X: Any) -> None:
    for estimator in (mx.GaussianMixture(), mx.MixtureSearch()):
        for method in ("predict", "predict_proba", "score_samples", "normalized_density", "bic"):
            with pytest.raises(NotFittedError):
                getattr(estimator, method)(X)
