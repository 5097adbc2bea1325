"""What the command line prints for people: results on stdout, progress on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table as Grid

from mixtura.cli.assignments import SURE
from mixtura.cli.candidates import choice, print_candidates
from mixtura.cli.components import print_components
from mixtura.cli.results import FitResult, feature_names
from mixtura.cli.wording import count, percent, prior_text
from mixtura.model_file import Model
from mixtura.registry import COVARIANCE_TYPES

__all__ = ["print_facts", "print_fit", "print_model", "stdout", "watch"]

Progressed: TypeAlias = Callable[[int, int, dict[str, Any]], None]


def stdout() -> Console:
    """Where results go. No colours are guessed into names and numbers."""
    return Console(highlight=False)


@contextmanager
def watch(quiet: bool) -> Iterator[Progressed]:
    """A progress bar on stderr, when somebody watches it there."""
    if quiet or not sys.stderr.isatty():
        yield lambda done, total, params: None
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("Fitting", total=None)

        def progressed(done: int, total: int, params: dict[str, Any]) -> None:
            last = f"{params['covariance_type']} with {params['n_components']}"
            bar.update(task, completed=done, total=total, description=f"Fitted {last}")

        yield progressed


def print_fit(result: FitResult) -> None:
    """The result of `fit`: the choice, the components, how sure it is, and where it went."""
    console = stdout()
    used, total = len(result.features.rows), result.features.n_total
    rows = count(used, "row") if used == total else f"{used:,} of {count(total, 'row')}"
    console.print(
        f"[bold]{count(len(result.model.means), 'cluster')}[/bold] in {rows} and "
        f"{count(len(result.features.names), 'column')} of {escape(result.table.name)}\n"
    )
    sizes = result.assignments.sizes.tolist()
    print_components(console, result.model, result.features.names, sizes)
    print_facts(console, _facts(result))
    console.print()
    print_candidates(console, result.search)
    print_facts(console, ((name.capitalize(), str(path)) for name, path in result.files.items()))


def print_model(model: Model) -> None:
    """What a model file holds."""
    console, names, training = stdout(), feature_names(model), model.training
    console.print(
        f"[bold]{count(len(model.means), 'cluster')}[/bold] in {count(len(names), 'column')}\n"
    )
    print_components(console, model, names)
    structure = model.covariance_type
    facts = [("Shape", f"{structure}: {COVARIANCE_TYPES[structure].text}"), *_restraints(model)]
    if model.noise is not None:
        facts.append(("Noise", f"{percent(model.weights[-1])} of the mixture"))
    if training is None:
        facts.append(("Fit", "the file does not tell how it was fitted"))
    else:
        facts += [
            ("Rows", f"total weight {training.scores.weight:,.10g}"),
            *((name.upper(), f"{value:,.1f}") for name, value in training.criteria.items()),
            ("Fit", training.status),
            ("Starts", str(training.starts)),
            *(("Note", note) for note in training.notes),
        ]
    print_facts(console, facts)


def _restraints(model: Model) -> Iterator[tuple[str, str]]:
    """What held the fit back, if anything did."""
    if str(model.constraints):
        yield "Held", str(model.constraints)
    prior = None if model.training is None else model.training.prior
    if prior is not None:
        yield "Prior", f"{prior_text(prior)} (the criteria are without it)"


def print_facts(console: Console, facts: Iterable[tuple[str, str]]) -> None:
    """Terms and what is to be said of them, side by side."""
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True, min_width=len("Assignments"))
    grid.add_column(overflow="fold")
    for term, text in facts:
        grid.add_row(term, escape(text))
    console.print(grid)


def _facts(result: FitResult) -> Iterator[tuple[str, str]]:
    training, assignments = result.training, result.assignments
    structure = result.model.covariance_type
    yield "Shape", f"{structure}: {COVARIANCE_TYPES[structure].text}"
    if result.model.noise is not None:
        rows = count(assignments.n_noise, "row")
        yield "Noise", f"{percent(result.model.weights[-1])} of the mixture; {rows} in no cluster"
    yield from _restraints(result.model)
    yield from choice(result.search)
    yield "Fit", training.status
    yield "Starts", str(training.starts)
    if len(result.model.weights) > 1:
        belong = "have a cluster" if result.model.noise is None else "have a cluster, or are noise,"
        yield (
            "Certainty",
            f"{percent(assignments.share_sure)} of the rows {belong} with probability over "
            f"{SURE}; mean uncertainty {assignments.mean_uncertainty:.2g}",
        )
    for reason, names in result.features.left_out_by_reason.items():
        yield "Left out", f"{', '.join(names)} ({reason})"
    for note in result.notes:
        yield "Note", note
