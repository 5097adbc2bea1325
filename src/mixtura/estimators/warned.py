"""Warnings of fits that are told otherwise, or told again."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from mixtura.errors import DataWarning
from mixtura.estimators.scikit_learn import ConvergenceWarning

__all__ = ["SoundnessWarning", "warned_of", "without_warnings"]


class SoundnessWarning(DataWarning, ConvergenceWarning):
    """EM came to its end, but not where a result can be relied on: components without rows, say.

    scikit-learn has `ConvergenceWarning` for that as well (of `KMeans` with fewer clusters than
    asked for), and who tries many numbers of components silences it.
    """


@contextmanager
def without_warnings() -> Iterator[None]:
    """No warnings of candidates: a table has each one's status, and the best warns at the end."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", DataWarning)
        yield


@contextmanager
def warned_of(part: str) -> Iterator[None]:
    """Warnings begin with the part of the data that they are about."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ConvergenceWarning)
        warnings.simplefilter("always", DataWarning)
        yield
    for each in caught:
        warnings.warn(f"{part}: {each.message}", each.category, stacklevel=5)
