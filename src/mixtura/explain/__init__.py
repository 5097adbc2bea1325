"""What one does with a fitted mixture."""

from mixtura.explain.membership import membership
from mixtura.explain.modes import Modes, find_modes
from mixtura.explain.spurious import find_spurious

__all__ = ["Modes", "find_modes", "find_spurious", "membership"]
