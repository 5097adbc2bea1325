"""The texts in a column: each different one once, and by its number where it stands."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

__all__ = ["LONGEST", "MOST_WORDS", "WordCount", "Words"]

#: A column with more different texts, or with longer ones, holds no categories, and none is kept.
MOST_WORDS, LONGEST = 10_000, 200

_TRUTHS = ("false", "true")


@dataclass(frozen=True, eq=False)
class Words:
    """What a column says where it is not a number.

    Attributes
    ----------
    texts : tuple of str
        Without blanks around them; true and false are in small letters.
    codes : ndarray of shape (n,)
        The place of each row's text among them, -1 where there is none.
    """

    texts: tuple[str, ...]
    codes: NDArray[np.int16]


class WordCount:
    """Texts that come bit by bit."""

    def __init__(self) -> None:
        self._names: list[tuple[NDArray[np.intp], pl.Series]] | None = None
        self._number: dict[str, int] = {}
        self._starts: list[int] = []
        self._codes: list[NDArray[np.int16]] = []
        self._too_many = False

    def add(self, start: int, worded: NDArray[np.bool_], texts: pl.Series) -> None:
        """Note the texts in the marked ones of some further rows, which begin at a number."""
        if self._too_many and self._names is None:
            return
        bare = texts.str.strip_chars()
        longest = bare.str.len_chars().max()
        if isinstance(longest, int) and longest > LONGEST:
            self.give_up()
            return
        if self._names is not None:
            self._names.append((start + np.flatnonzero(worded), bare))
            return
        number = self._number
        found = [number.setdefault(_as_one(text), len(number)) for text in bare.to_list()]
        if len(number) > MOST_WORDS:
            self._go_on_as_names()
            self.add(start, worded, texts)
            return
        codes = np.full(len(worded), -1, dtype=np.int16)
        codes[worded] = found
        self._starts.append(start)
        self._codes.append(codes)

    @property
    def named(self) -> bool:
        """Whether the texts are too many for categories, and kept as names of the rows."""
        return self._names is not None

    def give_up(self) -> None:
        """Keep no text."""
        self._too_many, self._names = True, None
        self._number, self._starts, self._codes = {}, [], []

    def _go_on_as_names(self) -> None:
        texts = pl.Series(list(self._number), dtype=pl.String)
        before = [
            (start + np.flatnonzero(codes >= 0), texts.gather(codes[codes >= 0]))
            for start, codes in zip(self._starts, self._codes, strict=True)
        ]
        self.give_up()
        self._names = before

    def names(self, n: int) -> pl.Series | None:
        """The texts in n rows, where they are too many for categories; null for other cells."""
        if self._names is None:
            return None
        rows = np.concatenate([rows for rows, _ in self._names])
        places = np.full(n, len(rows))
        places[rows] = np.arange(len(rows))
        nothing = pl.Series([None], dtype=pl.String)
        return pl.concat([*(texts for _, texts in self._names), nothing]).gather(places)

    def words(self, n: int) -> Words | None:
        """The texts in n rows; None if they were too many."""
        if self._too_many:
            return None
        codes = np.full(n, -1, dtype=np.int16)
        for start, found in zip(self._starts, self._codes, strict=True):
            codes[start : start + len(found)] = found
        return Words(tuple(self._number), codes)


def _as_one(text: str) -> str:
    """However true and false are written, they are the same."""
    return lower if len(text) <= 5 and (lower := text.lower()) in _TRUTHS else text
