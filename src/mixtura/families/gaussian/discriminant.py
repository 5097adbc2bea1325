"""Quadratic discriminant analysis: the likeliest of some Gaussian groups for each row."""

from __future__ import annotations

import numpy as np

from mixtura.em import begin
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.structures import VVV
from mixtura.sources.array import ArraySource
from mixtura.starts.given import given_labels
from mixtura.starts.groups import Classify
from mixtura.starts.sample import Sample
from mixtura.typing import FloatArray, IntArray

__all__ = ["quadratic_discriminant"]

#: Least variance of a group in any direction, in variances of the features.
_FLATTEST_GROUP = 1e-6


def quadratic_discriminant(sample: Sample, labels: IntArray, k: int) -> Classify:
    """Every group has its own mean, covariance matrix and share of the sample."""
    family = Gaussian(VVV, np.full(sample.rows.shape[1], _FLATTEST_GROUP))
    groups = begin(family, ArraySource(sample.rows, sample.weight), given_labels(labels, k))

    def classify(rows: FloatArray) -> IntArray:
        likeliest: IntArray = groups.log_joint(rows).argmax(axis=1)
        return likeliest

    return classify
