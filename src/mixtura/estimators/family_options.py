"""What families add to the command line, by their names. Importing it imports nothing large."""

from __future__ import annotations

from mixtura.estimators.family_option import FamilyOption, FamilyWords
from mixtura.estimators.gaussian_options import GAUSSIAN_WORDS
from mixtura.estimators.student_t_options import STUDENT_T_WORDS

__all__ = ["FAMILY_WORDS", "families_with", "family_options"]

#: Only families that add something.
FAMILY_WORDS: dict[str, FamilyWords] = {"gaussian": GAUSSIAN_WORDS, "student_t": STUDENT_T_WORDS}


def family_options() -> list[FamilyOption]:
    """All of them; what several families have is one option."""
    options = (option for words in FAMILY_WORDS.values() for option in words.options)
    return list(dict.fromkeys(options))


def families_with(option: FamilyOption) -> list[str]:
    """The names of the families that have an option."""
    return [name for name, words in FAMILY_WORDS.items() if option in words.options]
