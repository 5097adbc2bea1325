"""`mixtura fit`: what it writes and what it tells."""

import gzip
import json
import re

import numpy as np
import polars as pl
import pytest

import mixtura as mx
from mixtura.selection.named import CRITERIA


def facts(result) -> str:
    """The output with its line breaks gone, as notes are folded to the terminal."""
    assert result.exit_code == 0, result.stderr
    return " ".join(result.stdout.split())


def normal(n: int, d: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=(n, d))


def write_csv(path, X, header: str | None, delimiter: str = ",", newline: str = "\n") -> None:
    lines = [] if header is None else [header]
    lines += [delimiter.join(repr(value) for value in row) for row in X.tolist()]
    path.write_bytes(newline.join([*lines, ""]).encode())


DENSITY = ["log_density", "typicality", "unlike"]


def test_three_results_that_agree_with_python(fit, blobs, here):
    result = fit(blobs)
    told = facts(result)
    assert "2 clusters in 60 rows and 2 columns of blobs.csv" in told
    assert re.search(r"best optimum found by (\d+) of \1 starts, of \d kinds \(\w+, ", told)
    assert "converged" in told
    assert "100.0 % of the rows have a cluster with probability over 0.95" in told
    assert result.stderr == ""
    folder = here / "blobs-mixtura"
    assert sorted(path.name for path in folder.iterdir()) == [
        "assignments.csv",
        "model.json",
        "report.html",
    ]
    written = pl.read_csv(folder / "assignments.csv")
    assert written.columns == ["row", "cluster", "uncertainty", "p0", "p1", *DENSITY]
    model = mx.load(folder / "model.json")
    X = pl.read_csv(blobs)
    assert written["row"].to_list() == list(range(1, 61))
    assert written["cluster"].to_list() == model.predict(X).tolist()
    np.testing.assert_allclose(written["p0"], model.predict_proba(X)[:, 0], atol=5e-7)
    np.testing.assert_allclose(written["log_density"], model.score_samples(X), rtol=1e-5)
    assert list(model.feature_names_in_) == ["a", "b"]
    assert "blobs.csv" in (folder / "report.html").read_text(encoding="utf-8")


def test_noise_is_a_column_and_a_cluster_of_its_own(run, fit, blobs, here):
    strewn = np.random.default_rng(1).uniform(-40.0, 60.0, (12, 2))
    blobs.write_text(blobs.read_text() + "".join(f"{a},{b}\n" for a, b in strewn.tolist()))
    told = facts(fit(blobs, "--noise"))
    assert "2 clusters in 72 rows" in told
    assert "Noise 1" in told
    assert "12 rows in no cluster" in told
    assert "have a cluster, or are noise, with probability" in told
    folder = here / "blobs-mixtura"
    written = pl.read_csv(folder / "assignments.csv")
    assert written.columns == ["row", "cluster", "uncertainty", "p0", "p1", "noise", *DENSITY]
    assert written["cluster"][60:].to_list() == [-1] * 12
    assert set(written["cluster"][:60]) == {0, 1}
    model = mx.load(folder / "model.json")
    assert written["cluster"].to_list() == model.predict(pl.read_csv(blobs)).tolist()
    np.testing.assert_allclose(written["noise"].mean(), model.noise_weight_, atol=1e-3)
    predicted = run("predict", folder / "model.json", blobs)
    assert predicted.stdout == (folder / "assignments.csv").read_text()
    drawn = pl.read_csv(run("sample", folder / "model.json", "-n", 200).stdout.encode())
    assert set(drawn["cluster"]) == {0, 1, -1}
    assert "of the mixture" in facts(run("info", folder / "model.json"))
    noise = json.loads(run("info", folder / "model.json", "--json").stdout)["noise"]
    assert noise["weight"] == model.noise_weight_
    assert run("report", folder / "model.json", blobs).exit_code == 0


def test_the_same_seed_gives_the_same_files(fit, blobs, here):
    for folder, jobs in (("one", 1), ("two", 2)):
        assert fit(blobs, "--out", folder, "--seed", 7, "--jobs", jobs).exit_code == 0
    for name in ("model.json", "assignments.csv"):
        assert (here / "one" / name).read_bytes() == (here / "two" / name).read_bytes()


def test_json(fit, blobs, here):
    result = fit(blobs, "--json", "--out", "deep/out")
    document = json.loads(result.stdout)
    assert result.stderr == ""
    assert document["data"]["rows"] == document["data"]["rows_used"] == 60
    assert document["data"]["columns"] == ["a", "b"]
    assert document["model"]["n_components"] == 2
    assert [component["rows"] for component in document["model"]["components"]] == [40, 20]
    assert document["fit"]["criterion"] == "bic"
    assert document["fit"]["candidates"] == 42
    assert document["fit"]["converged"] is True
    assert document["certainty"]["share_sure"] == 1.0
    assert all((here / path).exists() for path in document["files"].values())


def test_rows_with_missing_cells_count_by_what_they_have(run, here):
    lines = ["1.5,2", "NA,3", "2.5,", "3,NaN", "9.5,8", "?,1", "-,1", " null ,2", "9,7.5", "1,2.5"]
    (here / "t.csv").write_text("\n".join(["a,b", *lines, ","]))
    told = facts(run("fit", "t.csv", "--components", 2, "--starts", 3, "--covariance", "EII"))
    assert "2 clusters in 11 rows and 2 columns" in told
    assert "8 cells in 7 of 11 rows (a 5, b 3), taken to be missing at random" in told
    assert "1 row without any cell: nothing is known of them" in told
    written = pl.read_csv(here / "t-mixtura" / "assignments.csv")
    assert written["row"].to_list() == list(range(1, 12))
    assert written["cluster"].to_list()[:10] == [0, 0, 0, 0, 1, 0, 0, 0, 1, 0]
    weights = written.select("p0", "p1").row(10)
    document = json.loads(run("info", here / "t-mixtura" / "model.json", "--json").stdout)
    assert document["missing"]["cells"] == {"a": 5, "b": 3}
    assert weights == pytest.approx([c["weight"] for c in document["components"]])


def test_columns_left_out_are_named_with_the_reason(fit, here):
    lines = [f"{i},{x!r},x,,{i % 3},true" for i, x in enumerate(normal(40, 1)[:, 0].tolist())]
    (here / "t.csv").write_text("\n".join(["id,a,name,gap,year,flag", *lines]))
    told = facts(fit("t.csv"))
    assert "40 rows and 1 column" in told
    assert "id (only numbers the rows)" in told
    assert "name (is text)" in told
    assert "gap (has only missing cells)" in told
    assert "year (has only 3 different whole numbers, like a category)" in told
    assert "flag (is true or false)" in told
    assert "'year' has only 3 different" in facts(fit("t.csv", "--columns", "a,year"))


def test_rows_count_as_often_as_their_weights_say(fit, here):
    X = np.column_stack([normal(40, 2) + np.repeat([[0.0], [4.0]], 20, axis=0), np.arange(40) % 4])
    write_csv(here / "t.csv", X, "a,b,w")
    write_csv(here / "all.csv", np.repeat(X[:, :2], np.arange(40) % 4, axis=0), "a,b")
    options = ("-k", 2, "--covariance", "spherical")
    told = fit("t.csv", "--weights", "w", *options).stdout
    assert "rows, weighted" in told
    assert "of the rows, by weight, have" in " ".join(told.split())
    weighted = json.loads(fit("t.csv", "--weights", "w", *options, "--json").stdout)
    repeated = json.loads(fit("all.csv", *options, "--json").stdout)
    each, all_rows = (made["model"]["components"] for made in (weighted, repeated))
    assert [j["rows_weight"] for j in each] == [j["rows"] for j in all_rows]
    assert sum(j["rows"] for j in each) == 40
    assert "rows_weight" not in all_rows[0]
    assert weighted["certainty"] == pytest.approx(repeated["certainty"], abs=1e-4)


def test_weights_are_no_feature_and_zero_is_no_row(fit, here):
    X = np.column_stack([normal(40, 2), np.repeat([1.0, 0.0], 20)])
    write_csv(here / "t.csv", X, "a,b,w")
    write_csv(here / "half.csv", X[:20, :2], "a,b")
    assert fit("t.csv", "--weights", "w").exit_code == 0
    assert fit("half.csv").exit_code == 0
    weighted, half = (mx.load(here / f"{name}-mixtura" / "model.json") for name in ("t", "half"))
    np.testing.assert_allclose(weighted.means_, half.means_)
    assert pl.read_csv(here / "t-mixtura" / "assignments.csv").height == 40


@pytest.mark.parametrize(
    ("name", "delimiter", "note"),
    [
        ("t.csv", ";", "semicolons"),
        ("t.txt", "\t", "tabs"),
        ("t.tsv", "\t", "tabs"),
        ("t.csv", "|", "vertical bars"),
    ],
)
def test_delimiters_are_found_out(fit, here, name, delimiter, note):
    write_csv(here / name, normal(20, 2), f"a{delimiter}b", delimiter)
    told = facts(fit(name))
    assert "2 columns" in told
    assert f"separated by {note}" in told


def test_a_delimiter_can_be_given(fit, here):
    (here / "t.csv").write_text("a:b\n1.5:2\n2.5:3\n4:9\n")
    assert "2 columns" in facts(fit("t.csv", "--delimiter", ":"))


def test_byte_order_mark_and_windows_lines(fit, here):
    write_csv(here / "t.csv", normal(20, 2), "\ufeffa,b", newline="\r\n")
    assert json.loads(fit("t.csv", "--json").stdout)["data"]["columns"] == ["a", "b"]


def test_compressed_text_gives_plain_text(fit, blobs, here):
    (here / "t.csv.gz").write_bytes(gzip.compress(blobs.read_bytes()))
    assert fit("t.csv.gz").exit_code == 0
    assert pl.read_csv(here / "t-mixtura" / "assignments.csv").height == 60


@pytest.mark.parametrize(
    ("name", "write", "read", "written"),
    [
        ("t.parquet", "write_parquet", pl.read_parquet, "assignments.parquet"),
        ("t.feather", "write_ipc", pl.read_ipc, "assignments.arrow"),
        ("t.arrow", "write_ipc_stream", pl.read_ipc, "assignments.arrow"),
    ],
)
def test_binary_tables(fit, here, name, write, read, written):
    X = normal(30, 2)
    frame = pl.DataFrame(
        {
            "x": X[:, 0],
            "single": X[:, 1].astype(np.float32),
            "whole": np.arange(30) ** 2,
            "flag": X[:, 0] > 0,
            "text": ["a"] * 30,
            "day": pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 1, 30), eager=True),
        }
    )
    frame = frame.with_columns(pl.when(pl.col("whole") == 4).then(None).otherwise("x").alias("x"))
    frame = frame.with_columns(pl.Series("x", [None, float("nan"), *X[2:, 0]]))
    getattr(frame, write)(here / name)
    told = facts(fit(name))
    assert "30 rows and 3 columns" in told
    assert "2 cells in 2 of 30 rows (x 2)" in told
    assert "day (is dates or times)" in told
    assert "flag (is true or false)" in told
    assignments = read(here / "t-mixtura" / written)
    assert assignments["cluster"].null_count() == 0
    assert assignments.height == 30


def test_true_or_false_alone_is_one_or_zero(fit, here):
    (here / "t.csv").write_text("b\n" + "true\nFalse\n" * 20)
    assert "Family bernoulli" in facts(fit("t.csv"))
    assert "taken as 1 and 0" in facts(fit("t.csv", "--family", "gaussian"))


def test_constant_columns(fit, here):
    write_csv(here / "t.csv", np.column_stack([normal(30, 1), np.full(30, 5.0)]), "a,b")
    assert "Left out b (is the same in every row)" in facts(fit("t.csv"))
    told = facts(fit("t.csv", "--columns", "a,b"))
    assert "Column 'b' is the same in every row, but is used all the same." in told
    assert "constant" in told


def test_duplicate_rows_and_more_components_than_distinct_rows(run, here):
    (here / "t.csv").write_text("a,b\n" + "1,2\n3,4\n5,9\n" * 1000)
    args = ("fit", "t.csv", "--starts", 1, "--covariance", "tied")
    assert "have no rows" in facts(run(*args, "--components", 5))
    assert "3 clusters in 3,000 rows" in facts(run(*args, "--components", "2-4"))


@pytest.mark.parametrize("scale", [1e9, 1e-9])
def test_large_and_small_values(fit, blobs, here, scale):
    X = pl.read_csv(blobs).to_numpy()
    write_csv(here / "t.csv", scale * (1.0 + X / 1000.0), "a,b")
    assert "2 clusters" in facts(fit("t.csv"))


def test_a_single_row(run, here):
    (here / "t.csv").write_text("a,b\n1,2\n")
    for options in [(), ("--components", 1)]:
        result = run("fit", "t.csv", *options)
        assert result.exit_code == 1
        assert "2 rows or more" in result.stderr
        assert "--weights" in result.stderr


def test_a_single_column_with_empty_lines(fit, here):
    (here / "t.csv").write_text("a\n1.5\n\n2.5\n9\n8.5\n\n\n")
    told = facts(fit("t.csv", "--covariance", "E,V,full"))
    assert "5 rows and 1 column" in told


def test_names_that_are_missing_or_come_twice(fit, here):
    write_csv(here / "t.csv", normal(20, 4), "a,a,,a_2")
    result = fit("t.csv", "--json")
    document = json.loads(result.stdout)
    assert document["data"]["columns"] == ["a", "a_3", "column_3", "a_2"]
    assert any("second 'a'" in note and "'a_3'" in note for note in document["notes"])
    assert any("3rd column has no name" in note for note in document["notes"])


def test_a_table_without_names(fit, here):
    write_csv(here / "t.csv", normal(20, 2), None)
    told = facts(fit("t.csv"))
    assert "20 rows" in told
    assert "first line is all numbers" in told
    assert "column_1 to column_2" in told


def test_not_converged(run, here, monkeypatch):
    from mixtura.estimators.gaussian_mixture import GaussianMixture

    in_one_step = {**GaussianMixture.__init__.__kwdefaults__, "max_iter": 1}
    monkeypatch.setattr(GaussianMixture.__init__, "__kwdefaults__", in_one_step)
    write_csv(here / "t.csv", normal(50, 2), "a,b")
    args = ("fit", "t.csv", "--components", 2, "--covariance", "full")
    assert "did not converge in 1 iteration:" in facts(run(*args))
    result = run(*args, "--strict", "--out", "strict")
    assert result.exit_code == 3
    assert result.stderr.startswith("mixtura: did not converge")
    assert result.stderr.count("\n") == 1
    assert (here / "strict" / "report.html").exists()


@pytest.mark.parametrize(
    "algorithm",
    ["em", "hard", "stochastic", "saem", "annealed", "minibatch", "stochastic,hard,em"],
)
def test_algorithms(run, blobs, algorithm):
    result = run("fit", blobs, "--algorithm", algorithm, "--components", 2, "--starts", 1)
    assert "2 clusters" in facts(result)


@pytest.mark.parametrize(
    ("criterion", "counts", "shapes", "unknown"),
    [(name, "1-2", "full", {"cv", "slope"}) for name in ("bic", "aic", "icl", "sabic", "nec")]
    + [("slope", "1-4", "auto", {"cv"}), ("cv", "1-2", "full", {"slope"})],
)
def test_criteria(run, blobs, criterion, counts, shapes, unknown):
    light = ("--components", counts, "--covariance", shapes, "--starts", 1, "--json")
    told = json.loads(run("fit", blobs, *light, "--criterion", criterion).stdout)["fit"]
    assert told["criterion"] == criterion
    assert {name for name in CRITERIA if told[name] is None} == unknown
    assert sum(told["probabilities"].values()) == pytest.approx(1.0)
    assert told["probability"] <= told["probabilities"]["2"]


def test_the_runners_up_are_told(fit, run, blobs):
    told = facts(fit(blobs))
    bic = f"{json.loads(fit(blobs, '--json').stdout)['fit']['bic']:,.1f}"
    assert f"BIC {bic}, the lowest of 42 models compared" in told
    assert "How many by BIC, 2 with probability" in told
    assert f"clusters shape BIC log-lik. par. probability 2 EII {bic}" in told
    assert "The report has all 42 models: " in told
    standings = json.loads(fit(blobs, "--json").stdout)["fit"]["standings"]
    assert sum(standings.values()) == 42
    assert f": {standings['finished']} with all their starts" in told
    assert f" {standings['given up']} given up on the way." in told
    assert "Those short of starts could be better than they look." in told
    alone = facts(run("fit", blobs, "--components", 2, "--covariance", "full", "--starts", 1))
    assert "How many" not in alone
    assert "log-lik." not in alone


def groups(here, k: int, n: int = 12) -> str:
    """A table of k round groups of n rows, far apart on a circle."""
    turns = np.repeat(2.0 * np.pi * np.arange(k) / k, n)
    X = 40.0 * np.column_stack([np.cos(turns), np.sin(turns)]) + normal(k * n, 2)
    write_csv(here / "t.csv", X, "a,b")
    return "t.csv"


def test_without_counts_a_search_goes_on_past_nine(run, here):
    args = ("fit", groups(here, 11), "--covariance", "EII,VII", "--starts", 1)
    told = facts(run(*args))
    assert "11 clusters in 132 rows" in told
    assert "How many by BIC, 11 with probability" in told
    assert "the most that were tried" not in told
    document = json.loads(run(*args, "--json").stdout)
    assert document["fit"]["at_limit"] is False
    assert document["fit"]["candidates"] > 18
    assert report_payload(here / "t-mixtura")["search"]["limit"] is None


def test_with_counts_it_does_not_and_says_so(run, here):
    args = ("fit", groups(here, 4), "-k", "1-3", "--covariance", "EII,VII", "--starts", 1)
    told = facts(run(*args))
    assert "How many by BIC, 3 or more: 3 was the largest number tried" in told
    assert "3 clusters are the most that were tried: with more, BIC may be lower still." in told
    assert " probability " not in told.split("shape BIC")[1]
    document = json.loads(run(*args, "--json").stdout)
    assert document["fit"]["at_limit"] is True
    assert document["fit"]["candidates"] == 6
    assert report_payload(here / "t-mixtura")["search"]["limit"] == {
        "criterion": "bic",
        "n_components": 3,
        "structure": "",
    }


def test_as_many_clusters_as_rows_are_no_reason_to_go_on(run, here):
    write_csv(here / "t.csv", normal(5, 1), "a")
    result = json.loads(run("fit", "t.csv", "--covariance", "E", "--starts", 1, "--json").stdout)
    assert "Only up to 5 clusters tried: there are only 5 rows." in result["notes"]
    assert result["fit"]["candidates"] == 5


def test_help_says_how_many_are_tried(run):
    told = " ".join(run("fit", "--help").stdout.split())
    assert "[default: 1-9, and further while the criterion falls]" in told


def report_payload(folder) -> dict:
    page = (folder / "report.html").read_text(encoding="utf-8")
    return json.loads(page.split('id="payload">')[1].split("</script>")[0])


def test_doubtful_clusters_are_told_where_they_stand(run, here):
    X = np.concatenate([normal(40, 2), np.full((12, 2), 20.0)])
    write_csv(here / "t.csv", X, "a,b")
    args = ("fit", "t.csv", "-k", 2, "--covariance", "full", "--starts", 1)
    told = facts(run(*args))
    assert "rows 40 12 remark collapsed a " in told
    folder = here / "t-mixtura"
    assert report_payload(folder)["model"]["collapsed"] == [1]
    components = json.loads(run("info", folder / "model.json", "--json").stdout)["components"]
    assert [component["remarks"] for component in components] == [[], ["collapsed"]]
    assert "remark collapsed" in facts(run("info", folder / "model.json"))
    assert (
        run("report", folder / "model.json", "t.csv", "-o", folder / "report.html").exit_code == 0
    )
    assert report_payload(folder)["model"]["collapsed"] == [1]


def test_collapsed_candidates_are_no_runners_up(run, here):
    X = np.concatenate([normal(40, 2), np.full((12, 2), 20.0)])
    write_csv(here / "t.csv", X, "a,b")
    result = run("fit", "t.csv", "-k", "1-4", "--covariance", "full,spherical", "--starts", 1)
    told = facts(result)
    grid = result.stdout.split("par.  probability")[1].split("\n\n")[0].split("The report")[0]
    cells = [line.split() for line in grid.splitlines() if line.strip()]
    values = [float(line[2].replace(",", "")) for line in cells]
    assert len(values) > 1
    assert values == sorted(values)
    assert "collapsed and not considered" in told


def test_the_report_tells_how_the_fit_went(run, here):
    X = normal(120, 2)
    X[:60, 0] += 3.0
    write_csv(here / "t.csv", X, "a,b")
    args = ("fit", "t.csv", "-k", "1-3", "--covariance", "full,EII", "--starts", 5)
    told = json.loads(run(*args, "--json", "--prior", "default", "--equal-weights").stdout)["fit"]
    payload = report_payload(here / "t-mixtura")
    fit, model = payload["fit"], payload["model"]
    assert fit["objective"] == "log-likelihood plus log prior"
    assert fit["remaining"] == pytest.approx(120 * told["remaining"])
    assert fit["rate"] == told["rate"]
    assert fit["starts"]["made"] == told["starts"] >= 5
    assert [mark["times"] for mark in fit["starts"]["optima"]] == [
        optimum["times"] for optimum in told["optima"]
    ]
    for mark, optimum in zip(fit["starts"]["optima"], told["optima"], strict=True):
        assert (mark["moved"], mark["ways"]) == (optimum["moved"], optimum["ways"])
    best = fit["starts"]["optima"][0]
    assert (best["agreement"], fit["trace"][-1]) == (1.0, pytest.approx(best["objective"]))
    assert "equal weights" in model["held"]
    assert "normal inverse Wishart, shrinkage 0.01" in model["held"] + model["prior"]
    standings = [candidate["standing"] for candidate in payload["search"]["candidates"]]
    assert {name: standings.count(name) for name in set(standings)} == told["standings"]


@pytest.mark.parametrize(
    ("algorithm", "objective"),
    [
        ("hard", "classification log-likelihood"),
        ("stochastic", "log-likelihood"),
        ("annealed, hard", "classification log-likelihood"),
    ],
)
def test_the_report_names_what_was_maximised(run, blobs, here, algorithm, objective):
    args = ("fit", blobs, "--algorithm", algorithm, "-k", 2, "--covariance", "full", "--starts", 2)
    assert run(*args).exit_code == 0
    told = report_payload(here / "blobs-mixtura")["fit"]
    assert told["objective"] == objective
    assert told["algorithm"] == algorithm
    assert (told["starts"] is None) == (algorithm == "stochastic")  # a random walk has no optima


def test_known_clusters_are_told_in_the_report(run, blobs, here):
    table = pl.read_csv(blobs)
    labels = np.r_[np.zeros(5, dtype=int), np.full(55, -1)]
    mx.save(mx.GaussianMixture(2).fit(table, labels=labels), here / "known.json")
    assert run("report", "known.json", blobs, "-o", here / "report.html").exit_code == 0
    payload = report_payload(here)
    assert payload["fit"]["objective"] == "log-likelihood given the known clusters"
    assert payload["model"]["known"] == 5
    assert "Known 5 rows" in facts(run("info", "known.json"))


def test_equal_weights_and_prior(fit, run, blobs):
    options = ("--components", "2", "--covariance", "full", "--json")
    plain = json.loads(fit(blobs, *options).stdout)["model"]
    held = json.loads(fit(blobs, *options, "--equal-weights", "--prior", "default").stdout)
    assert (plain["mixing"], plain["options"]["prior"]) == ("free weights", None)
    assert held["model"]["mixing"] == "equal weights"
    assert held["model"]["options"]["prior"]["shrinkage"] == 0.01
    assert [component["weight"] for component in held["model"]["components"]] == [0.5, 0.5]
    assert held["model"]["n_parameters"] == plain["n_parameters"] - 1
    told = run("info", held["files"]["model"]).stdout
    assert "equal weights" in told
    assert "shrinkage 0.01" in told


def test_algorithms_and_criteria_are_those_of_the_package():
    from mixtura.cli.fit import fit as command
    from mixtura.estimators.options import ALGORITHMS

    choices = {param.name: getattr(param.type, "choices", ()) for param in command.params}
    assert list(choices["algorithm"]) == list(ALGORITHMS)
    assert list(choices["criterion"]) == list(CRITERIA)


def test_one_iteration_is_no_plural(run, blobs) -> None:
    told = run("fit", blobs, "--components", 1, "--quiet").stdout
    assert "converged in 1 iteration: no further gain" in told
