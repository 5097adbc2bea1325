"""A family's outward half: what files keep of it, and what people read and see of a component.

The other half, what EM computes, is `mixtura.families.family`. A description knows the family and
its parameters by name and in words; report, console, model file and estimators know nothing but
descriptions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

from mixtura.errors import CellError, MixturaError
from mixtura.families.family import Family, Parameters
from mixtura.families.schema import Kind, Schema
from mixtura.typing import BoolArray, FloatArray

__all__ = [
    "Bell",
    "Description",
    "Independent",
    "Marginal",
    "Mass",
    "Shares",
    "check_entries",
    "check_names",
    "refuse",
    "stacked",
]

F_contra = TypeVar("F_contra", contravariant=True)
P = TypeVar("P", bound=Parameters)


@dataclass(frozen=True)
class Bell:
    """A column of which each component has a bell-shaped density.

    Attributes
    ----------
    mean, deviation : ndarray of shape (k,)
    """

    mean: FloatArray
    deviation: FloatArray


@dataclass(frozen=True)
class Mass:
    """A column of whole numbers, of which each component has a mass function.

    Attributes
    ----------
    mean, deviation : ndarray of shape (k,)
    values : ndarray of shape (m,)
        Consecutive whole numbers that hold nearly all of the mass.
    probabilities : ndarray of shape (k, m)
    """

    mean: FloatArray
    deviation: FloatArray
    values: FloatArray
    probabilities: FloatArray


@dataclass(frozen=True)
class Shares:
    """A column of levels, of which each component has a probability for each.

    Attributes
    ----------
    levels : tuple of str
    probabilities : ndarray of shape (k, number of levels)
    """

    levels: tuple[str, ...]
    probabilities: FloatArray


#: What each component makes of one column.
Marginal: TypeAlias = Bell | Mass | Shares


class Description(Protocol[F_contra, P]):
    """Of families F with parameters P."""

    @property
    def name(self) -> str:
        """In model files and on the command line."""
        ...

    @property
    def text(self) -> str:
        """What such a component looks like, in words."""
        ...

    @property
    def held_by(self) -> str:
        """What a collapsed component sits on, and what holds it up there, in words."""
        ...

    @property
    def simpler(self) -> str:
        """What is fitted more simply than this, in words that follow 'use'; '' for nothing."""
        ...

    @property
    def kinds(self) -> frozenset[Kind]:
        """Kinds of columns that it describes."""
        ...

    def family(self, schema: Schema, /) -> Family[P, Any]:
        """The family for such columns, all of its options left to their defaults."""
        ...

    def check(self, X: FloatArray, schema: Schema, /) -> None:
        """See that the family can have given the rows X (n, d).

        Raises
        ------
        CellError
            It names the column, the row, counted from 0, the value and what was expected.
        """
        ...

    def options(self, family: F_contra, /) -> dict[str, Any]:
        """The family's own structure and regularisation, as JSON values."""
        ...

    def arrays(self, params: P, /) -> dict[str, FloatArray]:
        """The parameters as named arrays, k first in each, with finite numbers only."""
        ...

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema, /
    ) -> tuple[Family[P, Any], P]:
        """A family and its parameters from what `options` and `arrays` gave.

        The arrays are finite numbers of any names and shapes.

        Raises
        ------
        MixturaError
            If they are no such parameters: it names the option or array and what was expected.
        """
        ...

    def structure(self, family: F_contra, /) -> tuple[str, str]:
        """A short name of the family's structure and the structure in words; '' without any."""
        ...

    def restraints(self, family: F_contra, /) -> tuple[tuple[str, str], ...]:
        """What held its parameters back in the fit: terms, and what is to be said of them."""
        ...

    def marginal(self, params: P, place: int, schema: Schema, /) -> Marginal:
        """What each component makes of one column."""
        ...

    def covariances(self, params: P, places: Sequence[int], /) -> FloatArray | None:
        """Covariances (k, m, m) of some columns; None where columns are independent."""
        ...


class Independent:
    """Base of descriptions of families without options, whose columns are independent."""

    held_by = "rows that are equal"
    simpler = ""

    def options(self, family: Any) -> dict[str, Any]:
        """None."""
        return {}

    def structure(self, family: Any) -> tuple[str, str]:
        """None."""
        return "", ""

    def restraints(self, family: Any) -> tuple[tuple[str, str], ...]:
        """Nothing."""
        return ()

    def covariances(self, params: Any, places: Sequence[int]) -> None:
        """None: columns are independent."""


def refuse(bad: BoolArray, X: FloatArray, schema: Schema, expected: str) -> None:
    """Raise CellError if any cell is bad, (n, d); it names the first one.

    `expected` ends a sentence that begins with the cell: 'a count is 0, 1, 2, ...'.
    """
    if not bad.any():
        return
    row, place = divmod(int(bad.argmax()), bad.shape[1])
    cell, n_more = f"{X[row, place]:.10g}", int(bad.sum()) - 1
    raise CellError(schema[place].name, cell, row, expected, n_more)


def check_names(what: str, given: Mapping[str, Any], names: Sequence[str]) -> None:
    """Raise MixturaError unless the given things, such as options, have just these names."""
    expected = f"expected {', '.join(names) or 'none'}"
    for name in names:
        if name not in given:
            raise MixturaError(f"The {what} {name!r} is missing; {expected}.")
    for name in given:
        if name not in names:
            raise MixturaError(f"The {what} {name!r} is unknown; {expected}.")


def stacked(arrays: Mapping[str, FloatArray], **shapes: tuple[int, ...]) -> list[FloatArray]:
    """The arrays of these names, in order: (k, *shape) each, for one k above 0.

    Raises
    ------
    MixturaError
        If there are others, or other ones.
    """
    check_names("array", arrays, tuple(shapes))
    sizes = arrays[next(iter(shapes))].shape[:1]
    for name, shape in shapes.items():
        if arrays[name].shape != (*sizes, *shape) or 0 in sizes:
            expected = ", ".join(str(size) for size in ("k", *shape))
            raise MixturaError(
                f"The array {name!r} has shape {arrays[name].shape}; expected ({expected}) for k "
                "components."
            )
    return [arrays[name] for name in shapes]


def check_entries(name: str, array: FloatArray, good: BoolArray, expected: str) -> None:
    """Raise MixturaError if any entry of a named array is not good; it tells the first one."""
    if not good.all():
        raise MixturaError(f"The array {name!r} has {array[~good][0]:.10g}; expected {expected}.")
