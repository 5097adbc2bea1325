"""What the von Mises-Fisher family adds to the command line. Importing it imports nothing large."""

from __future__ import annotations

from mixtura.estimators.family_option import FamilyOption, FamilyWords

__all__ = ["VON_MISES_FISHER_WORDS"]

VON_MISES_FISHER_WORDS = FamilyWords(
    options=(
        FamilyOption(
            "--concentration",
            "concentration",
            "Whether each cluster of directions has a concentration of its own, or all share one.",
            choices=lambda: {"each": "each", "shared": "shared"},
            metavar="[each|shared]",
            default="each",
        ),
    ),
    phrases={r"concentration='shared'": "--concentration shared"},
)
