"""Numbers written as amounts: which are read, which are only told of, and that none is misread."""

import gzip
import itertools
import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from mixtura.cli.amounts import Amounts
from mixtura.cli.cells import is_number, read_cells

READ = {
    "dollars": (["$12", "$1,234.50", "NA", "950"], [12, 1234.5, math.nan, 950]),
    "a minus before and after the sign": (["-$12", "$-3.5"], [-12, -3.5]),
    "a minus of typesetting": (["\u22125", "3"], [-5, 3]),
    "euros behind": (["3.000,50 €", "7,25 €"], [3000.5, 7.25]),
    "euros before": (["€ 3.000,50", "€ 1.200,00"], [3000.5, 1200]),
    "a currency's letters": (["CHF 1'234.50", "CHF 950"], [1234.5, 950]),
    "percent": (["12%", "7.5 %"], [12, 7.5]),
    "percent with commas": (["12,5%", "7%"], [12.5, 7]),
    "thousands and decimals": (["1,234.5", "12,000", "3"], [1234.5, 12000, 3]),
    "millions": (["1,234,567", "12,000"], [1234567, 12000]),
    "spaces": ([" 1 234 ", "999", "12\u00a0345\u202f678"], [1234, 999, 12345678]),
}

# What is unclear, and what reads it, if anything does.
UNCLEAR = {
    "one comma": (["1,234", "5,678"], ".,"),
    "one comma with a sign": (["$1,234", "$950"], ".,"),
    "one point with a sign": (["€ 1.234", "€ 950"], ".,"),
    "decimal commas": (["1,5", "2,25"], ","),
    "answers or decimals": (["1,3", "2,5"], ","),
    "thousand or a bit more than one": (["1.234,50", "1.234"], ","),
    "telephones": (["612 345 678", "912 333 444"], ".,"),
    "lists of codes": (["101,202,303", "404,505"], "."),
    "two currencies": (["$12", "€5"], ""),
    "shares and percent": (["12%", "0.12"], ""),
    "a word": (["$12"] * 9 + ["call us"], ""),
}


@pytest.mark.parametrize("name", READ)
def test_plain_amounts_are_read(name):
    texts, numbers = READ[name]
    amounts = Amounts.of(pl.Series(texts))
    np.testing.assert_array_equal(amounts.values, numbers)
    assert amounts.text.startswith("numbers with ")


@pytest.mark.parametrize("name", UNCLEAR)
def test_unclear_amounts_are_told_of(name):
    texts, marks = UNCLEAR[name]
    amounts = Amounts.of(pl.Series(texts))
    assert amounts.values is None
    assert amounts.text
    for mark in ".,":
        assert (Amounts.of(pl.Series(texts), mark).values is not None) == (mark in marks)
        assert f"--decimal {mark}" not in amounts.hint or mark in marks


@pytest.mark.parametrize(
    "texts",
    [["male", "1st"], ["2020-01-05"], ["12:30"], ["10.0.0.1"], ["1,3", "2,5,7"], ["1,2", "1.2"]],
)
def test_other_texts_are_no_amounts(texts):
    assert Amounts.of(pl.Series(texts)).text == ""


def test_a_decimal_mark_settles_the_rest():
    texts = pl.Series(["1,234", "5,678"])
    assert Amounts.of(texts, ".").values.tolist() == [1234.0, 5678.0]
    assert Amounts.of(texts, ",").values.tolist() == [1.234, 5.678]


NUMBERS = {"1": 1.0, "950": 950.0, "1.5": 1.5, "0.123": 0.123, "1.234": 1.234}
NUMBERS |= {"1,234": 1234.0, "1,234.5": 1234.5, "1,234,567": 1234567.0, "234,567,890": 234567890.0}


@pytest.mark.parametrize("form", ["{}", "${}", "{} €", "{}%", "-{}"])
@pytest.mark.parametrize("german", [False, True])
def test_no_part_of_a_table_is_misread(form, german):
    """Who writes numbers in one way has them read in that way, wherever a table is cut."""
    swap = str.maketrans(",.", ".,") if german else {}
    cells = {form.format(text.translate(swap)): number for text, number in NUMBERS.items()}
    sign = -1.0 if form == "-{}" else 1.0
    n_read = 0
    for part in itertools.chain.from_iterable(itertools.combinations(cells, n) for n in (1, 2, 3)):
        values = Amounts.of(pl.Series(part)).values
        if values is not None and read_cells(pl.Series(part)).odd.any():
            n_read += 1
            assert values.tolist() == [sign * cells[cell] for cell in part]
    assert (n_read > 0) == (not german or form in ("${}", "{} €", "{}%"))


@pytest.mark.parametrize(
    "beside", ["$1", "1,234.5", "1.234,5", "1,5", "1.234.567", "7%", "€ 1.234,5"]
)
def test_a_plain_number_keeps_its_value(beside):
    values = Amounts.of(pl.Series(["1.234", beside])).values
    assert values is None or values[0] == 1.234


def test_numbers_with_decimal_commas():
    cells = read_cells(pl.Series(["1,5", " 2 ", ",5", "3,", "1e3", "NA", "1.5", "1,2,3", "x"]), ",")
    np.testing.assert_array_equal(cells.values[:6], [1.5, 2.0, 0.5, 3.0, 1000.0, math.nan])
    assert cells.odd.tolist() == [False] * 6 + [True] * 3
    assert is_number("1,5", ",")
    assert not is_number("1.5", ",")


def german(x: float) -> str:
    return f"{x:,.2f}".translate(str.maketrans(",.", ".,"))


@pytest.fixture
def prices(here) -> dict[str, np.ndarray]:
    """p.csv has plain numbers; others have the same as amounts, whole or not."""
    rng = np.random.default_rng(0)
    age = np.concatenate([rng.normal(30, 3, 40), rng.normal(60, 3, 40)]).round(1)
    price = np.concatenate([rng.normal(800, 50, 40), rng.normal(5000, 300, 40)]).round(2)
    writers = {
        "p.csv": (lambda a, p: f"{a},{p}", "age,price"),
        "us.csv": (lambda a, p: f'{a},"${p:,.2f}"', "age,price"),
        "de.csv": (lambda a, p: f"{german(a)};{german(p)}", "age;price"),
    }
    for name, (write, header) in writers.items():
        rows = [write(a, p) for a, p in zip(age.tolist(), price.tolist(), strict=True)]
        Path(name).write_text("\n".join([header, *rows, ""]))
    return {"age": age, "price": price}


def model_of(result):
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)["model"]


def test_a_fit_of_amounts_is_that_of_numbers(fit, prices):
    plain = model_of(fit("p.csv", "--json"))
    us = fit("us.csv", "--json")
    assert model_of(us) == plain
    told = "Read as numbers with currency signs ($) and commas between thousands: price."
    assert told in json.loads(us.stdout)["notes"]
    assert model_of(fit("de.csv", "--decimal", ",", "--json")) == plain


def test_decimal_commas_are_offered(fit, prices):
    result = fit("de.csv")
    assert result.exit_code == 1
    assert "--decimal , reads them" in result.stderr


@pytest.mark.parametrize("pick", [slice(None), slice(0, 30), slice(40, 43)])
def test_predict_reads_the_same_numbers(run, fit, prices, pick):
    """A table of plain numbers, one of amounts, and one of some of them."""
    assert fit("us.csv", "--out", "m").exit_code == 0
    for name in ("p.csv", "us.csv"):
        header, *rows = Path(name).read_text().splitlines()
        Path(name).write_text("\n".join([header, *rows[pick], ""]))
    mixed = [
        Path("p.csv").read_text().splitlines()[0],
        *Path("p.csv").read_text().splitlines()[1:2],
    ]
    mixed += Path("us.csv").read_text().splitlines()[2:]
    Path("both.csv").write_text("\n".join([*mixed, ""]))
    told = [run("predict", "m/model.json", name) for name in ("p.csv", "us.csv", "both.csv")]
    assert [result.exit_code for result in told] == [0, 0, 0]
    assert told[0].stdout == told[1].stdout == told[2].stdout


def test_predict_asks_where_cells_are_unclear(run, fit, prices):
    assert fit("us.csv", "--out", "m").exit_code == 0
    Path("t.csv").write_text('age,price\n30,"$1,234"\n')
    result = run("predict", "m/model.json", "t.csv")
    assert result.exit_code == 1
    assert "--decimal . takes 1,234 for thousands, --decimal , for decimals" in result.stderr
    assert run("predict", "m/model.json", "t.csv", "--decimal", ".").exit_code == 0


@pytest.mark.parametrize("command", ["report", "test"])
def test_other_commands_read_decimal_commas(run, fit, prices, command):
    assert fit("p.csv", "--out", "m").exit_code == 0
    args = ["m/model.json"] if command == "report" else []
    more = [] if command == "report" else ["-k", 1, "--replicates", 19]
    assert run(command, *args, "de.csv", *more, "--decimal", ",").exit_code == 0
    assert run(command, *args, "de.csv", *more).exit_code == 1


def test_packed_files_and_parquet_have_amounts(fit, prices):
    plain = model_of(fit("p.csv", "--json"))
    Path("us.csv.gz").write_bytes(gzip.compress(Path("us.csv").read_bytes()))
    pl.read_csv("us.csv").write_parquet("us.parquet")
    assert model_of(fit("us.csv.gz", "--json")) == plain
    assert model_of(fit("us.parquet", "--json")) == plain


def test_amounts_stay_levels_where_they_are_categories(run, here):
    """A part of the table may be all amounts: its levels are those of the whole table."""
    Path("t.csv").write_text("fee,kind\n" + "$5,a\nnone given,b\n$10,a\n" * 20)
    assert run("fit", "t.csv", "--family", "categorical", "-k", "1-2").exit_code == 0
    Path("part.csv").write_text("fee,kind\n$5,a\n$10,b\n")
    assert run("predict", "t-mixtura/model.json", "part.csv").exit_code == 0


def test_amounts_can_be_categories_all_the_same(run, here):
    Path("t.csv").write_text("fee,kind\n" + "$5,a\n$20,b\n$10,a\n" * 20)
    result = run("fit", "t.csv", "--family", "categorical", "-k", "1-2", "--json")
    assert any("'fee' looks like numbers" in note for note in json.loads(result.stdout)["notes"])
    assert run("predict", "t-mixtura/model.json", "t.csv").exit_code == 0


def test_amounts_in_several_files_are_left_as_text(run, prices):
    Path("parts").mkdir()
    for part in range(2):
        Path(f"parts/{part}.csv").write_text(Path("us.csv").read_text())
    result = run("fit", "parts", "-k", 1, "--starts", 1, "--json")
    (reason,) = json.loads(result.stdout)["data"]["columns_left_out"].values()
    assert reason.startswith("is text that looks like numbers with currency signs ($)")
    assert reason.endswith("they are read in single tables that fit into memory alone")
    result = run("fit", "parts", "--decimal", ",")
    assert result.exit_code == 2
    assert "--decimal is for a single text file" in result.stderr
