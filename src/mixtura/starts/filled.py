"""Rows with missing cells as complete ones, for those who look at distances before any fit.

A missing cell is filled with what linear regression upon the observed ones says. Its coefficients
are those of the maximum likelihood for one Gaussian (Little and Rubin 2019, section 11.2.1, "the
EM algorithm for incomplete multivariate normal samples"), or nearly. Nothing here is random.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from mixtura import em
from mixtura.families.family import Family
from mixtura.families.gaussian.whole_table import as_one_group
from mixtura.mixture import Mixture
from mixtura.patterns import has_gaps
from mixtura.sources import ArraySource, Summary
from mixtura.stopping import fixed_length
from mixtura.typing import AnyArray, FloatArray

__all__ = ["Filling"]

# Iterations that come near the maximum: missing cells are few, or say little.
_STEPS = 8

# Rows on which coefficients are estimated, and columns above which there is no regression.
_ROWS, _MOST_COLUMNS = 2_000, 60


@dataclass(frozen=True, eq=False)
class Filling:
    """Fills missing cells of rows (n, d).

    Attributes
    ----------
    family : Family
    params : Parameters
        Of one component, in units of the columns' deviations from their means.
    summary : Summary
        Of the columns.
    """

    family: Family[Any, Any]
    params: Any
    summary: Summary

    @classmethod
    def of(cls, rows: AnyArray, weight: FloatArray | None, summary: Summary) -> Self:
        """From rows (n, d) with gaps, of which some in equal steps are looked at."""
        some = slice(None, None, -(-len(rows) // _ROWS))
        source = ArraySource(
            summary.standardized(rows[some]), None if weight is None else weight[some]
        )
        d = rows.shape[1]
        family = as_one_group(d, regress=d <= _MOST_COLUMNS)
        params = family.of_columns(np.zeros(d), np.ones(d))
        if d <= _MOST_COLUMNS:
            one = Mixture(family, params, np.ones(1))
            params = em.fit(one, source, stopping=fixed_length(_STEPS)).mixture.params
        return cls(family, params, summary)

    def __call__(self, rows: AnyArray) -> AnyArray:
        """The rows with no cell missing; as they are where none is."""
        if not has_gaps(rows):
            return rows
        whole = np.ones((len(rows), 1))
        filled = self.family.expected_cells(self.params, self.summary.standardized(rows), whole)
        cells = self.summary.center + self.summary.scales * filled
        return np.where(np.isnan(rows), cells, rows).astype(rows.dtype)
