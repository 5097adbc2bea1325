"""`predict`, `sample`, `report` and `info`: what one does with a model file."""

import json

import numpy as np
import polars as pl
import pytest

import mixtura as mx
from mixtura.cli import assignments
from mixtura.cli.assignments import Assignments
from mixtura.families.gaussian.structures import AxisCovariances
from mixtura.kernels import describe
from mixtura.persistence.model_file import write_model

DENSITY = ["log_density", "typicality", "unlike"]


def test_predict_writes_csv_to_stdout(run, model, here):
    (here / "t.csv").write_text("b,x,a\n0,u,0\n20,v,NA\n20,w,21\n10,w,10\n")
    result = run("predict", model, "t.csv")
    assert result.exit_code == 0
    assert result.stderr == ""
    written = pl.read_csv(result.stdout.encode())
    assert written.columns == ["row", "x", "cluster", "uncertainty", "p0", "p1", *DENSITY]
    assert written["row"].to_list() == [1, 2, 3, 4]
    assert written["cluster"].to_list() == [0, 1, 1, 0]
    assert written["p0"][3] == pytest.approx(0.7)
    assert written["uncertainty"][3] == pytest.approx(0.3)


def test_predict_agrees_with_fit_and_python(run, fit, blobs, here):
    assert fit(blobs).exit_code == 0
    result = run("predict", "blobs-mixtura/model.json", blobs)
    assert result.stdout == (here / "blobs-mixtura" / "assignments.csv").read_text()
    labels = mx.load("blobs-mixtura/model.json").predict(pl.read_csv(blobs))
    assert pl.read_csv(result.stdout.encode())["cluster"].to_list() == labels.tolist()


@pytest.mark.parametrize(
    ("name", "read"),
    [("p.csv", pl.read_csv), ("p.parquet", pl.read_parquet), ("p.feather", pl.read_ipc)],
)
def test_predict_writes_the_format_of_the_name(run, model, blobs, here, name, read):
    result = run("predict", model, blobs, "-o", name)
    assert result.exit_code == 0
    assert result.stdout == ""
    assert read(here / name)["cluster"].to_list() == [0] * 40 + [1] * 20


def test_tabs_separate_what_is_called_so(run, model, here):
    assert run("sample", model, "-n", 20, "-o", "s.tsv").exit_code == 0
    drawn = pl.read_csv("s.tsv", separator="\t")
    assert drawn.columns == ["a", "b", "cluster"]
    assert run("predict", model, "s.tsv", "-o", "p.txt").exit_code == 0
    assert pl.read_csv("p.txt").height == 20


@pytest.mark.parametrize("ending", [".xlsx", ".gz", ".json", ".pdf", ".XLS"])
@pytest.mark.parametrize("command", ["sample", "predict", "report"])
def test_no_file_is_called_what_it_is_not(run, model, blobs, here, command, ending):
    data = [] if command == "sample" else [blobs]
    result = run(command, model, *data, "-o", f"out{ending}")
    assert result.exit_code == 1
    assert f"nothing here writes {ending} files" in result.stderr
    assert (".html" if command == "report" else ".parquet") in result.stderr
    assert not list(here.glob("out*"))


def test_outputs_need_no_ending(run, model, blobs, here):
    assert run("sample", model, "-n", 5, "-o", "drawn").exit_code == 0
    assert run("report", model, blobs, "-o", "page").exit_code == 0
    assert pl.read_csv("drawn").height == 5


def test_predict_by_position_without_names(run, model, blobs, here):
    document = json.loads(model.read_text())
    model.write_text(json.dumps(document | {"named": False}))
    assert run("predict", model, blobs).exit_code == 0
    (here / "t.csv").write_text("a\n1\n2\n")
    result = run("predict", model, "t.csv")
    assert result.exit_code == 1
    assert "2 columns without names" in result.stderr


def test_sample(run, model, here):
    result = run("sample", model, "-n", 500)
    drawn = pl.read_csv(result.stdout.encode())
    assert drawn.columns == ["a", "b", "cluster"]
    assert drawn.height == 500
    means = drawn.group_by("cluster").mean().sort("cluster")["a"].to_numpy()
    np.testing.assert_allclose(means, [0.0, 20.0], atol=0.5)
    assert run("sample", model, "-n", 500).stdout == result.stdout
    assert run("sample", model, "-n", 500, "--seed", 1).stdout != result.stdout
    assert run("sample", model, "-o", "s.parquet").exit_code == 0
    assert pl.read_parquet(here / "s.parquet").height == 1000


def test_sample_of_a_model_with_a_column_called_cluster(run, model):
    document = json.loads(model.read_text())
    document["columns"][0]["name"] = "cluster"
    model.write_text(json.dumps(document))
    drawn = pl.read_csv(run("sample", model, "-n", 5).stdout.encode())
    assert drawn.columns == ["cluster", "b", "cluster_2"]


def test_report(run, model, blobs, here):
    result = run("report", model, blobs, "-o", "page.html")
    assert result.exit_code == 0
    assert result.stdout == "page.html\n"
    page = (here / "page.html").read_text(encoding="utf-8")
    assert page.lower().startswith("<!doctype html>")
    assert "blobs.csv" in page


def test_report_replaces_the_old_one(run, model, blobs, here):
    (here / "report.html").write_text("old")
    assert run("report", model, blobs).exit_code == 0
    assert "old" not in (here / "report.html").read_text(encoding="utf-8")[:10]
    assert sorted(path.name for path in here.iterdir()) == [
        "blobs.csv",
        "model.json",
        "report.html",
    ]


def test_report_of_many_columns_writes_no_matrix_out(run, here, by_hand, monkeypatch):
    names = [f"x{a}" for a in range(3000)]
    ones = np.ones((1, 3000))
    write_model(by_hand(np.ones(1), ones, ones, names), here / "wide.json")
    rows = np.arange(3.0)[:, None] * ones
    pl.DataFrame(rows, schema=names, orient="row").write_parquet(here / "wide.parquet")
    monkeypatch.setattr(AxisCovariances, "matrices", pytest.fail)
    assert run("report", "wide.json", "wide.parquet").exit_code == 0
    page = (here / "report.html").read_text(encoding="utf-8")
    assert "60 of the 3,000 columns" in page
    assert len(page) < 250_000


def test_info(run, model):
    told = " ".join(run("info", model).stdout.split())
    assert "2 clusters in 2 columns" in told
    assert "70.0 %" in told
    assert "does not tell how it was fitted" in told
    document = json.loads(run("info", model, "--json").stdout)
    assert document["columns"] == ["a", "b"]
    assert document["components"][1]["mean"] == {"a": 20.0, "b": 20.0}


def test_info_of_a_fitted_model(run, fit, blobs):
    assert fit(blobs).exit_code == 0
    told = " ".join(run("info", "blobs-mixtura/model.json").stdout.split())
    assert "best optimum found by " in told
    document = json.loads(run("info", "blobs-mixtura/model.json", "--json").stdout)
    assert document["fit"]["rows_weight"] == 60.0
    assert document["fit"]["converged"] is True


def test_info_system(run):
    told = run("info", "--system").stdout
    assert describe() in told
    assert f"{mx.__version__}" in told
    assert json.loads(run("info", "--system", "--json").stdout)["mixtura"] == mx.__version__


@pytest.mark.parametrize("kind", ["csv", "parquet"])
@pytest.mark.parametrize("made", ["by the command", "in Python"])
@pytest.mark.parametrize("others", [[], ["a"]])
def test_names_with_blanks_around_them(run, here, kind, made, others):
    """Such a column is found by its own name, and else by the bare one if no other has that."""
    names = [" a ", "b\t", *others]
    X = np.random.default_rng(0).normal(size=(40, len(names)))
    frame = pl.DataFrame(X, schema=names)
    getattr(frame, f"write_{kind}")(here / f"t.{kind}")
    if made == "in Python":
        mx.save(mx.GaussianMixture(1).fit(frame), here / "model.json")
    else:
        light = ("-k", 1, "--covariance", "full", "--starts", 1, "--out", ".")
        assert run("fit", f"t.{kind}", *light).exit_code == 0
    loaded = mx.load(here / "model.json")
    assert loaded.feature_names_in_.tolist() == names
    assert loaded.predict(frame).tolist() == [0] * 40
    told = run("predict", "model.json", f"t.{kind}")
    assert told.exit_code == 0, told.stderr
    frame.rename({name: name.strip() for name in names if not others}).write_csv(here / "bare.csv")
    assert run("predict", "model.json", "bare.csv").stdout == told.stdout
    assert run("report", "model.json", f"t.{kind}").exit_code == 0


def test_columns_are_asked_for_with_or_without_blanks(run, here):
    X = np.random.default_rng(0).normal(size=(40, 3))
    pl.DataFrame(X, schema=[" a ", "a", " b "]).write_csv(here / "t.csv")

    def columns(asked: str) -> list[str]:
        result = run("test", "t.csv", "--columns", asked, "-k", 1, "--replicates", 19, "--json")
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)["data"]["columns"]

    assert columns("a, b") == ["a", " b "]
    assert columns('" a ",b') == [" a ", " b "]
    result = run("test", "t.csv", "--columns", "b,b ", "-k", 1)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "'b' and 'b ' are one column of t.csv" in result.stderr


def test_assignments_in_blocks_are_those_of_the_whole(monkeypatch):
    shares = np.random.default_rng(0).dirichlet([1.0, 1.0], size=9)
    made = Assignments(shares.argmax(axis=1), shares, 2, *np.ones((2, 9)))
    whole = pl.concat(made.blocks())
    assert whole["row"].to_list() == list(range(1, 10))
    assert whole["p1"].to_list() == shares[:, 1].tolist()
    for size in (1, 2, 4):
        monkeypatch.setattr(assignments, "_ROWS_AT_ONCE", size)
        assert pl.concat(made.blocks()).equals(whole)
