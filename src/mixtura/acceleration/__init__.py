"""Guarded acceleration of EM, from outside the loop."""

from mixtura.acceleration.coordinates import MixtureCoordinates
from mixtura.acceleration.switch import Watch
from mixtura.acceleration.update_rule import PLAIN, Advance, Course, Next, Plain

__all__ = [
    "PLAIN",
    "Advance",
    "Course",
    "MixtureCoordinates",
    "Next",
    "Plain",
    "Watch",
]
