"""Warnings of a fit become sentences in the command line's own words."""

import warnings

from sklearn.exceptions import ConvergenceWarning

from mixtura.cli.warned import warned
from mixtura.errors import DataWarning


def test_each_is_told_once_and_names_options():
    with warned() as told:
        warnings.warn(
            "Make more starts (n_init) or a simpler covariance_type.", DataWarning, stacklevel=1
        )
        warnings.warn(
            "Make more starts (n_init) or a simpler covariance_type.", DataWarning, stacklevel=1
        )
        warnings.warn("did not converge", ConvergenceWarning, stacklevel=1)
    assert told == ["Make more starts (--starts) or a simpler --covariance."]
