"""What the command line prints for people: results on stdout, progress on stderr."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Column
from rich.table import Table as Grid

from mixtura.cli.assignments import SURE
from mixtura.cli.candidates import choice, print_candidates
from mixtura.cli.components import print_characterizations, print_components
from mixtura.cli.features import Features
from mixtura.cli.progress import Tell, lines
from mixtura.cli.readings import missing_in_words, starts_in_words
from mixtura.cli.results import FitResult, feature_names
from mixtura.cli.table import Table
from mixtura.cli.trial import Verdict
from mixtura.cli.visible import visible
from mixtura.cli.wording import count, listing, percent
from mixtura.explain.typicality import UNLIKE
from mixtura.families.description import Description
from mixtura.persistence.model_file import Model
from mixtura.report.model import restraints_of

__all__ = ["print_facts", "print_fit", "print_model", "print_verdict", "stdout", "watch"]

# On a terminal; the model file has them all.
_COLUMNS_NAMED, _FEW, _BAR = 1_000, 5, 40

_FITTING = "Fitting"

_USABLE = "To use {} all the same, name every column to use with --columns."


class _Output(Console):
    """Standard output; leaves it to the program what to do when nobody reads on."""

    def on_broken_pipe(self) -> None:
        raise BrokenPipeError


def stdout() -> Console:
    """Where results go. No colours are guessed into names and numbers."""
    return _Output(highlight=False)


@contextmanager
def watch(quiet: bool) -> Iterator[Tell]:
    """A progress bar on stderr, when somebody watches it there; else lines now and then."""
    if quiet or not sys.stderr.isatty():
        with lines(quiet, _FITTING) as tell:
            yield tell
        return
    columns = (
        TextColumn("{task.description}"),
        BarColumn(bar_width=None, table_column=Column(ratio=1, max_width=_BAR)),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, expand=True) as bar:
        task = bar.add_task(_FITTING, total=None)

        def progressed(done: int, total: int | None, unit: str, text: str) -> None:
            bar.tasks[task].total = total  # an update would keep the last one for None
            bar.update(task, completed=done, description=text)

        yield progressed


def print_fit(result: FitResult) -> None:
    """The result of `fit`: the choice, the components, how sure it is, and where it went."""
    console = stdout()
    console.print(
        f"[bold]{count(result.model.mixture.n_clusters, 'cluster')}[/bold] in "
        f"{_where(result.table, result.features)}\n"
    )
    print_components(console, result.model, result.features.names, result.tally)
    print_characterizations(console, result.model, result.features.names)
    print_facts(console, _facts(result))
    console.print()
    print_candidates(console, result.search)
    print_facts(console, ((name.capitalize(), str(path)) for name, path in result.files.items()))


def print_model(model: Model) -> None:
    """What a model file holds."""
    console, names, record = stdout(), feature_names(model), model.record
    clusters = count(model.mixture.n_clusters, "cluster")
    console.print(f"[bold]{clusters}[/bold] in {count(len(names), 'column')}\n")
    print_components(console, model, names)
    facts = [*_kind(model.description, model.structure), *restraints_of(model)]
    facts.append(("Columns", listing(names, _COLUMNS_NAMED)))
    if model.mixture.noise_region is not None:
        facts.append(("Noise", f"{percent(model.mixture.weights[-1])} of the mixture"))
    if record is None:
        facts.append(("Fit", "the file does not tell how it was fitted"))
    else:
        facts += [
            ("Rows", f"total weight {record.scores.weight:,.10g}"),
            *((name.upper(), f"{value:,.1f}") for name, value in record.criteria.items()),
            ("Fit", record.status.text),
            ("Starts", starts_in_words(record.starts)),
            *(("Note", note) for note in record.notes),
        ]
        if record.missing is not None:
            facts.append(("Missing", missing_in_words(record.missing, names)))
    print_facts(console, facts)


def _kind(
    description: Description[Any, Any], structure: tuple[str, str]
) -> Iterator[tuple[str, str]]:
    """What the components look like."""
    name, text = structure
    yield "Family", f"{description.name}: {description.text}"
    if name:
        yield "Shape", f"{name}: {text}"


def print_facts(console: Console, facts: Iterable[tuple[str, str]]) -> None:
    """Terms and what is to be said of them, side by side."""
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(style="bold", no_wrap=True, min_width=len("Assignments"))
    grid.add_column(overflow="fold")
    for term, text in facts:
        grid.add_row(term, escape(visible(text)))
    console.print(grid)


def _facts(result: FitResult) -> Iterator[tuple[str, str]]:
    record, tally, mixture = result.record, result.tally, result.model.mixture
    noisy = mixture.noise_region is not None
    yield from _kind(result.model.description, result.model.structure)
    if noisy:
        rows = count(float(tally.sizes[-1]), "row")
        yield "Noise", f"{percent(mixture.weights[-1])} of the mixture; {rows} in no cluster"
    yield from restraints_of(result.model)
    yield from choice(result.search, result.criteria[result.search.criterion])
    yield "Fit", record.status.text
    yield "Starts", starts_in_words(record.starts)
    if mixture.n_components > 1:
        belong = "have a cluster, or are noise," if noisy else "have a cluster"
        by_weight = ", by weight," if tally.weighted else ""
        yield (
            "Certainty",
            f"{percent(tally.share_sure)} of the rows{by_weight} {belong} with probability "
            f"over {SURE}; mean uncertainty {tally.mean_uncertainty:.2g}",
        )
    if tally.unlike:
        yield (
            "Unlike",
            f"{percent(tally.share_unlike)} of the rows are less likely than all but "
            f"{percent(UNLIKE)} of what the model makes itself; see unlike in the assignments",
        )
    if record.missing is not None:
        yield "Missing", missing_in_words(record.missing, result.features.names)
    if record.sampled:
        yield "Sample", record.sampled
    yield from _columns(result.features)
    for note in result.notes:
        yield "Note", note


def _columns(features: Features) -> Iterator[tuple[str, str]]:
    """Those used, by name, and those left out with the reasons."""
    yield "Columns", listing(features.names, _COLUMNS_NAMED)
    for reason, names in features.left_out_by_reason.items():
        yield "Left out", f"{listing(names, _COLUMNS_NAMED)} ({reason})"
    if features.usable:
        yield "", _USABLE.format(listing(features.usable, _FEW))


def print_verdict(verdict: Verdict) -> None:
    """The outcome of `test`: a line for each test made, and the conclusion."""
    console, trial = stdout(), verdict.trial
    console.print(f"How many clusters in {_where(verdict.table, verdict.features)}?\n")
    if verdict.steps:
        console.print(_tests(verdict))
        console.print()
    facts = [
        ("Outcome", verdict.conclusion),
        *_kind(trial.choice.description, verdict.structure),
        *_columns(verdict.features),
        *(("Note", note) for note in verdict.notes),
    ]
    print_facts(console, facts)


def _tests(verdict: Verdict) -> Grid:
    grid = Grid(box=None, padding=(0, 2, 0, 0), pad_edge=False, header_style="bold")
    for head in ("clusters", "ratio", "samples", "as large", "p-value"):
        grid.add_column(head, justify="right")
    grid.add_column(f"at level {verdict.trial.level:g}")
    for step in verdict.steps:
        grid.add_row(
            f"{step.k} or {step.k + 1}",
            f"{step.ratio:,.2f}",
            str(step.n_samples),
            str(step.n_reached),
            f"{step.p_value:.3f}",
            f"more than {step.k}" if step.rejected else f"{step.k} will do",
        )
    return grid


def _where(table: Table, features: Features) -> str:
    """The rows and columns in words."""
    rows = count(table.n_rows, "row")
    return f"{rows} and {count(len(features.names), 'column')} of {escape(visible(table.name))}"
