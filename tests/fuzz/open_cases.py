"""Cases that are known to fail, kept from the fuzzer until they are mended.

OPEN is the one switch: set it to True, and nothing is held back. A case that is mended loses its
line here; when the last is gone, so is this file.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import mixtura as mx

if TYPE_CHECKING:
    from fuzz.estimators import Case

__all__ = ["OPEN", "held_back", "law_held_back"]

OPEN = False


def _power(case: Case, change: str) -> int:
    """The largest power of ten of a change of the table, 0 without."""
    return max((power for name, power in case.table.changes if change in name), default=0)


def _far_in_deviations(case: Case) -> bool:
    """Whether precisions are given of which an outlier may be 1e100 deviations away."""
    return "precisions" in case.start.given and case.start.power < -20


#: Cases that are not tried at all.
_CASES: dict[str, Callable[[Case], bool]] = {
    "weights over many decades end the interpreter in the hierarchy, or let the objective fall": (
        lambda case: case.weights.extreme
    ),
    "a floor far from 1e-6": lambda case: (
        not 1e-15 < case.options["reg_covar"] < 1e15 and case.options["reg_covar"] != 0.0
    ),
    "volumes and forms that turn for ever where a component is nearly flat": lambda case: (
        case.covariance_type in ("VEE", "VEV", "VVE", "EVE")
    ),
}

#: Laws that are not asked of some fits.
_LAWS: dict[str, Callable[[Case, mx.GaussianMixture], bool]] = {
    "saved": lambda case, fit: _far_in_deviations(case),
    "hills": lambda case, fit: _far_in_deviations(case),
    "never_falls": lambda case, fit: _power(case, "an outlying") > 6,
}


def held_back(case: Case) -> bool:
    """Whether a case is not tried."""
    return not OPEN and any(known(case) for known in _CASES.values())


def law_held_back(law: str, case: Case, fit: mx.GaussianMixture) -> bool:
    """Whether a law is not asked of a fit."""
    return not OPEN and law in _LAWS and _LAWS[law](case, fit)
