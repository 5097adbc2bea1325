"""Passes over all rows of a large table, told while they are made."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil, log
from time import monotonic
from typing import Any

from mixtura.cli.progress import Tell
from mixtura.cli.wording import duration, model_name
from mixtura.estimators.family_options import structure_name
from mixtura.stopping import DEFAULT_RULE, projected

__all__ = ["Passes"]


class Passes:
    """Tells how quick passes are, what the last one gained, and how long it may still take.

    Parameters
    ----------
    n_rows : int
    tell : callable
    clock : callable
        Gives seconds.
    """

    def __init__(self, n_rows: int, tell: Tell, clock: Callable[[], float] = monotonic) -> None:
        self._n_rows, self._tell, self._clock = n_rows, tell, clock
        self._model = ""
        self._times: list[float] = []
        self._trace: list[float] = []

    def __call__(self, params: dict[str, Any], n_iter: int, objective: float) -> None:
        """A pass is done, of the model with these parameters."""
        model = model_name(structure_name(params), int(params["n_components"]))
        if model != self._model or not n_iter:
            self._model, self._times, self._trace = model, [], []
        self._times.append(self._clock())
        self._trace.append(objective)
        left = self._n_left
        total = None if left is None else n_iter + left
        self._tell(n_iter, total, "passes", f"{model}: {', '.join(self._facts(left))}")

    def _facts(self, n_left: int | None) -> list[str]:
        """Speed, gain and time left, as far as they are known."""
        if len(self._times) < 2:
            return ["first pass"]
        pace = (self._times[-1] - self._times[0]) / (len(self._times) - 1)
        facts = [f"{_short(self._n_rows / pace)} rows/s"] if pace > 0.0 else []
        facts.append(f"gain {self._trace[-1] - self._trace[-2]:.1e}")
        return facts if n_left is None else [*facts, f"{duration(n_left * pace)} left"]

    @property
    def _n_left(self) -> int | None:
        """Passes until the gains that remain are too small, if they shrink as they did."""
        outlook = projected(self._trace)
        remaining, rate = outlook.known.remaining, outlook.known.rate
        if remaining is None or rate is None or not 0.0 < rate < 1.0:
            return None
        over = remaining / DEFAULT_RULE.tol
        return 1 if over <= 1.0 else ceil(log(over) / log(1.0 / rate))


def _short(number: float) -> str:
    """With three digits: 950, 12.3 k, 4.56 M."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g} {unit}"
    return f"{number:.3g}"
