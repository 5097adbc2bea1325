"""`mixtura predict --value`: a column of each row from the others."""

import numpy as np
import polars as pl
import pytest
from numpy.testing import assert_allclose

import mixtura as mx


@pytest.fixture
def penguins(examples, here):
    return pl.read_csv(examples / "penguins.csv", null_values="NA")


@pytest.fixture
def saved(penguins, here):
    mixed = mx.MixedMixture(3, random_state=0).fit(penguins)
    mx.save(mixed, "mixed.json")
    penguins.head(20).drop("year").write_csv("some.csv")
    return mixed


def test_numbers_with_an_interval(run, saved, penguins):
    result = run("predict", "mixed.json", "some.csv", "--value", "body_mass_g", "--interval", 0.9)
    assert (result.exit_code, result.stderr) == (0, "")
    written = pl.read_csv(result.stdout.encode())
    own = ["body_mass_g", "body_mass_g_low", "body_mass_g_high"]
    assert written.columns == ["row", *own]
    table = penguins.head(20).drop("year")
    expected = np.column_stack(saved.predict_value(table, "body_mass_g", interval=0.9))
    assert_allclose(written.select(own).to_numpy(), expected, rtol=1e-5)


def test_levels_with_their_probabilities(run, saved, here):
    result = run(
        "predict", "mixed.json", "some.csv", "--value=species", "--keep=island", "-o", "s.parquet"
    )
    assert (result.exit_code, result.stderr) == (0, "")
    written = pl.read_parquet("s.parquet")
    p = ["p_Adelie", "p_Chinstrap", "p_Gentoo"]
    assert written.columns == ["row", "species", *p, "island"]
    assert set(written["species"]) == {"Adelie"}
    assert_allclose(written.select(p).to_numpy().sum(axis=1), 1.0)


def test_without_a_value_no_interval(run, saved):
    result = run("predict", "mixed.json", "some.csv", "--interval", 0.9)
    assert result.exit_code == 2
    assert "--interval is for --value" in result.stderr


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--value", "body_mass"], "Did you mean 'body_mass_g'"),
        (["--value", "species", "--interval", "0.5"], "leave --interval out"),
    ],
)
def test_what_cannot_be_predicted(run, saved, options, told):
    result = run("predict", "mixed.json", "some.csv", *options)
    assert result.exit_code == 1
    assert told in result.stderr


def test_a_table_without_any_other_column(run, saved, here):
    pl.DataFrame({"species": ["Adelie"], "height": [3.0]}).write_csv("other.csv")
    result = run("predict", "mixed.json", "other.csv", "--value", "species")
    assert result.exit_code == 1
    assert "other.csv has none of the model's other columns" in result.stderr


def test_a_level_that_the_model_does_not_know(run, saved, here):
    pl.DataFrame({"island": ["Hawaii"], "sex": ["male"]}).write_csv("far.csv")
    result = run("predict", "mixed.json", "far.csv", "--value", "species")
    assert result.exit_code == 1
    assert "Hawaii" in result.stderr


def test_several_files_are_no_whole_table(run, saved, here):
    result = run("predict", "mixed.json", "some.csv", "some.csv", "--value", "species")
    assert result.exit_code == 1
    assert "give one file" in result.stderr
