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
    import mixtura.plot as plot
    from mixtura.estimators.algorithms import SAEM, Annealed, Stochastic
    from mixtura.estimators.bootstrap_test import bootstrap_test
    from mixtura.estimators.embedding import Embedding
    from mixtura.estimators.factor_mixture import FactorMixture
    from mixtura.estimators.family_mixtures import (
        BernoulliMixture,
        CategoricalMixture,
        FamilyMixture,
        GeometricMixture,
        MultinomialMixture,
        NegativeBinomialMixture,
        PoissonMixture,
    )
    from mixtura.estimators.gaussian_mixture import GaussianMixture
    from mixtura.estimators.log_normal_mixture import LogNormalMixture
    from mixtura.estimators.measurement_mixtures import (
        ExponentialMixture,
        GammaMixture,
        UniformMixture,
    )
    from mixtura.estimators.merging import merge
    from mixtura.estimators.mixed_mixture import MixedMixture
    from mixtura.estimators.mixture_classifier import MixtureClassifier
    from mixtura.estimators.mixture_search import MixtureSearch
    from mixtura.estimators.saving import load, save
    from mixtura.estimators.scanned import scan
    from mixtura.estimators.student_t_mixture import StudentTMixture
    from mixtura.estimators.von_mises_fisher_mixture import VonMisesFisherMixture
    from mixtura.explorer.notebook import explore

__version__ = "0.1.0"

__all__ = [
    "SAEM",
    "Annealed",
    "BernoulliMixture",
    "CategoricalMixture",
    "DataError",
    "DataWarning",
    "DegenerateError",
    "Embedding",
    "ExponentialMixture",
    "FactorMixture",
    "FamilyMixture",
    "GammaMixture",
    "GaussianMixture",
    "GeometricMixture",
    "LogNormalMixture",
    "MixedMixture",
    "MixturaError",
    "MixtureClassifier",
    "MixtureSearch",
    "ModelFileError",
    "MultinomialMixture",
    "NegativeBinomialMixture",
    "PoissonMixture",
    "Stochastic",
    "StudentTMixture",
    "UniformMixture",
    "VonMisesFisherMixture",
    "__version__",
    "bootstrap_test",
    "explore",
    "load",
    "merge",
    "plot",
    "save",
    "scan",
]

# Imported when first asked for: scikit-learn takes longer to import than most answers. The imports
# above say the same to type checkers, and a test sees that they do.
_LAZY = {
    "Annealed": "mixtura.estimators.algorithms",
    "SAEM": "mixtura.estimators.algorithms",
    "Stochastic": "mixtura.estimators.algorithms",
    "Embedding": "mixtura.estimators.embedding",
    "ExponentialMixture": "mixtura.estimators.measurement_mixtures",
    "GammaMixture": "mixtura.estimators.measurement_mixtures",
    "GeometricMixture": "mixtura.estimators.family_mixtures",
    "LogNormalMixture": "mixtura.estimators.log_normal_mixture",
    "UniformMixture": "mixtura.estimators.measurement_mixtures",
    "PoissonMixture": "mixtura.estimators.family_mixtures",
    "NegativeBinomialMixture": "mixtura.estimators.family_mixtures",
    "MultinomialMixture": "mixtura.estimators.family_mixtures",
    "VonMisesFisherMixture": "mixtura.estimators.von_mises_fisher_mixture",
    "FamilyMixture": "mixtura.estimators.family_mixtures",
    "CategoricalMixture": "mixtura.estimators.family_mixtures",
    "BernoulliMixture": "mixtura.estimators.family_mixtures",
    "FactorMixture": "mixtura.estimators.factor_mixture",
    "GaussianMixture": "mixtura.estimators.gaussian_mixture",
    "MixedMixture": "mixtura.estimators.mixed_mixture",
    "MixtureClassifier": "mixtura.estimators.mixture_classifier",
    "StudentTMixture": "mixtura.estimators.student_t_mixture",
    "MixtureSearch": "mixtura.estimators.mixture_search",
    "scan": "mixtura.estimators.scanned",
    "bootstrap_test": "mixtura.estimators.bootstrap_test",
    "explore": "mixtura.explorer.notebook",
    "merge": "mixtura.estimators.merging",
    "load": "mixtura.estimators.saving",
    "save": "mixtura.estimators.saving",
}

if not TYPE_CHECKING:  # to which any name would be one of ours

    def __getattr__(name: str) -> object:
        if name == "plot":
            return import_module("mixtura.plot")
        if name not in _LAZY:
            raise AttributeError(f"module 'mixtura' has no attribute {name!r}")
        return getattr(import_module(_LAZY[name]), name)


def __dir__() -> list[str]:
    """What is ours, and what all modules have: submodules are for those who import them."""
    return sorted({*__all__, *(name for name in globals() if name.startswith("__"))})
