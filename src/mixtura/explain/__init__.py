"""What a fitted mixture tells."""

from mixtura.explain.soundness import Soundness, Suspects, judge, upheld

__all__ = ["Soundness", "Suspects", "judge", "upheld"]
