"""What factor analyzers add to the command line. Importing it imports nothing large."""

from __future__ import annotations

from mixtura.errors import MixturaError
from mixtura.estimators.family_option import FamilyOption, FamilyWords

__all__ = ["FACTOR_WORDS"]

# More are not what factors are for.
_MOST = 50


def _suits(n_factors: int, d: int) -> None:
    if n_factors > d:
        raise MixturaError(f"--factors {n_factors} is more than there are columns, {d}.")


def _in_words(n_factors: int | str) -> str:
    return "1 factor" if int(n_factors) == 1 else f"{n_factors} factors"


FACTOR_WORDS = FamilyWords(
    options=(
        FamilyOption(
            "--factors",
            "n_factors",
            "Numbers of factors to try that the columns of a cluster have in common, such as 1-4 "
            "or 2,5; 0 for none. auto tries 1 to 5, or as many as the columns can tell.",
            choices=lambda: {str(q): q for q in range(_MOST + 1)},
            metavar="NUMBERS",
            default="auto",
            searched=True,
            metavar_of_one="NUMBER",
            help_of_one="Number of factors that the columns of a cluster have in common.  "
            "[default: 1]",
            check=_suits,
            in_words=_in_words,
        ),
    ),
    phrases={r"\bn_factors\b": "--factors"},
)
