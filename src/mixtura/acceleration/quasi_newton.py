"""Limited-memory BFGS, preconditioned by EM, damped and guarded by it.

A trial costs one pass over the rows, as an iteration of EM does: the E-step at a mixture gives
its objective and, by Fisher's identity, the gradient there. In a mixture's coordinates EM's own
step is about the gradient g itself, so EM follows the flow dx/dt = g, one unit of time in each
iteration. A trial is a step of the implicit Euler method along that flow,

    step = (B + 1 / t)^-1 g

with B the estimate of the negative Hessian: as far as EM would come in t iterations. Where the
flow is straight t grows, up to Newton's method; where it bends t is small, so that the end is
mostly the optimum that EM would find.

A trial that does not raise the objective enough is forgotten, and EM's own step from the last
good mixture, which cannot fail, is taken instead. So the objective never falls.

References
----------
Nocedal (1980), "Updating quasi-Newton matrices with limited storage"; Jamshidian and Jennrich
(1997), "Acceleration of the EM algorithm by using quasi-Newton methods".
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from mixtura.acceleration.coordinates import MixtureCoordinates
from mixtura.acceleration.memory import Memory
from mixtura.acceleration.step_control import START, StepControl
from mixtura.acceleration.update_rule import Advance, Next, UpdateRule
from mixtura.mixture import Expectation, Mixture
from mixtura.stopping import Outlook, rounding
from mixtura.typing import FloatArray

__all__ = ["Place", "QuasiNewton", "first_step"]

# Share of the gain that the gradient promises which a trial must bring (Armijo).
_SUFFICIENT = 1e-4
# A direction further than this from the gradient has lost its way.
_LEAST_COSINE = 1e-4
# A damped step of no more than this, in units of EM's own, is replaced by it.
_ABOUT = 1.1


@dataclass(frozen=True)
class Place:
    """A mixture that has been judged.

    Attributes
    ----------
    at : MixtureCoordinates
    expectation : Expectation
        The E-step's, there.
    objective : float
    gradient : ndarray of shape (p,)
    """

    at: MixtureCoordinates
    expectation: Expectation[Any]
    objective: float
    gradient: FloatArray

    @classmethod
    def of(cls, at: MixtureCoordinates, expectation: Expectation[Any], objective: float) -> Place:
        return cls(at, expectation, objective, at.gradient(expectation))


@dataclass(frozen=True)
class QuasiNewton:
    """On the way from a place along a step, whose end is still to be judged.

    Attributes
    ----------
    base : Place
        The best place so far.
    step : ndarray of shape (p,)
    end : MixtureCoordinates
    trial : bool
        Whether the step is this method's; else it is EM's own.
    memory : Memory
    control : StepControl
    otherwise : UpdateRule
        What to go on with where trials are in vain.
    """

    base: Place
    step: FloatArray
    end: MixtureCoordinates
    trial: bool
    memory: Memory
    control: StepControl
    otherwise: UpdateRule

    def __call__(
        self, mixture: Mixture[Any, Any], expectation: Expectation[Any], objective: float
    ) -> Advance:
        base, here = self.base, Place.of(self.end, expectation, objective)
        memory = self.memory.with_pair(self.step, base.gradient - here.gradient)
        if not self.trial:
            return self._advance(here, memory, self.control.after_plain())
        promised = float(base.gradient.dot(self.step))
        gain = objective - base.objective
        if not gain >= max(0.0, _SUFFICIENT * promised - rounding(objective)):
            stretch = _length(self.step) / _length(base.gradient)
            control = self.control.after_failure(stretch)
            return Advance(
                base.objective,
                lambda: _plain_step(base, memory, control, self.otherwise),
                lambda: _UNKNOWN,
            )
        straight = 0.5 * (promised + float(here.gradient.dot(self.step)))
        return self._advance(here, memory, self.control.after(abs(gain - straight) / promised))

    @property
    def n_certain(self) -> int:
        return 0

    def after(self, objectives: Sequence[float]) -> Self:
        return self  # it makes none that are plain

    def _advance(self, here: Place, memory: Memory, control: StepControl) -> Advance:
        return Advance(
            here.objective,
            lambda: _next_step(here, memory, control, self.otherwise),
            lambda: _outlook(here, memory),
        )


#: After a step that failed: where the limit is will be seen from the next one.
_UNKNOWN = Outlook(math.inf, None)


def first_step(base: Place, otherwise: UpdateRule) -> Next:
    """The first step by this rule; the other one is gone back to where this one is in vain."""
    return _next_step(base, Memory.empty(len(base.gradient)), START, otherwise)


def _next_step(base: Place, memory: Memory, control: StepControl, otherwise: UpdateRule) -> Next:
    """A trial where the direction is good and leads to a sound mixture; EM's own step if not."""
    gradient = base.gradient
    size = _length(gradient)
    while True:
        step = memory.direction(gradient, control.damping)
        length = _length(step)
        uphill = float(gradient.dot(step)) > _LEAST_COSINE * size * length
        excess = base.at.greatest(step) / control.radius if uphill else math.inf
        if control.allows(excess):
            break
        if control.slowest:
            return _plain_step(base, memory, control, otherwise)
        control = control.slower(excess)
    if not base.expectation.counts.all() or (control.damping and length <= _ABOUT * size):
        return _plain_step(base, memory, control, otherwise)
    end = base.at.moved(step, base.expectation)
    if end is None:
        return _plain_step(base, memory, control, otherwise)
    return end.mixture, QuasiNewton(base, step, end, True, memory, control, otherwise)


def _plain_step(base: Place, memory: Memory, control: StepControl, otherwise: UpdateRule) -> Next:
    """EM's own step; another rule from there if it leaves the coordinates or trials are vain."""
    mixture = base.at.mixture.maximize(base.expectation)
    way = None if control.in_vain else base.at.towards(mixture)
    if way is None:
        return mixture, otherwise
    step, end = way
    return mixture, QuasiNewton(base, step, end, False, memory, control, otherwise)


def _outlook(here: Place, memory: Memory) -> Outlook:
    slowness = memory.slowness
    remaining = 0.5 * float(here.gradient @ here.gradient) * slowness
    rate = max(0.0, 1.0 - 1.0 / slowness) ** 2 if slowness > 0.0 else None
    return Outlook(remaining, rate)


def _length(vector: FloatArray) -> float:
    return math.sqrt(float(vector.dot(vector)))
