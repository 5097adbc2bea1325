"""`selection_frequencies`: how often a search would choose each model."""

from __future__ import annotations

from abc import abstractmethod
from functools import partial
from typing import Any

import numpy as np
from sklearn.base import clone

from mixtura.errors import MixturaError
from mixtura.estimators.blas import one_blas_thread
from mixtura.estimators.options import choose
from mixtura.estimators.parameters import check_count, check_total, seed_of
from mixtura.estimators.tables import Table
from mixtura.estimators.uncertainty import RESAMPLED, Progress, Uncertain, in_threads
from mixtura.estimators.warned import without_warnings
from mixtura.fitting.random_streams import Purpose
from mixtura.selection.frequencies import SelectionFrequencies
from mixtura.starts.training_rows import TrainingRows

__all__ = ["UncertainChoice"]


class UncertainChoice(Uncertain):
    """A search, which can be made again on rows drawn anew."""

    best_params_: dict[str, Any]
    random_state: Any

    @abstractmethod
    def fit(self, X: Any, y: Any = None, sample_weight: Any = None) -> Any: ...

    def selection_frequencies(
        self,
        X: Any,
        sample_weight: Any = None,
        *,
        method: str = "parametric",
        n_draws: int = 50,
        random_state: Any = None,
        n_jobs: int | None = None,
        progress: Progress | None = None,
    ) -> SelectionFrequencies:
        """How often the search chooses each number of components, and model, on rows drawn anew.

        The whole search is made for each draw.

        Parameters
        ----------
        X : table of shape (n, d)
            The rows that were searched.
        sample_weight : array of shape (n,), default=None
            As it was given to `fit`.
        method : str, default='parametric'
            How rows are drawn, as of `uncertainty`.

            - 'parametric': from the mixture that was chosen: how often would it be found if it were
              true? Of groups that it does not have nothing is said.
            - 'bootstrap', 'weighted': the table's rows, of which some come several times or weigh
              more. What is near to those looks like a group of its own, so that larger models are
              chosen more often than for new rows.
        n_draws : int, default=50
        random_state : int, RandomState or None, default=None
            Fixes the draws; None for that of the search.
        n_jobs : int, default=None
            Searches at a time, in threads; -1 for all cores. The result is the same for any number.
        progress : callable, default=None
            Told (searches done, all of them) after each.

        Returns
        -------
        SelectionFrequencies
            `n_components` is a dict from numbers of components to shares of the draws; `models`,
            `interval(level)` and `likely(level)` say more.

        Raises
        ------
        MixturaError
            If a parameter cannot be used, or the search failed on all draws.

        Examples
        --------
        >>> import numpy as np
        >>> import mixtura as mx
        >>> rng = np.random.default_rng(1)
        >>> X = np.concatenate([rng.normal(0, 1, (100, 1)), rng.normal(9, 2, (50, 1))])
        >>> search = mx.MixtureSearch(
        ...     mx.GaussianMixture(covariance_type="V"), {"n_components": [1, 2, 3]}, random_state=0
        ... ).fit(X)
        >>> search.selection_frequencies(X, n_draws=5).likely(0.9)
        (2,)
        """
        mixture = self._fitted()
        self._refuse_scanned(X, "selection_frequencies")
        resample = choose(RESAMPLED, "method", method)
        n = check_count("n_draws", n_draws, at_least=2)
        state = self.random_state if random_state is None else random_state
        table, seed = self._table(mixture, X, sample_weight, None)[0], seed_of(state)
        check_total(table.summary.total_weight, "a draw")

        def searched(number: int) -> tuple[dict[str, Any], int] | None:
            rng = np.random.default_rng((seed, Purpose.RESAMPLE, number))
            try:
                return self._searched(resample(table, mixture, rng), seed)
            except MixturaError:
                return None

        with without_warnings(), one_blas_thread():
            tasks = [partial(searched, number) for number in range(n)]
            found = in_threads(tasks, n_jobs, progress)
        made = [each for each in found if each is not None]
        if not made:
            raise MixturaError(f"The search failed on all {n} draws: give it fewer components.")
        draws, sizes = zip(*made, strict=True)
        return SelectionFrequencies(self.best_params_, draws, sizes, n - len(made))

    def _searched(self, rows: TrainingRows, seed: int) -> tuple[dict[str, Any], int]:
        """What a search like this one chooses on other rows, and of how many components."""
        search: Any = clone(self)
        search.set_params(n_jobs=1, random_state=seed)
        search.fit(Table(rows.rows, self._known().schema_), sample_weight=rows.weight)
        return search.best_params_, search.mixture_.n_clusters
