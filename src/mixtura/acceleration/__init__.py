"""Guarded acceleration of EM, from outside the loop."""

from mixtura.acceleration.bernoulli import BernoulliFrame
from mixtura.acceleration.course import PLAIN, Advance, Course, Next, Plain
from mixtura.acceleration.frame import Frame
from mixtura.acceleration.gaussian import GaussianFrame
from mixtura.acceleration.watch import Watch

__all__ = [
    "PLAIN",
    "Advance",
    "BernoulliFrame",
    "Course",
    "Frame",
    "GaussianFrame",
    "Next",
    "Plain",
    "Watch",
]
