"""Parameters of estimators that model files keep, and what each may be.

Start arrays, priors of one's own and random generators are not kept.
"""

from __future__ import annotations

from typing import Any

from mixtura.estimators.gaussian_vocabulary import GAUSSIAN_PARAMETERS
from mixtura.estimators.options import ACCELERATIONS, ALGORITHMS, EFFORTS, STARTS
from mixtura.persistence.entries import Entry, either, flag, number, optional, text, whole

__all__ = ["KEPT"]

#: By name.
KEPT: dict[str, Entry[Any]] = {
    "tol": number(0.0),
    "max_iter": whole(0),
    "n_init": either(whole(1), text(*EFFORTS)),
    "init_params": text(*STARTS),
    "random_state": optional(whole(0, 2**32 - 1)),
    "warm_start": either(flag(), whole(0, 1)),
    "algorithm": text(*ALGORITHMS),
    "acceleration": optional(text(*ACCELERATIONS)),
    "equal_weights": flag(),
    **GAUSSIAN_PARAMETERS,
}
