"""What people read of a model: of each column, and of each component."""

from __future__ import annotations

from collections.abc import Sequence

from mixtura.cli.wording import count, listing
from mixtura.families.description import Marginal
from mixtura.fitting.missing import MissingCells
from mixtura.fitting.restarts import Starts
from mixtura.persistence.model_file import Model

__all__ = ["flags_of", "marginals_of", "missing_in_words", "starts_in_words"]


def marginals_of(model: Model, n: int | None = None) -> list[Marginal]:
    """What the components make of each column, or of the first n."""
    params, schema = model.mixture.params, model.schema
    return [model.description.marginal(params, a, schema) for a in range(len(schema))[:n]]


def missing_in_words(missing: MissingCells, names: Sequence[str]) -> str:
    """How many cells are missing and where, what that is taken for, and how sure such rows are."""
    gaps = [f"{name} {n:,}" for name, n in zip(names, missing.cells, strict=True) if n]
    told = (
        f"{count(missing.n_cells, 'cell')} in {missing.n_rows:,} of "
        f"{count(missing.n_total, 'row')} ({listing(gaps)}), taken to be missing at random: what "
        f"these rows have is used. Their mean uncertainty is {missing.uncertainty:.2g}"
    )
    if missing.uncertainty_complete is not None:
        told += f", that of complete rows {missing.uncertainty_complete:.2g}"
    if missing.n_empty:
        told += f". {count(missing.n_empty, 'row')} without any cell: nothing is known of them"
    return told + "."


def flags_of(model: Model, component: int) -> tuple[str, ...]:
    """What there is to doubt about a component, in a word each."""
    record = model.record
    raised = {
        "collapsed": record is not None and component in record.collapsed,
        "spurious": record is not None and component in record.spurious,
        "empty": bool(model.mixture.weights[component] == 0.0),
    }
    return tuple(flag for flag, holds in raised.items() if holds)


def starts_in_words(starts: Starts) -> str:
    """How often the best optimum was found, by which kinds of starts, and what else was."""
    others, kinds = len(starts.optima) - 1, ", ".join(starts.ways)
    by = f"{starts.n_best} of {count(starts.n_made, 'start')}"
    told = [f"best optimum found by {by}"]
    if len(starts.ways) > 1:
        told[0] += f", of {len(starts.ways)} kinds ({kinds})"
    elif kinds:
        told[0] += f" ({kinds})"
    if others > 0:
        told.append(f"{others:,} other{'s' if others > 1 else ''} found")
    if starts.n_failed:
        told.append(f"{starts.n_failed:,} not sound")
    return "; ".join(told)
