"""What a search knows of its candidates once they are fitted, and the table that comes of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from mixtura import em
from mixtura.errors import DegenerateError
from mixtura.mixture import Mixture
from mixtura.selection.criteria import Entry
from mixtura.selection.named import CRITERIA
from mixtura.selection.probabilities import model_probabilities
from mixtura.selection.scores import Scores, score
from mixtura.sources import Chunk, Source
from mixtura.typing import AnyArray, FloatArray

__all__ = ["Achievement", "Comparison", "Outcome"]


@dataclass(frozen=True)
class Achievement:
    """What the best start of a candidate came to.

    Attributes
    ----------
    mixture : Mixture
    scores : Scores
        Of the rows that it was fitted to.
    """

    mixture: Mixture[Any, Any]
    scores: Scores


@dataclass(frozen=True)
class Outcome:
    """One candidate, fitted or failed.

    Attributes
    ----------
    params : dict
        The parameters in which candidates differ.
    best : Achievement or None
        None if it could not be fitted.
    status : str
        How the fit ended, or why it failed.
    seconds : float
    standing : str
        How far it came: one of the values of `results_["standing"]`.
    held_out : float
        Its cross-validated log-likelihood; NaN if there is none.
    flaw : str or None
        Why it may not be chosen, if it is known to be unsound.
    """

    params: dict[str, Any]
    best: Achievement | None
    status: str
    seconds: float
    standing: str
    held_out: float = np.nan
    flaw: str | None = None

    @property
    def sound(self) -> bool:
        """Whether it may compete: its likelihood is that of groups of rows."""
        return self.best is not None and self.flaw is None

    @property
    def named(self) -> str:
        """It by the parameters in which it differs from others."""
        return ", ".join(f"{name}={value}" for name, value in self.params.items()) or "The only one"

    @cached_property
    def structure(self) -> str:
        """What it shares with the candidates that differ in the number of components alone."""
        return repr(sorted((k, v) for k, v in self.params.items() if k != "n_components"))


@dataclass(frozen=True)
class Comparison:
    """The outcomes of a search side by side.

    Attributes
    ----------
    outcomes : sequence of Outcome
    source : Source
        The rows that all were fitted to.
    of_one : dict of str to float
        Log-likelihoods of a single component by structure, as far as they are known; NaN where it
        is singular. It adds those that it needs.
    """

    outcomes: Sequence[Outcome]
    source: Source
    of_one: dict[str, float] = field(default_factory=dict)

    @cached_property
    def entries(self) -> dict[int, Entry]:
        """The fitted candidates as the criteria see them, by their place among the outcomes."""
        self._learn_of_one()
        none_sound = not any(outcome.sound for outcome in self.outcomes)
        entries: dict[int, Entry] = {}
        for i, outcome in enumerate(self.outcomes):
            if outcome.best is not None:
                entries[i] = Entry(
                    outcome.best.mixture.n_clusters,
                    outcome.best.mixture.n_parameters,
                    outcome.best.scores,
                    self.of_one[outcome.structure],
                    outcome.held_out,
                    outcome.sound or none_sound,
                )
        return entries

    @property
    def table(self) -> list[Entry]:
        """The fitted candidates in their order."""
        return list(self.entries.values())

    def column(self, values: Callable[[list[Entry]], FloatArray]) -> FloatArray:
        """A number for each outcome: what the function gives for the table, NaN if it failed."""
        column = np.full(len(self.outcomes), np.nan)
        if self.entries:
            column[list(self.entries)] = values(self.table)
        return column

    def results(self) -> dict[str, AnyArray]:
        """The table of results, by column."""
        names = sorted({name for outcome in self.outcomes for name in outcome.params})
        columns: dict[str, AnyArray] = {
            name: np.array([outcome.params.get(name) for outcome in self.outcomes])
            for name in names
        }
        columns["log_likelihood"] = self.column(_log_likelihoods)
        columns["n_parameters"] = self.column(_sizes)
        for name, criterion in CRITERIA.items():
            columns[name] = self.column(criterion.of)
        columns["probability"] = self.column(model_probabilities)
        columns["standing"] = np.array([outcome.standing for outcome in self.outcomes])
        columns["status"] = np.array([self._status(outcome) for outcome in self.outcomes])
        columns["seconds"] = np.array([outcome.seconds for outcome in self.outcomes])
        return columns

    def k_probabilities(self) -> dict[int, float]:
        """The probabilities of the sound candidates, summed by number of components."""
        summed: dict[int, float] = {}
        probabilities = model_probabilities(self.table).tolist()
        for entry, probability in zip(self.table, probabilities, strict=True):
            if entry.sound:
                summed[entry.n_components] = summed.get(entry.n_components, 0.0) + probability
        return dict(sorted(summed.items()))

    def reasons(self) -> str:
        """Why candidates are as they are: statuses that differ in more than numbers once each."""
        kinds: dict[str, list[Outcome]] = {}
        for outcome in self.outcomes:
            kinds.setdefault(re.sub(r"\d[\d.e+-]*", "", outcome.status), []).append(outcome)
        return " ".join(
            f"{first.named}{f' and {len(others)} more' if others else ''} {self._status(first)}"
            for first, *others in kinds.values()
        )

    def _status(self, outcome: Outcome) -> str:
        if outcome.best is None or outcome.best.mixture.n_clusters == 1:
            return outcome.status
        if np.isfinite(self.of_one[outcome.structure]):
            return outcome.status
        return f"{outcome.status}; no nec, as a single component would be singular"

    def _learn_of_one(self) -> None:
        for outcome in self.outcomes:
            if outcome.best is not None and outcome.structure not in self.of_one:
                single = _log_likelihood_of_one(outcome.best.mixture, self.source)
                self.of_one[outcome.structure] = single


def _log_likelihoods(table: Sequence[Entry]) -> FloatArray:
    return np.array([entry.scores.log_likelihood for entry in table])


def _sizes(table: Sequence[Entry]) -> FloatArray:
    return np.array([entry.n_parameters for entry in table], dtype=np.float64)


def _log_likelihood_of_one(mixture: Mixture[Any, Any], source: Source) -> float:
    try:
        # A single component without noise needs no iterations: its first M-step is the maximum.
        single = em.begin(mixture.clusters.family, source, _all_to_one)
    except DegenerateError:
        return np.nan
    return score(single, source).log_likelihood


def _all_to_one(chunk: Chunk) -> FloatArray:
    return np.ones((len(chunk.X), 1))
