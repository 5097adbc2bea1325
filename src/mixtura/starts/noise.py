"""Where EM begins when one component is noise: some rows are set aside, the rest starts as ever.

The user may say which rows those are. Otherwise there are several guesses (see
`mixtura.starts.noise_rows`), none of which is right for all tables: looking for thin regions takes
a wide cluster for noise, and a fixed share is too small for much noise. So for each start they are
compared: EM makes a few steps from each, and the start is made from the guess that has got
highest.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import numpy as np

from mixtura import em
from mixtura.errors import DegenerateError
from mixtura.mixture import Mixture
from mixtura.sources import Source
from mixtura.starts.given import noise_aside
from mixtura.starts.training_rows import SetAside, TrainingRows
from mixtura.stopping import fixed_length

__all__ = ["Begin", "MakeStarts", "NoisyBegin", "noisy_begin"]

_STEPS = 10

#: Guesses that get as high as this below the highest, in nats per row, lead to one optimum. The
#: first of them is taken, so that rounding decides nothing.
_AS_HIGH = 1e-4

#: Rows -> the start with a given number, for the clusters alone.
MakeStarts: TypeAlias = Callable[[TrainingRows], Callable[[int], em.Start]]

#: (rows, start with a column for noise) -> the first mixture.
Begin: TypeAlias = Callable[[Source, em.Start], Mixture[Any, Any]]

#: (number of the start) -> the first mixture, with noise.
NoisyBegin: TypeAlias = Callable[[int], Mixture[Any, Any]]


def noisy_begin(
    begin: Begin, guesses: Sequence[SetAside], make_starts: MakeStarts, k: int
) -> NoisyBegin:
    """How to make the first mixture of each start: from the best of some guesses about noise.

    Parameters
    ----------
    begin : callable
        Makes the first mixture from a start.
    guesses : sequence of SetAside
        About the same rows. Labels of rows are not looked at: the clusters have no numbers yet.
    make_starts : callable
        Makes the starts of the clusters. It is given rows whose weights are less by what is noise.
    k : int
        Number of clusters.
    """
    table = guesses[0].table
    source = table.source(k)
    starts = [(make_starts(guess.clean), guess.noise) for guess in guesses]

    def noisy(number: int) -> Mixture[Any, Any]:
        firsts = []
        for start, noise in starts:
            try:
                firsts.append(begin(source, noise_aside(start(number), noise)))
            except DegenerateError as failure:
                collapse = failure
        if not firsts:
            raise collapse
        if len(firsts) == 1:
            return firsts[0]
        heights = [_height(first, source, table) for first in firsts]
        level = max(heights) - _AS_HIGH
        return next(f for f, height in zip(firsts, heights, strict=True) if height >= level)

    return noisy


def _height(first: Mixture[Any, Any], source: Source, table: TrainingRows) -> float:
    """Objective after some steps of EM; -inf where a component has collapsed on the way."""
    fit = em.fit(first, source, stopping=fixed_length(_STEPS))
    family, params = fit.mixture.family, fit.mixture.params
    collapsed = family.upheld(
        params, table.rounding, lambda: em.e_step(fit.mixture, source).statistics
    ).any()
    return -np.inf if fit.status.collapsed or collapsed else fit.objective
