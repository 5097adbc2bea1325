"""What a model file remembers of the fit."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from mixtura.entries import (
    Entry,
    array,
    flag,
    made,
    number,
    optional,
    record,
    sequence,
    text,
    whole,
)
from mixtura.errors import MixturaError
from mixtura.families import NormalInverseWishart
from mixtura.registry import FIT_CRITERIA
from mixtura.result import Optimum, Starts
from mixtura.selection import Scores
from mixtura.stopping import Outlook

__all__ = ["Training", "training_entry"]

# Criteria are twice a log-likelihood and more.
_MOST = 1e300


@dataclass(frozen=True)
class Training:
    """How a model was fitted, and to how much.

    Attributes
    ----------
    scores : Scores
        Of the training rows.
    n_parameters : int
        Free parameters.
    collapsed : tuple of int
        Components held at the variance floor.
    spurious : tuple of int
        Components that owe their likelihood to a few rows.
    converged : bool
    status : str
        Why the fit stopped, in words.
    outlook : Outlook
        How far the limit was thought to be.
    n_iter : int
    objective : float
        In nats per unit of weight, at the model's parameters.
    trace : tuple of float
        The objective before the first iteration and after each.
    starts : Starts
    notes : tuple of str
        What to know about the data and the result.
    n_known : int
        Rows whose component was known.
    prior : NormalInverseWishart or None
        The prior whose log-density is in the objective.
    """

    scores: Scores
    n_parameters: int
    collapsed: tuple[int, ...]
    spurious: tuple[int, ...]
    converged: bool
    status: str
    outlook: Outlook
    n_iter: int
    objective: float
    trace: tuple[float, ...]
    starts: Starts
    notes: tuple[str, ...]
    n_known: int
    prior: NormalInverseWishart | None = None

    @property
    def criteria(self) -> dict[str, float]:
        """The criteria of a single fit by their names; less is better."""
        return {
            name: criterion(self.scores, self.n_parameters)
            for name, criterion in FIT_CRITERIA.items()
        }

    def document(self) -> dict[str, Any]:
        """The same as JSON values."""
        return {
            "weight": self.scores.weight,
            "log_likelihood": _nats(self.scores.log_likelihood),
            "log_certainty": _nats(self.scores.log_certainty),
            "entropy": self.scores.entropy,
            "n_parameters": self.n_parameters,
            "collapsed": list(self.collapsed),
            "spurious": list(self.spurious),
            "converged": self.converged,
            "status": self.status,
            "remaining": self.outlook.remaining,
            "rate": self.outlook.rate,
            "n_iter": self.n_iter,
            "objective": _nats(self.objective),
            "trace": [_nats(value) for value in self.trace],
            "starts": {
                "optima": [_optimum_document(optimum) for optimum in self.starts.optima],
                "n_failed": self.starts.n_failed,
            },
            "notes": list(self.notes),
            "n_known": self.n_known,
            "prior": None if self.prior is None else _prior_document(self.prior),
        }


def _nats(value: float) -> float | None:
    """JSON has no infinity: null stands for the -inf of a row that no component reaches."""
    return None if value == -math.inf else value


def _optimum_document(optimum: Optimum) -> dict[str, Any]:
    return asdict(optimum) | {"objective": _nats(optimum.objective)}


def _prior_document(prior: NormalInverseWishart) -> dict[str, Any]:
    return {
        "mean": prior.mean.tolist(),
        "shrinkage": float(prior.shrinkage),
        "dof": float(prior.dof),
        "scale": prior.scale.tolist(),
    }


# ---------------------------------------------------------------------------------------------
# What the entries of a document may hold


def training_entry(k: int, d: int) -> Entry[Training]:
    """What `Training.document` gives of a fit of k components in d dimensions."""
    finite = number(-_MOST, _MOST)
    nats = optional(finite, null=-math.inf)
    components = sequence(whole(0, k - 1), distinct=True)
    optimum = record({"objective": nats, "times": whole(1), "agreement": finite})
    prior = record(
        {"mean": array((d,)), "shrinkage": number(), "dof": number(), "scale": array((d, d))}
    )
    entries = record(
        {
            "weight": number(maximum=_MOST, above=0.0),
            "log_likelihood": nats,
            "log_certainty": nats,
            "entropy": finite,
            "n_parameters": whole(0),
            "collapsed": components,
            "spurious": components,
            "converged": flag(),
            "status": text(),
            "remaining": optional(finite),
            "rate": optional(finite),
            "n_iter": whole(0),
            "objective": nats,
            "trace": sequence(nats),
            "starts": record(
                {
                    "optima": sequence(made(optimum, lambda found: Optimum(**found))),
                    "n_failed": whole(0),
                }
            ),
            "notes": sequence(text()),
            "n_known": whole(0),
            "prior": optional(made(prior, lambda found: NormalInverseWishart(**found))),
        },
        absent={"prior": None},
    )
    return made(entries, _training)


def _training(found: dict[str, Any]) -> Training:
    if found["n_iter"] > len(found["trace"]):
        raise MixturaError(
            f"n_iter is {found['n_iter']}, but the trace has {len(found['trace'])} values."
        )
    scores = Scores(*map(found.pop, ("weight", "log_likelihood", "log_certainty", "entropy")))
    outlook = Outlook(found.pop("remaining"), found.pop("rate"))
    starts = Starts(**found.pop("starts"))
    return Training(scores=scores, outlook=outlook, starts=starts, **found)
