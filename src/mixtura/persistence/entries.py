"""What the entries of a JSON document may hold: each has a type, a range and a message.

An `Entry` reads one JSON value, and refuses it by a `ModelFileError` with the entry's place, the
value and what was expected. Entries are composed: a table of them by name, a `record`, is what
a whole document may hold.

    noise = optional(record({"center": array((d,)), "edges": array((d, d))}))
    noise.read(parsed(text), "noise")
"""

from __future__ import annotations

import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import chain
from reprlib import Repr
from types import MappingProxyType
from typing import Any, Generic, TypeVar

import numpy as np

from mixtura.errors import MixturaError, ModelFileError
from mixtura.typing import FloatArray

__all__ = [
    "Entry",
    "anything",
    "array",
    "either",
    "flag",
    "made",
    "mapping",
    "nested",
    "number",
    "optional",
    "parsed",
    "record",
    "sequence",
    "text",
    "unexpected",
    "whole",
]

T = TypeVar("T")

_NOTHING: Mapping[str, Any] = MappingProxyType({})

# A float64 holds all whole numbers up to this.
_EXACT = 2**53

# Of the longest whole number that is read as one.
_DIGITS = 19

_brief = Repr()
_brief.maxlevel, _brief.maxstring, _brief.maxlist = 2, 60, 4


@dataclass(frozen=True)
class Entry(Generic[T]):
    """What an entry may hold.

    Attributes
    ----------
    expected : str
        The same in words.
    read : callable
        (JSON value, its place in the document) -> what it means.
    """

    expected: str
    read: Callable[[Any, str], T]

    def holds(self, value: Any) -> bool:
        """Whether a value is what is expected."""
        try:
            self.read(value, "")
        except ModelFileError:
            return False
        return True


def parsed(text: str) -> Any:
    """The value of a JSON text.

    Raises
    ------
    ModelFileError
        If an object has two entries of one name: JSON does not say which of them counts.
    ValueError, RecursionError
        If it is no JSON text, or nested beyond reason.
    """
    return json.loads(text, parse_int=_integer, object_pairs_hook=_object)


def unexpected(place: str, value: object, expected: str) -> ModelFileError:
    """The error about a value that is not what was expected."""
    return ModelFileError(f"its entry {place!r} is {_brief.repr(value)}; it should be {expected}.")


def flag() -> Entry[bool]:
    """True or false."""
    return _plain("true or false", lambda value: isinstance(value, bool), bool)


def whole(minimum: int, maximum: int = _EXACT) -> Entry[int]:
    """A whole number; by default up to those that a float64 holds."""
    return _plain(
        f"a whole number{_range(minimum, math.inf if maximum == _EXACT else maximum)}",
        lambda value: _is_a(value, int) and minimum <= value <= maximum,
        int,
    )


def number(
    minimum: float = -math.inf, maximum: float = math.inf, *, above: float = -math.inf
) -> Entry[float]:
    """A finite number."""

    def fits(value: Any) -> bool:
        return _is_a(value, int | float) and abs(value) <= sys.float_info.max and value > above

    return _plain(
        f"a finite number{_range(minimum, maximum, above)}",
        lambda value: fits(value) and minimum <= value <= maximum,
        float,
    )


def text(*choices: str) -> Entry[str]:
    """Any text that UTF-8 can hold, or one of some words."""
    if choices:
        return _plain(
            f"one of {', '.join(choices)}" if len(choices) > 1 else repr(choices[0]),
            lambda value: isinstance(value, str) and value in choices,
            str,
        )
    return _plain("a text of whole characters", _is_text, str)


def array(
    shape: tuple[int, ...], minimum: float = -math.inf, maximum: float = math.inf
) -> Entry[FloatArray]:
    """Nested arrays of finite numbers, the first index outermost."""
    of = number(minimum, maximum)

    def read(value: Any, place: str) -> FloatArray:
        numbers = _flat(value, place, shape)
        result = np.array(numbers, np.float64) if set(map(type, numbers)) <= {int, float} else None
        if result is None or not _within(result, minimum, maximum):
            for position, entry in enumerate(numbers):
                of.read(entry, place + _index(position, shape))
        return np.asarray(result).reshape(shape)

    return Entry(f"an array of numbers of shape {shape}", read)


def nested() -> Entry[FloatArray]:
    """Nested arrays of finite numbers, of whatever shape they have."""

    def read(value: Any, place: str) -> FloatArray:
        shape, part = [], value
        while isinstance(part, list) and part:
            shape.append(len(part))
            part = part[0]
        return array(tuple(shape)).read(value, place)

    return Entry("an array of numbers", read)


def mapping(of: Entry[T]) -> Entry[dict[str, T]]:
    """An object with entries of one kind under any names."""

    def read(value: Any, place: str) -> dict[str, T]:
        if not isinstance(value, dict):
            raise unexpected(place, value, "an object")
        return {name: of.read(part, f"{place}.{name}") for name, part in value.items()}

    return Entry("an object", read)


def anything() -> Entry[Any]:
    """Whatever JSON can hold: what it means is for others to say."""
    return Entry("anything", lambda value, place: value)


def sequence(
    of: Entry[T], length: int | None = None, *, distinct: bool = False
) -> Entry[tuple[T, ...]]:
    """An array of entries of one kind, if need be of so many, none of them twice."""
    expected = "a list" if length is None else f"a list of {length}"

    def read(value: Any, place: str) -> tuple[T, ...]:
        if not isinstance(value, list | tuple) or length not in (None, len(value)):
            raise unexpected(place, value, f"{expected}, each {of.expected}")
        parts = tuple(of.read(part, f"{place}[{i}]") for i, part in enumerate(value))
        if distinct and len(set(parts)) < len(parts):
            twice = next(part for i, part in enumerate(parts) if part in parts[:i])
            raise ModelFileError(f"its entry {place!r} has {_brief.repr(twice)} more than once.")
        return parts

    return Entry(expected, read)


def optional(of: Entry[T], null: Any = None) -> Entry[Any]:
    """An entry, or null, and what that means."""
    return Entry(
        f"null, or {of.expected}",
        lambda value, place: null if value is None else of.read(value, place),
    )


def made(of: Entry[Any], make: Callable[[Any], T]) -> Entry[T]:
    """What a function makes of an entry, which may refuse it by a `MixturaError`."""

    def read(value: Any, place: str) -> T:
        found = of.read(value, place)
        try:
            return make(found)
        except MixturaError as error:
            raise ModelFileError(f"its entry {place!r} cannot be used: {error}") from None

    return Entry(of.expected, read)


def either(*entries: Entry[Any]) -> Entry[Any]:
    """What the first entry that does not refuse it makes of a value."""
    expected = ", or ".join(entry.expected for entry in entries)

    def read(value: Any, place: str) -> Any:
        for entry in entries:
            try:
                return entry.read(value, place)
            except ModelFileError:
                continue
        raise unexpected(place, value, expected)

    return Entry(expected, read)


def record(
    entries: Mapping[str, Entry[Any]],
    *,
    absent: Mapping[str, Any] = _NOTHING,
    partial: bool = False,
) -> Entry[dict[str, Any]]:
    """An object with entries by name; others are ignored.

    Parameters
    ----------
    entries : mapping of str to Entry
    absent : mapping of str to object
        What it means that an entry is not there; without a meaning it has to be,
    partial : bool, default=False
        unless the result may lack it too.
    """

    def read(value: Any, place: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise unexpected(place, value, "an object")
        found = {}
        for name, entry in entries.items():
            inner = f"{place}.{name}" if place else name
            if name in value:
                found[name] = entry.read(value[name], inner)
            elif name in absent:
                found[name] = absent[name]
            elif not partial:
                raise ModelFileError(
                    f"its entry {inner!r} is missing; it should be {entry.expected}."
                )
        return found

    return Entry("an object", read)


# ---------------------------------------------------------------------------------------------


def _integer(digits: str) -> float:
    """Digits that no machine integer holds become a float, infinite if need be."""
    return int(digits) if len(digits) < _DIGITS else float(digits)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    entries = dict(pairs)
    if len(entries) < len(pairs):
        name, _ = Counter(name for name, _ in pairs).most_common(1)[0]
        raise ModelFileError(f"it has an entry {_brief.repr(name)} more than once.")
    return entries


def _plain(expected: str, fits: Callable[[Any], bool], meaning: Callable[[Any], T]) -> Entry[T]:
    def read(value: Any, place: str) -> T:
        if not fits(value):
            raise unexpected(place, value, expected)
        return meaning(value)

    return Entry(expected, read)


def _is_a(value: object, kind: Any) -> bool:
    """Python's booleans are integers, those of JSON are not."""
    return isinstance(value, kind) and not isinstance(value, bool)


def _is_text(value: object) -> bool:
    """JSON's escapes can write half of a character: a lone surrogate, which no file can hold."""
    return isinstance(value, str) and not any("\ud800" <= letter <= "\udfff" for letter in value)


def _range(minimum: float, maximum: float, above: float = -math.inf) -> str:
    if above > -math.inf:
        return f" above {above:g}" + ("" if maximum == math.inf else f", up to {maximum:g}")
    if maximum == math.inf:
        return "" if minimum == -math.inf else f" of {minimum:g} or more"
    return f" from {minimum:g} to {maximum:g}"


def _flat(value: Any, place: str, shape: tuple[int, ...]) -> list[Any]:
    """The numbers in nested lists of a shape, in one list."""
    level = [value]
    for axis, size in enumerate(shape):
        for position, part in enumerate(level):
            if not isinstance(part, list) or len(part) != size:
                where = place + _index(position, shape[:axis])
                raise unexpected(
                    where, part, f"a list of {size}, as {place!r} should have shape {shape}"
                )
        level = list(chain.from_iterable(level))
    return level


def _within(numbers: FloatArray, minimum: float, maximum: float) -> bool:
    return bool((np.isfinite(numbers) & (numbers >= minimum) & (numbers <= maximum)).all())


def _index(position: int, shape: tuple[int, ...]) -> str:
    """'[1][0]' for the third of four entries of shape (2, 2)."""
    return "".join(f"[{i}]" for i in np.unravel_index(position, shape)) if shape else ""
