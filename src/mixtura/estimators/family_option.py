"""What a family adds to the command line: options of its own, and the words for its parameters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from mixtura.errors import MixturaError

__all__ = ["FamilyOption", "FamilyWords"]


def _suits_any(value: Any, d: int) -> None:
    """Nothing to object."""


def _listed(choices: Mapping[str, Any]) -> str:
    """Choices with commas between; numbers, which follow each other, from the first to the last."""
    names = list(choices)
    return f"{names[0]} to {names[-1]}" if names[-1].isdecimal() else ", ".join(names)


@dataclass(frozen=True, eq=False)
class FamilyOption:
    """An option of the command line that not all families have.

    Attributes
    ----------
    flag : str
        '--shape'.
    parameter : str
        What it sets of the estimator.
    help : str
    choices : callable, optional
        Gives what may be written and the values that it stands for; they are not looked up before
        somebody writes one. None for a switch, which sets True.
    bounds : tuple of float, optional
        The least and the largest number that may be written in place of a choice.
    metavar : str
    default : str
        A choice that is the same as not giving the option.
    searched : bool
        Whether `fit` takes several and tries them all. The default leaves the choice to the
        estimator's own grid.
    metavar_of_one, help_of_one : str
        The same where only one can be given; then there is no default among the choices.
    check : callable
        Raises MixturaError unless a value suits a table of d columns.
    in_words : callable
        What tells a model with a value from others.
    """

    flag: str
    parameter: str
    help: str
    choices: Callable[[], Mapping[str, Any]] | None = None
    bounds: tuple[float, float] | None = None
    metavar: str = ""
    default: str = ""
    searched: bool = False
    metavar_of_one: str = ""
    help_of_one: str = ""
    check: Callable[[Any, int], None] = _suits_any
    in_words: Callable[[Any], str] = str

    @property
    def name(self) -> str:
        """As an argument of a function."""
        return self.flag.lstrip("-").replace("-", "_")

    def value(self, text: str, choice: str = "one of") -> Any:
        """What a choice stands for.

        Raises
        ------
        MixturaError
            If it is none.
        """
        assert self.choices is not None
        choices = self.choices()
        if text in choices:
            return choices[text]
        number = self._number(text)
        if number is not None:
            return number
        known = _listed(choices)
        if self.bounds is not None:
            known += f", or a number from {self.bounds[0]:g} to {self.bounds[1]:g}"
        raise MixturaError(f"{text!r} is unknown; choose {choice} {known}.")

    def _number(self, text: str) -> float | None:
        """The number that is written, if it may be."""
        if self.bounds is None:
            return None
        with suppress(ValueError):
            number, (least, largest) = float(text), self.bounds
            return number if least <= number <= largest else None
        return None

    def values(self, text: str) -> tuple[Any, ...]:
        """What choices with commas between stand for; of numbers, 2-4 is 2,3,4."""
        found: dict[Any, None] = {}
        for part in map(str.strip, text.split(",")):
            first, dash, last = part.partition("-")
            if not (dash and first.isdecimal() and last.isdecimal()):
                found[self._some(part)] = None
                continue
            low, high = self._some(first), self._some(last)
            if low > high:
                raise MixturaError(f"{part!r} runs backwards; write {last}-{first}.")
            found.update(dict.fromkeys(range(low, high + 1)))
        return tuple(found)

    def _some(self, text: str) -> Any:
        return self.value(text, f"{self.default}, or some of")


@dataclass(frozen=True, eq=False)
class FamilyWords:
    """All that a family adds.

    Attributes
    ----------
    options : tuple of FamilyOption
    phrases : mapping of str to str
        Patterns of what the estimator says of its parameters, and how the command line says it.
    """

    options: tuple[FamilyOption, ...] = ()
    phrases: Mapping[str, str] = field(default_factory=dict)
