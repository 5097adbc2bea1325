"""Measurements that logarithms would make into bells: incomes, prices, populations, areas.

The limits were chosen on 1,050 columns of published tables: they are met by the incomes, prices,
populations and areas among them, and not by weights of people, lengths of petals, ages or
temperatures. See docs/decisions/0040-logarithms.md.
"""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from mixtura.cli.wording import count, listing
from mixtura.typing import FloatArray

__all__ = ["Skewness", "skewed_notes"]

_FEWEST = 30
_VERY_SKEWED, _SHARE_LEFT, _GAIN = 1.5, 0.5, 0.25

# With more zeros they are a cluster of their own.
_MOST_ZEROS = 0.5

_NAMED = 8


@dataclass(frozen=True)
class Skewness:
    """How skewed numbers of 0 or more are, and the logarithms of those above 0.

    Attributes
    ----------
    n, n_zeros : int
    numbers, logarithms : float
        The skewness of both, without zeros.
    gain : float
        What log-likelihood a row gains, in nats, if one bell is fitted to the logarithms and not
        to the numbers.

    Examples
    --------
    >>> import numpy as np
    >>> Skewness.of(np.exp(np.linspace(-3, 3, 101))).asks_for_logarithms
    True
    >>> Skewness.of(np.linspace(50, 100, 101)).asks_for_logarithms
    False
    """

    n: int
    n_zeros: int
    numbers: float
    logarithms: float
    gain: float

    @classmethod
    def of(cls, values: FloatArray) -> Self | None:
        """From finite numbers; None if some are negative, or too few or equal to tell."""
        above = values[values > 0.0]
        if len(above) < max(_FEWEST, (1.0 - _MOST_ZEROS) * len(values)):
            return None
        if values.min() < 0.0:
            return None
        unit = above.max()
        logs, above = np.log(above) - np.log(unit), above / unit  # no square is too large
        if not (above.std() > 0.0 and logs.std() > 0.0):
            return None
        gain = np.log(above.std()) - np.log(logs.std()) - logs.mean()
        n = len(values)
        return cls(n, n - len(above), _skewness(above), _skewness(logs), float(gain))

    @property
    def asks_for_logarithms(self) -> bool:
        """Whether numbers are very skewed, and their logarithms much less so."""
        left = abs(self.logarithms) / self.numbers if self.numbers > 0.0 else 1.0
        return self.numbers >= _VERY_SKEWED and left <= _SHARE_LEFT and self.gain >= _GAIN


def _skewness(x: FloatArray) -> float:
    standard = (x - x.mean()) / x.std()
    return float((standard**3).mean())


def skewed_notes(
    columns: Mapping[str, FloatArray], others: Sequence[str], family: str
) -> Iterator[str]:
    """What logarithms may do for columns, fitted by bells, that are very skewed.

    Parameters
    ----------
    columns : mapping of str to ndarray
        The finite numbers of those fitted so, by name.
    others : sequence of str
        Those that are fitted otherwise.
    family : str
        Of the same distributions on logarithms.
    """
    found = {name: Skewness.of(values) for name, values in columns.items()}
    skewed = {name: one for name, one in found.items() if one and one.asks_for_logarithms}
    if above := {name: one for name, one in skewed.items() if not one.n_zeros}:
        told = [f"{name} ({one.numbers:.1f}; {one.logarithms:.1f})" for name, one in above.items()]
        whole = len(above) == len(columns) and not others
        yield (
            f"Above 0 and very skewed in {count(len(above), 'column')} (skewness; that of the "
            f"logarithm): {listing(told, _NAMED)}. {_remedy(list(above), family, whole=whole)} may "
            "need fewer clusters."
        )
    if zeros := {name: one for name, one in skewed.items() if one.n_zeros}:
        told = [
            f"{name} ({one.n_zeros:,}; {one.numbers:.1f}; {one.logarithms:.1f})"
            for name, one in zeros.items()
        ]
        yield (
            f"Very skewed above 0, which has no logarithm, in {count(len(zeros), 'column')} (rows "
            "that are 0; skewness of the others; that of the logarithm): "
            f"{listing(told, _NAMED)}. Columns such as log(1 + {next(iter(zeros))}) may need fewer "
            "clusters."
        )


def _remedy(names: Sequence[str], family: str, *, whole: bool) -> str:
    """How logarithms can be had."""
    instead = "columns of their logarithms"
    if whole:
        return f"--family {family}, or {instead},"
    if len(names) > _NAMED:
        return instead.capitalize()
    option = f"--family {_argument(names, family)}"
    return f"{option} (which is --mixed, so it takes categories, too), or {instead},"


def _argument(names: Sequence[str], family: str) -> str:
    """The value of an option that gives columns a family, for a shell."""
    text = io.StringIO()
    csv.writer(text, lineterminator="").writerow([f"{name}={family}" for name in names])
    return shlex.quote(text.getvalue())
