"""What came of a fit: written once, read by attributes, model file, report and console."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from mixtura.fitting.algorithm import Algorithm
from mixtura.fitting.chain import Chain
from mixtura.fitting.missing import MissingCells
from mixtura.fitting.notes import notes_on_result
from mixtura.fitting.restarts import Starts
from mixtura.mixture import Expectation, Mixture
from mixtura.selection.named import FIT_CRITERIA
from mixtura.selection.scores import Scores
from mixtura.sources import Summary
from mixtura.stopping import Outlook, Status

__all__ = ["FitRecord", "StageRecord"]


@dataclass(frozen=True)
class StageRecord:
    """A stage of an algorithm, as it went in the best start.

    Attributes
    ----------
    name : str
    n_iter : int
        Iterations.
    status : str
        Why it stopped.
    trace : tuple of float
        Its objective before the first iteration and after each, in nats per unit of weight.
    """

    name: str
    n_iter: int
    status: str
    trace: tuple[float, ...]


@dataclass(frozen=True, eq=False)
class FitRecord:
    """A fitted mixture, how it came about and what to know of it.

    Attributes
    ----------
    mixture : Mixture
    algorithm : Algorithm
    scores : Scores
        Of the training rows.
    n_parameters : int
        Free parameters.
    collapsed : tuple of int
        Components that owe their likelihood to what holds them up, such as a variance floor.
    spurious : tuple of int
        Components that owe their likelihood to a few rows.
    status : Status
        Why the fit stopped, and how far the limit was thought to be.
    n_iter : int
        Iterations of the best start, in its last stage.
    objective : float
        In nats per unit of weight, at the mixture's parameters.
    trace : tuple of float
        The objective before the first iteration of the last stage and after each, those of
        earlier fits that this one went on from included.
    starts : Starts
    notes : tuple of str
        What to know about the data and the result.
    n_known : int
        Rows whose component was known.
    missing : MissingCells or None
        None where no cell was missing.
    past : tuple of StageRecord
        The stages of the algorithm before its last one, in the best start. Their objectives are
        others than the last one's, and so are their traces.
    chain : Chain or None
        Of the best start, where a stage kept one.
    expectation : Expectation or None
        Of the rows under the mixture, from which a stream of further rows can go on. Model files
        are without it.
    summary : Summary or None
        Of the rows, likewise.
    sampled : str
        What was done with a sample of the rows, in words; "" if there was none.
    """

    mixture: Mixture[Any, Any]
    algorithm: Algorithm
    scores: Scores
    n_parameters: int
    collapsed: tuple[int, ...]
    spurious: tuple[int, ...]
    status: Status
    n_iter: int
    objective: float
    trace: tuple[float, ...]
    starts: Starts
    notes: tuple[str, ...]
    n_known: int
    missing: MissingCells | None = None
    past: tuple[StageRecord, ...] = ()
    chain: Chain | None = None
    expectation: Expectation[Any] | None = None
    summary: Summary | None = None
    sampled: str = ""

    @property
    def converged(self) -> bool:
        return self.status.converged

    @property
    def outlook(self) -> Outlook:
        return self.status.outlook.known

    @property
    def objective_text(self) -> str:
        """What was maximised, in words."""
        known = " given the known clusters" if self.n_known else ""
        prior = " plus log prior" if self.mixture.log_prior != 0.0 else ""
        return self.algorithm.last.objective + known + prior

    @property
    def stages(self) -> tuple[StageRecord, ...]:
        """All stages of the algorithm, the last one as well."""
        last = StageRecord(self.algorithm.last.name, self.n_iter, self.status.text, self.trace)
        return (*self.past, last)

    @property
    def own_trace(self) -> list[float]:
        """The objective after each iteration of this fit."""
        return list(self.trace[len(self.trace) - self.n_iter :])

    @property
    def notes_on_result(self) -> tuple[str, ...]:
        """Those of the notes that are about where EM ended, and not about the data."""
        told = notes_on_result(self.mixture, len(self.collapsed), self.spurious)
        about = {*told, self.starts.caution(self.scores.weight)}
        return tuple(note for note in self.notes if note in about)

    @property
    def criteria(self) -> dict[str, float]:
        """The criteria of a single fit by their names; less is better."""
        return {
            name: criterion(self.scores, self.n_parameters)
            for name, criterion in FIT_CRITERIA.items()
        }
