"""Which columns of a model are shown first."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mixtura.families.description import Shares
from mixtura.report.best_pair import TRIED, best_pair
from mixtura.report.marginals import separation
from mixtura.report.summaries import ModelSummary

__all__ = ["pair_shown_first", "ranked_columns"]


def ranked_columns(model: ModelSummary, n_columns: int) -> NDArray[np.intp]:
    """Numbers of the columns, that which separates the clusters best by itself first."""
    apart = [separation(model.marginal(c), model.weights) for c in range(n_columns)]
    return np.argsort(-np.array(apart), kind="stable")


def pair_shown_first(model: ModelSummary, names: Sequence[str]) -> tuple[int, int] | None:
    """Numbers of the columns to draw across and up; None where there are no two of numbers."""
    ranked = ranked_columns(model, len(names)).tolist()
    numbers = [c for c in ranked if not isinstance(model.marginal(c), Shares)][:TRIED]
    columns = sorted(numbers)  # a tie goes to those that come first
    pair = best_pair(
        [model.marginal(c) for c in columns],
        model.spreads(columns),
        model.weights,
        [columns.index(c) for c in numbers],
        [names[c] for c in columns],
    )
    return None if pair is None else (columns[pair[0]], columns[pair[1]])
