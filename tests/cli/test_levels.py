"""Levels are the same in every file, however it writes them; texts are kept once."""

import numpy as np
import polars as pl
import pytest

import mixtura as mx
from mixtura.cli import words
from mixtura.cli.datafile import DataFile
from mixtura.cli.levels import as_codes, levels_of
from mixtura.cli.reading import read_table
from mixtura.cli.words import WordCount
from mixtura.errors import CellError
from mixtura.families.schema import Column, Kind


def column_of(cells: list[object], name: str = "t.csv", dtype: pl.DataType | None = None):
    frame = pl.DataFrame({"a": pl.Series(cells, dtype=dtype, strict=False), "b": 1.5})
    frame.write_csv(name) if name.endswith("csv") else frame.write_parquet(name)
    return read_table(DataFile.of(name)).columns[0]


# The cells of a text file, their levels, and their numbers.
CELLS = {
    "texts": (["u", " v", "u "], ("u", "v"), [0, 1, 0]),
    "texts with gaps": (["u", "NA", "v"], ("u", "v"), [0, np.nan, 1]),
    "numbers": (["10", "9", "10.0", "010", "9e0"], (9, 10), [1, 0, 1, 1, 0]),
    "fractions": (["1.5", "2", "1.50"], (1.5, 2), [0, 1, 0]),
    "numbers and texts": (["2", "x", "1", "x"], (1, 2, "x"), [1, 2, 0, 2]),
    "true and false": (["TRUE", "false", "True"], (False, True), [1, 0, 1]),
    "true, false and maybe": (["True", "maybe", "true"], ("maybe", "true"), [1, 0, 1]),
    "true and numbers": (["true", "1", "0"], (0, 1, "true"), [2, 1, 0]),
}


@pytest.mark.parametrize("case", CELLS)
def test_levels_of_text(here, case):
    cells, levels, codes = CELLS[case]
    column = column_of(cells)
    found = levels_of(column)
    assert found == levels
    assert list(map(type, found)) == list(map(type, levels))
    described = Column("a", Kind.CATEGORICAL, levels)
    np.testing.assert_array_equal(as_codes(column, described), codes)


def test_a_cell_of_no_level_is_named(here):
    column = column_of(["u", "v", "3", "w"])
    assert levels_of(column) == (3, "u", "v", "w")
    described = Column("a", Kind.CATEGORICAL, (3, "u"))
    with pytest.raises(CellError, match=r"Column a has 'v' in row 2 .and 1 more such cells.: its"):
        as_codes(column, described)


# What a model knows, and columns of files that say the same: codes 1, 0, 1.
SAME = {
    "numbers": ((1, 2), [["2", "1", "02"], [2, 1, 2], [2.0, 1.0, 2.0]]),
    "numbers in text": (("1", "2"), [["2", "1", "02"], [2, 1, 2]]),
    "truths": ((False, True), [["true", "False", "TRUE"], [True, False, True], [1, 0, 1]]),
    "truths in text": (("False", "True"), [["true", "False", "TRUE"], [True, False, True]]),
    "zero and one": ((0, 1), [["1", "0", "1"], [True, False, True], ["true", "false", "true"]]),
    "texts": (("u", "v"), [["v", "u", " v"]]),
    "texts with blanks": ((" u", "v "), [["v", "u", "v "]]),
}


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
@pytest.mark.parametrize("case", SAME)
def test_levels_compare_by_value(here, case, name):
    levels, columns = SAME[case]
    for cells in columns:
        column = column_of(cells, name)
        codes = as_codes(column, Column("a", Kind.CATEGORICAL, levels))
        np.testing.assert_array_equal(codes, [1, 0, 1])


@pytest.mark.parametrize("dtype", [pl.Categorical(), pl.Enum(["v", "u", "w"])])
def test_categories_of_polars(here, dtype):
    column = column_of(["u", None, "v"], "t.parquet", dtype)
    assert levels_of(column) == ("u", "v")


def test_a_model_of_python_knows_the_cells_of_a_file(run, here):
    table = pl.DataFrame({"a": ["1", "2", "1", "2"] * 10, "ok": [True, True, False, False] * 10})
    mx.save(mx.CategoricalMixture(2, random_state=0).fit(table), "model.json")
    table.write_csv("t.csv")
    table.with_columns(pl.col("a").cast(pl.Int8)).write_parquet("t.parquet")
    expected = mx.load("model.json").predict(table).tolist()
    for name in ("t.csv", "t.parquet"):
        written = pl.read_csv(run("predict", "model.json", name).stdout.encode())
        assert written["cluster"].to_list() == expected


def test_texts_come_bit_by_bit(here, monkeypatch):
    cells = ["1", "1", "u", "v", "NA", "u", "1", "w", "v"]
    whole = column_of(cells)
    monkeypatch.setattr("mixtura.cli.delimited._CELLS_AT_ONCE", 4)
    parts = column_of(cells)
    assert parts.words.texts == whole.words.texts == ("u", "v", "w")
    assert parts.words.codes.tolist() == whole.words.codes.tolist()
    assert whole.words.codes.tolist() == [-1, -1, 0, 1, -1, 0, -1, 2, 1]
    assert parts.odd == whole.odd == ((3, "u"), (4, "v"), (6, "u"))


@pytest.mark.parametrize("texts", [["a", "b", "c", "d"], ["a", "x" * 201]])
def test_what_are_no_categories_is_not_kept(monkeypatch, texts):
    monkeypatch.setattr(words, "MOST_WORDS", 3)
    count = WordCount()
    for i, text in enumerate([*texts, *texts]):
        count.add(i, np.array([True]), pl.Series([text]))
    assert count.words(8) is None
    assert vars(count)["_codes"] == []


def test_free_text_is_no_category(run, here):
    notes = [f"{'so long a note ' * 20}{i % 3}" for i in range(60)]
    pl.DataFrame({"a": ["u", "v", "w"] * 20, "note": notes}).write_csv("t.csv")
    result = run("fit", "t.csv", "-k", 1)
    assert "note (has more than 10,000 different texts, or very long ones)" in " ".join(
        result.stdout.split()
    )
    result = run("fit", "t.csv", "--columns", "note", "--family", "categorical")
    assert result.exit_code == 1
    assert "Column 'note' has more than 10,000 different texts" in result.stderr
