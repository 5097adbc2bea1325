"""Families by name and by type: all that is said of one begins with its description."""

from __future__ import annotations

from typing import Any

from mixtura.errors import MixturaError
from mixtura.families.bernoulli import Bernoulli, BernoulliDescription
from mixtura.families.categorical import Categorical, CategoricalDescription
from mixtura.families.description import Description
from mixtura.families.family import Family
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.description import GaussianDescription
from mixtura.families.noise import WithNoise
from mixtura.families.poisson import Poisson, PoissonDescription

__all__ = ["DESCRIPTIONS", "description_named", "description_of"]

#: One of each type of family, the most particular kinds of columns first.
DESCRIPTIONS: dict[type, Description[Any, Any]] = {
    Bernoulli: BernoulliDescription(),
    Categorical: CategoricalDescription(),
    Poisson: PoissonDescription(),
    Gaussian: GaussianDescription(),
}


def description_of(family: Family[Any, Any]) -> Description[Any, Any]:
    """The other half of a family; of one with noise, that of its clusters.

    Examples
    --------
    >>> description_of(Bernoulli()).name
    'bernoulli'
    """
    if isinstance(family, WithNoise):
        return description_of(family.family)
    if type(family) not in DESCRIPTIONS:
        raise MixturaError(
            f"{type(family).__name__} is a family that nothing describes; "
            "add a line for it in families/registry.py."
        )
    return DESCRIPTIONS[type(family)]


def description_named(name: str) -> Description[Any, Any]:
    """The description of that name.

    Examples
    --------
    >>> description_named("poisson").text
    'an expected count for each column of whole numbers'
    """
    named = {description.name: description for description in DESCRIPTIONS.values()}
    if name not in named:
        raise MixturaError(f"There is no family {name!r}; expected one of {', '.join(named)}.")
    return named[name]
