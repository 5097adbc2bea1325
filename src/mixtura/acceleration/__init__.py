"""Guarded acceleration of EM, from outside the loop."""

from mixtura.acceleration.course import PLAIN, Advance, Course, Next, Plain
from mixtura.acceleration.frame import Frame
from mixtura.acceleration.gaussian import GaussianFrame
from mixtura.acceleration.watch import Watch

__all__ = ["PLAIN", "Advance", "Course", "Frame", "GaussianFrame", "Next", "Plain", "Watch"]
