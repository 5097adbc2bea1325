"""`mixtura merge`: from a model to one of groups."""

import json

import numpy as np
import polars as pl
import pytest

import mixtura as mx


@pytest.fixture
def three(here, by_hand):
    """A model of three clusters, the first two of which share a hill, and its rows."""
    from mixtura.persistence.model_file import write_model

    means = np.array([[0.0, 0.0], [1.0, 0.0], [9.0, 9.0]])
    model = by_hand(np.array([0.4, 0.3, 0.3]), means, np.ones((3, 2)), ("a", "b"))
    write_model(model, here / "three.json")
    rows, _ = model.mixture.sample(60, np.random.default_rng(0))
    (here / "rows.csv").write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in rows.tolist()))
    return here / "three.json"


@pytest.mark.parametrize(
    "way", [[], ["--by", "hills"], ["rows.csv", "--by", "entropy"], ["--by", "0+1,2"]]
)
def test_each_way_gives_a_model_of_the_groups(run, three, here, way):
    result = run("merge", three, *way)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        "cluster 0: 0 + 1, weight 0.700",
        "cluster 1: 2, weight 0.300",
        "merged.json",
    ]
    X = pl.DataFrame(np.random.default_rng(1).normal(4.0, 4.0, (50, 2)), schema=["a", "b"])
    old, new = mx.load(three), mx.load(here / "merged.json")
    np.testing.assert_allclose(new.score_samples(X), old.score_samples(X), rtol=1e-12)
    assert new.weights_.tolist() == pytest.approx([0.7, 0.3])


def test_the_merged_model_serves_every_command(run, three, here):
    assert run("merge", three, "-o", "m.json").exit_code == 0
    predicted = run("predict", "m.json", "rows.csv").stdout.splitlines()
    assert predicted[0].startswith("row,cluster,uncertainty,p0,p1,log_density")
    assert run("sample", "m.json", "-n", 5).exit_code == 0
    assert run("info", "m.json").exit_code == 0
    assert run("report", "m.json", "rows.csv", "-o", "m.html").exit_code == 0
    assert run("merge", "m.json", "--by", "0+1", "-o", "one.json").exit_code == 0


def test_json_tells_the_groups(run, three):
    told = json.loads(run("merge", three, "--json").stdout)
    assert told["model"] == "merged.json"
    assert [cluster["merged"] for cluster in told["clusters"]] == [[0, 1], [2]]
    assert told["clusters"][0]["weight"] == pytest.approx(0.7)


def test_how_far_can_be_said(run, three):
    assert run("merge", three, "--clusters", 1).stdout.startswith("cluster 0: 0 + 1 + 2")
    assert "cluster 1" in run("merge", three, "--ratio", 0.9).stdout
    asked = ["rows.csv", "--by", "entropy", "--clusters", 1]
    assert run("merge", three, *asked).stdout.startswith("cluster 0: 0 + 1 + 2")


@pytest.mark.parametrize(
    ("way", "code", "told"),
    [
        (["--by", "0+1"], 1, "Left out: 2. Expected each of 0 to 2 in one group"),
        (["--by", "0+1,1+2"], 1, "Component 1 is there twice"),
        (["--by", "0+1,2+7"], 1, "There is no component 7"),
        (["--by", "valleys"], 2, "give hills, entropy, or the clusters of each group"),
        (["--by", "entropy"], 2, "give DATA"),
        (["rows.csv"], 2, "DATA is for --by entropy"),
        (["--clusters", "3"], 1, "Give a number from 1 to 2"),
        (["--clusters", "2", "--ratio", "0.5"], 2, "--ratio is for --by hills"),
        (["--by", "0+1,2", "--clusters", "2"], 2, "the groups are given"),
        (["-o", "merged.csv"], 1, "Let the name end in .json"),
        (["-o", "three.json"], 1, "is the input"),
    ],
)
def test_what_cannot_be_merged_is_told_and_nothing_is_written(run, three, here, way, code, told):
    before = sorted(here.iterdir())
    result = run("merge", three, *way)
    assert result.exit_code == code
    assert told in result.stderr
    assert sorted(here.iterdir()) == before


def test_a_model_without_hills_is_sent_to_the_other_way(run, here):
    (here / "answers.csv").write_text("a,b\n" + "yes,no\nno,yes\nyes,yes\nno,no\n" * 5)
    asked = ["--family", "categorical", "--components", 2, "--out", "fitted", "--quiet"]
    assert run("fit", "answers.csv", *asked).exit_code == 0
    result = run("merge", "fitted/model.json")
    assert result.exit_code == 1
    assert result.stderr.endswith("merge by entropy: mixtura merge MODEL DATA --by entropy.\n")
