"""What one does with a fitted mixture."""

from mixtura.explain.membership import membership
from mixtura.explain.modes import Modes, find_modes

__all__ = ["Modes", "find_modes", "membership"]
