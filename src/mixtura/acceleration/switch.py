"""EM under watch: acceleration begins when it turns out to be slow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any, Self

from mixtura.acceleration.coordinates import MixtureCoordinates
from mixtura.acceleration.quasi_newton import Place, first_step
from mixtura.acceleration.update_rule import Advance, Next
from mixtura.mixture import Expectation, Mixture

__all__ = ["Switch"]

# Gains that shrink more slowly than by this, and about as slowly as before, so many times
# running, promise a long way: EM has settled into its pace. What is reached in a few passes is
# cheaper without coordinates.
_SLOW = 0.7
_STEADY = 0.1
_TIMES = 3
_PATIENCE = 20
# The last objectives, which tell so many rates and the one before.
_TELLING = _TIMES + 3


@dataclass(frozen=True)
class Switch:
    """EM as it is, until its gains shrink too slowly.

    Attributes
    ----------
    patience : int
        Passes that EM has in any case.
    passes : int
        So far.
    objective, gain, rate : float
        The last ones; the rate is that of a gain to the one before.
    slow : int
        How many times running the gains have shrunk too slowly.
    """

    patience: int = _PATIENCE
    passes: int = 0
    objective: float = float("-inf")
    gain: float = float("inf")
    rate: float = 0.0
    slow: int = 0

    def __call__(
        self, mixture: Mixture[Any, Any], expectation: Expectation[Any], objective: float
    ) -> Advance:
        seen = self._seen(objective)
        return Advance(objective, lambda: seen._next(mixture, expectation))

    @property
    def n_certain(self) -> int:
        return max(self.patience - self.passes, _TIMES - self.slow, 1) - 1

    def after(self, objectives: Sequence[float]) -> Self:
        n_early = max(0, len(objectives) - _TELLING)
        watch = type(self)(self.patience, self.passes + n_early) if n_early else self
        return reduce(type(self)._seen, objectives[n_early:], watch)

    def _seen(self, objective: float) -> Self:
        gain = objective - self.objective
        rate = gain / self.gain if self.gain > 0.0 else 0.0
        slow = self.slow + 1 if rate > _SLOW and abs(rate - self.rate) < _STEADY else 0
        return type(self)(self.patience, self.passes + 1, objective, gain, rate, slow)

    def _next(self, mixture: Mixture[Any, Any], expectation: Expectation[Any]) -> Next:
        if self.passes >= self.patience and self.slow >= _TIMES:
            at = MixtureCoordinates.of(mixture, expectation.weight)
            if at is not None:
                base = Place.of(at, expectation, self.objective)
                return first_step(base, Switch(self.patience))
        return mixture.maximize(expectation), self
