"""`MixedMixture`: what is inferred of a table, what can be chosen, and what comes of it."""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

import mixtura as mx
from mixtura.errors import CellError, DataError, DataWarning, MixturaError

KIND = np.repeat([0, 1, 2], [60, 50, 40])


def table(seed: int = 0) -> pd.DataFrame:
    """150 rows of three kinds."""
    rng, z = np.random.default_rng(seed), KIND
    return pd.DataFrame(
        {
            "height": rng.normal(4.0 * z),
            "color": np.array(["blue", "green", "red"])[
                np.where(rng.random(150) < 0.8, z, rng.integers(0, 3, 150))
            ],
            "visits": rng.poisson(1.0 + 4.0 * z),
            "width": rng.normal(2.0 * z),
            "ripe": rng.random(150) < 0.1 + 0.4 * z,
            "stage": rng.integers(1, 4, 150),
        }
    )


BLOCKS = {
    "gaussian": ("height", "width"),
    "categorical": ("color", "stage"),
    "negative_binomial": ("visits",),
    "bernoulli": ("ripe",),
}


@pytest.fixture(scope="module")
def fitted() -> mx.MixedMixture:
    return mx.MixedMixture(3, random_state=0).fit(table())


def test_blocks_are_inferred_and_told(fitted: mx.MixedMixture) -> None:
    assert fitted.blocks_ == BLOCKS
    assert fitted.inferred_["ripe"] == "bernoulli: true or false"
    assert fitted.inferred_["color"] == "categorical: text, 3 different"
    assert fitted.inferred_["stage"] == "categorical: 3 different whole numbers"
    assert fitted.inferred_["height"] == "gaussian: numbers"
    assert fitted.inferred_["visits"] == (
        "negative_binomial: counts that vary more than those of one kind do"
    )


def test_groups_are_found(fitted: mx.MixedMixture) -> None:
    clusters = fitted.predict(table())
    shares = [np.bincount(clusters[z == KIND], minlength=3).max() for z in range(3)]
    assert sum(shares) > 135
    assert len(set(clusters)) == 3


@pytest.mark.parametrize(
    "make", [lambda t: t, pl.from_pandas, pa.Table.from_pandas], ids=["pandas", "polars", "arrow"]
)
def test_frames_of_all_kinds_are_one_table(make: Any, fitted: mx.MixedMixture) -> None:
    same = mx.MixedMixture(3, random_state=0).fit(make(table()))
    assert same.blocks_ == BLOCKS
    np.testing.assert_allclose(same.predict_proba(make(table())), fitted.predict_proba(table()))
    assert same.schema_ == fitted.schema_


def test_categories_in_pandas_and_numbers_of_other_types(fitted: mx.MixedMixture) -> None:
    other = table()
    other["color"] = other["color"].astype("category")
    other["visits"] = other["visits"].astype("Int64")
    other["height"] = other["height"].astype("Float64")
    np.testing.assert_allclose(fitted.predict_proba(other), fitted.predict_proba(table()))


def test_an_array_of_objects_is_a_table() -> None:
    rows = table().to_numpy()
    assert rows.dtype == object
    mixed = mx.MixedMixture(3, random_state=0).fit(rows)
    assert list(mixed.blocks_.values()) == [("0", "3"), ("1", "5"), ("2",), ("4",)]


def test_columns_may_be_called_by_numbers() -> None:
    named = table().set_axis(range(6), axis="columns")
    mixed = mx.MixedMixture(3, random_state=0).fit(named)
    assert list(mixed.blocks_.values()) == [("0", "3"), ("1", "5"), ("2",), ("4",)]


def test_an_array_of_numbers_is_a_table() -> None:
    numbers = table()[["height", "visits"]].to_numpy()
    assert mx.MixedMixture(2, random_state=0).fit(numbers).blocks_ == {
        "gaussian": ("0",),
        "negative_binomial": ("1",),
    }


def test_families_can_be_chosen() -> None:
    chosen = mx.MixedMixture(
        2,
        random_state=0,
        families={"visits": "gaussian", "stage": "poisson", "ripe": "categorical"},
    ).fit(table())
    assert chosen.blocks_["gaussian"] == ("height", "visits", "width")
    assert chosen.blocks_["poisson"] == ("stage",)
    assert chosen.inferred_["visits"] == "gaussian: as chosen"
    assert [column.levels for column in chosen.schema_ if column.name == "ripe"] == [(False, True)]


def test_all_columns_of_one_family_are_that_family() -> None:
    numbers = table()[["height", "width"]]
    plain = mx.GaussianMixture(3, random_state=0).fit(numbers)
    mixed = mx.MixedMixture(3, random_state=0).fit(numbers)
    assert mixed.log_likelihood_ == pytest.approx(plain.log_likelihood_, rel=1e-9)
    assert mixed.n_parameters_ == plain.n_parameters_


def test_a_row_of_weight_two_is_the_row_twice() -> None:
    rows = table()
    times = np.arange(150) % 3
    start = np.random.default_rng(0).dirichlet(np.ones(2), 150)
    weighted = mx.MixedMixture(2, init_params=start).fit(rows, sample_weight=times)
    repeated = mx.MixedMixture(2, init_params=np.repeat(start, times, axis=0)).fit(
        rows.loc[rows.index.repeat(times)]
    )
    assert weighted.log_likelihood_ == pytest.approx(repeated.log_likelihood_, rel=1e-9)


def test_models_are_saved_and_sampled(fitted: mx.MixedMixture, tmp_path: Path) -> None:
    mx.save(fitted, tmp_path / "model.json")
    again = mx.load(tmp_path / "model.json")
    assert isinstance(again, mx.MixedMixture)
    assert again.blocks_ == BLOCKS
    assert (again.predict_proba(table()) == fitted.predict_proba(table())).all()
    rows, _ = again.sample(50)
    frame = pd.DataFrame(rows, columns=list(table().columns)).infer_objects()
    assert set(frame["color"]) <= {"blue", "green", "red"}
    assert set(frame["ripe"]) <= {False, True}
    assert fitted.predict_proba(frame).shape == (50, 3)


def test_searches_go_over_k_and_the_structure_of_the_measurements() -> None:
    search = mx.MixtureSearch(mx.MixedMixture(), random_state=0).fit(table())
    assert search.best_params_["n_components"] == 3
    assert set(search.results_["covariance_type"]) > {"EII", "VVV"}
    assert search.best_estimator_.blocks_ == BLOCKS


def test_a_search_without_measurements_has_no_structures() -> None:
    search = mx.MixtureSearch(mx.MixedMixture(), random_state=0).fit(table()[["color", "ripe"]])
    assert list(search.best_params_) == ["n_components"]


def test_known_labels_stay(fitted: mx.MixedMixture) -> None:
    labels = np.where(np.arange(150) % 5 == 0, KIND, -1)
    known = mx.MixedMixture(3, random_state=0).fit(table(), labels=labels)
    assert (known.predict(table()) == KIND).mean() > 0.9


# ---------------------------------------------------------------------------------------------
# What is refused


def refused(change: Any, **parameters: Any) -> str:
    rows = table()
    change(rows)
    with pytest.raises(MixturaError) as told:
        mx.MixedMixture(2, random_state=0, **parameters).fit(rows)
    return str(told.value)


def unchanged(rows: pd.DataFrame) -> None:
    pass


def test_cells_that_cannot_be() -> None:
    def infinite(rows: pd.DataFrame) -> None:
        rows.loc[7, "height"] = np.inf

    def gap(rows: pd.DataFrame) -> None:
        rows["color"] = None

    def days(rows: pd.DataFrame) -> None:
        rows["day"] = [datetime.datetime(2020, 1, 1)] * 150

    assert "Column height is inf in row 7" in refused(infinite)

    def nested(rows: pd.DataFrame) -> None:
        rows["pair"] = [np.ones(2)] * 150

    assert "All cells of column color are missing: leave it out" in refused(gap)
    assert "Column pair has array([1., 1.]) in row 0" in refused(nested)
    assert "Column day holds dates or times" in refused(days)


@pytest.mark.parametrize("cells", [[[1, 2]] * 4, [{"a": 1}] * 4])
def test_cells_of_several_values_are_named(cells: list[object]) -> None:
    frame = pl.DataFrame({"size": [1.0, 2.5, 4.0, 3.5], "parts": cells})
    with pytest.raises(CellError, match=r"Column parts has .* in row 0"):
        mx.MixedMixture(1).fit(frame)


def test_families_that_cannot_be() -> None:
    assert "none of the table: it has height" in refused(unchanged, families={"heigth": "poisson"})
    assert "There is no family 'normal'" in refused(unchanged, families={"height": "normal"})
    assert "No column is of family 'mixed'" in refused(unchanged, families={"height": "mixed"})
    told = refused(unchanged, families={"height": "poisson"})
    assert "Column height has" in told
    assert "a count is a whole number" in told
    assert "is for two" in refused(unchanged, families={"color": "bernoulli"})
    assert "'blue'" in refused(unchanged, families={"color": "gaussian"})
    assert "covariance_type='round'" in refused(unchanged, covariance_type="round")


def test_levels_that_were_not_there(fitted: mx.MixedMixture) -> None:
    rows = table()
    rows.loc[3, "color"] = "mauve"
    with pytest.raises(CellError, match="color has 'mauve' in row 3: its levels in the fit were"):
        fitted.predict(rows)
    rows = table()
    rows["height"] = "tall"
    with pytest.raises(DataError, match="Column height has 'tall' in row 0: a number was expected"):
        fitted.predict(rows)


def test_a_category_of_very_many_levels_is_told() -> None:
    rows = table()
    rows["name"] = [f"row {i}" for i in range(150)]
    with pytest.warns(DataWarning, match="Column name has 150 levels in 150 rows: is it a categ"):
        mx.MixedMixture(2, random_state=0, n_init=1).fit(rows)


@pytest.mark.parametrize("column", ["height", "color", "visits", "ripe"])
def test_a_constant_column_is_no_matter(column: str) -> None:
    rows = table()
    rows[column] = rows[column].iloc[0]
    with pytest.warns(DataWarning, match=f"Column {column} is constant"):
        mixed = mx.MixedMixture(2, random_state=0).fit(rows)
    assert np.isfinite(mixed.log_likelihood_)
