"""What columns are there for: each rule where it holds and where it must not."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura.cli.columns import says_dates
from mixtura.cli.copies import copies
from mixtura.cli.datafile import DataFile
from mixtura.cli.reading import read_table
from mixtura.cli.roles import Roles
from mixtura.cli.table import Table
from mixtura.cli.telling_names import is_code, is_id, is_row_number, is_time, most_classes
from mixtura.cli.wanted import Wanted

N = 120
RNG = np.random.default_rng(0)
MEASURED = RNG.normal(170.0, 8.0, N).round(1)


@pytest.fixture
def table(here):
    """A table of columns by their names."""
    from pathlib import Path

    from mixtura.cli.datafile import DataFile
    from mixtura.cli.reading import read_table

    def table(**columns: object) -> Table:
        frame = pl.DataFrame({name: [str(x) for x in cells] for name, cells in columns.items()})
        frame.write_csv("t.csv")
        return read_table(DataFile(Path("t.csv")))

    return table


def doubts(table: Table) -> dict[str, str]:
    return {name: role.doubt for name, role in Roles.of(table.columns).known.items() if role.doubt}


# ---------------------------------------------------------------------------------------------
# Numbers and names of rows

COUNTING = np.arange(N)
SHUFFLED = RNG.permutation(N)
LARGE = RNG.choice(10**9, N, replace=False)  # chance alone would have them all different

IDS = {
    "from 0": ("x", COUNTING),
    "from 1": ("x", COUNTING + 1),
    "by tens": ("x", 10 * COUNTING + 50),
    "downwards": ("x", 1000 - COUNTING),
    "years of a series": ("year", 1700 + COUNTING),
    "times of a series": ("time", (1949 + COUNTING / 12).round(4)),
    "in another order": ("x", SHUFFLED),
    "with gaps": ("x", np.delete(np.arange(N + 30), slice(40, 70))),
    "large numbers called so": ("PatientID", LARGE),
    "those of several rows": ("subject", COUNTING // 3 + 300),
    "within groups": ("index", COUNTING % 30 + 1),
    "years within groups": ("year", 1935 + COUNTING % 20),
    "groups": ("chick", 1 + COUNTING // 4),
    "years of four quarters": ("year", 1959 + (COUNTING + 2) // 4),
    "postcodes": ("zip_code", LARGE[COUNTING // 2] // 10_000),
    "texts called so": ("id", [f"P{i // 2}" for i in range(N)]),
}

MEASUREMENTS = {
    "sorted, with fractions": ("x", np.sort(MEASURED)),
    "sorted whole numbers": ("speed", np.sort(RNG.integers(1, 25, N))),
    "large numbers of people": ("population", LARGE),
    "sorted large numbers": ("population", np.sort(LARGE)),
    "an index of prices": ("index", np.sort(LARGE)[::-1]),
    "years with others of their kind": ("year", 1960 + RNG.integers(0, 60, N)),
    "a grid with fractions": ("x", np.linspace(0.0, 7.0, N).round(6)),
    "the number of things": ("number", np.sort(LARGE)[::-1]),
    "ages": ("age", RNG.integers(18, 90, N)),
}


@pytest.mark.parametrize("case", IDS)
def test_ids(table, case):
    name, values = IDS[case]
    assert name in doubts(table(**{name: values, "a": MEASURED}))


@pytest.mark.parametrize("case", MEASUREMENTS)
def test_no_ids(table, case):
    name, values = MEASUREMENTS[case]
    assert doubts(table(**{name: values, "a": MEASURED})) == {}


@pytest.mark.parametrize("n", [3, 5, 9])
def test_few_rows_are_no_series_unless_they_are_called_so(table, n):
    counting = np.arange(n)
    a = MEASURED[:n]
    assert doubts(table(x=counting, y=1 + counting, a=a)) == {}
    assert doubts(table(id=counting, a=a)) == {"id": "only numbers the rows"}
    assert doubts(table(x=1 + SHUFFLED[:n], a=a)) == {}


def test_steps_by_themselves_need_twenty_rows(table):
    heights = 58 + np.arange(19)
    assert doubts(table(height=heights, a=MEASURED[:19])) == {}
    assert doubts(table(year=heights, a=MEASURED[:19])) != {}
    assert doubts(table(height=58 + np.arange(20), a=MEASURED[:20])) != {}


def test_a_column_without_a_name_names_rows(table, here):
    from pathlib import Path

    from mixtura.cli.datafile import DataFile
    from mixtura.cli.reading import read_table

    rows = "".join(f"{number},{x}\n" for number, x in zip(LARGE, MEASURED, strict=True))
    (here / "r.csv").write_text(f",a\n{rows}")
    assert doubts(read_table(DataFile(Path("r.csv")))) == {"column_1": "is an id by its name"}
    (here / "r.csv").write_text(f",\n{rows}")
    assert doubts(read_table(DataFile(Path("r.csv")))) == {}


def test_ranks_in_several_columns_are_measurements(table):
    ranks = {name: 1 + RNG.permutation(N) for name in ("wealth", "crime", "literacy")}
    assert doubts(table(**ranks)) == {}
    assert set(doubts(table(wealth=ranks["wealth"], a=MEASURED))) == {"wealth"}


@pytest.mark.parametrize("infinite", ["inf", "-inf"])
def test_infinite_numbers_are_no_ids(table, infinite):
    assert doubts(table(x=[infinite, *range(1, N)], a=MEASURED)) == {}


@given(st.lists(st.floats(0.0, 1.0), min_size=30, max_size=60), st.integers(0, 10**6))
def test_measurements_with_fractions_are_never_ids(values, seed):
    from mixtura.cli.columns import Column

    x = np.array(values) + 0.25
    columns = [Column("x", x, "numbers", len(x))]
    steps = np.diff(x)
    if not (steps == steps[0]).all():
        assert Roles.of(columns).known == {}


# ---------------------------------------------------------------------------------------------
# Copies

CELSIUS = RNG.normal(15.0, 8.0, N).round(1)


def test_copies_are_told_and_the_first_is_kept(table):
    made = table(a=MEASURED, b=MEASURED, c=CELSIUS, f=(1.8 * CELSIUS + 32.0).round(1), m=-MEASURED)
    assert doubts(made) == {
        "b": "is a copy of a",
        "f": "is c times 1.8 plus 32, in another unit",
        "m": "is 0 minus a",
    }


def test_a_copy_of_an_excluded_column_is_used(table):
    made = table(a=MEASURED, b=MEASURED)
    assert doubts(made) == {"b": "is a copy of a"}
    assert Wanted.of(made, exclude=["a"]).roles.known == {}


def test_texts_and_answers_have_copies_too(table):
    kind = np.array(["x", "y", "z"])[RNG.integers(0, 3, N)]
    yes = RNG.integers(0, 2, N)
    made = table(kind=kind, sort=kind, yes=yes, no=1 - yes)
    assert doubts(made) == {"sort": "is a copy of kind", "no": "tells the same rows apart as yes"}


@pytest.mark.parametrize(
    ("other", "why"),
    [
        (MEASURED + RNG.normal(0.0, 0.3, N).round(1), "more than rounding apart"),
        (np.where(COUNTING == 60, 0.0, MEASURED), "one cell differs"),
        (np.round(MEASURED**2, 1), "no straight line"),
        (np.exp(MEASURED / 100.0), "no straight line, full digits"),
    ],
)
def test_what_is_no_copy(table, other, why):
    assert doubts(table(a=MEASURED, b=other)) == {}, why


def test_few_rows_and_rare_answers_are_alike_by_chance(table):
    few = MEASURED[:9]
    assert doubts(table(a=few, b=few)) == {}
    rare = (COUNTING < 4).astype(int)
    assert doubts(table(a=rare, b=rare, c=MEASURED)) == {}
    often = (COUNTING < 5).astype(int)
    assert "b" in doubts(table(a=often, b=often, c=MEASURED))


def test_answers_that_differ_by_one_are_no_copies_of_each_other(table):
    a = RNG.integers(1, 6, N)
    b = np.clip(a + RNG.integers(-1, 2, N), 1, 5)
    assert doubts(table(a=a, b=b)) == {}


def test_missing_cells_are_missing_in_copies(table):
    gaps = [None if i % 7 == 0 else x for i, x in enumerate(MEASURED)]
    cells = ["" if x is None else x for x in gaps]
    double = ["" if x is None else 2.0 * x for x in gaps]
    other = ["" if i % 7 == 1 else x for i, x in enumerate(MEASURED)]
    assert doubts(table(a=cells, b=double, c=other)) == {"b": "is a times 2, in another unit"}


@given(
    st.floats(-1e6, 1e6).filter(lambda slope: abs(slope) > 1e-6),
    st.floats(-1e3, 1e3),
)
def test_any_unit_is_seen(slope, shift):
    from mixtura.cli.columns import Column

    x = RNG.normal(size=N)
    columns = [Column("a", x, "numbers", N), Column("b", slope * (x + shift), "numbers", N)]
    assert set(copies(columns)) == {"b"}


def test_wide_tables_are_looked_at_for_equal_columns_alone():
    from mixtura.cli.columns import Column

    X = RNG.normal(size=(12, 2_003))
    X[:, 7] = X[:, 3]
    X[:, 8] = 2.0 * X[:, 4]
    columns = [Column(f"x{a}", x, "numbers", 12) for a, x in enumerate(X.T)]
    assert copies(columns) == {"x7": "is a copy of x3"}


# ---------------------------------------------------------------------------------------------
# Classes, and answers to questions

CLASSES = RNG.integers(1, 4, N)


@pytest.mark.parametrize("name", ["class", "Class", "target", "true_label", "species", "age_group"])
def test_classes_are_left_out(table, name):
    roles = Roles.of(table(**{name: CLASSES, "a": MEASURED}).columns)
    assert roles.known[name].doubt == "names 3 classes, by its name"
    [note] = roles.notes(["a"])
    assert f"--known {name}" in note


@pytest.mark.parametrize("name", ["target", "label"])
def test_a_target_with_many_values_is_a_measurement(table, name):
    values = RNG.permutation(np.repeat(np.arange(40), 3))
    assert doubts(table(**{name: values, "a": MEASURED})) == {}


def test_classes_are_categories_unless_they_can_be_nothing_but_the_answer(run, table):
    kind = np.array(["x", "y", "z"])[RNG.integers(0, 3, N)]
    table(kind=kind, Class=CLASSES, target=CLASSES[::-1])
    args = ("fit", "t.csv", "-k", 1, "--starts", 1, "--json", "--family", "categorical")
    data = json.loads(run(*args).stdout)["data"]
    assert data["columns"] == ["kind", "Class"]


def items(*answers: int) -> np.ndarray:
    return RNG.choice(answers, N)


def test_answers_to_questions_are_measurements(table):
    made = table(
        A1=items(1, 2, 3, 4, 5, 6),
        A2=items(1, 2, 3, 4, 5, 6),
        A3=items(2, 3, 4, 5, 6),  # nobody said 1
        trust=items(1, 2, 3, 4, 5, 6),
        education=items(1, 2, 3, 4, 5),
        race=items(1, 2, 3, 4, 5, 6),
        sex=items(1, 2),
    )
    roles = Roles.of(made.columns)
    assert [name for name, role in roles.known.items() if role.item] == ["A1", "A2", "A3", "trust"]
    assert doubts(made) == {
        "race": "names 6 classes, by its name",
        "sex": "names 2 classes, by its name",
    }
    [note] = roles.notes([column.name for column in made.columns])
    assert "A1, A2, A3, trust: taken as measurements. --family categorical" in note


def test_fewer_columns_or_answers_are_codes(table):
    two = table(a=items(1, 2, 3, 4, 5), b=items(1, 2, 3, 4, 5), c=items(1, 2, 3, 4), d=MEASURED)
    assert Roles.of(two.columns).known == {}
    three = table(a=items(1, 2, 3), b=items(1, 2, 3), c=items(1, 2, 3), d=MEASURED)
    assert Roles.of(three.columns).known == {}


def test_a_questionnaire_is_used_as_a_whole(run, table):
    answers = {f"Q{i}": items(1, 2, 3, 4, 5) for i in range(4)}
    table(rownames=500 + 2 * COUNTING + (COUNTING > 9), gender=items(1, 2), **answers)
    document = json.loads(run("fit", "t.csv", "-k", 1, "--starts", 1, "--json").stdout)
    assert document["model"]["family"] == "gaussian"
    assert document["data"]["columns"] == list(answers)
    assert set(document["data"]["columns_left_out"]) == {"rownames", "gender"}
    told = " ".join(document["notes"])
    assert "--family categorical would use gender" in told
    assert "poisson" not in told


# ---------------------------------------------------------------------------------------------
# Names


def test_names_in_any_spelling():
    for name in ("id", "ID", "Id", "user_id", "user.id", "userId", "USERID", "id 2", "idno"):
        assert is_id(name), name
    for name in ("idea", "grid", "fluid", "mid", "void", "", "kid size"):
        assert not is_id(name), name
    assert is_code("Zip Code")
    assert is_row_number("Unnamed: 0")
    assert is_time("Start.Time")
    assert most_classes("number of groups") == most_classes("class size") == 0.0


# ---------------------------------------------------------------------------------------------
# Where nothing else is left


def test_a_table_of_ids_and_codes_alone_is_fitted_by_its_codes(run, table):
    table(id=COUNTING, code1=items(1, 2, 3, 4), same=np.ones(N, dtype=int))
    args = ("fit", "t.csv", "--family", "gaussian", "-k", 1, "--starts", 1, "--json")
    document = json.loads(run(*args).stdout)
    assert document["data"]["columns"] == ["code1"]
    assert set(document["data"]["columns_left_out"]) == {"id", "same"}


def test_row_numbers_are_fitted_where_there_is_nothing_else(run, table):
    table(id=COUNTING, kind=["u"] * N)
    args = ("fit", "t.csv", "--family", "gaussian", "-k", 1, "--starts", 1, "--json")
    document = json.loads(run(*args).stdout)
    assert document["data"]["columns"] == ["id"]
    assert "Column 'id' only numbers the rows, but is used all the same." in document["notes"]


@pytest.mark.parametrize(
    ("cells", "dates"),
    [
        (["2024-05-17", "2024-05-18"], True),
        (["2013-01-01T10:00:00Z", "2013-01-01 11:00"], True),
        (["17.5.2024", "5/17/24"], True),
        (["2024-05-17", "later"], False),
        (["10.0.0.1", "1.2.3"], False),
        (["a", "b"], False),
    ],
)
def test_dates_are_told_from_other_texts(tmp_path, cells, dates):
    path = tmp_path / "t.csv"
    path.write_text("x,when\n" + "".join(f"{i},{cell}\n" for i, cell in enumerate(cells)))
    column = read_table(DataFile(path)).columns[1]
    assert says_dates(column) is dates
