"""What a fitted mixture tells."""

from mixtura.explain.soundness import Soundness, judge, upheld

__all__ = ["Soundness", "judge", "upheld"]
