"""Tables of several kinds of columns on the command line: --mixed, and families by columns."""

import json
import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mixtura as mx

GROUPS = np.repeat([0, 1], [70, 50])
LIGHT = ("-k", "1-3", "--starts", 2, "--covariance", "VVI")


def patients() -> pl.DataFrame:
    rng, z = np.random.default_rng(0), GROUPS
    return pl.DataFrame(
        {
            "row": np.arange(1, 121),
            "weight": rng.normal(60.0 + 20.0 * z, 5.0).round(1),
            "ward": np.where(rng.random(120) < 0.9, z, 1 - z).astype(str),
            "visits": rng.poisson(2.0 + 5.0 * z),
            "smokes": rng.random(120) < 0.2 + 0.6 * z,
            "grade": rng.integers(1, 5, 120),
            "name": [f"patient {i}" for i in range(120)],
        }
    ).with_columns(pl.col("ward").replace({"0": "north", "1": "south"}))


@pytest.fixture
def table(here) -> Path:
    patients().write_csv("t.csv")
    return here / "t.csv"


def document(run, *args) -> dict:
    result = run("fit", "t.csv", *args, "--json")
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def families_of(told: dict) -> dict[str, list[str]]:
    """The columns of each family, as a note has them."""
    [note] = [note for note in told["notes"] if note.startswith("Families by column: ")]
    blocks = note.removeprefix("Families by column: ").split(". ")[0].split("; ")
    return {block.split(" ")[0]: block.partition(" ")[2].split(", ") for block in blocks}


def test_each_column_has_a_family_that_suits_it(run, table):
    told = document(run, "--mixed", *LIGHT)
    assert told["model"]["family"] == "mixed"
    assert told["model"]["n_components"] == 2
    assert families_of(told) == {
        "gaussian": ["weight"],
        "categorical": ["ward", "grade"],
        "poisson": ["visits"],
        "bernoulli": ["smokes"],
    }
    assert set(told["data"]["columns_left_out"]) == {"row", "name"}
    component = told["model"]["components"][0]
    assert component["mean"].keys() == component["sd"].keys() == {"weight", "visits"}
    assert component["probabilities"].keys() == {"ward", "grade", "smokes"}
    clusters = pl.read_csv("t-mixtura/assignments.csv")["cluster"].to_numpy()
    assert np.mean(clusters == GROUPS) > 0.9
    page = Path("t-mixtura/report.html").read_text()
    payload = json.loads(re.search(r'id="payload">(.*?)</script>', page, re.S)[1])
    kinds = [marginal["kind"] for marginal in payload["model"]["marginals"]]
    assert kinds == ["bell", "shares", "mass", "shares", "shares"]
    assert payload["model"]["spreads"][0][0][0] > 0.0
    assert payload["model"]["spreads"][0][2][2] is None


def test_the_family_mixed_is_the_same(run, table):
    first, second = (document(run, *f, *LIGHT) for f in (["--mixed"], ["--family", "mixed"]))
    assert first["model"] == second["model"]
    assert document(run, "--mixed", "--family", "mixed", *LIGHT)["model"] == first["model"]


def test_families_by_columns(run, table):
    told = document(run, "--family", "visits=gaussian,grade=poisson", *LIGHT)
    assert families_of(told) == {
        "gaussian": ["weight", "visits"],
        "categorical": ["ward"],
        "poisson": ["grade"],
        "bernoulli": ["smokes"],
    }
    named = document(run, "--columns", "weight,row,ward", "--family", "row=gaussian", *LIGHT)
    assert families_of(named) == {"gaussian": ["weight", "row"], "categorical": ["ward"]}


def test_numbers_with_a_word_among_them_may_be_categories(run, here):
    frame = patients().with_columns(engine=pl.Series(["4", "6", "rotary", "8"] * 30))
    frame.with_columns(dose=pl.Series(["n/k", *map(str, range(119))])).write_csv("t.csv")
    result = run("fit", "t.csv", "--mixed", *LIGHT)
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Column 'dose' is not numeric" in result.stderr
    told = document(run, "--mixed", "--exclude", "dose", *LIGHT)
    assert "engine" in families_of(told)["categorical"]


def test_predict_sample_info_and_python(run, table):
    document(run, "--mixed", *LIGHT)
    model = "t-mixtura/model.json"
    told = run("predict", model, "t.csv")
    assert told.stdout == Path("t-mixtura/assignments.csv").read_text()
    drawn = pl.read_csv(run("sample", model, "-n", 300).stdout.encode())
    frame = patients().select("weight", "ward", "visits", "smokes", "grade")
    assert drawn.drop("cluster").schema == frame.schema
    drawn.write_csv("drawn.csv")
    again = pl.read_csv(run("predict", model, "drawn.csv").stdout.encode())
    assert (again["cluster"] == drawn["cluster"]).mean() > 0.9
    info = " ".join(run("info", model).stdout.split())
    assert "categorical: 2 columns" in info
    estimator = mx.load(model)
    clusters = pl.read_csv("t-mixtura/assignments.csv")["cluster"].to_numpy()
    assert (estimator.predict(frame) == clusters).all()


def test_the_test_of_numbers_of_clusters(run, table):
    args = ("test", "t.csv", "--mixed", "-k", 1, "--replicates", 19, "--covariance", "VVI")
    told = json.loads(run(*args, "--json").stdout)
    assert (told["model"]["family"], told["test"]["n_components"]) == ("mixed", 2)


def test_auto_tells_of_it(run, table):
    told = document(run, *LIGHT)
    assert told["model"]["family"] == "gaussian"
    assert any("and --mixed these as well as the others." in note for note in told["notes"])


@pytest.mark.parametrize(
    ("args", "status", "words"),
    [
        (("--family", "visits=weibull"), 2, "'weibull' is unknown; choose auto, bernoulli"),
        (("--family", "visits=poisson,gaussian"), 2, "'gaussian' is no column with a family"),
        (("--family", "=gaussian"), 2, "'=gaussian' is no column with a family"),
        (("--mixed", "--family", "poisson"), 2, "--mixed and --family poisson are two wishes"),
        (("--family", "visit=poisson"), 1, "none of those to use. Did you mean 'visits'?"),
        (("--family", "ward=gaussian"), 1, "'ward'"),
        (("--family", "weight=poisson"), 1, "a count is a whole number"),
        (("--mixed", "--noise"), 1, "--noise is an option of --family gaussian, not of mixed"),
    ],
)
def test_what_cannot_be(run, table, args, status, words):
    result = run("fit", "t.csv", *args)
    assert (result.exit_code, result.stdout) == (status, "")
    assert words in " ".join(result.stderr.split())
