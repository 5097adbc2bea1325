"""Parameters of estimators that model files keep, and what each may be.

Start arrays, priors of one's own and random generators are not kept, nor what concerns the machine.
What the mixture tells itself, such as the number of components and what holds its weights, is
written down there alone, so that no file can contradict itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mixtura.estimators.gaussian_vocabulary import (
    OF_BLOCKS,
    gaussian_parameters,
    log_normal_parameters,
    shape_parameters,
)
from mixtura.estimators.options import ACCELERATIONS, ALGORITHMS, EFFORTS, STARTS
from mixtura.families.product.family import Product
from mixtura.families.registry import MIXED, description_of
from mixtura.mixture import Mixture
from mixtura.persistence.entries import Entry, either, flag, number, optional, text, whole

__all__ = ["kept_parameters"]

_OF_ALL: dict[str, Entry[Any]] = {
    "tol": number(0.0),
    "max_iter": whole(0),
    "n_init": either(whole(1), text(*EFFORTS)),
    "init_params": text(*STARTS),
    "random_state": optional(whole(0, 2**32 - 1)),
    "warm_start": either(flag(), whole(0, 1)),
    "algorithm": text(*ALGORITHMS),
    "acceleration": optional(text(*ACCELERATIONS)),
    "half_life": optional(number(above=0.0)),
}


def _of_blocks(family: Product, d: int) -> dict[str, Entry[Any]]:
    for block in family.blocks:
        own = _OWN.get(description_of(block.family).name)
        if own is not None:
            entries = own(block.family, len(block.places))
            return {name: entries[name] for name in OF_BLOCKS if name in entries}
    return {}


#: By the name of a family: those that its estimator alone has, from a family and its dimension.
_OWN: dict[str, Callable[[Any, int], dict[str, Entry[Any]]]] = {
    "gaussian": gaussian_parameters,
    MIXED.name: _of_blocks,
    "log_normal": log_normal_parameters,
    "factors": lambda family, d: {"reg_covar": number(0.0)},
    "student_t": lambda family, d: shape_parameters(family.structure, d),
}


def kept_parameters(name: str, mixture: Mixture[Any, Any]) -> dict[str, Entry[Any]]:
    """Of the estimator of a mixture of clusters of the family of that name."""
    own = _OWN.get(name)
    if own is None:
        return _OF_ALL
    return {**_OF_ALL, **own(mixture.clusters.family, mixture.n_features)}
