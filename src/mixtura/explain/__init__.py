"""What one does with a fitted mixture."""

from mixtura.explain.spurious import find_spurious

__all__ = ["find_spurious"]
