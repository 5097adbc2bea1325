"""Parameters of estimators that model files keep, and what each may be.

Start arrays, priors of one's own and random generators are not kept, nor what concerns the machine.
What the mixture tells itself, such as the number of components and what holds its weights, is
written down there alone, so that no file can contradict itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from mixtura.estimators.algorithms import settings_kept
from mixtura.estimators.gaussian_vocabulary import (
    OF_BLOCKS,
    gaussian_parameters,
    log_normal_parameters,
    shape_parameters,
)
from mixtura.estimators.options import (
    ACCELERATIONS,
    ALGORITHMS,
    EFFORTS,
    STARTS,
    algorithm_document,
    algorithm_of,
)
from mixtura.families.product.family import Product
from mixtura.families.registry import MIXED, description_of
from mixtura.mixture import Mixture
from mixtura.persistence.entries import (
    Entry,
    either,
    flag,
    made,
    mapping,
    number,
    optional,
    sequence,
    text,
    whole,
)

__all__ = ["kept_parameters", "parameters_document"]


def _part(value: Any, place: str) -> Any:
    """An algorithm by its name, or with settings."""
    settings = made(mapping(either(whole(0), number(), text())), settings_kept)
    return (settings if isinstance(value, dict) else text(*ALGORITHMS)).read(value, place)


def _algorithm(value: Any, place: str) -> Any:
    """One of these, or a chain of several."""
    if not isinstance(value, list):
        return _part(value, place)
    chain = sequence(Entry("an algorithm", _part)).read(value, place)
    algorithm_of(chain)  # refuses one of none
    return chain


_OF_ALL: dict[str, Entry[Any]] = {
    "tol": number(0.0),
    "max_iter": whole(0),
    "n_init": either(whole(1), text(*EFFORTS)),
    "init_params": text(*STARTS),
    "random_state": optional(whole(0, 2**32 - 1)),
    "warm_start": either(flag(), whole(0, 1)),
    "algorithm": Entry("an algorithm, or a list of several", _algorithm),
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


def parameters_document(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters that are kept, as JSON values."""
    return {
        name: algorithm_document(value) if name == "algorithm" else value
        for name, value in parameters.items()
    }
