"""A family's outward half: what files keep of it, and what people read and see of a component.

The other half, what EM computes, is `mixtura.families.family`. A description knows the family and
its parameters by name and in words; report, console, model file and estimators know nothing but
descriptions.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np

from mixtura.errors import CellError, ModelFileError
from mixtura.families.entries import Entries
from mixtura.families.family import Family, Parameters
from mixtura.families.schema import Kind, Schema
from mixtura.persistence.entries import unexpected
from mixtura.typing import BoolArray, FloatArray

__all__ = [
    "Bell",
    "Compose",
    "Curve",
    "Description",
    "Independent",
    "Marginal",
    "Mass",
    "Shares",
    "check_entries",
    "check_names",
    "curve",
    "entries_within",
    "mean_density",
    "number_kind",
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
class Curve:
    """A column of numbers of which each component has a density of some other shape.

    Attributes
    ----------
    mean : ndarray of shape (k,)
        The median where there is no mean, as of some heavy tails.
    deviation : ndarray of shape (k,)
        Infinite where the variance is.
    values : ndarray of shape (m,)
        Ascending places, close together where some density bends, that hold nearly all of the
        mass.
    densities : ndarray of shape (k, m)
        At these places; finite.
    """

    mean: FloatArray
    deviation: FloatArray
    values: FloatArray
    densities: FloatArray


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
Marginal: TypeAlias = Bell | Curve | Mass | Shares

# A curve is drawn between these shares of the mass, through so many places for all components.
_ENDS = 0.001, 0.999
_MOST_PLACES, _FEWEST_PLACES, _PLACES = 64, 8, 400


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

    def columns(self, family: F_contra, names: Sequence[object], /) -> Schema:
        """The columns of a table of plain numbers of which nothing but the names is known."""
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

    def entries(self, params: P, schema: Schema, /) -> dict[str, Entries]:
        """What the entries of these arrays are: the names they go by, and where they can lie."""
        ...

    def restored(
        self, options: Mapping[str, Any], arrays: Mapping[str, FloatArray], schema: Schema, /
    ) -> tuple[Family[P, Any], P]:
        """A family and its parameters from what `options` and `arrays` gave.

        The arrays are finite numbers of any names and shapes.

        Raises
        ------
        ModelFileError
            If they are no such parameters: it names the entry, such as 'options.floor' or
            'arrays.means[0][1]', its value and what was expected.
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

    def dispersions(self, params: P, places: Sequence[int], /) -> FloatArray | None:
        """Covariances (k, m, m) of some columns; None where columns are independent.

        NaN where all that is known of a column is its deviation. Of a component without
        covariances, as of heavy tails, some finite ones to draw.
        """
        ...


#: The description of a family that is made of others, from it and what describes those.
Compose: TypeAlias = Callable[[Any, Callable[[Any], Description[Any, Any]]], Description[Any, Any]]


class Independent:
    """Base of descriptions of families without options, whose columns are independent."""

    held_by = "rows that are equal"
    simpler = ""

    kinds: frozenset[Kind]

    def columns(self, family: Any, names: Sequence[object]) -> Schema:
        """Of numbers rather than of levels, if the family can be of both."""
        return Schema.of(names, number_kind(self.kinds))

    def options(self, family: Any) -> dict[str, Any]:
        """None."""
        return {}

    def structure(self, family: Any) -> tuple[str, str]:
        """None."""
        return "", ""

    def restraints(self, family: Any) -> tuple[tuple[str, str], ...]:
        """Nothing."""
        return ()

    def dispersions(self, params: Any, places: Sequence[int]) -> None:
        """None: columns are independent."""


def curve(
    mean: FloatArray,
    deviation: FloatArray,
    quantile: Callable[[FloatArray], FloatArray],
    density: Callable[[FloatArray], FloatArray],
) -> Curve:
    """A curve through quantiles of all components.

    Parameters
    ----------
    mean, deviation : ndarray of shape (k,)
    quantile : callable
        Shares of the mass (m,) -> the values (k, m) below which so much of it lies.
    density : callable
        Values (m,) -> densities (k, m) at these.

    Examples
    --------
    >>> def of_waits(shares):  # exponential ones
    ...     return -np.log1p(-shares)[None]
    >>> drawn = curve(np.ones(1), np.ones(1), of_waits, lambda waits: np.exp(-waits)[None])
    >>> drawn.densities[0, [0, -1]].round(3).tolist()
    [0.999, 0.001]
    """
    n = int(np.clip(_PLACES // len(mean), _FEWEST_PLACES, _MOST_PLACES))
    low, high = _ENDS
    middle = np.arange(1.0, n) / n
    shares = np.concatenate([[low], middle[(middle > low) & (middle < high)], [high]])
    values = np.unique(quantile(shares))
    return Curve(mean, deviation, values, density(values))


def mean_density(values: FloatArray, below: Callable[[FloatArray], FloatArray]) -> FloatArray:
    """Densities (k, m) at the places of a curve, each the mean of the interval about it.

    For densities that jump, or are infinite somewhere.

    Parameters
    ----------
    values : ndarray of shape (m,)
        Ascending, and at least two.
    below : callable
        Values (m,) -> the shares (k, m) of the mass below these.

    Examples
    --------
    >>> mean_density(np.array([0.0, 1.0, 2.0]), lambda values: np.sqrt(values / 2.0)[None]).round(2)
    array([[1.  , 0.37, 0.27]])
    """
    edges = np.concatenate([values[:1], 0.5 * (values[1:] + values[:-1]), values[-1:]])
    return np.diff(below(edges)) / np.diff(edges)


def number_kind(kinds: Collection[Kind]) -> Kind:
    """That of columns of plain numbers, among the kinds that a family is of."""
    wide_first = (Kind.CONTINUOUS, Kind.COUNT, Kind.BINARY, Kind.CATEGORICAL)
    return next(kind for kind in wide_first if kind in kinds)


def refuse(bad: BoolArray, X: FloatArray, schema: Schema, expected: str) -> None:
    """Raise CellError if any cell is bad, (n, d); it names the first one.

    A missing cell is not: every family has those. `expected` ends a sentence that begins with the
    cell: 'a count is 0, 1, 2, ...'.
    """
    if bad.any():
        bad = bad & ~np.isnan(X)
    if not bad.any():
        return
    row, place = divmod(int(bad.argmax()), bad.shape[1])
    cell, n_more = f"{X[row, place]:.10g}", int(bad.sum()) - 1
    raise CellError(schema[place].name, cell, row, expected, n_more)


def check_names(place: str, given: Mapping[str, Any], names: Sequence[str]) -> None:
    """See that the entries at a place, 'options' or 'arrays', have just these names.

    Raises
    ------
    ModelFileError
        It names the one that is missing or unknown.
    """
    expected = f"it should have {', '.join(names) or 'no entries'}"
    for name in names:
        if name not in given:
            raise ModelFileError(f"its entry {f'{place}.{name}'!r} is missing; {expected}.")
    for name in given:
        if name not in names:
            raise ModelFileError(f"its entry {f'{place}.{name}'!r} is unknown; {expected}.")


def stacked(arrays: Mapping[str, FloatArray], **shapes: tuple[int, ...]) -> list[FloatArray]:
    """The arrays of these names, in order: (k, *shape) each, for one k above 0.

    Raises
    ------
    ModelFileError
        If there are others, or other ones.
    """
    check_names("arrays", arrays, tuple(shapes))
    sizes = arrays[next(iter(shapes))].shape[:1]
    for name, shape in shapes.items():
        if arrays[name].shape != (*sizes, *shape) or 0 in sizes:
            expected = ", ".join(str(size) for size in ("k", *shape))
            raise ModelFileError(
                f"its entry {f'arrays.{name}'!r} has shape {arrays[name].shape}; it should have "
                f"shape ({expected}) for k components."
            )
    return [arrays[name] for name in shapes]


@contextmanager
def entries_within(options: str, arrays: str) -> Iterator[None]:
    """Entries of a family that is part of another are named as those of the whole.

    Parameters
    ----------
    options : str
        Where its options are: 'options.blocks[0].options'.
    arrays : str
        What comes before the names of its arrays: 'arrays.gaussian_0.'.
    """
    try:
        yield
    except ModelFileError as error:
        told = str(error).replace("'options", f"'{options}").replace("'arrays.", f"'{arrays}")
        raise ModelFileError(told) from None


def check_entries(name: str, array: FloatArray, good: BoolArray, expected: str) -> None:
    """See that all entries of a named array are good.

    `expected` ends a sentence: 'a number from 0 to 1'.

    Raises
    ------
    ModelFileError
        It has the place and the value of the first one that is not.
    """
    if not good.all():
        first = tuple(np.argwhere(~good)[0].tolist())
        place = "".join(f"[{i}]" for i in first)
        raise unexpected(f"arrays.{name}{place}", float(array[first]), expected)
