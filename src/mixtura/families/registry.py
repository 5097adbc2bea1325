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
from mixtura.families.student_t.density import StudentT
from mixtura.families.student_t.description import StudentTDescription

__all__ = ["DESCRIPTIONS", "description_named", "description_of", "is_described", "register"]

#: One of each type of family, the most particular kinds of columns first.
DESCRIPTIONS: dict[type, Description[Any, Any]] = {
    Bernoulli: BernoulliDescription(),
    Categorical: CategoricalDescription(),
    Poisson: PoissonDescription(),
    Gaussian: GaussianDescription(),
    StudentT: StudentTDescription(),
}


_OURS = frozenset(description.name for description in DESCRIPTIONS.values())


def register(family: type[Family[Any, Any]], description: Description[Any, Any]) -> None:
    """Make a family of one's own known by the name of its description.

    From then on it is saved and loaded, and described on the console and in reports. A family
    that was registered before under the same name is forgotten.

    Parameters
    ----------
    family : type
        The class itself, such as `Geometric`.
    description : Description

    Raises
    ------
    MixturaError
        If the name, or the class, is one of the package.
    """
    name = description.name
    if name in _OURS or DESCRIPTIONS.get(family, description).name in _OURS:
        raise MixturaError(
            f"{family.__name__} cannot be registered as {name!r}: the package has that name or "
            "class already. Give its description another name."
        )
    for earlier in [known for known, other in DESCRIPTIONS.items() if other.name == name]:
        del DESCRIPTIONS[earlier]
    DESCRIPTIONS[family] = description


def is_described(family: Family[Any, Any]) -> bool:
    """Whether something describes a family; of one with noise, that of its clusters."""
    return type(_clusters(family)) in DESCRIPTIONS


def description_of(family: Family[Any, Any]) -> Description[Any, Any]:
    """The other half of a family; of one with noise, that of its clusters.

    Examples
    --------
    >>> description_of(Bernoulli()).name
    'bernoulli'
    """
    kind = type(_clusters(family))
    if kind not in DESCRIPTIONS:
        raise MixturaError(
            f"{kind.__name__} is a family that nothing describes: write a description of it (see "
            "mixtura.families.description) and call "
            f"mixtura.families.register({kind.__name__}, description)."
        )
    return DESCRIPTIONS[kind]


def _clusters(family: Family[Any, Any]) -> Family[Any, Any]:
    return _clusters(family.family) if isinstance(family, WithNoise) else family


def description_named(name: str) -> Description[Any, Any]:
    """The description of that name.

    Examples
    --------
    >>> description_named("poisson").text
    'an expected count for each column of whole numbers'
    """
    named = {description.name: description for description in DESCRIPTIONS.values()}
    if name not in named:
        raise MixturaError(
            f"There is no family {name!r}; expected one of {', '.join(named)}. One's own is known "
            "once mixtura.families.register has been called."
        )
    return named[name]
