"""What a fit warns of, as sentences to be told with its result."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["warned"]


@contextmanager
def warned() -> Iterator[list[str]]:
    """Collects warnings instead of showing them; the list is complete once the block ends."""
    told: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield told
    # That a fit did not converge is told with its status, in more useful words. By name, since
    # scikit-learn's classes are the estimators' affair.
    lasting = [w for w in caught if w.category.__name__ != "ConvergenceWarning"]
    told.extend(dict.fromkeys(_in_options(str(warning.message)) for warning in lasting))


# What the estimators call a parameter, and the command line an option.
_OPTIONS = {"n_init": "--starts", "covariance_type": "--covariance"}


def _in_options(message: str) -> str:
    for parameter, option in _OPTIONS.items():
        message = re.sub(rf"\b{parameter}\b", option, message)
    return message
