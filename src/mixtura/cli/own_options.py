"""The options that only some families have, as they were given."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

import click

from mixtura.errors import MixturaError
from mixtura.estimators.family_option import FamilyOption
from mixtura.estimators.family_options import families_with, family_options

__all__ = ["OwnOptions", "own_options"]

F = TypeVar("F", bound=Callable[..., Any])


def own_options(*, several: bool) -> Callable[[F], F]:
    """Options of all families, for a command that tries several values of a kind, or one."""

    def decorate(command: F) -> F:
        for option in reversed(family_options()):
            command = _click_option(option, several=several)(command)
        return command

    return decorate


def _click_option(option: FamilyOption, *, several: bool) -> Callable[[F], F]:
    if option.choices is None:
        return click.option(option.flag, is_flag=True, help=option.help)
    one = option.searched and not several
    default = f"  [default: {option.default}]" if option.default else ""
    return click.option(
        option.flag,
        metavar=option.metavar_of_one if one else option.metavar,
        help=option.help_of_one if one else option.help + default,
        callback=_value_of(option, several=several),
    )


def _value_of(option: FamilyOption, *, several: bool) -> Callable[..., Any]:
    """What reads the option: None if it is not given, a tuple of what is to be searched."""

    def value(context: click.Context, param: click.Parameter, text: str | None) -> Any:
        if text is None or (text == option.default and (several or not option.searched)):
            return None
        try:
            if not (several and option.searched):
                return option.value(text.strip())
            return option.values(text)
        except MixturaError as error:
            raise click.BadParameter(str(error)) from None

    return value


@dataclass(frozen=True)
class OwnOptions:
    """What was given, by option.

    Attributes
    ----------
    given : dict of FamilyOption to value
        A tuple of values for an option that is searched.
    """

    given: Mapping[FamilyOption, Any]

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Self:
        """From the arguments of a command, by the options' names."""
        options = {option.name: option for option in family_options()}
        return cls({options[name]: v for name, v in values.items() if v not in (None, False)})

    def families(self) -> list[str] | None:
        """The families that have all of them; None if none is given, so that all do.

        Raises
        ------
        MixturaError
            If no family has them all.
        """
        if not self.given:
            return None
        first, *others = ((option, families_with(option)) for option in self.given)
        common = first[1]
        for option, families in others:
            common = [name for name in common if name in families]
            if not common:
                raise MixturaError(
                    f"{first[0].flag} and {option.flag} are options of different families: leave "
                    "one of them out."
                )
        return common

    def check_family(self, family: str) -> None:
        """Raise MixturaError if one of them is no option of a family."""
        for option in self.given:
            families = families_with(option)
            if family not in families:
                raise MixturaError(
                    f"{option.flag} is an option of --family {' or '.join(families)}, not of "
                    f"{family}: leave it out, or choose another --family."
                )

    def check_columns(self, d: int) -> None:
        """Raise MixturaError if a value does not suit d columns."""
        for option, value in self.given.items():
            for each in value if isinstance(value, tuple) else (value,):
                option.check(each, d)

    @property
    def flags(self) -> str:
        """Those given, in words."""
        return " and ".join(option.flag for option in self.given)

    @property
    def fixed(self) -> dict[str, Any]:
        """Parameters that have one value."""
        return {o.parameter: v for o, v in self.given.items() if not isinstance(v, tuple)}

    @property
    def searched(self) -> dict[str, Any]:
        """Parameters of which several values are tried."""
        return {o.parameter: v for o, v in self.given.items() if isinstance(v, tuple)}
