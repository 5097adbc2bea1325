"""What is given in place of an estimator, a family or a grid: each error says what to write."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.cluster import KMeans

import mixtura as mx
from mixtura.families import Poisson

X = np.random.default_rng(0).poisson(3.0, (60, 2)).astype(float)
CLASSES = np.repeat([0, 1], 30)
GRID = {"n_components": [1, 2]}


def searched(*args: Any, **kwargs: Any) -> Any:
    return mx.MixtureSearch(*args, **kwargs).fit(X)


def classified(*args: Any, **kwargs: Any) -> Any:
    return mx.MixtureClassifier(*args, **kwargs).fit(X, CLASSES)


def bootstrapped(estimator: Any) -> Any:
    return mx.bootstrap_test(estimator, X, n_bootstrap=19)


def of_family(family: Any) -> Any:
    return mx.FamilyMixture(family).fit(X)


@pytest.mark.parametrize(
    ("call", "given", "told"),
    [
        (searched, GRID, "is {'n_components': [1, 2]}; expected a mixture estimator"),
        (searched, GRID, "write MixtureSearch(param_grid={'n_components': [1, 2]})."),
        (searched, [GRID], "write MixtureSearch(param_grid=[{'n_components': [1, 2]}])."),
        (classified, GRID, "write MixtureClassifier(param_grid={'n_components': [1, 2]})."),
        (searched, mx.PoissonMixture, "the class PoissonMixture; expected a mixture estimator."),
        (searched, mx.PoissonMixture, "Make one of it: PoissonMixture(...)."),
        (classified, mx.PoissonMixture, "expected a mixture estimator or a MixtureSearch."),
        (bootstrapped, mx.PoissonMixture, "Make one of it: PoissonMixture(...)."),
        (searched, [mx.PoissonMixture()], "is [PoissonMixture()]; expected"),
        (
            searched,
            "poisson",
            "is 'poisson'; expected a mixture estimator. Write PoissonMixture().",
        ),
        (classified, "edda", "Write MixtureClassifier(GaussianMixture(), ...)"),
        (searched, KMeans(), "is a KMeans of sklearn; expected"),
        (
            bootstrapped,
            X,
            "is a ndarray of numpy; expected a mixture estimator. Write bootstrap_test(",
        ),
        (bootstrapped, mx.MixtureSearch(), "is a MixtureSearch of mixtura; expected"),
        (bootstrapped, 2, "estimator is 2; expected"),
        (of_family, "poisson", "family is 'poisson'; expected one of mixtura.families"),
        (of_family, Poisson, "family is the class Poisson; expected"),
        (of_family, Poisson, "Make one of it: Poisson(...)."),
        (of_family, 2, "FamilyMixture(mixtura.families.Poisson(), 2)"),
        (of_family, mx.PoissonMixture(), "family is a PoissonMixture of mixtura"),
        (mx.merge, mx.PoissonMixture(), "Write merge([one, another])."),
        (lambda given: mx.save(given, Path("m.json")), "m.json", "expected a mixture estimator or"),
        (lambda given: mx.save(given, Path("m.json")), mx.MixtureClassifier(), "its estimators_"),
    ],
)
def test_something_else_in_place_of_an_estimator_or_a_family(
    call: Callable[[Any], Any], given: Any, told: str
) -> None:
    with pytest.raises(mx.MixturaError, match=re.escape(told)):
        call(given)


@pytest.mark.parametrize(
    ("grid", "told"),
    [
        ({"n_component": [1]}, "'n_component', which is no parameter of GaussianMixture. Did you"),
        ({"n_component": [1]}, "Did you mean 'n_components'?"),
        ({"magic": [1]}, "which is no parameter of GaussianMixture. It has acceleration,"),
        ([GRID, {"magic": [1]}], "names 'magic'"),
        ([], "param_grid is []; expected a dict from names of parameters to the values to try"),
        (3, "param_grid is 3; expected a dict"),
        ([1, 2], "param_grid is [1, 2]; expected a dict"),
        ({"n_components": 3}, "param_grid['n_components'] is 3; expected a list of values to try."),
        ({"n_components": 3}, "Write [3]."),
        ({"covariance_type": "full"}, "Write ['full']."),
        ({"n_components": []}, "param_grid['n_components'] is []; expected a list"),
        ({"n_components": {1, 2}}, "Make it a list"),
    ],
)
@pytest.mark.parametrize(
    "call",
    [
        searched,
        classified,
        lambda *args, **kwargs: classified(*args, method="edda", **kwargs),
    ],
)
def test_grids_that_cannot_be_tried(call: Callable[..., Any], grid: Any, told: str) -> None:
    with pytest.raises(mx.MixturaError, match=re.escape(told)):
        call(mx.GaussianMixture(), param_grid=grid)


def test_a_list_of_numbers_is_told_by_its_beginning() -> None:
    with pytest.raises(mx.MixturaError) as caught:
        mx.MixtureSearch(np.arange(1000.0).tolist()).fit(X)  # type: ignore[call-overload]
    assert len(str(caught.value)) < 300


def test_an_empty_grid_is_the_estimator_as_it_is() -> None:
    assert searched(mx.PoissonMixture(random_state=0), {}).best_params_ == {}
