"""A pytest plugin: mixtura's `GaussianMixture` in the place of scikit-learn's."""

from __future__ import annotations

import sklearn.mixture

import mixtura

sklearn.mixture.GaussianMixture = mixtura.GaussianMixture
