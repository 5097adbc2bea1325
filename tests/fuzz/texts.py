"""Delimited texts, whole and damaged, as recipes: what a failing test prints is it."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from hypothesis import strategies as st

from fuzz.tables import Table, tables

__all__ = ["Text", "texts"]

Random = np.random.Generator

#: What may stand in a cell.
_CELLS = [
    *("", "NA", "nan", "-", "inf", "-inf", "1e400", "1e-400", "1e200", "0x10", "1_000", "1 000"),
    *("12,5", " 5 ", "+3", "--3", "true", "word", "=1+1", "€", "'", '""', "\u0661\u0662"),
    *("2024-01-31", "12:30", "9" * 400),
]
_NAMES = [
    "",
    "x0",
    "cluster",
    "p0",
    "noise",
    "row",
    "a b",
    '"q"',
    "1",
    "-",
    "[bold]",
    "a\u0301",
    "😀",
]


def _at_random(data: bytes, rng: Random, change: Callable[[bytes], bytes]) -> bytes:
    """The data with a change at a random place of some bytes."""
    start = int(rng.integers(len(data) + 1))
    stop = start + int(rng.integers(12))
    return data[:start] + change(data[start:stop]) + data[stop:]


def _by_lines(data: bytes, change: Callable[[list[bytes]], list[bytes]]) -> bytes:
    return b"\n".join(change(data.split(b"\n")))


def _with_cell(data: bytes, rng: Random) -> bytes:
    """A cell replaced, of the header too."""
    lines = data.split(b"\n")
    line = int(rng.integers(len(lines)))
    cells = lines[line].split(b",")
    words = _NAMES if line == 0 else _CELLS
    cells[rng.integers(len(cells))] = words[rng.integers(len(words))].encode()
    lines[line] = b",".join(cells)
    return b"\n".join(lines)


def _shuffled(lines: list[bytes], rng: Random) -> list[bytes]:
    return [lines[i] for i in rng.permutation(len(lines))]


def _with_quotes(data: bytes, rng: Random) -> bytes:
    for _ in range(int(rng.integers(1, 4))):
        data = _at_random(data, rng, lambda some: b'"' + some)
    return data


_DAMAGES: dict[str, Callable[[bytes, Random], bytes]] = {
    "a cell": _with_cell,
    "cut": lambda data, rng: data[: rng.integers(len(data) + 1)],
    "some bytes gone": lambda data, rng: _at_random(data, rng, lambda some: b""),
    "some bytes twice": lambda data, rng: _at_random(data, rng, lambda some: some + some),
    "random bytes": lambda data, rng: _at_random(data, rng, lambda some: rng.bytes(len(some))),
    "zeros": lambda data, rng: _at_random(data, rng, lambda some: bytes(len(some))),
    "quotes": _with_quotes,
    "some semicolons": lambda data, rng: _at_random(
        data, rng, lambda some: some.replace(b",", b";")
    ),
    "semicolons": lambda data, rng: data.replace(b",", b";"),
    "tabs": lambda data, rng: data.replace(b",", b"\t"),
    "spaces": lambda data, rng: data.replace(b",", b" "),
    "decimal commas": lambda data, rng: data.replace(b",", b";").replace(b".", b","),
    "lines shuffled": lambda data, rng: _by_lines(data, lambda lines: _shuffled(lines, rng)),
    "no header": lambda data, rng: data.partition(b"\n")[2],
    "carriage returns": lambda data, rng: data.replace(b"\n", b"\r\n"),
    "carriage returns alone": lambda data, rng: data.replace(b"\n", b"\r"),
    "empty lines": lambda data, rng: data.replace(b"\n", b"\n\n"),
    "no last line feed": lambda data, rng: data.rstrip(b"\n"),
    "a byte-order mark": lambda data, rng: codecs.BOM_UTF8 + data,
    "UTF-16": lambda data, rng: data.decode(errors="replace").encode("utf-16"),
}


@dataclass(frozen=True)
class Text:
    """A recipe for a text.

    Attributes
    ----------
    table : Table
    damages : tuple of str
        What is done to it, one after the other.
    seed : int
    """

    table: Table = field(default_factory=Table)
    damages: tuple[str, ...] = ()
    seed: int = 0

    @property
    def data(self) -> bytes:
        """The bytes of the file."""
        rng, X = np.random.default_rng(self.seed), self.table.rows
        lines = [",".join(f"x{j}" for j in range(X.shape[1]))]
        lines += [",".join(map(repr, row)) for row in X.tolist()]
        data = "\n".join([*lines, ""]).encode()
        for damage in self.damages:
            data = _DAMAGES[damage](data, rng)
        return data


@st.composite
def texts(draw: st.DrawFn) -> Text:
    """Any table as a text, mostly damaged."""
    damages = draw(st.lists(st.sampled_from(list(_DAMAGES)), max_size=3))
    return Text(draw(tables()), tuple(damages), draw(st.integers(0, 999)))
