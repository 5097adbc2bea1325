"""Text, dates and times where numbers are expected: the error names columns and what to do."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import mixtura as mx

N = 60
RNG = np.random.default_rng(0)
NUMBERS = RNG.normal(size=N)
ORIGIN = ["USA", "Japan", "Europe"] * (N // 3)
YEARS = [date(1970 + int(year), 1, 1) for year in RNG.integers(0, 12, N)]


def as_array(table: pl.DataFrame) -> Any:
    return table.to_numpy()


def as_objects(table: pl.DataFrame) -> Any:
    return np.array(table.rows(), dtype=object)


def as_lists(table: pl.DataFrame) -> Any:
    return [list(row) for row in table.rows()]


FRAMES = [pl.DataFrame.clone, pl.DataFrame.to_pandas, pl.DataFrame.to_arrow]
ARRAYS = [as_array, as_objects, as_lists]


def told(X: Any, estimator: Any = None) -> str:
    with pytest.raises(mx.DataError) as caught:
        (estimator or mx.GaussianMixture(2)).fit(X)
    return str(caught.value)


@pytest.mark.parametrize(
    ("of", "without"),
    [
        (pl.DataFrame.clone, "df.drop({})"),
        (pl.DataFrame.to_pandas, "df.drop(columns={})"),
        (pl.DataFrame.to_arrow, "table.drop_columns({})"),
    ],
)
def test_columns_of_text_and_of_dates_are_named(
    of: Callable[[pl.DataFrame], Any], without: str
) -> None:
    table = of(pl.DataFrame({"mpg": NUMBERS, "Origin": ORIGIN, "Year": YEARS}))
    text = told(table)
    assert "Column Origin holds text, such as 'USA'. " in text
    assert f"Column Year holds dates or times, such as {YEARS[0]}" in text
    left_out = without.format(["Origin", "Year"])
    assert f"GaussianMixture takes numbers: leave them out, as in {left_out}." in text
    assert "MixedMixture takes text as categories." in text
    assert "Dates and times can become numbers, such as days since the first." in text


@pytest.mark.parametrize("of", FRAMES + ARRAYS)
def test_a_column_of_text(of: Callable[[pl.DataFrame], Any]) -> None:
    text = told(of(pl.DataFrame({"0": NUMBERS, "1": ORIGIN})), mx.PoissonMixture())
    assert text.startswith("Column 1 holds text, such as 'USA'. PoissonMixture takes numbers:")
    assert "leave it out" in text
    assert "Dates" not in text


@pytest.mark.parametrize(
    "cells",
    [
        YEARS,
        [datetime(2020, 1, 1) + timedelta(hours=hour) for hour in range(N)],
        [timedelta(seconds=seconds) for seconds in range(N)],
        [time(hour % 24) for hour in range(N)],
        [None, *YEARS[1:]],
    ],
    ids=["date", "datetime", "timedelta", "time", "gap"],
)
@pytest.mark.parametrize("of", [*FRAMES, as_objects, as_lists])
@pytest.mark.parametrize("estimator", [mx.GaussianMixture(), mx.MixedMixture()])
def test_dates_and_times_are_no_numbers_in_any_table(
    of: Callable[[pl.DataFrame], Any], cells: list[Any], estimator: Any
) -> None:
    text = told(of(pl.DataFrame({"0": NUMBERS, "1": cells})), estimator)
    assert text.startswith("Column 1 holds dates or times, such as ")
    assert "MixedMixture takes text" not in text


@pytest.mark.parametrize("unit", ["D", "s", "ms", "us", "ns"])
@pytest.mark.parametrize("kind", ["M8", "m8"])
@pytest.mark.parametrize("estimator", [mx.GaussianMixture(), mx.MixedMixture()])
def test_dates_and_times_are_none_in_any_unit(kind: str, unit: str, estimator: Any) -> None:
    cells = np.arange(N).astype(f"{kind}[{unit}]")
    assert "Column 0 holds dates or times" in told(cells[:, None], estimator)
    if unit != "D":
        assert "Column when holds dates or times" in told(pd.DataFrame({"when": cells}), estimator)


def test_of_many_columns_some_are_named() -> None:
    text = told(pl.DataFrame({f"c{number}": ORIGIN for number in range(8)}))
    assert text.count("holds text") == 5
    assert "So do 3 more." in text
    assert "'c7'" in text


@pytest.mark.parametrize("of", [pl.DataFrame.clone, pl.DataFrame.to_pandas, as_objects])
def test_a_slip_in_a_column_of_numbers_is_told_by_its_row(of: Callable[..., Any]) -> None:
    cells = [f"{number:.3f}" for number in NUMBERS]
    cells[7] = "?"
    text = told(of(pl.DataFrame({"0": NUMBERS, "1": cells})))
    assert text.startswith("Column 1 has '?' in row 7: a number was expected; leave the cell empty")


@pytest.mark.parametrize("of", [pl.DataFrame.clone, pl.DataFrame.to_pandas])
def test_what_is_as_good_as_numbers_is_taken(of: Callable[[pl.DataFrame], Any]) -> None:
    table = pl.DataFrame(
        {
            "decimal": [Decimal(f"{number:.3f}") for number in NUMBERS],
            "truth": [number > 0.0 for number in NUMBERS],
            "whole": [None, *range(N - 1)],
            "written": [f"{number:.3f}" for number in NUMBERS[::-1]],
        }
    )
    fit = mx.GaussianMixture().fit(of(table))
    np.testing.assert_allclose(fit.means_[0, [0, 3]], NUMBERS.mean(), atol=1e-3)
    assert fit.missing_ is not None


def test_cells_that_are_tables_are_told_with_column_and_row() -> None:
    frame = pd.DataFrame({"x": NUMBERS, "y": [[1, 2]] * N})
    with pytest.raises(TypeError, match=r"Column y has \[1, 2\] in row 0: float\(\) argument"):
        mx.GaussianMixture().fit(frame)


def test_prediction_tells_the_same() -> None:
    fit = mx.GaussianMixture().fit(pl.DataFrame({"mpg": NUMBERS}))
    with pytest.raises(mx.DataError, match="Column Origin holds text"):
        fit.predict(pl.DataFrame({"mpg": NUMBERS, "Origin": ORIGIN}))
    with pytest.raises(mx.DataError, match="Column mpg holds text"):
        fit.predict(pl.DataFrame({"mpg": ORIGIN}))


def test_columns_of_files_are_named(tmp_path: Path) -> None:
    pl.DataFrame({"mpg": NUMBERS, "Origin": ORIGIN, "Year": YEARS}).write_csv(tmp_path / "cars.csv")
    text = told(tmp_path / "cars.csv")
    assert "cars.csv: Column Origin holds text, such as 'USA'. Column Year holds dates" in text
    assert "as in mixtura.scan(X, columns=[...])." in text
    assert "Column Year holds" in told(tmp_path / "cars.csv", mx.MixedMixture())


def test_all_dates_of_a_mixed_table_are_named_and_text_is_taken() -> None:
    text = told(pl.DataFrame({"a": YEARS, "Origin": ORIGIN, "b": YEARS}), mx.MixedMixture())
    assert text.count("holds dates or times") == 2
    assert "Origin" not in text


def test_the_error_can_be_sent() -> None:
    with pytest.raises(mx.DataError) as caught:
        mx.GaussianMixture().fit([["a"], ["b"]])
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
