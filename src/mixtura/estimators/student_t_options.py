"""What the Student t family adds to the command line. Importing it imports nothing large."""

from __future__ import annotations

from mixtura.estimators.family_option import FamilyOption, FamilyWords
from mixtura.estimators.gaussian_options import COVARIANCE

__all__ = ["STUDENT_T_WORDS"]

STUDENT_T_WORDS = FamilyWords(
    options=(
        COVARIANCE,
        FamilyOption(
            "--dof",
            "dof",
            "Degrees of freedom of t clusters, few for heavy tails: estimated for each, estimated "
            "as shared by all, or a number.",
            choices=lambda: {"each": "each", "shared": "shared"},
            bounds=(0.1, 1e15),
            metavar="[each|shared|NUMBER]",
            default="each",
        ),
    ),
)
