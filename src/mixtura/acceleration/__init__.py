"""Guarded acceleration of EM, from outside the loop."""

from mixtura.acceleration.bernoulli import BernoulliFrame
from mixtura.acceleration.frame import Frame
from mixtura.acceleration.switch import Watch
from mixtura.acceleration.update_rule import PLAIN, Advance, Course, Next, Plain
from mixtura.families.gaussian.coordinates import GaussianFrame

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
