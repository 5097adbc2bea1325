"""Tables that are not read into memory: from several files, or larger than a sample."""

import json
import sys

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import mixtura as mx
from mixtura.cli.datafile import DataFile
from mixtura.cli.large_table import LargeTable
from mixtura.cli.passes import Passes

# Numbers of rows: of all, and of the sample in most tests.
N, SAMPLE = 6_000, 2_000


def rows_of(n: int = N, seed: int = 0) -> dict[str, np.ndarray]:
    """Two clusters far apart, two thirds of the rows in the first; c says which by a word."""
    rng = np.random.default_rng(seed)
    second = rng.random(n) < 1 / 3
    a, b = rng.normal(10.0 * second, 1.0), rng.normal(5.0 * second, 2.0)
    return {"a": a, "b": b, "c": np.where(second, "high", "low")}


def write(path, columns, rows_per_group: int = 500) -> None:
    path.parent.mkdir(exist_ok=True)
    pq.write_table(pa.table(dict(columns)), path, row_group_size=rows_per_group)


@pytest.fixture
def big(here):
    """Three files of one table, and the table."""
    columns = rows_of()
    for part in range(3):
        own = slice(part * N // 3, (part + 1) * N // 3)
        write(here / "big" / f"part-{part}.parquet", {k: v[own] for k, v in columns.items()})
    return columns


@pytest.fixture
def fit(run):
    """Run a light `mixtura fit` of two clusters on a small sample."""

    def fit(*args: object):
        light = ("--components", 2, "--starts", 1, "--sample", SAMPLE)
        return run("fit", *args, *light)

    return fit


def told(result) -> str:
    assert result.stderr.startswith("mixtura: ")
    return " ".join(result.stderr.split())


def no_results(here) -> bool:
    return not any(here.rglob("*mixtura*"))


@pytest.mark.parametrize(
    "args", [["big/*.parquet"], ["big"], [f"big/part-{part}.parquet" for part in range(3)]]
)
def test_all_rows_are_fitted_and_assigned(fit, here, big, args):
    result = fit(*args, "--columns", "a,b", "--json", "--out", "out")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    data, model = document["data"], document["model"]
    assert (data["rows"], data["rows_in_sample"]) == (N, SAMPLE)
    assert data["columns"] == ["a", "b"]
    n_second = int((big["c"] == "high").sum())
    assert [c["rows"] for c in model["components"]] == [N - n_second, n_second]
    frame = pl.read_parquet("out/assignments.parquet")
    own = ["row", "cluster", "uncertainty", "p0", "p1", "log_density", "typicality", "unlike"]
    assert frame.columns == own
    assert frame["row"].to_list() == list(range(1, N + 1))
    assert np.array_equal(frame["cluster"].to_numpy() == 1, big["c"] == "high")
    sure = float((frame["uncertainty"] < 0.05).mean())
    assert document["certainty"]["share_sure"] == pytest.approx(sure)


def test_the_fit_is_that_of_all_rows(fit, run, here, big):
    structure = ("--columns", "a,b", "--covariance", "VVV", "--json")
    large = json.loads(fit("big", *structure, "--out", "large").stdout)
    write(here / "whole.parquet", big)
    args = ("--components", 2, "--starts", 1, *structure, "--out", "whole")
    whole = json.loads(run("fit", "whole.parquet", *args).stdout)
    assert large["fit"]["log_likelihood"] == pytest.approx(whole["fit"]["log_likelihood"], rel=1e-6)
    assert large["fit"]["bic"] == pytest.approx(whole["fit"]["bic"], rel=1e-6)


def test_what_was_sampled_is_told(fit, here, big):
    result = fit("big", "--columns", "a,b", "--covariance", "VVV,EEE")
    assert "2 clusters in 6,000 rows and 2 columns of big" in result.stdout
    words = " ".join(result.stdout.split())
    assert "A sample of 2,000 of 6,000 rows told what the columns are." in words
    assert "best ones were fitted to all rows" in words
    assert "on all rows;" in words
    assert "On a sample of " in words
    page = (here / "big-mixtura/report.html").read_text(encoding="utf-8")
    assert '"sampled_from":6000' in page.replace(" ", "")


def test_whether_the_order_held_is_in_json(fit, big):
    document = json.loads(fit("big", "--columns", "a,b", "--json").stdout)
    sample = document["fit"]["sample"]
    assert 0.8 * SAMPLE < sample["rows"] < 1.2 * SAMPLE
    best = min(sample["on_all_rows"], key=sample["on_all_rows"].get)
    assert sample["order_held"] == (best == next(iter(sample["on_all_rows"])))
    assert document["fit"]["bic"] == sample["on_all_rows"][best]


def test_a_single_file_is_large_beyond_the_sample(fit, run, here, big):
    write(here / "one.parquet", big)
    large = json.loads(fit("one.parquet", "--columns", "a,b", "--json").stdout)
    assert large["data"]["rows_in_sample"] == SAMPLE
    args = ("fit", "one.parquet", "--columns", "a,b", "--components", 2, "--starts", 1, "--json")
    assert "rows_in_sample" not in json.loads(run(*args).stdout)["data"]
    assert "rows_in_sample" not in json.loads(run(*args, "--sample", N).stdout)["data"]


def test_known_clusters_keep_a_single_file_in_memory(run, here):
    columns = rows_of(300)
    write(here / "one.parquet", columns)
    result = run("fit", "one.parquet", "--columns", "a,b", "--known", "c", "--starts", 1, "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)["data"]["rows"] == 300


def test_the_sample_is_of_all_rows_alike(here):
    write(here / "t" / "1.parquet", {"a": np.arange(40_000.0), "b": np.zeros(40_000)})
    write(here / "t" / "2.parquet", {"a": np.arange(40_000.0, 100_000.0), "b": np.zeros(60_000)})
    large = LargeTable.looked_at(DataFile.of("t"), 5_000, seed=1)
    values, numbers = large.table.values[:, 0], large.table.row_numbers
    assert len(values) == 5_000
    assert np.array_equal(values, numbers - 1)
    assert np.all(np.diff(numbers) > 0)
    # A tenth of the rows lies in each tenth; 500 drawn, with a deviation of 21.
    in_tenths = np.bincount((values // 10_000).astype(int), minlength=10)
    assert np.abs(in_tenths - 500).max() < 110
    again = LargeTable.looked_at(DataFile.of("t"), 5_000, seed=1)
    assert np.array_equal(again.table.values, large.table.values)
    other = LargeTable.looked_at(DataFile.of("t"), 5_000, seed=2)
    assert not np.array_equal(other.table.values, large.table.values)


def test_row_numbers_are_found_in_a_sample(fit, here):
    columns = {"n": np.arange(N), **rows_of()}
    write(here / "t" / "1.parquet", columns)
    data = json.loads(fit("t", "--json").stdout)["data"]
    assert data["columns"] == ["a", "b"]
    assert data["columns_left_out"]["n"] == "only numbers the rows"


def test_levels_are_those_of_all_rows(fit, here):
    columns = {"c": ["x", "y", "z"] * 2_000, "d": ["u", "v"] * 3_000}
    columns["c"][4_321] = "rare"
    write(here / "t" / "1.parquet", columns)
    result = fit("t", "--family", "categorical", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    components = document["model"]["components"]
    shares = [component["probabilities"]["c"] for component in components]
    assert list(shares[0]) == ["rare", "x", "y", "z"]
    total = sum(c["weight"] * share["rare"] for c, share in zip(components, shares, strict=True))
    assert total == pytest.approx(1 / N)
    assert document["fit"]["converged"]


def test_columns_of_several_kinds(fit, here):
    columns = {**rows_of(), "n": np.random.default_rng(1).poisson(3.0, N)}
    columns["yes"] = columns["c"] == "high"
    columns["c"][:3] = [None, "NA", " low "]
    write(here / "t" / "1.parquet", columns)
    result = fit("t", "--mixed", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["data"]["columns"] == ["a", "b", "c", "n", "yes"]
    frame = pl.read_parquet("t-mixtura/assignments.parquet")
    clusters = frame["cluster"].to_numpy()
    assert (clusters[3:] == columns["yes"][3:]).mean() > 0.99


def test_only_the_columns_that_are_named_are_read(run, fit, here, big):
    # What c is differs between files, which is no matter to a and b.
    write(here / "big" / "part-9.parquet", {**rows_of(100), "c": np.arange(100)})
    result = fit("big", "--columns", "[ab]", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["data"]["columns"] == ["a", "b"]
    assert json.loads(result.stdout)["data"]["rows"] == N + 100
    model = "big-mixtura/model.json"
    assert run("predict", model, "big", "-o", "out.parquet").exit_code == 0
    assert "Column 'c'" in told(fit("big"))


def test_a_column_that_is_not_there(run, fit, here, big, fitted):
    assert "big has no column 'aa'. Did you mean 'a'? Its columns are a, b, c." in told(
        fit("big", "--columns", "aa,b")
    )
    write(here / "other" / "1.parquet", {"b": np.arange(10.0), "z": np.arange(10.0)})
    assert "lacks 1 column of the model: a." in told(run("predict", fitted, "other"))


def test_columns_without_names_are_called_by_their_places(fit, here):
    columns = rows_of()
    write(here / "t" / "1.parquet", {"a": columns["a"], "": columns["b"]})
    result = fit("t", "--columns", "column_2", "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["data"]["columns"] == ["column_2"]


def test_rows_have_weights(fit, here):
    columns = rows_of()
    columns["w"] = np.where(columns["c"] == "high", 3.0, 1.0)
    write(here / "t" / "1.parquet", columns)
    result = fit("t", "--columns", "a,b", "--weights", "w", "--json")
    assert result.exit_code == 0, result.output
    second = json.loads(result.stdout)["model"]["components"]
    n = int((columns["c"] == "high").sum())
    sizes = sorted((c["rows"], c["rows_weight"]) for c in second)
    assert sizes == [(n, 3.0 * n), (N - n, float(N - n))]


def test_row_groups_of_nothing_but_gaps(fit, here):
    columns = rows_of()
    for name in ("a", "b"):
        columns[name][500:1_000] = np.nan
    write(here / "t" / "1.parquet", columns)
    result = fit("t", "--columns", "a,b", "--json")
    assert result.exit_code == 0, result.output
    missing = json.loads(result.stdout)["data"]["missing"]
    assert missing["cells"] == {"a": 500, "b": 500} or missing["n_empty"] == 500
    assert len(pl.read_parquet("t-mixtura/assignments.parquet")) == N


# ---------------------------------------------------------------------------------------------
# Prediction


@pytest.fixture
def fitted(fit, big):
    assert fit("big", "--columns", "a,b", "--covariance", "VVV", "--out", "m").exit_code == 0
    return "m/model.json"


@pytest.mark.parametrize("ending", ["parquet", "arrow", "csv"])
def test_predictions_are_streamed(run, here, big, fitted, ending):
    out = here / f"out.{ending}"
    assert run("predict", fitted, "big/*.parquet", "-o", out, "--digits", 17).exit_code == 0
    read = {"parquet": pl.read_parquet, "arrow": pl.read_ipc, "csv": pl.read_csv}[ending]
    streamed = read(out)
    write(here / "whole.parquet", big)
    whole = ("whole.parquet", "-o", "whole.csv", "--digits", 17)
    assert run("predict", fitted, *whole).exit_code == 0
    whole = pl.read_csv("whole.csv")
    assert streamed.columns == whole.columns
    assert np.allclose(streamed.to_numpy(), whole.to_numpy(), rtol=0, atol=1e-12)


@pytest.mark.parametrize("ending", ["parquet", "csv"])
def test_columns_go_along_whatever_files_they_are_cut_into(run, here, fitted, ending):
    columns = rows_of()
    columns["who"] = np.array([f"row {i}" for i in range(N)])
    columns["whole"] = np.arange(N)
    for part, (start, end) in enumerate([(0, 700), (700, 701), (701, N)]):
        write(here / "t" / f"{part}.parquet", {k: v[start:end] for k, v in columns.items()}, 333)
    out = here / f"out.{ending}"
    result = run("predict", fitted, "t", "-o", out, "--keep", "c,whole", "--label", "who")
    assert result.exit_code == 0, result.output
    written = (pl.read_parquet if ending == "parquet" else pl.read_csv)(out)
    assert written.columns[:3] == ["row", "who", "cluster"]
    assert written.columns[-2:] == ["c", "whole"]
    assert written["who"].to_list() == columns["who"].tolist()
    assert written["c"].to_list() == columns["c"].tolist()
    assert written["whole"].dtype == pl.Int64
    assert written["whole"].to_list() == list(range(N))


def test_an_unknown_level_is_told_with_its_place(run, fit, here):
    columns = {"c": np.array(["x", "y"] * 500), "d": np.array(["u", "v", "v", "u"] * 250)}
    write(here / "t" / "1.parquet", columns)
    assert fit("t", "--family", "categorical", "--out", "m").exit_code == 0
    columns["c"] = columns["c"].astype(object)
    columns["c"][700] = "new"
    write(here / "u" / "1.parquet", columns)
    result = run("predict", "m/model.json", "u", "-o", "out.parquet")
    assert result.exit_code == 1
    assert "Column c has 'new' in row 701" in told(result)
    assert not (here / "out.parquet").exists()


def test_a_full_disk_leaves_nothing(process, here, big, fitted):
    code = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
from mixtura.__main__ import main
main()
"""
    before = sorted(here.iterdir())
    result = process(code, "predict", fitted, "big/*.parquet", "-o", "out.parquet")
    assert result.returncode == 1
    assert "out.parquet: File too large" in result.stderr
    assert sorted(here.iterdir()) == before


# ---------------------------------------------------------------------------------------------
# Bad input


def test_files_of_other_columns(fit, here, big):
    columns = rows_of(100)
    del columns["b"]
    write(here / "big" / "part-9.parquet", columns)
    result = fit("big/*.parquet")
    assert result.exit_code == 1
    assert "part-9.parquet has no column 'b'" in told(result)


def test_files_of_other_types(fit, here, big):
    write(here / "big" / "part-9.parquet", {**rows_of(100), "a": np.array(["x"] * 100)})
    result = fit("big/*.parquet")
    assert result.exit_code == 1
    message = told(result)
    assert "Column 'a'" in message
    assert "part-9.parquet" in message


def test_a_pattern_that_nothing_fits(fit, here, big):
    result = fit("big/*.pq")
    assert result.exit_code == 1
    assert "No file fits the pattern big/*.pq" in told(result)


@pytest.mark.parametrize("cut", ["tail", "page"])
def test_a_truncated_file(fit, here, big, cut):
    path = here / "big" / "part-1.parquet"
    content = path.read_bytes()
    short = content[:-100] if cut == "tail" else content[:4] + b"\0" * 40 + content[44:]
    path.write_bytes(short)
    result = fit("big/*.parquet")
    assert result.exit_code == 1
    assert "part-1.parquet cannot be read" in told(result)
    assert no_results(here)


def test_results_do_not_go_where_the_table_is_read(run, fitted, here, big):
    result = run("fit", "big", "--out", "big/results", "--columns", "a,b", "--starts", 1)
    assert result.exit_code == 1
    assert "would be in the folder big, all of which is read" in told(result)
    assert run("predict", fitted, "big", "-o", "big/out.parquet").exit_code == 1
    assert len(list((here / "big").iterdir())) == 3


def test_infinity_beyond_the_sample(fit, here, big):
    columns = rows_of(2_000, seed=3)
    columns["a"][1_500] = np.inf
    write(here / "big" / "part-9.parquet", columns)
    result = fit("big", "--columns", "a,b", "--sample", 50)
    assert result.exit_code == 1
    message = told(result)
    assert "part-9.parquet" in message
    assert "a has inf in row 1501" in message or "Rows are counted in a sample" in message
    assert no_results(here)


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (["big", "--sample", "0"], "--sample"),
        (["big", "--known", "c"], "--known c names clusters row by row"),
        (["big", "--delimiter", ";"], "--delimiter is for a single text file"),
        (["big", "--scheduler", "tcp://host:1"], "--scheduler is for --engine dask"),
        (["big", "--engine", "dask", "--master", "local"], "--master is for --engine spark"),
        (["-", "--engine", "dask"], "--engine dask is for files"),
        (["t.csv", "--sample", "100"], "--sample is for tables that are not read into memory"),
        (["big/part-0.parquet", "-"], "standard input (-) is one table"),
    ],
)
def test_wrong_usage(run, here, big, args, words):
    (here / "t.csv").write_text("a,b\n1,2\n")
    result = run("fit", *args)
    assert result.exit_code == 2
    assert words in told(result)


def test_an_engine_that_is_not_installed(fit, here, big, monkeypatch):
    monkeypatch.setitem(sys.modules, "dask", None)
    monkeypatch.delitem(sys.modules, "mixtura.sources.dask", raising=False)
    result = fit("big", "--columns", "a,b", "--engine", "dask")
    assert result.exit_code == 1
    assert "which is not installed: pip install 'mixtura[dask]'" in told(result)


def test_dask_comes_to_the_same(fit, here, big):
    pytest.importorskip("dask.dataframe")
    args = ("big", "--columns", "a,b", "--covariance", "VVV", "--json")
    local = json.loads(fit(*args, "--out", "local").stdout)
    dask = json.loads(fit(*args, "--out", "dask", "--engine", "dask").stdout)
    assert dask["fit"]["log_likelihood"] == pytest.approx(local["fit"]["log_likelihood"], rel=1e-10)
    frames = [pl.read_parquet(f"{name}/assignments.parquet") for name in ("local", "dask")]
    assert np.allclose(frames[0].to_numpy(), frames[1].to_numpy(), rtol=0, atol=1e-5)


def test_engines_read_parquet_alone(fit, here):
    (here / "t.csv").write_text("a,b\n1,2\n")
    result = fit("t.csv", "--engine", "dask")
    assert result.exit_code == 1
    assert "t.csv is no Parquet file" in told(result)


# ---------------------------------------------------------------------------------------------
# While it runs


def test_an_interrupted_fit_goes_on(process, fit, here, big):
    args = ["fit", "big", "--columns", "a,b", "--covariance", "VVV", "--checkpoint", "kept"]
    args += ["--components", "2", "--starts", "1", "--sample", str(SAMPLE), "--json"]
    code = """
import os, signal
from mixtura.persistence import checkpoint
keep = checkpoint.Checkpoint.keep
def kept(*args):
    keep(*args)
    os.kill(os.getpid(), signal.SIGINT)
checkpoint.Checkpoint.keep = kept
from mixtura.__main__ import main
main()
"""
    result = process(code, *args)
    assert result.returncode == 130
    assert "mixtura: the same command goes on from kept." in result.stderr
    assert not (here / "big-mixtura").exists()
    gone_on = json.loads(fit(*args[1:]).stdout)
    at_once = json.loads(fit(*args[1:-3], "--json").stdout)
    assert gone_on["model"] == at_once["model"]


def test_a_search_tells_of_its_passes(big):
    told = []
    search = mx.MixtureSearch(
        mx.GaussianMixture(n_init=1, random_state=0),
        {"n_components": [2], "covariance_type": ["EEE", "VVV"]},
        random_state=0,
    )
    table = mx.scan("big", columns=["a", "b"], sample=SAMPLE)
    search.fit(table, passed=lambda *line: told.append(line))
    models = list(dict.fromkeys(params["covariance_type"] for params, _, _ in told))
    assert sorted(models) == ["EEE", "VVV"]
    record = search.best_estimator_.record_
    own = [line for line in told if line[0] == search.best_params_]
    assert [n_iter for _, n_iter, _ in own] == list(range(record.n_iter + 1))
    assert [objective for _, _, objective in own] == list(record.trace)
    confirmed = search.confirmed_
    assert confirmed.record.criteria["bic"] == min(confirmed.values.values())
    assert search.fit(np.column_stack([big["a"], big["b"]])).confirmed_ is None


def test_csv_files_of_one_table(fit, here, big):
    (here / "csv").mkdir()
    for part in range(2):
        own = slice(part * N // 2, (part + 1) * N // 2)
        frame = pl.DataFrame({name: cells[own] for name, cells in big.items()})
        frame.write_csv(here / "csv" / f"{part}.csv")
    document = json.loads(fit("csv/*.csv", "--columns", "a,b", "--json").stdout)
    parquet = json.loads(fit("big", "--columns", "a,b", "--json").stdout)
    assert document["model"] == parquet["model"]


def test_passes_are_told():
    lines, now = [], iter([0.0, 2.0, 4.0, 6.0, 8.0])
    passes = Passes(1_000_000, lambda *line: lines.append(line), lambda: next(now))
    params = {"n_components": 3, "covariance_type": "VVE"}
    gains = [0.0, 0.5, 0.25, 0.125]
    for n_iter, objective in enumerate(np.cumsum(gains) - 10.0):
        passes(params, n_iter, float(objective))
    assert lines[0][0] == 0
    assert lines[0][2:] == ("passes", "VVE with 3 clusters: first pass")
    assert lines[1][3] == "VVE with 3 clusters: 500 k rows/s, gain 5.0e-01"
    # Each gain is half of the one before, and 0.125 remain: 21 halvings until 1e-7 are left.
    assert lines[3][:2] == (3, 24)
    assert lines[3][3].endswith(", 42 s left")
    passes({**params, "n_components": 2}, 0, -11.0)
    assert lines[4][3] == "VVE with 2 clusters: first pass"
