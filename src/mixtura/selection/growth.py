"""Candidates of one structure, one component after the other: each begins from the one before.

A mixture of k components that grows from one of k - 1 ends in the best known optimum far more often
than one that begins with a partition of the rows (`starts.split_component`). So the candidates
of a structure wait for each other, and the structures grow side by side.

A structure grows no further where that leads nowhere: it has passed its least, its optima are no
longer sound, or it could not catch up even if it went on to gain as it does. It is judged by its
own gains alone: one that begins slowly has as many components to show what it can as any other.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

__all__ = ["Growth"]

# Components in a row that lead nowhere after which a structure grows no further.
_IN_VAIN = 2
# Gains that a structure may go on to make are as large as the largest of so many.
_GAINS = 2
# Components for which it may go on to make them: gains shrink.
_LASTING = 3


@dataclass(frozen=True)
class Growth:
    """How a structure goes on.

    Attributes
    ----------
    reach : float
        By how much a criterion may be above the least of all, and still be made up for.
    """

    reach: float

    def ends(self, values: Sequence[float], least: float, n_left: int, price: float) -> str | None:
        """Why a structure grows no further; None if it does.

        Parameters
        ----------
        values : sequence of float
            The criterion of its candidates so far: infinite where they are not sound, and no
            number where they could not be fitted, which says nothing of those with more.
        least : float
            That of the best sound one of all structures.
        n_left : int
            How many further candidates there are.
        price : float
            What the criterion charges for a component.
        """
        values = [value for value in values if not math.isnan(value)]
        if not values:
            return None
        last = values[-_IN_VAIN:]
        if len(values) >= _IN_VAIN and all(map(math.isinf, last)):
            return "those with fewer components are not sound"
        if math.isinf(values[-1]) or values[-1] <= least + self.reach:
            return None
        behind = f"{values[-1] - least:,.0f} above the best"
        last = values[-_IN_VAIN - 1 :]
        if len(last) > _IN_VAIN and last == sorted(last) and last[-1] - last[0] >= price:
            return f"those with fewer components are better; the largest of them is {behind}"
        gains = [old - new for old, new in pairwise(values)][-_GAINS:]
        if len(gains) == _GAINS and all(map(math.isfinite, gains)):
            reached = values[-1] - min(n_left, _LASTING) * max(*gains, 0.0)
            if reached > least + self.reach:
                return f"the largest before is {behind}, and out of reach"
        return None
