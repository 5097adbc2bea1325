"""How the next mixture follows from the E-step at the last one: the loop's one open place."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeAlias

from mixtura.mixture import Expectation, Mixture
from mixtura.stopping import Outlook

__all__ = ["PLAIN", "Advance", "Next", "Plain", "UpdateRule"]


#: The next mixture to try, and the update rule to go on with from there.
Next: TypeAlias = "tuple[Mixture[Any, Any], UpdateRule]"


@dataclass(frozen=True)
class Advance:
    """What an update rule makes of one pass over the rows.

    Attributes
    ----------
    objective : float
        At the best mixture so far on this update rule, in nats per row.
    next : callable
        Gives the mixture to try next and the update rule to go on with. May raise DegenerateError.
    outlook : callable or None
        Gives the distance to the limit; None leaves it to the trace.
    """

    objective: float
    next: Callable[[], Next]
    outlook: Callable[[], Outlook] | None = None


class UpdateRule(Protocol):
    """Frozen: what it has learnt on the way is in the update rule that it hands on."""

    def __call__(
        self, mixture: Mixture[Any, Any], expectation: Expectation[Any], objective: float, /
    ) -> Advance:
        """Judge a mixture by its E-step and its objective in nats per row."""
        ...

    @property
    def n_certain(self) -> int:
        """Iterations that are going to be plain, whatever comes of them."""
        ...

    def after(self, objectives: Sequence[float], /) -> Self:
        """The update_rule after plain iterations from mixtures with these objectives."""
        ...


@dataclass(frozen=True)
class Plain:
    """EM as it is: the M-step's mixture follows."""

    def __call__(
        self, mixture: Mixture[Any, Any], expectation: Expectation[Any], objective: float
    ) -> Advance:
        return Advance(objective, lambda: (mixture.maximize(expectation), self))

    @property
    def n_certain(self) -> int:
        return sys.maxsize

    def after(self, objectives: Sequence[float]) -> Self:
        return self


#: What the loop does unless told otherwise.
PLAIN = Plain()
