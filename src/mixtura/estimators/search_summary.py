"""What reports and pictures tell of a search."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from mixtura.estimators.family_options import structure_name
from mixtura.report import Candidate, SearchSummary
from mixtura.selection.named import CRITERIA

if TYPE_CHECKING:
    from mixtura.estimators.mixture_search import MixtureSearch

__all__ = ["search_summary"]


def search_summary(search: MixtureSearch[Any], said: Callable[[str], str] = str) -> SearchSummary:
    """The candidates of a search that has been run, and the choice among them.

    Parameters
    ----------
    search : MixtureSearch
    said : callable, default=str
        How sentences of the estimators are said where the summary is shown.
    """
    results, names = search.results_, list(search.best_params_)
    candidates = [
        Candidate(
            n_components=int(results["n_components"][i]),
            structure=structure_name({name: results[name][i] for name in names}),
            status=said(results["status"][i]),
            standing=str(results["standing"][i]),
            n_parameters=_known(results["n_parameters"][i], int),
            log_likelihood=_known(results["log_likelihood"][i], float),
            criteria={name: _known(results[name][i], float) for name in CRITERIA},
            probability=_known(results["probability"][i], float),
        )
        for i in range(len(results["status"]))
    ]
    return SearchSummary(
        criterion=search.criterion,
        best=search.best_index_,
        candidates=candidates,
        probabilities=list(search.k_probabilities_.items()),
        at_limit=search.at_limit_,
        n_sample=None if search.confirmed_ is None else search.confirmed_.n_sample,
    )


def _known(value: float, kind: Callable[[float], Any]) -> Any:
    return kind(value) if np.isfinite(value) else None
