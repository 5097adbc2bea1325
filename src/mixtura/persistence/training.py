"""What a model file remembers of the fit."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np

from mixtura.errors import ModelFileError
from mixtura.estimators.options import FIT_CRITERIA
from mixtura.families import NormalInverseWishart
from mixtura.fitting.restarts import Optimum, Starts
from mixtura.selection import Scores
from mixtura.stopping import Outlook

__all__ = ["Training"]


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
            "log_likelihood": _finite(self.scores.log_likelihood),
            "log_certainty": _finite(self.scores.log_certainty),
            "entropy": self.scores.entropy,
            "n_parameters": self.n_parameters,
            "collapsed": list(self.collapsed),
            "spurious": list(self.spurious),
            "converged": self.converged,
            "status": self.status,
            "remaining": _known(self.outlook.remaining),
            "rate": _known(self.outlook.rate),
            "n_iter": self.n_iter,
            "objective": _finite(self.objective),
            "trace": [_finite(value) for value in self.trace],
            "starts": {
                "optima": [asdict(optimum) for optimum in self.starts.optima],
                "n_failed": self.starts.n_failed,
            },
            "notes": list(self.notes),
            "n_known": self.n_known,
            "prior": None if self.prior is None else _prior_document(self.prior),
        }

    @classmethod
    def read(cls, entry: dict[str, Any]) -> Self:
        """From JSON values.

        Raises
        ------
        ModelFileError
            If they are not what `document` gives.
        """
        try:
            starts = entry["starts"]
            return cls(
                scores=Scores(
                    _number(entry["weight"]),
                    _number(entry["log_likelihood"]),
                    _number(entry["log_certainty"]),
                    _number(entry["entropy"]),
                ),
                n_parameters=int(entry["n_parameters"]),
                collapsed=tuple(int(component) for component in entry["collapsed"]),
                spurious=tuple(int(component) for component in entry["spurious"]),
                converged=bool(entry["converged"]),
                status=str(entry["status"]),
                outlook=Outlook(_maybe(entry["remaining"]), _maybe(entry["rate"])),
                n_iter=int(entry["n_iter"]),
                objective=_number(entry["objective"]),
                trace=tuple(_number(value) for value in entry["trace"]),
                starts=Starts(
                    tuple(_read_optimum(optimum) for optimum in starts["optima"]),
                    int(starts["n_failed"]),
                ),
                notes=tuple(str(note) for note in entry["notes"]),
                n_known=int(entry["n_known"]),
                prior=_read_prior(entry.get("prior")),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise ModelFileError(f"its entry 'training' cannot be used ({error!r}).") from None


def _read_optimum(entry: Any) -> Optimum:
    return Optimum(_number(entry["objective"]), int(entry["times"]), _number(entry["agreement"]))


def _prior_document(prior: NormalInverseWishart) -> dict[str, Any]:
    return {
        "mean": prior.mean.tolist(),
        "shrinkage": float(prior.shrinkage),
        "dof": float(prior.dof),
        "scale": prior.scale.tolist(),
    }


def _read_prior(entry: Any) -> NormalInverseWishart | None:
    if entry is None:
        return None
    return NormalInverseWishart(
        np.array(entry["mean"], dtype=np.float64),
        _number(entry["shrinkage"]),
        _number(entry["dof"]),
        np.array(entry["scale"], dtype=np.float64),
    )


def _known(value: float | None) -> float | None:
    """Nothing is known of a limit that seems infinitely far away."""
    return value if value is None or math.isfinite(value) else None


def _maybe(value: object) -> float | None:
    return None if value is None else _number(value)


def _finite(value: float) -> float | None:
    """JSON has no infinity: null stands for the -inf of a row that no component reaches."""
    return float(value) if math.isfinite(value) else None


def _number(value: object) -> float:
    if value is None:
        return -math.inf
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is not a number")
    return float(value)
