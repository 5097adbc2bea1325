"""Each cluster in words: what is high or low in it, and which levels are common.

Words of the page are strings; names and levels that come from the data are `Own`, so that a page
can set them apart.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TypeAlias

from mixtura.explain.contrasts import Contrast, contrasts
from mixtura.families.description import Marginal, Shares
from mixtura.report.summaries import Floats
from mixtura.report.visible import visible

MOST = 4  # columns in a sentence
LEAST, SLIGHT = 0.5, 0.2  # a medium effect, and a small one
FEW = 2  # columns in a sentence where all effects are small
NAME_LETTERS = 60

_DEGREES = ((1.6, "very "), (0.8, ""), (LEAST, "rather "), (0.0, "slightly "))


@dataclass(frozen=True)
class Own:
    """A name from the data."""

    name: str


Sentence: TypeAlias = Sequence[str | Own]


def characterizations(
    marginals: Sequence[Marginal], names: Sequence[str], weights: Floats
) -> list[Sentence]:
    """What sets each cluster apart, in a few words that follow its name; none of a single one."""
    return [
        [] if len(weights) == 1 else list(_sentence(telling, marginals, names, j))
        for j, telling in enumerate(contrasts(marginals, weights))
    ]


def in_words(sentence: Sentence) -> str:
    """A sentence as plain text."""
    return "".join(part if isinstance(part, str) else part.name for part in sentence)


def _sentence(
    telling: Sequence[Contrast], marginals: Sequence[Marginal], names: Sequence[str], j: int
) -> Iterator[str | Own]:
    told = [contrast for contrast in telling if abs(contrast.size) >= LEAST][:MOST]
    told = told or [contrast for contrast in telling if abs(contrast.size) >= SLIGHT][:FEW]
    if not told:
        yield "near the average in every column"
    for i, (degree, group) in enumerate(groupby(told, key=_degree)):
        yield f"; {degree}" if i > 0 else degree
        for a, contrast in enumerate(alike := list(group)):
            yield "" if a == 0 else " and " if a == len(alike) - 1 else ", "
            yield Own(visible(names[contrast.column], NAME_LETTERS))
            yield from _level(contrast, marginals[contrast.column], j)


def _degree(contrast: Contrast) -> str:
    """What comes before the names of columns that differ so much; nothing where levels follow."""
    if contrast.level is not None:
        return ""
    degree = next(word for least, word in _DEGREES if abs(contrast.size) >= least)
    return f"{degree}{'high' if contrast.size > 0.0 else 'low'} "


def _level(contrast: Contrast, marginal: Marginal, j: int) -> Iterator[str | Own]:
    """The level that tells most of a column, after its name."""
    if not isinstance(marginal, Shares) or contrast.level is None:
        return
    p = float(marginal.probabilities[j, contrast.level])
    yield " seldom " if contrast.size < 0.0 else " mostly " if p >= 0.5 else " often "
    yield Own(visible(marginal.levels[contrast.level], NAME_LETTERS))
    yield f" ({_percent(p)})"


def _percent(share: float) -> str:
    if 0.0 < share < 0.005:
        return "<1%"
    return ">99%" if 0.995 < share < 1.0 else f"{share:.0%}"
