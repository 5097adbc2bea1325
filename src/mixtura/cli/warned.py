"""What the estimators say of a fit, in the command line's own words."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from mixtura.cli.wording import model_name
from mixtura.errors import MixturaError
from mixtura.estimators.family_options import FAMILY_WORDS, structure_name

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
    # scikit-learn's classes are the estimators' affair. What packages say of each other's future
    # is nobody's here.
    of_developers = DeprecationWarning, FutureWarning
    lasting = [
        w
        for w in caught
        if w.category.__name__ != "ConvergenceWarning" and not issubclass(w.category, of_developers)
    ]
    told.extend(dict.fromkeys(in_options(str(warning.message)) for warning in lasting))


# A model of a search: what the estimators name by its parameters, of which one is this.
_MODEL = re.compile(r"(?:\w+=[^\s,]+, )*\bn_components=\d+(?:, \w+=[^\s,]+)*")

# Components are clusters where they are the subject; `fewer components` may be an option below.
_CLUSTERS = {
    r"\bthose with fewer components\b": "those with fewer clusters",
    r"\brows than components\b": "rows than clusters",
    r"\bcomponent(s?)(?= (?:collapsed|owes? |have no rows|are the most))": r"cluster\1",
    r"\ba component (?=of hardly any spread)": "a cluster ",
    r"\bComponent(s?)(?= [\d, ]+ owes? )": r"Cluster\1",
}

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
    """A sentence of the estimators with options in place of parameters, and models by name."""
    message = _MODEL.sub(lambda found: _named(found[0]), message)
    for phrases in (_CLUSTERS, _OPTIONS, *(words.phrases for words in FAMILY_WORDS.values())):
        for parameter, option in phrases.items():
            message = re.sub(parameter, option, message)
    return message


def _named(params: str) -> str:
    """A model from its parameters, as in 'covariance_type=VVE, n_components=7'."""
    values = dict(pair.split("=", 1) for pair in params.split(", "))
    return model_name(structure_name(values), int(values["n_components"]))
