"""Components in some of their columns, and given the cells of some: families that can be divided.

With o some columns and m the others, p_j(x_o) and p_j(x_m | x_o) are components again, of the same
kind if perhaps of another structure:

    p_j(x) = p_j(x_o) p_j(x_m | x_o)
"""

from __future__ import annotations

from typing import Any, Protocol, TypeAlias, TypeVar, runtime_checkable

from mixtura.errors import MixturaError
from mixtura.families.family import Family, Parameters
from mixtura.typing import FloatArray, IntArray

__all__ = ["Components", "Divisible", "divisible"]

P_contra = TypeVar("P_contra", bound=Parameters, contravariant=True)

#: A family, and the parameters of some components of it.
Components: TypeAlias = tuple[Family[Any, Any], Any]


@runtime_checkable
class Divisible(Protocol[P_contra]):
    """A family whose components can be had in some of their columns."""

    def marginal(self, params: P_contra, places: IntArray, /) -> Components:
        """The components in some columns, in the order of their places.

        Their log-density is that of rows of which the other cells are missing.
        """
        ...

    def conditional(self, params: P_contra, places: IntArray, cells: FloatArray, /) -> Components:
        """The components in all other columns, given the cells (o,) of some; in ascending order.

        What a component cannot have leaves it as it may be: it has no weight then.
        """
        ...


def divisible(family: Family[Any, Any]) -> Divisible[Any]:
    """The family, if it can be divided.

    Raises
    ------
    MixturaError
        If it cannot.
    """
    if not isinstance(family, Divisible):
        raise MixturaError(
            f"{type(family).__name__} does not say what its components are in some of their "
            "columns: give it methods `marginal` and `conditional` (see "
            "mixtura.families.some_columns)."
        )
    return family
