"""The attributes of a fit, all of which are read from its record."""

from __future__ import annotations

from mixtura.fitting.chain import Chain
from mixtura.fitting.missing import MissingCells
from mixtura.fitting.record import FitRecord, StageRecord
from mixtura.fitting.restarts import Starts
from mixtura.selection.scores import Scores
from mixtura.stopping import Outlook

__all__ = ["Recorded"]


class Recorded:
    """What there is to know of a fit, from `record_`."""

    record_: FitRecord

    @property
    def converged_(self) -> bool:
        """Whether the best start came to its end."""
        return self.record_.converged

    @property
    def status_(self) -> str:
        """Why the fit stopped, in words."""
        return self.record_.status.text

    @property
    def outlook_(self) -> Outlook:
        """How far the limit is thought to be, in nats per row, and how fast EM's gains shrink."""
        return self.record_.outlook

    @property
    def n_iter_(self) -> int:
        """Iterations of the best start, in the last stage of its algorithm."""
        return self.record_.n_iter

    @property
    def stages_(self) -> tuple[StageRecord, ...]:
        """The stages of the algorithm in the best start, each with its iterations and trace."""
        return self.record_.stages

    @property
    def chain_(self) -> Chain | None:
        """What stochastic EM passed after its burn-in; None without it, and in model files."""
        return self.record_.chain

    @property
    def lower_bound_(self) -> float:
        """Objective per row at the returned parameters, the log-density of a prior included."""
        return self.record_.objective

    @property
    def lower_bounds_(self) -> list[float]:
        """The same after each iteration of the best start."""
        return self.record_.own_trace

    @property
    def trace_(self) -> list[float]:
        """The same before the first iteration and after each, earlier warm starts included."""
        return list(self.record_.trace)

    @property
    def scores_(self) -> Scores:
        """Weight, log-likelihood and certainty of the training rows."""
        return self.record_.scores

    @property
    def log_likelihood_(self) -> float:
        """Total log-likelihood of the training rows, in nats, without a prior."""
        return self.record_.scores.log_likelihood

    @property
    def n_parameters_(self) -> int:
        """Number of free parameters."""
        return self.record_.n_parameters

    @property
    def n_known_(self) -> int:
        """Rows whose component was known."""
        return self.record_.n_known

    @property
    def missing_(self) -> MissingCells | None:
        """How many cells were missing, and how sure such rows are; None where none was."""
        return self.record_.missing

    @property
    def collapsed_(self) -> tuple[int, ...]:
        """Components that owe their likelihood to what holds them up."""
        return self.record_.collapsed

    @property
    def n_collapsed_(self) -> int:
        """How many these are."""
        return len(self.record_.collapsed)

    @property
    def spurious_(self) -> tuple[int, ...]:
        """Components that owe their likelihood to a few rows."""
        return self.record_.spurious

    @property
    def starts_(self) -> Starts:
        """How often the best optimum was found, and where the other starts ended."""
        return self.record_.starts

    @property
    def sampled_(self) -> str:
        """What was done with a sample of a large table, in words; "" if there was none."""
        return self.record_.sampled

    @property
    def notes_(self) -> tuple[str, ...]:
        """What to know about the data and the result; `fit` gives the same as warnings."""
        return self.record_.notes
