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
        known = ", ".join(choices)
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
