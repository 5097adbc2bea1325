"""Families by name and by type: all that is said of one begins with its description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mixtura.errors import MixturaError
from mixtura.families.bernoulli import Bernoulli, BernoulliDescription
from mixtura.families.categorical import Categorical, CategoricalDescription
from mixtura.families.description import Compose, Description
from mixtura.families.exponential import Exponential, ExponentialDescription
from mixtura.families.factor_analyzers.density import FactorAnalyzers
from mixtura.families.factor_analyzers.description import FactorDescription
from mixtura.families.family import Family
from mixtura.families.gamma import Gamma, GammaDescription
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.description import GaussianDescription
from mixtura.families.geometric import Geometric, GeometricDescription
from mixtura.families.log_normal import LogNormal, LogNormalDescription
from mixtura.families.multinomial import Multinomial, MultinomialDescription
from mixtura.families.negative_binomial import NegativeBinomial, NegativeBinomialDescription
from mixtura.families.nested import Nested
from mixtura.families.nested_description import NestedDescription
from mixtura.families.noise import WithNoise
from mixtura.families.poisson import Poisson, PoissonDescription
from mixtura.families.product.description import ProductDescription
from mixtura.families.product.family import Product
from mixtura.families.schema import Column, Kind
from mixtura.families.student_t.density import StudentT
from mixtura.families.student_t.description import StudentTDescription
from mixtura.families.uniform import Uniform, UniformDescription
from mixtura.families.von_mises_fisher import VonMisesFisher, VonMisesFisherDescription
from mixtura.persistence.entries import anything, mapping, record, text

__all__ = [
    "DESCRIPTIONS",
    "MIXED",
    "description_kept",
    "description_named",
    "description_of",
    "description_of_block",
    "is_described",
    "register",
]

#: One of each type of family, the most particular kinds of columns first.
DESCRIPTIONS: dict[type, Description[Any, Any]] = {
    Bernoulli: BernoulliDescription(),
    Categorical: CategoricalDescription(),
    Poisson: PoissonDescription(),
    Gaussian: GaussianDescription(),
    Exponential: ExponentialDescription(),
    Gamma: GammaDescription(),
    Geometric: GeometricDescription(),
    LogNormal: LogNormalDescription(),
    Uniform: UniformDescription(),
    NegativeBinomial: NegativeBinomialDescription(),
    Multinomial: MultinomialDescription(),
    VonMisesFisher: VonMisesFisherDescription(),
    FactorAnalyzers: FactorDescription(),
    StudentT: StudentTDescription(),
}

# The family of a column where nobody chooses one.
_OF_KIND: dict[Kind, type] = {
    Kind.CONTINUOUS: Gaussian,
    Kind.COUNT: Poisson,
    Kind.BINARY: Bernoulli,
    Kind.CATEGORICAL: Categorical,
}


def _of_column(column: Column) -> Description[Any, Any]:
    return DESCRIPTIONS[_OF_KIND[column.kind]]


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


def description_of_block(name: str) -> Description[Any, Any]:
    """The description of that name, of a family that some columns of a table can have.

    Raises
    ------
    MixturaError
        If there is none, or it is of whole tables.
    """
    if name == MIXED.name:
        raise MixturaError(
            f"No column is of family {name!r}, which is that of a table whose columns have "
            "families of their own."
        )
    return description_named(name)


def description_kept(name: str, options: Mapping[str, Any]) -> Description[Any, Any]:
    """The description of a family that a file has by that name, with these options.

    Raises
    ------
    MixturaError
        If there is none.
    """
    if name != NestedDescription.name:
        return description_named(name)
    parts = record({"family": text(), "options": mapping(anything())}).read(options, "options")
    return NestedDescription(description_kept(parts["family"], parts["options"]))


#: Of products of whatever columns there are.
MIXED = ProductDescription(_of_column, description_of_block, description_kept)

DESCRIPTIONS[Product] = MIXED

# Those that are made of others.
_COMPOSED: dict[type, Compose] = {Product: MIXED.of, Nested: NestedDescription.of}

# A mixture as a family has no description of its own but with that of its parts.
_OURS = frozenset({NestedDescription.name, *(each.name for each in DESCRIPTIONS.values())})


def register(family: type[Family[Any, Any]], description: Description[Any, Any]) -> None:
    """Make a family of one's own known by the name of its description.

    From then on it is saved and loaded, and described on the console and in reports. A family
    that was registered before under the same name is forgotten.

    Parameters
    ----------
    family : type
        The class itself, such as `Rayleigh`.
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
    clusters = _clusters(family)
    if isinstance(clusters, Nested):
        return is_described(clusters.family)
    return type(clusters) in DESCRIPTIONS


def description_of(family: Family[Any, Any]) -> Description[Any, Any]:
    """The other half of a family; of one with noise, that of its clusters.

    Examples
    --------
    >>> description_of(Bernoulli()).name
    'bernoulli'
    >>> description_of(Nested(Bernoulli(), 2)).text
    'a mixture of parts, each with a probability of 1 for each column of 0 and 1'
    """
    clusters = _clusters(family)
    kind = type(clusters)
    if kind in _COMPOSED:
        return _COMPOSED[kind](clusters, description_of)
    if kind not in DESCRIPTIONS:
        raise MixturaError(
            f"{kind.__name__} is a family that nothing describes: write a description of it (see "
            "mixtura.families.description) and call "
            f"mixtura.families.register({kind.__name__}, description)."
        )
    return DESCRIPTIONS[kind]


def _clusters(family: Family[Any, Any]) -> Family[Any, Any]:
    return _clusters(family.family) if isinstance(family, WithNoise) else family
