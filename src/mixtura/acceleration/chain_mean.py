"""A random walk that ends in the mean of its chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

from mixtura.acceleration.update_rule import Advance, Next
from mixtura.mixture import Expectation, Mixture

__all__ = ["ChainMean"]


@dataclass(frozen=True)
class ChainMean:
    """EM as it is, but that the last M-step is that of the mean of all statistics after a burn-in.

    The mean of statistics is what parameters of any family have in common: it merges, and no
    coordinates have to be chosen in which to average.

    Attributes
    ----------
    burn_in : int
        Passes that do not count.
    length : int
        Passes that lead to a mixture, the last of them to the mean's.
    passes : int
        So far.
    mean : Expectation or None
        Of those that count.
    """

    burn_in: int
    length: int
    passes: int = 0
    mean: Expectation[Any] | None = None

    def __call__(
        self, mixture: Mixture[Any, Any], expectation: Expectation[Any], objective: float
    ) -> Advance:
        return Advance(objective, lambda: self._next(mixture, expectation))

    @property
    def n_certain(self) -> int:
        """1: every pass counts, and none can be left to others."""
        return 1

    def after(self, objectives: Sequence[float]) -> Self:
        return self

    def _next(self, mixture: Mixture[Any, Any], expectation: Expectation[Any]) -> Next:
        passes, mean = self.passes + 1, self.mean
        n_counted = passes - self.burn_in
        if n_counted > 0:
            mean = expectation if mean is None else mean.blended(expectation, 1.0 / n_counted)
        ends = passes == self.length
        following = mixture.maximize(mean if ends and mean is not None else expectation)
        return following, replace(self, passes=passes, mean=mean)
