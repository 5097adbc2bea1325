"""What the estimators say of a fit, in the command line's own words."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from mixtura.errors import MixturaError
from mixtura.estimators.family_options import FAMILY_WORDS

__all__ = ["in_options", "warned"]


@contextmanager
def warned() -> Iterator[list[str]]:
    """Collects warnings instead of showing them; the list is complete once the block ends.

    Errors of the package leave the block with the names that options have here.
    """
    told: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            yield told
        except MixturaError as error:
            raise type(error)(in_options(str(error))) from error
    # That a fit did not converge is told with its status, in more useful words. By name, since
    # scikit-learn's classes are the estimators' affair.
    lasting = [w for w in caught if w.category.__name__ != "ConvergenceWarning"]
    told.extend(dict.fromkeys(in_options(str(warning.message)) for warning in lasting))


# What the estimators call a parameter, and the command line an option; what is no option goes.
_OPTIONS = {
    r"\bn_init\b": "--starts",
    r"\bfewer components\b": "fewer --components",
    r"\bLeave the column out,": "--exclude the column,",
    r"\bn_components\b": "--components",
    r"\bsample_weight\b": "--weights",
    r"\bn_folds=(\d+)": r"--criterion cv with \1 folds",
    r"\b(fewer folds or )?another criterion\b": "another --criterion",
}


def in_options(message: str) -> str:
    """A sentence of the estimators with options in place of parameters."""
    for phrases in (_OPTIONS, *(words.phrases for words in FAMILY_WORDS.values())):
        for parameter, option in phrases.items():
            message = re.sub(parameter, option, message)
    return message
