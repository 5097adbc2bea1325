"""Limited-memory BFGS, preconditioned by EM and guarded by it.

A trial costs one pass over the rows, as an iteration of EM does: the E-step at a mixture gives
its objective and, by Fisher's identity, the gradient there. In a frame's coordinates EM's own
step is about the gradient itself, so the complete data's information is the preconditioner.

A trial that does not raise the objective enough is forgotten, and EM's own step from the last
good mixture, which cannot fail, is taken instead. So the objective never falls.

References
----------
Nocedal (1980), "Updating quasi-Newton matrices with limited storage"; Jamshidian and Jennrich
(1997), "Acceleration of the EM algorithm by using quasi-Newton methods".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from mixtura.acceleration.course import PLAIN, Advance, Course, Next
from mixtura.acceleration.frame import Frame
from mixtura.acceleration.memory import Memory
from mixtura.mixture import Expectation, Mixture
from mixtura.stopping import Outlook, rounding
from mixtura.typing import FloatArray

__all__ = ["Ascent"]

# Share of the gain that the gradient promises which a trial must bring (Armijo).
_SUFFICIENT = 1e-4
# A direction further than this from the gradient has lost its way.
_LEAST_COSINE = 1e-4
# Longest step, in units of the complete data's standard errors of one row, and the largest
# change of any one parameter. Longer steps find degenerate solutions more often than EM does.
_LONGEST = 1.0
_GREATEST = 0.2
# How many times as long as EM's own step a trial may be, at first and at most.
_REACH = 64.0
# A step that is cut to no more than this, in units of EM's own, is replaced by it.
_ABOUT = 1.1
# Where so many steps running had to be EM's own, trials are in vain.
_IN_VAIN = 5


@dataclass(frozen=True)
class Place:
    """A mixture that has been judged.

    Attributes
    ----------
    frame : Frame
    expectation : Expectation
        The E-step's, there.
    objective : float
    gradient : ndarray of shape (p,)
    """

    frame: Frame
    expectation: Expectation[Any]
    objective: float
    gradient: FloatArray

    @classmethod
    def of(cls, frame: Frame, expectation: Expectation[Any], objective: float) -> Place:
        return cls(frame, expectation, objective, frame.gradient(expectation))


@dataclass(frozen=True)
class Ascent:
    """On the way from a place along a step, whose end is still to be judged.

    Attributes
    ----------
    base : Place
        The best place so far.
    step : ndarray of shape (p,)
    end : Frame
    in_vain : int
        How many of EM's own steps running led here; 0 if the step is this method's.
    memory : Memory
    reach : float
        How many times as long as EM's own step a trial may be.
    otherwise : Course
        What to go on with where trials are in vain.
    """

    base: Place
    step: FloatArray
    end: Frame
    in_vain: int
    memory: Memory
    reach: float
    otherwise: Course

    def __call__(
        self, mixture: Mixture[Any, Any], expectation: Expectation[Any], objective: float
    ) -> Advance:
        here = Place.of(self.end, expectation, objective)
        memory = self.memory.with_pair(self.step, self.base.gradient - here.gradient)
        base = self.base
        promised = _SUFFICIENT * float(base.gradient @ self.step)
        least = base.objective + max(0.0, promised - rounding(objective))
        if not self.in_vain and not objective >= least:
            reach = max(1.0, 0.25 * min(self.reach, _length(self.step) / _length(base.gradient)))
            return Advance(
                base.objective,
                lambda: plain_step(base, memory, reach, self.otherwise),
                lambda: _UNKNOWN,
            )
        reach = min(2.0 * self.reach, _REACH)
        return Advance(
            objective,
            lambda: next_step(here, memory, reach, self.otherwise, self.in_vain + 1),
            lambda: _outlook(here, memory),
        )


#: After a step that failed: where the limit is will be seen from the next one.
_UNKNOWN = Outlook(math.inf, None)


def next_step(
    base: Place,
    memory: Memory,
    reach: float = _REACH,
    otherwise: Course = PLAIN,
    in_vain: int = 1,
) -> Next:
    """A trial where the direction is good and leads to a sound mixture; EM's own step if not."""
    gradient = base.gradient
    direction = memory.direction(gradient)
    ascent = float(direction @ gradient)
    size = _length(gradient)
    if not ascent > _LEAST_COSINE * size * _length(direction):
        return plain_step(base, Memory.empty(len(gradient)), reach, otherwise, in_vain)
    shorter = min(
        1.0,
        min(reach * size, _LONGEST) / _length(direction),
        _GREATEST / base.frame.greatest(direction),
    )
    step = shorter * direction
    if shorter < 1.0 and _length(step) <= _ABOUT * size:
        return plain_step(base, memory, reach, otherwise, in_vain)
    end = base.frame.moved(step, base.expectation)
    if end is None:
        return plain_step(base, memory, reach, otherwise, in_vain)
    return end.mixture, Ascent(base, step, end, 0, memory, reach, otherwise)


def plain_step(
    base: Place, memory: Memory, reach: float, otherwise: Course, in_vain: int = 1
) -> Next:
    """EM's own step; another course from there if it leaves all frames or trials are in vain."""
    mixture = base.frame.mixture.maximize(base.expectation)
    way = base.frame.towards(mixture) if in_vain < _IN_VAIN else None
    if way is None:
        return mixture, otherwise
    step, end = way
    return mixture, Ascent(base, step, end, in_vain, memory, reach, otherwise)


def _outlook(here: Place, memory: Memory) -> Outlook:
    slowness = memory.slowness
    remaining = 0.5 * float(here.gradient @ here.gradient) * slowness
    rate = max(0.0, 1.0 - 1.0 / slowness) ** 2 if slowness > 0.0 else None
    return Outlook(remaining, rate)


def _length(vector: FloatArray) -> float:
    return math.sqrt(float(vector @ vector))
