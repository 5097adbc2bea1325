"""The candidates of a search, printed: what chose, the runners-up, and how firm the choice is."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table as Grid

from mixtura.cli.wording import count, percent
from mixtura.report import Candidate, SearchSummary

__all__ = ["choice", "print_candidates"]

_SHOWN = 5

# Numbers of clusters less probable than this are not worth a word.
_PROBABLE = 0.005


def choice(search: SearchSummary, on_all_rows: float | None = None) -> Iterator[tuple[str, str]]:
    """The value that decided, and how probable the numbers of clusters are.

    Of a large table, where models are compared on a sample, perhaps also the value on all rows.
    """
    compared = len(search.compared)
    lowest = f", the lowest of {compared} models compared" if compared > 1 else ""
    value = _number(search.candidates[search.best].criteria[search.criterion])
    if search.n_sample is not None:
        lowest = f" on a sample of {count(search.n_sample, 'row')}{lowest}"
    if on_all_rows is not None and search.n_sample is not None:
        value, lowest = f"{_number(on_all_rows)} on all rows", f"; {value}{lowest}"
    yield search.criterion.upper(), f"{value}{lowest}"
    if (limit := search.limit) is not None:
        of = f" of {limit.structure}" if limit.structure else ""
        k = limit.n_components
        yield (
            "How many",
            f"by {limit.criterion.upper()}, {k} or more: {k} was the largest number tried{of}",
        )
    elif len(search.probabilities) > 1:
        likeliest = sorted(search.probabilities, key=lambda pair: -pair[1])
        (k, first), *others = likeliest
        told = [f"{k} with probability {percent(first)}"]
        told += [f"{k} with {percent(p)}" for k, p in others if p >= _PROBABLE]
        yield "How many", f"by BIC, {', '.join(told)}"


def print_candidates(console: Console, search: SearchSummary) -> None:
    """The lowest few candidates, if there were several."""
    decided = [c for c in search.compared if c.criteria[search.criterion] is not None]
    if len(decided) < 2:
        return
    chosen = search.candidates[search.best]
    others = sorted(
        (candidate for candidate in decided if candidate is not chosen),
        key=lambda candidate: candidate.criteria[search.criterion] or 0.0,
    )
    rows = [_cells(each, search) for each in (chosen, *others[: _SHOWN - 1])]
    heads = ("clusters", "shape", search.criterion.upper(), "log-lik.", "par.", "probability")
    filled = [i for i in range(len(heads)) if any(row[i] for row in rows)]  # not all have shapes
    grid = Grid(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for i in filled:
        grid.add_column(heads[i], justify="left" if heads[i] == "shape" else "right")
    for row in rows:
        grid.add_row(*(row[i] for i in filled))
    if search.n_sample is not None:
        console.print(f"On a sample of {count(search.n_sample, 'row')}:")
    console.print(grid)
    if len(search.candidates) > min(len(decided), _SHOWN):
        told = ", ".join(f"{number:,} {words}" for number, words in _standings(search))
        short = search.standings.keys() & {"left behind", "given up"}
        doubt = " Those short of starts could be better than they look." if short else ""
        console.print(
            f"The report has all {count(len(search.candidates), 'model')}: {told}.{doubt}"
        )
    console.print()


# How far candidates came, in words that follow a number.
_STANDINGS = {
    "finished": "with all their starts",
    "left behind": "left behind after a few",
    "given up": "given up on the way",
    "collapsed": "collapsed and not considered",
    "spurious": "owing their likelihood to a few rows and not considered",
    "left out": "left out, as more clusters led nowhere",
    "failed": "could not be fitted",
}


def _standings(search: SearchSummary) -> Iterator[tuple[int, str]]:
    counts = search.standings
    return ((counts[name], words) for name, words in _STANDINGS.items() if name in counts)


def _cells(candidate: Candidate, search: SearchSummary) -> tuple[str, ...]:
    """What is told of a candidate; no probability where better ones may not have been tried."""
    probability = "-" if candidate.probability is None else percent(candidate.probability)
    return (
        str(candidate.n_components),
        candidate.structure,
        _number(candidate.criteria[search.criterion]),
        _number(candidate.log_likelihood),
        str(candidate.n_parameters),
        "" if search.limit else probability,
    )


def _number(value: float | None) -> str:
    """With digits enough to tell small values apart."""
    if value is None:
        return "-"
    return f"{value:,.1f}" if abs(value) >= 100.0 else f"{value:.4f}"
