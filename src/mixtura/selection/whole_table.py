"""A search on a sample, confirmed on all rows: the best candidates go on to these."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from mixtura.fitting.record import FitRecord
from mixtura.selection.named import FIT_CRITERIA
from mixtura.selection.search import Ranked

__all__ = ["Confirmed", "confirm"]

# The best on the sample, and its closest rivals.
_COMPARED = 3


@dataclass(frozen=True, eq=False)
class Confirmed:
    """The best candidate on all rows.

    Attributes
    ----------
    chosen : Ranked
    record : FitRecord
        What came of it there. It tells of the sample, with a note if another one was best there.
    n_sample : int
        Rows on which all candidates were compared.
    values : dict of str to float
        The criterion on all rows of those that were fitted to them, the best on the sample first;
        empty where it takes more than a single fit.
    held : bool
        Whether the best on the sample is the best.
    """

    chosen: Ranked
    record: FitRecord
    n_sample: int
    values: dict[str, float]
    held: bool


def confirm(
    ranked: Sequence[Ranked],
    fit: Callable[[Ranked], FitRecord],
    criterion: str,
    n_sample: int,
    n_rows: int,
) -> Confirmed:
    """Fit the best candidates to all rows, and choose again.

    Parameters
    ----------
    ranked : sequence of Ranked
        The best on the sample first.
    fit : callable
        Fits a candidate to all rows.
    criterion : str
        Where it takes more than a single fit, the best is fitted alone.
    n_sample, n_rows : int
        Rows of the sample, and all.
    """
    single = criterion in FIT_CRITERIA
    fitted = [(each, fit(each)) for each in ranked[: _COMPARED if single else 1]]
    sound = [(each, record) for each, record in fitted if not (record.collapsed or record.spurious)]
    chosen, record = fitted[0]
    if single:
        chosen, record = min(sound or fitted, key=lambda pair: pair[1].criteria[criterion])
    sample = f"The models were compared on a sample of {n_sample:,} of {n_rows:,} rows. "
    pairs = fitted if single else []
    values = {each.outcome.named: record.criteria[criterion] for each, record in pairs}
    held = chosen is fitted[0][0]
    told = sample + _told(values, criterion, held=held)
    notes = record.notes if held else (*record.notes, told)
    return Confirmed(chosen, replace(record, sampled=told, notes=notes), n_sample, values, held)


def _told(values: Mapping[str, float], criterion: str, *, held: bool) -> str:
    """Whether the order held, in words."""
    if len(values) < 2:
        return "The best one was fitted to all rows."
    still = "the best one is still the best"
    other = "another one is better than the best of the sample"
    return (
        f"The {len(values)} best ones were fitted to all rows, where {still if held else other} "
        f"({criterion.upper()} of {'; '.join(f'{n}: {v:,.1f}' for n, v in values.items())})."
    )
