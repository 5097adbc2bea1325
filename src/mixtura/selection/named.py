"""The criteria by the names that tables of results, records and users call them."""

from __future__ import annotations

from dataclasses import dataclass

from mixtura.selection.criteria import (
    FitCriterion,
    TableCriterion,
    cross_validation,
    entropy_criterion,
    of_each,
)
from mixtura.selection.scores import Scores
from mixtura.selection.slope import slope_heuristic

__all__ = ["CRITERIA", "FIT_CRITERIA", "Criterion"]

#: What a single fit is judged by; all are to be minimised.
FIT_CRITERIA: dict[str, FitCriterion] = {
    "bic": Scores.bic,
    "aic": Scores.aic,
    "icl": Scores.icl,
    "sabic": Scores.sabic,
}


@dataclass(frozen=True)
class Criterion:
    """What a search minimises.

    Attributes
    ----------
    name : str
    of : TableCriterion
    along_the_way : TableCriterion
        What ranks the candidates before all is known that it needs.
    rank_name : str
        The name of that.
    tells_early : bool
        Whether early iterations say something about the end.
    """

    name: str
    of: TableCriterion
    along_the_way: TableCriterion
    rank_name: str
    tells_early: bool


def _bic_along_the_way(name: str, of: TableCriterion, *, tells_early: bool) -> Criterion:
    return Criterion(name, of, of_each(Scores.bic), "bic", tells_early)


#: What a search can minimise: those, and what takes the whole table of candidates.
CRITERIA: dict[str, Criterion] = {
    **{
        name: Criterion(name, of_each(criterion), of_each(criterion), name, tells_early=True)
        for name, criterion in FIT_CRITERIA.items()
    },
    "nec": Criterion("nec", entropy_criterion, entropy_criterion, "nec", tells_early=False),
    "slope": _bic_along_the_way("slope", slope_heuristic, tells_early=False),
    "cv": _bic_along_the_way("cv", cross_validation, tells_early=True),
}
