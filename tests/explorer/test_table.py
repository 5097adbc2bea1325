"""What of a table a page shows, and how it tells what it leaves out."""

from __future__ import annotations

import base64
import re
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import mixtura as mx
from mixtura.errors import DataError, MixturaError
from mixtura.explorer.payload import build_payload
from mixtura.explorer.table import MOST_COLUMNS, MOST_ROWS, Table


def cells_of(payload: dict[str, Any]) -> np.ndarray:
    """The cells as the page reads them, (n, d)."""
    cells = np.frombuffer(base64.b64decode(payload["values"]), dtype="<f8")
    return cells.reshape(len(payload["columns"]), payload["n"]).T


def test_cells_arrive_to_the_last_bit() -> None:
    values = np.random.default_rng(0).normal(size=(50, 3)) * [1e-9, 1.0, 1e12]
    values[3, 1] = np.nan
    payload = build_payload(Table.of("t", ["a", "b", "c"], values))
    np.testing.assert_array_equal(cells_of(payload), values)
    assert (payload["n"], payload["rows_total"], payload["sampled_from"]) == (50, 50, None)
    assert (payload["columns"], payload["notes"]) == (["a", "b", "c"], [])


def test_a_large_table_is_a_sample_that_the_seed_fixes() -> None:
    values = np.arange(1_000_000.0)[:, None]
    tables = [Table.of("t", ["x"], values, seed=seed) for seed in (0, 0, 1)]
    for table in tables:
        assert (len(table.values), table.n_rows, table.sampled_from) == (MOST_ROWS, 10**6, 10**6)
        assert (np.diff(table.values[:, 0]) > 0.0).all()
        assert abs(table.values.mean() - values.mean()) < 5.0 * values.std() / MOST_ROWS**0.5
    np.testing.assert_array_equal(tables[0].values, tables[1].values)
    assert (tables[0].values != tables[2].values).any()


def test_what_is_left_out_is_told() -> None:
    values = np.random.default_rng(0).normal(size=(30, 4))
    values[:, 1], values[:, 2] = 0.1, np.nan
    values[4] = np.nan
    values[5, 0], values[6, [0, 3]] = np.inf, -np.inf
    table = Table.of("t", ["a", "one", "none", "d"], values, notes=["Before."])
    assert table.names == ("a", "d")
    assert table.values.shape == (28, 2)
    assert table.notes == (
        "Before.",
        "Left out, since all their cells are equal: one, none.",
        "2 rows without any number are left out.",
    )


def test_more_columns_than_the_kernel_takes() -> None:
    values = np.random.default_rng(0).normal(size=(30, 50))
    table = Table.of("t", [f"x{j}" for j in range(50)], values)
    assert len(table.names) == MOST_COLUMNS
    assert "first 40 of 50 columns" in table.notes[0]


@pytest.mark.parametrize("values", [np.ones((5, 2)), np.full((5, 1), np.nan), np.ones((0, 1))])
def test_nothing_varies(values: np.ndarray) -> None:
    with pytest.raises(DataError, match="no column of numbers that vary"):
        Table.of("t", ["a", "b"][: values.shape[1]], values)


# ---------------------------------------------------------------------------------------------
# Tables of Python programs

COLUMNS = {"a": [1.0, 2.0, None, 4.0], "text": ["x", "y", "z", "x"], "n": [1, 2, 3, 5]}


@pytest.mark.parametrize("make", [pd.DataFrame, pl.DataFrame, lambda c: pl.DataFrame(c).to_arrow()])
def test_tables_with_names(make: Any) -> None:
    table = mx.explore(make(COLUMNS)).table
    assert table.names == ("a", "n")
    np.testing.assert_array_equal(table.values[:, 1], COLUMNS["n"])
    np.testing.assert_array_equal(table.values[:, 0], [1.0, 2.0, np.nan, 4.0])
    assert mx.explore(make(COLUMNS), columns=["n", "a"]).table.names == ("n", "a")
    with pytest.raises(DataError, match="'text' is String, no numbers"):
        mx.explore(make(COLUMNS), columns=["text"])
    with pytest.raises(DataError, match=r"no column 'b'; there are a, text, n\."):
        mx.explore(make(COLUMNS), columns=["b"])
    with pytest.raises(DataError, match="no column of numbers"):
        mx.explore(make({"text": COLUMNS["text"]}))


def test_arrays() -> None:
    X = np.random.default_rng(0).normal(size=(9, 2))
    assert mx.explore(X).table.names == ("column 0", "column 1")
    assert mx.explore(X.tolist(), columns=["column 1"]).table.values.shape == (9, 1)
    assert mx.explore(X[:, 0]).table.values.shape == (9, 1)
    for bad, message in (
        ([["a", "b"]], "no array of numbers"),
        (np.zeros((2, 2, 2)), "no rows and columns"),
        (np.zeros((0, 2)), "no rows and columns"),
        (np.ones((9, 2)), "numbers that vary"),
    ):
        with pytest.raises(DataError, match=message):
            mx.explore(bad)
    with pytest.raises(MixturaError, match="height is 10"):
        mx.explore(X, height=10)


def test_missing_numbers_of_pandas() -> None:
    frame = pd.DataFrame({"a": pd.array([1, None, 3], dtype="Int64")})
    assert mx.explore(frame).table.values.ravel().tolist() == [1.0, 3.0]


def test_a_notebook_shows_the_page_in_a_frame_apart(tmp_path: Any) -> None:
    explorer = mx.explore(np.random.default_rng(0).normal(size=(20, 2)), title='"a" & <b>')
    shown = explorer._repr_html_()
    assert re.fullmatch(r'<iframe [^<>]*srcdoc="[^"<>]*"[^<>]*></iframe>', shown)
    assert 'sandbox="allow-scripts allow-downloads"' in shown
    explorer.save(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text("utf-8") == explorer.page
