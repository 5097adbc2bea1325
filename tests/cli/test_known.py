"""`mixtura fit --known`: clusters of some rows are known."""

import json

import numpy as np
import polars as pl
import pytest

import mixtura as mx
from mixtura.cli.datafile import DataFile
from mixtura.cli.features import choose_features
from mixtura.cli.known import read_known
from mixtura.cli.reading import read_table
from mixtura.cli.wanted import Wanted
from mixtura.families.registry import description_named


@pytest.fixture
def survey(here):
    """Three groups, two of which overlap; every tenth row has a name."""
    rng = np.random.default_rng(0)
    groups = np.repeat([0, 1, 2], 50)
    X = np.array([[0.0, 0.0], [2.0, 0.0], [0.0, 9.0]])[groups] + rng.normal(size=(150, 2))
    names = np.array(["reed", "bog", "2nd"])[groups]
    cells = [name if i % 10 == 0 else ["", "NA"][i % 2] for i, name in enumerate(names)]
    path = here / "survey.csv"
    lines = [f"{a},{b},{name}" for (a, b), name in zip(X.tolist(), cells, strict=True)]
    path.write_text("\n".join(["a,b,kind", *lines, ""]))
    return path


def test_known_rows_keep_their_clusters_and_names_are_told(run, survey, here):
    result = run("fit", survey, "-k", "2-4", "--covariance", "tied", "--known", "kind", "--json")
    assert result.exit_code == 0, result.stderr
    document = json.loads(result.stdout)
    note = "Column 'kind' gives the cluster of 15 rows: 0 is 2nd, 1 is bog, 2 is reed."
    assert note in document["notes"]
    assert document["model"]["n_components"] >= 3
    assert document["fit"]["candidates"] == 2  # with 3 and 4 clusters
    written = pl.read_csv(here / "survey-mixtura" / "assignments.csv")["cluster"].to_numpy()
    names = pl.read_csv(survey)["kind"].to_list()
    for name, cluster in (("2nd", 0), ("bog", 1), ("reed", 2)):
        rows = [i for i, cell in enumerate(names) if cell == name]
        assert np.mean(written[rows] == cluster) >= 0.8  # some rows of the overlap look like others
    model = mx.load(here / "survey-mixtura" / "model.json")
    assert model.n_known_ == 15


def test_it_is_the_search_with_labels(run, survey, here):
    run("fit", survey, "-k", "3", "--covariance", "tied", "--known", "kind", "--seed", "1")
    table = read_table(DataFile(survey))
    features = choose_features(description_named("gaussian"), Wanted.of(table, known="kind"))
    known = read_known(table, "kind", features)
    search = mx.MixtureSearch(
        mx.GaussianMixture(n_init="thorough", init_params="varied"),
        {"n_components": [3], "covariance_type": ["tied"]},
        random_state=1,
    ).fit(features.values, labels=known.labels)
    model = mx.load(here / "survey-mixtura" / "model.json")
    np.testing.assert_allclose(model.means_, search.best_estimator_.means_, rtol=1e-12)


def test_numbers_are_in_their_order(survey):
    survey.write_text(survey.read_text().replace("reed", "10").replace("bog", "9"))
    table = read_table(DataFile(survey))
    features = choose_features(
        description_named("gaussian"), Wanted.of(table, ["a", "b"], known="kind")
    )
    known = read_known(table, "kind", features)
    assert known.names == ("9", "10", "2nd")
    assert np.bincount(known.labels + 1).tolist() == [135, 5, 5, 5]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        (["--known", "sort"], "no column 'sort'"),
        (["--known", "a", "--columns", "a,b"], "cannot be in --columns too"),
        (["--known", "kind", "-k", "1-2"], "names 3 clusters (2nd, bog, reed)"),
    ],
)
def test_what_cannot_be_is_said(run, survey, here, options, fault):
    result = run("fit", survey, *options)
    assert result.exit_code != 0
    assert fault in " ".join(result.stderr.split())
    assert not (here / "survey-mixtura").exists()


def test_a_column_without_names_is_refused(run, survey):
    survey.write_text("a,b,kind\n1,2,\n3,4,NA\n5,6,\n")
    result = run("fit", survey, "--known", "kind")
    assert result.exit_code != 0
    assert "names no cluster" in " ".join(result.stderr.split())
