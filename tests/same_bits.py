"""What it is to be the same to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np

from mixtura.testing import leaves


def assert_same_leaves(made: object, expected: object) -> None:
    """Two records have the same numbers."""
    for one, other in zip(leaves(made), leaves(expected), strict=True):
        np.testing.assert_array_equal(one, other)


def assert_same_fit(made: Any, expected: Any) -> None:
    """Two Gaussian fits have the same model, found on the same way."""
    np.testing.assert_array_equal(made.weights_, expected.weights_)
    np.testing.assert_array_equal(made.means_, expected.means_)
    np.testing.assert_array_equal(made.covariances_, expected.covariances_)
    assert made.lower_bounds_ == expected.lower_bounds_
    assert made.scores_ == expected.scores_
    assert str(made.starts_) == str(expected.starts_)
    assert made.notes_ == expected.notes_
