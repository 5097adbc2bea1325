"""Which rows each iteration sees, and how much it trusts them.

A schedule turns a source into an endless sequence of (part of the source, step size). The loop
replaces its statistics by (1 - step) * old + step * fresh, so that step 1 forgets the past.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count, repeat
from typing import TypeAlias

from mixtura.sources.source import Source

__all__ = ["Schedule", "batch", "damped", "decreasing_steps"]

Schedule: TypeAlias = Callable[[Source], Iterator[tuple[Source, float]]]


def decreasing_steps(burn_in: int, power: float = 0.75) -> Callable[[int], float]:
    """Step 1 during the burn-in, then (iteration - burn_in + 1) ** -power.

    Any power in (1/2, 1] satisfies the conditions of Delyon, Lavielle and Moulines (1999).
    """
    return lambda iteration: float(max(iteration - burn_in + 1, 1)) ** -power


def batch(source: Source) -> Iterator[tuple[Source, float]]:
    """All rows in every iteration, and nothing remembered: step 1."""
    return repeat((source, 1.0))


def damped(step: Callable[[int], float]) -> Schedule:
    """All rows in every iteration, with the step size given by the iteration's number."""

    def parts(source: Source) -> Iterator[tuple[Source, float]]:
        return ((source, step(iteration)) for iteration in count())

    return parts
