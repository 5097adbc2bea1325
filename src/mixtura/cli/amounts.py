"""Numbers as people write amounts: with signs of currency, percent signs, thousands apart.

They are read only where all cells of a column allow one reading and no other. Whatever else a
column holds, a cell that is a plain number keeps its value: 1.234 is never a thousand and more,
unless --decimal says so. So of tables that are written in one way, and of any part of them, the
numbers are read alike or not at all: by `fit` and by `predict`, though a model knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import polars as pl
from numpy.typing import NDArray

from mixtura.cli.cells import are_missing, as_floats
from mixtura.cli.columns import Column
from mixtura.cli.wording import count
from mixtura.typing import FloatArray

__all__ = ["Amounts", "may_be_amounts", "with_amounts"]

_BLANK = r"[ \x{A0}\x{2009}\x{202F}]"
_CURRENCY = r"\p{Sc}|CHF|EUR|GBP|JPY|USD"
_AMOUNT = (
    rf"^(?P<sign>[+\-\x{{2212}}])?{_BLANK}?(?P<before>{_CURRENCY})?{_BLANK}?(?P<minus>-)?"
    rf"(?P<digits>[.,]?[0-9](?:(?:[0-9.,'\x{{2019}}]|{_BLANK})*[0-9])?[.,]?)"
    rf"{_BLANK}?(?P<after>{_CURRENCY}|%)?$"
)

_MARKS = {",": "commas", ".": "points", " ": "spaces", "'": "apostrophes"}

# A column of which this share are amounts was meant to be amounts.
_MOSTLY = 0.8


@dataclass(frozen=True)
class _Notation:
    """A mark before the decimals, and one between thousands."""

    decimal: str
    thousands: str

    @property
    def pattern(self) -> str:
        point, mark = rf"\{self.decimal}", f"[{self.thousands}]"
        whole = rf"[0-9]+|[1-9][0-9]{{0,2}}(?:{mark}[0-9]{{3}})+"
        return rf"^(?:(?:{whole})(?:{point}[0-9]*)?|{point}[0-9]+)$"

    def read(self, digits: pl.Series) -> FloatArray:
        """Digits as numbers."""
        whole = digits.str.replace_all(self.thousands, "", literal=True)
        return as_floats(whole.str.replace(self.decimal, ".", literal=True).cast(pl.Float64))


_NOTATIONS = {
    ".": [_Notation(".", mark) for mark in ",' "],
    ",": [_Notation(",", mark) for mark in ".' "],
}


@dataclass(frozen=True, eq=False)
class _Cells:
    """Amounts taken apart.

    Attributes
    ----------
    digits : Series
        With blanks and apostrophes that are all alike.
    negative : ndarray of bool
    signs : list of str
        The different ones beside the digits.
    signed : ndarray of bool
        Which cells have one.
    plain : ndarray
        The values of cells that are plain numbers; NaN of others.
    """

    digits: pl.Series
    negative: NDArray[np.bool_]
    signs: list[str]
    signed: NDArray[np.bool_]
    plain: FloatArray

    @classmethod
    def of(cls, texts: pl.Series) -> Self:
        parts = texts.str.extract_groups(_AMOUNT).struct
        before, after = parts.field("before"), parts.field("after")
        minus = parts.field("sign").is_in(["-", "\u2212"]).fill_null(False)
        digits = parts.field("digits").str.replace_all(_BLANK, " ")
        return cls(
            digits.str.replace_all("\u2019", "'", literal=True),
            (minus | parts.field("minus").is_not_null()).to_numpy(),
            sorted({*before.drop_nulls(), *after.drop_nulls()}),
            (before.is_not_null() | after.is_not_null()).to_numpy(),
            as_floats(texts.cast(pl.Float64, strict=False)),
        )

    def values(self, notation: _Notation) -> FloatArray | None:
        """The numbers in a notation; None where a cell is in none of it."""
        if not self.digits.str.contains(notation.pattern).all():
            return None
        values = notation.read(self.digits)
        values[self.negative] *= -1.0
        return values

    def changes(self, values: FloatArray) -> bool:
        """Whether a cell that is a plain number would have another value."""
        known = ~np.isnan(self.plain)
        return bool((values != self.plain)[known].any())

    def has(self, mark: str) -> bool:
        """Whether a mark stands in any cell."""
        return bool(self.digits.str.contains(mark, literal=True).any())

    @property
    def like_codes(self) -> bool:
        """Whether all that is apart may be several codes, or one, such as 612 345 678."""
        apart = self.digits.filter(self.digits.str.contains("[,.' ]"))
        return len(apart) > 0 and bool(apart.str.contains("^[0-9]{3}([,.' ][0-9]{3})+$").all())

    def described(self, notation: _Notation) -> str:
        """How the numbers are written."""
        told = [
            "percent signs" if sign == "%" else f"currency signs ({sign})" for sign in self.signs
        ]
        if notation.decimal == "," and self.has(","):
            told.append("decimal commas")
        if self.has(notation.thousands):
            told.append(f"{_MARKS[notation.thousands]} between thousands")
        *others, last = told or ["long minus signs"]
        return f"{', '.join(others)} and {last}" if others else last


@dataclass(frozen=True, eq=False)
class Amounts:
    """What texts say as amounts.

    Attributes
    ----------
    text : str
        How they are written; empty if they are no amounts.
    values : ndarray of shape (n,) or None
        The numbers, NaN where a cell is missing; None if it is not plain what they are.
    hint : str
        What would make it so.

    Examples
    --------
    >>> import polars as pl
    >>> prices = Amounts.of(pl.Series(["$1,234.50", "$950", "NA"]))
    >>> prices.text
    'numbers with currency signs ($) and commas between thousands'
    >>> prices.values.tolist()
    [1234.5, 950.0, nan]
    >>> unclear = Amounts.of(pl.Series(["$1,234", "$950"]))
    >>> unclear.values is None
    True
    >>> unclear.hint
    '--decimal . takes 1,234 for thousands, --decimal , for decimals'
    """

    text: str = ""
    values: FloatArray | None = None
    hint: str = ""

    @classmethod
    def of(cls, texts: pl.Series, decimal: str | None = None) -> Self:
        """From all cells of a column.

        Parameters
        ----------
        texts : Series of str
        decimal : {'.', ','}, optional
            The mark before decimals, if that is known.
        """
        texts = texts.str.strip_chars()
        present = ~are_missing(texts)
        amount = texts.str.contains(_AMOUNT).fill_null(False).to_numpy()
        if others := np.flatnonzero(present & ~amount).tolist():
            if np.count_nonzero(amount & present) < _MOSTLY * np.count_nonzero(present):
                return cls()
            where = f"row {others[0] + 1}: {texts[others[0]][:60]!r}"
            return cls("amounts", hint=f"all but {count(len(others), 'cell')} ({where})")
        cells = _Cells.of(texts.filter(pl.Series(present)))
        text, numbers, hint = _read(cells, decimal)
        if numbers is None:
            return cls(text, hint=hint)
        values = np.full(len(texts), np.nan)
        values[present] = numbers
        return cls(text, values)


def _read(cells: _Cells, decimal: str | None) -> tuple[str, FloatArray | None, str]:
    """How cells are written, their numbers if they are plain, and else what would make them so."""
    found = list(_found(cells, [decimal] if decimal else [".", ","]))
    if not found:
        for notation, _ in _found(cells, ["."] if decimal == "," else [","]):
            hint = f"--decimal {notation.decimal} reads them"
            return _numbers_with(cells, notation), None, hint
        return "", None, ""
    (notation, values), *others = found
    text = _numbers_with(cells, notation)
    if len(cells.signs) > 1:
        return f"numbers with several signs ({', '.join(cells.signs)})", None, ""
    if cells.signs == ["%"] and not cells.signed.all():
        return "numbers, some with percent signs and some without", None, ""
    if any((values != other).any() for _, other in others):
        unclear = np.any([values != other for _, other in others], axis=0)
        return "numbers", None, _either(cells.digits[int(np.argmax(unclear))])
    if decimal is None and (not cells.signs or cells.changes(values)):
        if notation.decimal == ",":
            return text, None, "--decimal , reads them"
        if cells.like_codes:
            return f"{text}, or codes", None, "--decimal . reads them"
    return text, values, ""


def _found(cells: _Cells, marks: list[str]) -> Iterator[tuple[_Notation, FloatArray]]:
    """The notations that all cells are in, and their numbers."""
    for notation in (notation for mark in marks for notation in _NOTATIONS[mark]):
        if (values := cells.values(notation)) is not None:
            yield notation, values


def _numbers_with(cells: _Cells, notation: _Notation) -> str:
    return f"numbers with {cells.described(notation)}"


def _either(digits: str) -> str:
    """What decides whether a mark is that before decimals."""
    mark, other = (",", ".") if "," in digits else (".", ",")
    return f"--decimal {other} takes {digits} for thousands, --decimal {mark} for decimals"


def may_be_amounts(column: Column) -> bool:
    """Whether the first texts in a column include an amount."""
    cells = pl.Series([cell for _, cell in column.odd], dtype=pl.String)
    return column.kind == "text" and bool(cells.str.strip_chars().str.contains(_AMOUNT).any())


def with_amounts(column: Column, texts: pl.Series, decimal: str | None) -> Column:
    """The column as numbers, if its texts are plain amounts; else as it is, and what they are like.

    Parameters
    ----------
    column : Column
        Of text. Its values are replaced in the table that they are part of.
    texts : Series of str
        All of its cells.
    decimal : {'.', ','} or None
        The mark before decimals, if that is known.
    """
    amounts = Amounts.of(texts, decimal)
    if amounts.values is None:
        like = ": ".join(filter(None, (amounts.text, amounts.hint)))
        return replace(column, amounts=like)
    written = replace(column, values=column.values.copy())
    column.values[:] = amounts.values
    n = int(np.count_nonzero(~np.isnan(amounts.values)))
    return Column(column.name, column.values, "numbers", n, amounts=amounts.text, written=written)
