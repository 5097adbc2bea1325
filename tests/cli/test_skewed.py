"""Where a note asks for logarithms: columns above 0 with long tails, and no others."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_iris, load_wine

from mixtura.cli.skewed import Skewness, skewed_notes

RNG = np.random.default_rng(0)
INCOMES = np.exp(RNG.normal(10.0, 0.8, 400))


def asks(values) -> bool:
    found = Skewness.of(np.asarray(values, dtype=np.float64))
    return found is not None and found.asks_for_logarithms


@pytest.mark.parametrize("unit", [1e-200, 1.0, 1e200])
def test_incomes_ask_for_logarithms_in_any_unit(unit):
    assert asks(INCOMES * unit)


@pytest.mark.parametrize(
    "values",
    [
        RNG.normal(70.0, 15.0, 400),  # weights
        np.concatenate([RNG.normal(10.0, 1.0, 360), RNG.normal(100.0, 1.0, 40)]),  # two clusters
        np.append(RNG.normal(50.0, 5.0, 400), 5000.0),  # a slip of the finger
        np.exp(RNG.normal(10.0, 0.2, 400)),  # so narrow that it makes no difference
        INCOMES - 1e4,  # some are negative
        INCOMES[:20],
        np.concatenate([np.zeros(500), INCOMES]),  # mostly nothing
        np.full(100, 3.0),
        np.zeros(100),
        np.array([]),
    ],
)
def test_other_numbers_do_not(values):
    assert not asks(values)


def test_published_tables():
    assert not any(map(asks, load_iris().data.T))
    assert not any(map(asks, load_wine().data.T))
    cancer = load_breast_cancer()
    found = {name for name, x in zip(cancer.feature_names, cancer.data.T, strict=True) if asks(x)}
    assert "area error" in found
    assert not found & {"mean radius", "mean texture", "mean smoothness"}


def test_the_remedy_names_the_columns():
    (note,) = skewed_notes(
        {"net, income": INCOMES, "rent": INCOMES, "age": INCOMES[::-1] * 0 + 1}, [], "log_normal"
    )
    assert note.startswith(
        "Above 0 and very skewed in 2 columns (skewness; that of the logarithm): net, income ("
    )
    words = shlex.split(note)
    assert words[words.index("--family") + 1] == '"net, income=log_normal",rent=log_normal'


def test_many_columns_are_told_in_brief():
    (note,) = skewed_notes({f"x{i}": INCOMES for i in range(100)}, ["y"], "log_normal")
    assert "in 100 columns" in note
    assert "and 92 more. Columns of their logarithms may" in note
    assert len(note) < 400


def test_zeros_have_no_logarithm():
    (note,) = skewed_notes({"gift": np.append(INCOMES, [0.0] * 12)}, [], "log_normal")
    assert "gift (12; " in note
    assert "--family" not in note


@pytest.fixture
def incomes(here) -> Path:
    path = here / "t.csv"
    rows = zip(INCOMES.tolist(), RNG.normal(40.0, 9.0, 400).tolist(), strict=True)
    path.write_text("income,age\n" + "".join(f"{x},{y}\n" for x, y in rows))
    return path


def notes(result) -> list[str]:
    assert result.exit_code == 0, result.stderr
    return [note for note in json.loads(result.stdout)["notes"] if "very skewed" in note]


def test_a_fit_says_it_until_it_is_done(fit, incomes):
    (note,) = notes(fit(incomes, "--json"))
    words = shlex.split(note)
    option = words[words.index("--family") + 1]
    assert option == "income=log_normal"
    assert notes(fit(incomes, "--family", option, "--json")) == []
    assert len(notes(fit(incomes, "--family", "age=gaussian", "--json"))) == 1
    for family in ("log_normal", "gamma", "student_t"):
        assert notes(fit(incomes, "--columns", "income", "--family", family, "--json")) == []
    (whole,) = notes(fit(incomes, "--columns", "income", "--json"))
    assert "--family log_normal, or columns" in whole


def test_a_large_table_says_it_from_its_sample(run, here):
    (here / "parts").mkdir()
    for part in range(2):
        own = "".join(f"{x}\n" for x in INCOMES[part::2].tolist())
        Path(f"parts/{part}.csv").write_text(f"income\n{own}")
    result = run("fit", "parts", "-k", 1, "--starts", 1, "--sample", 100, "--json")
    assert len(notes(result)) == 1
