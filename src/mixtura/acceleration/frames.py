"""Which frame a mixture has: decided here and nowhere else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from mixtura.acceleration.bernoulli import BernoulliFrame
from mixtura.acceleration.frame import Frame
from mixtura.families import Bernoulli, Gaussian
from mixtura.families.gaussian.coordinates import GaussianFrame
from mixtura.mixture import Mixture

__all__ = ["frame_of"]

#: (mixture, total weight of the rows) -> its frame, or None where it has none.
MakeFrame: TypeAlias = Callable[[Mixture[Any, Any], float], Frame | None]

_FRAMES: dict[type, MakeFrame] = {Gaussian: GaussianFrame.of, Bernoulli: BernoulliFrame.of}


def frame_of(mixture: Mixture[Any, Any], weight: float) -> Frame | None:
    """None where the mixture has no coordinates: a family without, or an empty component."""
    make = _FRAMES.get(type(mixture.clusters.family))
    return None if make is None else make(mixture, weight)
