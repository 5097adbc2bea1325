"""What goes along with assignments: names of rows, columns that are kept, names of clusters."""

import json
import subprocess
import sys

import numpy as np
import polars as pl
import pytest

import mixtura as mx
from mixtura.cli.datafile import DataFile
from mixtura.cli.reading import read_table
from mixtura.cli.words import MOST_WORDS

N = 60


@pytest.fixture
def cars(here):
    """Two groups with names, a class, an id with zeros before it, and gaps."""
    rng = np.random.default_rng(0)
    group = np.arange(N) % 2
    X = rng.normal(size=(N, 2)) + 8.0 * group[:, None]
    rows = [
        f"{a},{b},{['USA', 'Japan'][g]},car {i},00{i}{',' if i else ',x'}"
        for i, ((a, b), g) in enumerate(zip(X.tolist(), group.tolist(), strict=True))
    ]
    path = here / "cars.csv"
    path.write_text("\n".join(["mpg,weight,Origin,Name,serial,note", *rows, ""]))
    return path


def assigned(here, name: str = "cars") -> pl.DataFrame:
    return pl.read_csv(here / f"{name}-mixtura" / "assignments.csv", infer_schema=False)


def test_a_column_of_names_names_the_rows(fit, cars, here):
    assert fit(cars).exit_code == 0
    written = assigned(here)
    assert written.columns[:3] == ["row", "Name", "cluster"]
    assert written["Name"].to_list() == [f"car {i}" for i in range(N)]
    page = (here / "cars-mixtura" / "report.html").read_text()
    assert '"named_by":"Name"' in page
    assert '"car 59"' in page


def test_another_column_or_none_may(fit, cars, here):
    assert fit(cars, "--label", "serial").exit_code == 0
    assert assigned(here)["serial"].to_list()[:2] == ["000", "001"]
    assert fit(cars, "--label", "").exit_code == 0
    assert assigned(here).columns[:2] == ["row", "cluster"]
    refused = fit(cars, "--label", "Nmae")
    assert refused.exit_code == 1
    assert "Did you mean 'Name'?" in refused.stderr


def test_columns_are_kept_as_the_file_has_them(fit, cars, here):
    assert fit(cars, "--keep", "serial,Or*,note").exit_code == 0
    written = assigned(here)
    assert written.columns[-3:] == ["serial", "Origin", "note"]
    assert written["serial"].to_list()[:2] == ["000", "001"]
    assert written["note"].to_list()[:2] == ["x", None]


def test_all_columns_may_be_kept(fit, run, cars, here):
    assert fit(cars, "--keep", "all").exit_code == 0
    given = pl.read_csv(cars, infer_schema=False)
    written = assigned(here)
    assert written.select(given.columns).equals(given)
    assert written.columns.count("Name") == 1
    predicted = run("predict", "cars-mixtura/model.json", cars, "--keep", "all")
    assert predicted.stdout == (here / "cars-mixtura" / "assignments.csv").read_text()


def test_standard_input_keeps_its_columns(here, cars):
    code = "import sys; from mixtura.__main__ import main; sys.exit(main())"
    done = subprocess.run(
        [sys.executable, "-c", code, "fit", "-", "-k", "2", "--keep", "serial", "--starts", "1"],
        input=cars.read_text(),
        capture_output=True,
        text=True,
        check=True,
    )
    assert "stdin-mixtura" in done.stdout
    assert assigned(here, "stdin")["serial"].to_list()[:2] == ["000", "001"]


def test_kept_columns_that_are_called_as_ours_are_renamed(fit, here):
    rows = "".join(f"{i % 7},{i % 2},{i % 3}.5\n" for i in range(30))
    (here / "t.csv").write_text("a,cluster,p0\n" + rows)
    assert fit("t.csv", "--columns", "a", "--keep", "cluster,p0").exit_code == 0
    written = assigned(here, "t")
    assert written.columns[-2:] == ["cluster_2", "p0_2"]
    assert written["p0_2"].to_list()[:3] == ["0.5", "1.5", "2.5"]


def test_parquet_keeps_types_and_every_digit(fit, here):
    rng = np.random.default_rng(0)
    columns = {"x": rng.normal(size=N), "y": rng.normal(size=N)}
    frame = pl.DataFrame(
        columns | {"when": pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 2, 29), eager=True)}
    )
    frame.write_parquet("t.parquet")
    assert fit("t.parquet", "--keep", "when").exit_code == 0
    written = pl.read_parquet(here / "t-mixtura" / "assignments.parquet")
    assert written["when"].dtype == pl.Date
    model = mx.load(here / "t-mixtura" / "model.json")
    expected = model.predict_proba(frame.select("x", "y"))[:, 0]
    np.testing.assert_allclose(written["p0"].to_numpy(), expected, rtol=1e-13)


@pytest.mark.parametrize(("digits", "atol"), [((), 5e-7), (("--digits", 3), 5e-4)])
def test_probabilities_have_so_many_decimals(fit, cars, here, digits, atol):
    assert fit(cars, "-k", 2, *digits).exit_code == 0
    written = pl.read_csv(here / "cars-mixtura" / "assignments.csv")
    model = mx.load(here / "cars-mixtura" / "model.json")
    exact = model.predict_proba(pl.read_csv(cars).select("mpg", "weight"))
    np.testing.assert_allclose(written["p0"], exact[:, 0], atol=atol)
    most = 3 if digits else 6
    texts = pl.read_csv(here / "cars-mixtura" / "assignments.csv", infer_schema=False)["p0"]
    assert all(len(text.partition(".")[2]) <= most or "e" in text for text in texts)


@pytest.mark.parametrize("wish", [("--keep", "all"), ("--label", "a")])
def test_a_table_without_rows_is_still_told_so(run, here, wish):
    (here / "t.csv").write_text("a,b\n")
    result = run("fit", "t.csv", *wish)
    assert result.exit_code == 1
    assert "has column names but no rows" in result.stderr


def test_very_many_names_are_names_all_the_same(tmp_path):
    n = MOST_WORDS + 500
    path = tmp_path / "many.csv"
    lines = [f"who {i},{i % 7}.5," + ("" if i % 2 else f"b{i}") for i in range(n)]
    path.write_text("\n".join(["who,x,other", *lines, ""]))
    column, _, gappy = read_table(DataFile(path)).columns
    assert column.words is None
    assert column.texts().to_list() == [f"who {i}" for i in range(n)]
    assert gappy.texts().to_list() == [None if i % 2 else f"b{i}" for i in range(n)]


def test_known_clusters_keep_their_names_everywhere(fit, run, cars, here):
    result = fit(cars, "--known", "Origin", "--json")
    assert result.exit_code == 0, result.stderr
    told = json.loads(result.stdout)["model"]["components"]
    assert [component["name"] for component in told[:2]] == ["Japan", "USA"]
    written = assigned(here)
    given = pl.read_csv(cars)["Origin"]
    assert written["cluster_name"].to_list() == given.to_list()
    model = here / "cars-mixtura" / "model.json"
    assert json.loads(model.read_text())["cluster_names"] == ["Japan", "USA"]
    for command in (("info", model), ("predict", model, cars)):
        assert "Japan" in run(*command).stdout
    assert '"cluster_names":["Japan","USA"]' in (here / "cars-mixtura" / "report.html").read_text()
    loaded = mx.load(model)
    mx.save(loaded, here / "again.json")
    assert json.loads((here / "again.json").read_text())["cluster_names"] == ["Japan", "USA"]


def test_a_model_file_with_more_names_than_clusters_is_refused(fit, run, cars, here):
    assert fit(cars, "--known", "Origin").exit_code == 0
    path = here / "cars-mixtura" / "model.json"
    document = json.loads(path.read_text())
    document["cluster_names"] = [f"c{i}" for i in range(document["n_components"] + 1)]
    path.write_text(json.dumps(document))
    refused = run("info", path)
    assert refused.exit_code == 1
    assert "cluster_names" in refused.stderr


def test_nonsense_is_unlike_anything_though_it_has_a_cluster(fit, run, cars, here):
    assert fit(cars, "-k", 2).exit_code == 0
    (here / "new.csv").write_text("mpg,weight\n0,0\n500,90000\n,0.5\n,-700\n,\n")
    result = run("predict", "cars-mixtura/model.json", "new.csv")
    written = pl.read_csv(result.stdout.encode())
    assert written["unlike"].to_list() == [False, True, False, True, False]
    assert written["uncertainty"][1] == 0.0
    assert written["typicality"][1] == pytest.approx(1e-4)
    assert written["typicality"][4] == 1.0
