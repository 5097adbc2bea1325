"""EM under watch: acceleration begins when it turns out to be slow."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mixtura.acceleration.ascent import Place, first_step
from mixtura.acceleration.course import Advance, Next
from mixtura.acceleration.gaussian import GaussianFrame
from mixtura.mixture import Expectation, Mixture

__all__ = ["Watch"]

# Gains that shrink more slowly than by this, and about as slowly as before, so many times
# running, promise a long way: EM has settled into its pace. What is reached in a few passes is
# cheaper without a frame.
_SLOW = 0.7
_STEADY = 0.1
_TIMES = 3
_LEAST_PASSES = 20


@dataclass(frozen=True)
class Watch:
    """EM as it is, until its gains shrink too slowly.

    Attributes
    ----------
    passes : int
        So far.
    objective, gain, rate : float
        The last ones; the rate is that of a gain to the one before.
    slow : int
        How many times running the gains have shrunk too slowly.
    """

    passes: int = 0
    objective: float = float("-inf")
    gain: float = float("inf")
    rate: float = 0.0
    slow: int = 0

    def __call__(
        self, mixture: Mixture[Any, Any], expectation: Expectation[Any], objective: float
    ) -> Advance:
        gain = objective - self.objective
        rate = gain / self.gain if self.gain > 0.0 else 0.0
        slow = self.slow + 1 if rate > _SLOW and abs(rate - self.rate) < _STEADY else 0
        seen = Watch(self.passes + 1, objective, gain, rate, slow)
        return Advance(objective, lambda: seen._next(mixture, expectation))

    def _next(self, mixture: Mixture[Any, Any], expectation: Expectation[Any]) -> Next:
        if self.passes >= _LEAST_PASSES and self.slow >= _TIMES:
            frame = GaussianFrame.of(mixture, expectation.weight)
            if frame is not None:
                return first_step(Place.of(frame, expectation, self.objective), Watch())
        return mixture.maximize(expectation), self
