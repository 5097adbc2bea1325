"""The search for a model, from the command line's choices to a model and what is told of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from mixtura.cli.features import Features
from mixtura.cli.known import Known
from mixtura.cli.warned import warned
from mixtura.cli.wording import count
from mixtura.errors import DataError, MixturaError
from mixtura.estimators.gaussian_vocabulary import COVARIANCE_TYPES, searched_types
from mixtura.estimators.options import CRITERIA
from mixtura.persistence.model_file import Model
from mixtura.report import Candidate, SearchSummary
from mixtura.typing import FloatArray

__all__ = ["Found", "Plan"]


@dataclass(frozen=True)
class Found:
    """The best model, the candidates it was chosen from, and what the fit warned of."""

    model: Model
    summary: SearchSummary
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Plan:
    """What to try.

    Attributes
    ----------
    counts : tuple of int
        Numbers of components.
    structures : tuple of str
        Covariance types.
    criterion, algorithm : str
    starts : int or 'thorough'
    seed : int
    jobs : int
    noise : bool
        Whether one component is noise.
    equal_weights : bool
    prior : str or None
    known : Known or None
        Clusters of some rows.
    notes : tuple of str
        What was asked for but cannot be tried.
    """

    counts: tuple[int, ...]
    structures: tuple[str, ...]
    criterion: str
    algorithm: str
    starts: int | str
    seed: int
    jobs: int
    noise: bool = False
    equal_weights: bool = False
    prior: str | None = None
    known: Known | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        features: Features,
        weight: FloatArray | None,
        counts: Sequence[int],
        structures: Sequence[str],
        *,
        starts: int | None,
        known: Known | None,
        **choices: Any,
    ) -> Plan:
        """As much of the wishes as the rows allow.

        Raises
        ------
        MixturaError
            If that is nothing.
        """
        n = len(features.rows) if weight is None else int(np.count_nonzero(weight))
        possible = tuple(k for k in counts if k <= n)
        what = "complete row" if weight is None else "complete row of positive weight"
        if not possible:
            raise DataError(
                f"{count(n, what)} cannot have {count(min(counts), 'component')}: "
                "use fewer --components or more rows."
            )
        notes = []
        if len(possible) < len(counts):
            notes.append(
                f"Only up to {count(max(possible), 'component')} tried: there "
                f"{'is' if n == 1 else 'are'} only {count(n, what)}."
            )
        if known is not None:
            notes.append(known.note)
            possible = known.enough(possible)
        d = len(features.names)
        for name in structures:
            if COVARIANCE_TYPES[name].one_dimensional and d > 1:
                raise MixturaError(
                    f"--covariance {name} is for a single column, but there are {d}: "
                    "use tied for E and full for V."
                )
        return cls(
            possible,
            tuple(structures) or searched_types(d),
            starts="thorough" if starts is None else starts,
            notes=tuple(notes),
            known=known,
            **choices,
        )

    @property
    def n_candidates(self) -> int:
        return len(self.counts) * len(self.structures)

    def run(
        self,
        features: Features,
        weight: FloatArray | None,
        progress: Callable[[int, int, str], None],
    ) -> Found:
        """Fit all candidates and keep the best."""
        # Only here: scikit-learn takes longer to import than most errors to be found.
        from mixtura.estimators.gaussian_mixture import GaussianMixture
        from mixtura.estimators.mixture_search import MixtureSearch
        from mixtura.estimators.saving import to_model

        search = MixtureSearch(
            GaussianMixture(
                n_init=self.starts,
                init_params="varied",
                algorithm=self.algorithm,
                equal_weights=self.equal_weights,
                prior=self.prior,
                noise=self.noise,
            ),
            {"n_components": self.counts, "covariance_type": self.structures},
            criterion=self.criterion,
            n_jobs=self.jobs,
            random_state=self.seed,
        )
        rows = pl.DataFrame(features.rows, schema=list(features.names))

        def fitted(done: int, total: int, params: dict[str, Any]) -> None:
            told = f"Fitted {params['covariance_type']} with {params['n_components']}"
            progress(done, total, told)

        with warned() as told:
            labels = None if self.known is None else self.known.labels
            search.fit(rows, sample_weight=weight, labels=labels, progress=fitted)
        return Found(to_model(search), _summary(search, self.criterion), (*self.notes, *told))


def _summary(search: Any, criterion: str) -> SearchSummary:
    results = search.results_
    candidates = [
        Candidate(
            n_components=int(results["n_components"][i]),
            structure=str(results["covariance_type"][i]),
            status=str(results["status"][i]),
            standing=str(results["standing"][i]),
            n_parameters=_known(results["n_parameters"][i], int),
            log_likelihood=_known(results["log_likelihood"][i], float),
            criteria={name: _known(results[name][i], float) for name in CRITERIA},
            probability=_known(results["probability"][i], float),
        )
        for i in range(len(results["status"]))
    ]
    return SearchSummary(
        criterion=criterion,
        best=search.best_index_,
        candidates=candidates,
        probabilities=list(search.k_probabilities_.items()),
    )


def _known(value: float, kind: Callable[[float], Any]) -> Any:
    return kind(value) if np.isfinite(value) else None
