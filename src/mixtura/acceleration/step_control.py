"""How far the steps of an ascent go: by the flow's time, and by what changes on the way."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Self

__all__ = ["START", "StepControl"]

# A step of at most this time is EM's own.
_MOST_DAMPING = 1.0
# Below the first there is none; the second is the least of what is tried after that.
_NO_DAMPING = 1e-7
_LEAST_DAMPING = 1e-5
_MOST_AT_ONCE = 100.0
# Times the radius that a step may be long.
_SLACK = 2.0
# Where so many steps running had to be EM's own, trials are in vain.
_IN_VAIN = 5

_LEAST_RADIUS = 0.01
_GREATEST_RADIUS = 0.4
# The gain of a trial against that of a parabola with the slopes at both ends: the difference, in
# units of what the first slope promises, above which the flow bends and below which it is straight.
_BENT = 0.1
_STRAIGHT = 0.02


@dataclass(frozen=True)
class StepControl:
    """What the next step is allowed.

    Attributes
    ----------
    damping : float
        1 / t of a step that goes as far as EM would come in t iterations; 0 for Newton's.
    radius : float
        About the largest change of any one parameter, relative to its scale.
    n_plain : int
        How many of EM's own steps running there have been.
    """

    damping: float
    radius: float
    n_plain: int = 0

    def allows(self, excess: float) -> bool:
        """Whether a step may be this many times longer than the radius."""
        return excess <= _SLACK

    @property
    def slowest(self) -> bool:
        return self.damping >= _MOST_DAMPING

    @property
    def in_vain(self) -> bool:
        """Whether trials do not get on."""
        return self.n_plain >= _IN_VAIN

    def slower(self, excess: float) -> Self:
        """For another try, after a step that is too long."""
        damping = max(_LEAST_DAMPING, self.damping * min(excess, _MOST_AT_ONCE))
        return replace(self, damping=min(damping, _MOST_DAMPING))

    def after_plain(self) -> Self:
        """After a step of EM's own."""
        return type(self)(self._faster, self.radius, self.n_plain + 1)

    def after(self, bend: float) -> Self:
        """After a trial that succeeded."""
        factor = 0.5 if bend > _BENT else 2.0 if bend < _STRAIGHT else 1.0
        radius = min(max(factor * self.radius, _LEAST_RADIUS), _GREATEST_RADIUS)
        return type(self)(self._faster, radius)

    def after_failure(self, stretch: float) -> Self:
        """After a trial that failed, whose step was so many times as long as EM's own."""
        damping = min(4.0 * max(self.damping, 1.0 / stretch), _MOST_DAMPING)
        return type(self)(damping, max(0.5 * self.radius, _LEAST_RADIUS))

    @property
    def _faster(self) -> float:
        """The damping of twice the time."""
        return 0.5 * self.damping if self.damping > _NO_DAMPING else 0.0


#: Of the first step.
START = StepControl(0.5 * _MOST_DAMPING, 0.05)
