"""The components of a model, printed: a column for each, a row for each feature."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
from rich.cells import cell_len
from rich.console import Console
from rich.markup import escape
from rich.table import Table as Grid

from mixtura.cli.readings import flags_of, marginals_of
from mixtura.cli.tally import Tally
from mixtura.cli.visible import visible
from mixtura.cli.wording import amount, count, percent
from mixtura.families.description import Marginal, Shares
from mixtura.persistence.model_file import Model
from mixtura.report.characterization import characterizations, in_words
from mixtura.typing import FloatArray

__all__ = ["print_characterizations", "print_components"]

_FEATURES_SHOWN, _CHARACTERIZED = 100, 20
_GAP = 2

# Beyond these, plain decimals are harder to read than powers of ten.
_LARGE = 1e12
_MOST_DECIMALS = 6


def print_components(
    console: Console, model: Model, names: Sequence[str], tally: Tally | None = None
) -> None:
    """Weight, size and what each component makes of the columns, with spreads where they fit.

    Components that do not fit beside the others go below them.
    """
    shown = [visible(name) for name in names[:_FEATURES_SHOWN]]
    heads = _heads(model, tally)
    marginals = list(zip(shown, marginals_of(model, len(shown)), strict=True))
    rows = list(_rows(marginals, with_deviations=True))
    label_width = max(map(cell_len, (*heads, *(label for label, _ in rows))))
    label_width = min(label_width, max(12, console.width // 4))
    room = console.width - label_width
    if sum(_widths(heads, rows)) > room:
        rows = list(_rows(marginals, with_deviations=False))
    for block in _blocks(_widths(heads, rows), room):
        console.print(_grid(heads, rows, block, label_width))
        console.print()
    if any("±" in text for _, texts in rows for text in texts):
        console.print("± are standard deviations of the model, not of the rows.\n")
    if len(names) > len(shown):
        console.print(f"... and {count(len(names) - len(shown), 'column')} more.\n")


def print_characterizations(console: Console, model: Model, names: Sequence[str]) -> None:
    """What sets each cluster apart, in words; of many clusters the first."""
    weights = model.mixture.clusters.weights
    told = [
        in_words(sentence) for sentence in characterizations(marginals_of(model), names, weights)
    ]
    grid = Grid.grid(padding=(0, 2, 0, 0))
    grid.add_column(justify="right", style="bold", no_wrap=True)
    grid.add_column(overflow="fold")
    for j, words in enumerate(told[:_CHARACTERIZED]):
        if words:
            grid.add_row(str(j), escape(words))
    if grid.row_count:
        console.print(grid)
        console.print()


def _heads(model: Model, tally: Tally | None) -> dict[str, list[str]]:
    clusters = range(model.mixture.n_clusters)
    called = model.cluster_names
    heads = {
        "cluster": [str(j) for j in clusters],
        "weight": [percent(weight) for weight in model.mixture.clusters.weights.tolist()],
    }
    if called:
        heads["name"] = [visible(called[j]) if j < len(called) else "" for j in clusters]
    if tally is not None:
        label = "rows, weighted" if tally.weighted else "rows"
        heads[label] = [amount(size) for size in tally.sizes[:-1].tolist()]
    flags = [", ".join(flags_of(model, j)) for j in clusters]
    if any(flags):
        heads["remark"] = flags
    return heads


def _rows(
    marginals: Sequence[tuple[str, Marginal]], *, with_deviations: bool
) -> Iterator[tuple[str, list[str]]]:
    """Labels, and a text for each component: a row for each column of numbers or level."""
    for name, marginal in marginals:
        if not isinstance(marginal, Shares):
            yield name, _describe(marginal.mean, marginal.deviation, with_deviations)
            continue
        for level, shares in zip(marginal.levels, marginal.probabilities.T, strict=True):
            yield f"{name}: {visible(level)}", [percent(share) for share in shares.tolist()]


def _describe(means: FloatArray, deviations: FloatArray, with_deviations: bool) -> list[str]:
    """Means of one feature, and their spread, to the digits that the spread makes meaningful."""
    finite = deviations[np.isfinite(deviations)]
    spread = float(np.median(finite)) if len(finite) else 0.0
    largest = float(np.abs(means).max())
    leading = math.floor(math.log10(spread)) if spread > 0.0 else 0
    if largest < _LARGE and spread < _LARGE and 1 - leading <= _MOST_DECIMALS:
        pattern = spread_pattern = f"z.{max(0, 1 - leading)}f"
    else:
        digits = math.floor(math.log10(largest)) - leading + 1 if largest > 0.0 else 1
        pattern, spread_pattern = f".{min(max(digits, 1), 9)}e", ".1e"
    texts = [f"{mean:{pattern}}" for mean in means.tolist()]
    if not with_deviations:
        return _without_common_zeros(texts)
    spreads = [
        f"{deviation:{spread_pattern}}" if math.isfinite(deviation) else "∞"
        for deviation in deviations.tolist()
    ]
    width = max(map(len, spreads))
    return [f"{text} ± {spread:>{width}}" for text, spread in zip(texts, spreads, strict=True)]


def _without_common_zeros(texts: list[str]) -> list[str]:
    while all("." in text and "e" not in text and text[-1] in "0." for text in texts):
        texts = [text[:-1] for text in texts]
    return texts


def _widths(heads: dict[str, list[str]], rows: Sequence[tuple[str, list[str]]]) -> list[int]:
    """Width of each component's column, gap included."""
    columns = zip(*heads.values(), *(texts for _, texts in rows), strict=True)
    return [_GAP + max(map(cell_len, column)) for column in columns]


def _blocks(widths: list[int], room: int) -> Iterator[range]:
    """Runs of components that fit side by side."""
    start = used = 0
    for j, width in enumerate(widths):
        if used + width > room and j > start:
            yield range(start, j)
            start, used = j, 0
        used += width
    yield range(start, len(widths))


def _grid(
    heads: dict[str, list[str]],
    rows: Sequence[tuple[str, list[str]]],
    block: range,
    label_width: int,
) -> Grid:
    grid = Grid.grid(padding=(0, 0, 0, _GAP))
    grid.add_column(width=label_width, no_wrap=True, overflow="ellipsis")
    for _ in block:
        grid.add_column(justify="right", no_wrap=True)
    for label, texts in heads.items():
        style = "bold" if label == "cluster" else None
        grid.add_row(label, *(texts[j] for j in block), style=style)
    grid.add_row()
    for label, texts in rows:
        grid.add_row(escape(label), *(texts[j] for j in block))
    return grid
