"""What families add to the command line, by their names. Importing it imports nothing large."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mixtura.estimators.factor_options import FACTOR_WORDS
from mixtura.estimators.family_option import FamilyOption, FamilyWords
from mixtura.estimators.gaussian_options import GAUSSIAN_WORDS, LOG_NORMAL_WORDS, MIXED_WORDS
from mixtura.estimators.student_t_options import STUDENT_T_WORDS
from mixtura.estimators.von_mises_fisher_options import VON_MISES_FISHER_WORDS

__all__ = ["FAMILY_WORDS", "families_with", "family_options", "in_words", "structure_name"]

#: Only families that add something.
FAMILY_WORDS: dict[str, FamilyWords] = {
    "gaussian": GAUSSIAN_WORDS,
    "mixed": MIXED_WORDS,
    "log_normal": LOG_NORMAL_WORDS,
    "gamma": FamilyWords(phrases={r" \(largest_shape\)": ""}),
    "von_mises_fisher": VON_MISES_FISHER_WORDS,
    "factors": FACTOR_WORDS,
    "student_t": STUDENT_T_WORDS,
}


def family_options() -> list[FamilyOption]:
    """All of them; what several families have is one option."""
    options = (option for words in FAMILY_WORDS.values() for option in words.options)
    return list(dict.fromkeys(options))


def families_with(option: FamilyOption) -> list[str]:
    """The names of the families that have an option."""
    return [name for name, words in FAMILY_WORDS.items() if option in words.options]


def in_words(parameter: str, value: Any) -> str:
    """The value of a parameter, as its option says it if there is one."""
    words = (option.in_words for option in family_options() if option.parameter == parameter)
    return next(words, str)(value)


def structure_name(params: Mapping[str, Any]) -> str:
    """In what a model differs from others besides its number of clusters; empty if in nothing.

    Parameters stand in the order of their names.
    """
    own = sorted(params.keys() - {"n_components"})
    return " ".join(in_words(name, params[name]) for name in own)
