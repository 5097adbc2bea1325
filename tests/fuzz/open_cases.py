"""Laws that some cases are known to break, not asked of these until they are mended.

OPEN is the one switch: set it to True, and nothing is held back. A case that is mended loses its
line here; when the last is gone, so is this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import mixtura as mx

if TYPE_CHECKING:
    from fuzz.estimators import Case

__all__ = ["OPEN", "law_held_back"]

OPEN = False


def _power(case: Case, change: str) -> int:
    """The largest power of ten of a change of the table, 0 without."""
    return max((power for name, power in case.table.changes if change in name), default=0)


def _far_in_deviations(case: Case) -> bool:
    """Whether precisions are given of which an outlier may be 1e100 deviations away."""
    return "precisions" in case.start.given and case.start.power < -20


#: Laws that are not asked of some fits.
_LAWS: dict[str, Callable[[Case, mx.GaussianMixture], bool]] = {
    "saved": lambda case, fit: _far_in_deviations(case),
    "hills": lambda case, fit: _far_in_deviations(case),
    "never_falls": lambda case, fit: _power(case, "an outlying") > 6,
}


def law_held_back(law: str, case: Case, fit: mx.GaussianMixture) -> bool:
    """Whether a law is not asked of a fit."""
    return not OPEN and law in _LAWS and _LAWS[law](case, fit)
