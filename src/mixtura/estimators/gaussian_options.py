"""What Gaussian families add to the command line. Importing it imports nothing large."""

from __future__ import annotations

from collections.abc import Mapping

from mixtura.errors import MixturaError
from mixtura.estimators.family_option import FamilyOption, FamilyWords

__all__ = ["COVARIANCE", "GAUSSIAN_WORDS", "LOG_NORMAL_WORDS", "MIXED_WORDS"]


def _covariance_types() -> Mapping[str, str]:
    from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES

    return {name: name for name in COVARIANCE_TYPES}


def _suits(name: str, d: int) -> None:
    from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES

    if COVARIANCE_TYPES[name].one_dimensional and d > 1:
        raise MixturaError(
            f"--covariance {name} is for one column, but there are {d}: use tied for E and full "
            "for V."
        )


#: Of all families whose components have covariance structures.
COVARIANCE = FamilyOption(
    "--covariance",
    "covariance_type",
    "Shapes of Gaussian, t or log-normal clusters to try, such as full,tied. auto tries all 14 of "
    "the literature, from EII (round and alike) over EEE (one ellipsoid for all) to VVV (each its "
    "own); of one column, E (equal variances) and V (varying).",
    choices=_covariance_types,
    metavar="NAMES",
    default="auto",
    searched=True,
    metavar_of_one="NAME",
    help_of_one="Shape of such clusters, one of those of fit.  [default: full]",
    check=_suits,
)

GAUSSIAN_WORDS = FamilyWords(
    options=(
        COVARIANCE,
        FamilyOption(
            "--prior",
            "prior",
            "default keeps Gaussian clusters from collapsing onto a few rows, by the weak prior of "
            "Fraley and Raftery (2007).",
            choices=lambda: {"none": None, "default": "default"},
            metavar="[none|default]",
            default="none",
        ),
        FamilyOption(
            "--noise",
            "noise",
            "Let rows that no Gaussian cluster explains be noise: one further component, spread "
            "evenly over the data's volume.",
        ),
    ),
    phrases={
        r"\bcovariance_type\b|\bcovariance structure\b": "--covariance",
        r"\bcolumns of like units\b": "--columns of like units",
        r" a larger reg_covar,": "",
        r" \(reg_covar\)": "",
    },
)

#: Of blocks of columns, one of which is Gaussian.
MIXED_WORDS = FamilyWords((COVARIANCE,))

LOG_NORMAL_WORDS = FamilyWords((COVARIANCE,))
