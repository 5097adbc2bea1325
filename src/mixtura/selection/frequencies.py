"""How often each model is chosen on rows drawn anew: how sure a choice is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from typing import Any

import numpy as np

from mixtura.errors import MixturaError
from mixtura.shown import shown

__all__ = ["SelectionFrequencies"]


@dataclass(frozen=True, eq=False)
class SelectionFrequencies:
    """What a search chose on rows drawn anew.

    Attributes
    ----------
    chosen : dict
        Parameters of the model that was chosen on the table itself.
    draws : sequence of dict
        Those that were chosen on each draw.
    sizes : sequence of int
        Their numbers of components.
    n_failed : int
        Draws on which no candidate could be fitted.

    Examples
    --------
    >>> found = SelectionFrequencies({}, [{}] * 4, [2, 3, 3, 4], 0)
    >>> found.n_components
    {2: 0.25, 3: 0.5, 4: 0.25}
    >>> found.likely(0.7), found.interval(0.9)
    ((2, 3), (2, 4))
    """

    chosen: Mapping[str, Any]
    draws: Sequence[Mapping[str, Any]]
    sizes: Sequence[int]
    n_failed: int

    __repr__ = shown

    @cached_property
    def n_components(self) -> dict[int, float]:
        """The share of the draws in which each number of components was chosen."""
        counts = Counter(self.sizes)
        return {k: counts[k] / len(self.sizes) for k in sorted(counts)}

    @cached_property
    def models(self) -> list[tuple[dict[str, Any], float]]:
        """Each model that was chosen, the most frequent first, and the share of its draws."""
        models = {_key(params): dict(params) for params in self.draws}
        counts = Counter(map(_key, self.draws))
        return [(models[key], count / len(self.draws)) for key, count in counts.most_common()]

    @property
    def agreement(self) -> float:
        """The share of the draws in which the table's own model was chosen."""
        return sum(_key(p) == _key(self.chosen) for p in self.draws) / len(self.draws)

    def interval(self, level: float = 0.9) -> tuple[int, int]:
        """Numbers of components that leave as much of the draws on both sides, at most."""
        tail = 0.5 * (1.0 - _share(level))
        low = np.quantile(self.sizes, tail, method="inverted_cdf")
        high = np.quantile(self.sizes, 1.0 - tail, method="inverted_cdf")
        return int(low), int(high)

    def likely(self, level: float = 0.9) -> tuple[int, ...]:
        """The fewest numbers of components that have such a share of the draws together."""
        level = _share(level)
        falling = sorted(self.n_components, key=lambda k: -self.n_components[k])
        total, kept = 0.0, []
        for k in falling:
            kept.append(k)
            total += self.n_components[k]
            if total >= level - 1e-12:
                break
        return tuple(sorted(kept))

    def __str__(self) -> str:
        shares = (f"{k:>3}  {100.0 * share:5.1f} %" for k, share in self.n_components.items())
        told = f"Components chosen in {len(self.sizes)} draws"
        failed = [f"{self.n_failed} more draws could not be fitted"] if self.n_failed else []
        return "\n".join([told, *shares, *failed])


def _share(level: object) -> float:
    if isinstance(level, Real) and 0.0 < float(level) < 1.0:
        return float(level)
    raise MixturaError(f"level is {level!r}: expected a share of the draws between 0 and 1.")


def _key(params: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, repr(value)) for name, value in params.items()))
