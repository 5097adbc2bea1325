"""EM under watch: acceleration begins when it turns out to be slow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mixtura.acceleration.ascent import Place, first_step
from mixtura.acceleration.course import Advance, Next
from mixtura.acceleration.gaussian import GaussianFrame
from mixtura.mixture import Expectation, Mixture

__all__ = ["Watch"]

# Gains that shrink more slowly than by this, so many times running, promise a long way.
_SLOW = 0.8
_TIMES = 3
_LEAST_PASSES = 20


@dataclass(frozen=True)
class Watch:
    """EM as it is, until its gains shrink too slowly.

    Attributes
    ----------
    passes : int
        So far.
    objective, gain : float
        The last ones.
    slow : int
        How many times running the gains have shrunk too slowly.
    """

    passes: int = 0
    objective: float = float("-inf")
    gain: float = float("inf")
    slow: int = 0

    def __call__(
        self, mixture: Mixture[Any, Any], expectation: Expectation[Any], objective: float
    ) -> Advance:
        gain = objective - self.objective
        slow = self.slow + 1 if gain > _SLOW * self.gain else 0
        seen = Watch(self.passes + 1, objective, gain, slow)
        return Advance(objective, lambda: seen._next(mixture, expectation))

    def _next(self, mixture: Mixture[Any, Any], expectation: Expectation[Any]) -> Next:
        if self.passes >= _LEAST_PASSES and self.slow >= _TIMES:
            frame = GaussianFrame.of(mixture, expectation.weight)
            if frame is not None:
                base = Place.of(frame, expectation, self.objective)
                return first_step(base, otherwise=Watch())
        return mixture.maximize(expectation), self
