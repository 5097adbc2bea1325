"""mixtura: soft clustering for Python.

import mixtura as mx

gm = mx.GaussianMixture(n_components=3).fit(X)
gm.predict_proba(X)                     # the probability of each cluster for each row
search = mx.MixtureSearch().fit(X)      # how many clusters, and of which shape
mx.save(gm, "model.json")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from mixtura.errors import (
    DataError,
    DataWarning,
    DegenerateError,
    MixturaError,
    ModelFileError,
)

if TYPE_CHECKING:
    from mixtura.estimators.bootstrap_test import bootstrap_test
    from mixtura.estimators.family_mixtures import (
        BernoulliMixture,
        CategoricalMixture,
        FamilyMixture,
        PoissonMixture,
    )
    from mixtura.estimators.gaussian_mixture import GaussianMixture
    from mixtura.estimators.mixture_search import MixtureSearch
    from mixtura.estimators.saving import load, save
    from mixtura.estimators.student_t_mixture import StudentTMixture

__version__ = "0.1.0"

__all__ = [
    "BernoulliMixture",
    "CategoricalMixture",
    "DataError",
    "DataWarning",
    "DegenerateError",
    "FamilyMixture",
    "GaussianMixture",
    "MixturaError",
    "MixtureSearch",
    "ModelFileError",
    "PoissonMixture",
    "StudentTMixture",
    "__version__",
    "bootstrap_test",
    "load",
    "save",
]

# Imported when first asked for: scikit-learn takes longer to import than most answers.
_LAZY = {
    "PoissonMixture": "mixtura.estimators.family_mixtures",
    "FamilyMixture": "mixtura.estimators.family_mixtures",
    "CategoricalMixture": "mixtura.estimators.family_mixtures",
    "BernoulliMixture": "mixtura.estimators.family_mixtures",
    "GaussianMixture": "mixtura.estimators.gaussian_mixture",
    "StudentTMixture": "mixtura.estimators.student_t_mixture",
    "MixtureSearch": "mixtura.estimators.mixture_search",
    "bootstrap_test": "mixtura.estimators.bootstrap_test",
    "load": "mixtura.estimators.saving",
    "save": "mixtura.estimators.saving",
}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module 'mixtura' has no attribute {name!r}")
    return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_LAZY])
