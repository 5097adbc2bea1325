"""`mixtura test`: each number of clusters against one more."""

import json

import numpy as np
import pytest

import mixtura as mx
from mixtura.cli.datafile import DataFile
from mixtura.cli.family import Choice
from mixtura.cli.features import Features
from mixtura.cli.own_options import OwnOptions
from mixtura.cli.reading import read_table
from mixtura.cli.trial import Step, Trial, Verdict
from mixtura.families.registry import description_named
from mixtura.families.schema import Schema

LIGHT = ("--replicates", 19, "--covariance", "spherical")


def words(result) -> str:
    assert result.exit_code == 0, result.stderr
    return " ".join(result.stdout.split())


def test_a_line_for_each_test_and_the_conclusion(run, blobs, here):
    told = words(run("test", blobs, *LIGHT))
    assert "How many clusters in 60 rows and 2 columns of blobs.csv?" in told
    assert "clusters ratio samples as large p-value at level 0.05 1 or 2" in told
    assert "19 0 0.050 more than 1 2 or 3" in told
    assert "2 will do Outcome 2 clusters are enough: one more fits no better than by chance" in told
    assert "Shape VII: each component has its own variance" in told
    assert [path.name for path in here.iterdir()] == ["blobs.csv"]


def test_json_agrees_with_python(run, blobs):
    document = json.loads(run("test", blobs, *LIGHT, "--json").stdout)
    estimator = mx.GaussianMixture(covariance_type="spherical", n_init=1, init_params="varied")
    X = np.loadtxt(blobs, delimiter=",", skiprows=1)
    outcome = mx.bootstrap_test(estimator, X, n_bootstrap=19, random_state=0)
    test = document["test"]
    assert test["n_components"] == outcome.n_components == 2
    assert [step["p_value"] for step in test["steps"]] == [s.p_value for s in outcome.steps]
    assert [step["rejected"] for step in test["steps"]] == [True, False]
    assert test["steps"][0]["ratio"] == pytest.approx(outcome.steps[0].ratio)
    assert test["steps"][1]["samples"] == len(outcome.steps[1].bootstrap)
    assert document["data"]["rows_used"] == 60
    assert document["model"]["structure"] == "VII"


def test_the_same_for_any_number_of_jobs(run, blobs):
    one, two = (run("test", blobs, *LIGHT, "--json", "--jobs", jobs).stdout for jobs in (1, 2))
    assert one == two


def test_a_single_number_and_what_to_do_next(run, blobs):
    told = words(run("test", blobs, *LIGHT, "-k", 1))
    assert "At least 2 clusters: 1 is too few. Go on with -k 2-11." in told
    told = words(run("test", blobs, *LIGHT, "-k", 2))
    assert "2 or 3" in told
    assert "1 or 2" not in told
    assert "Whether fewer would do was not tested." in told


def test_a_test_that_cannot_go_on_says_why(run, here):
    (here / "t.csv").write_text("a,b\n" + "1,2\n3,4\n5,9\n" * 10)
    told = words(run("test", "t.csv", *LIGHT))
    assert "At least 1 cluster, but the test could not go on: a component of 2 collapsed." in told
    assert "p-value" not in told


@pytest.mark.parametrize(
    ("args", "status", "message"),
    [
        (("-k", "1,3"), 2, "'1,3' has gaps; write 3 or 1-8"),
        (("--covariance", "full,tied"), 2, "'full,tied' is unknown; choose one of full, tied"),
        (("--covariance", "auto"), 2, "'auto' is unknown; choose one of full, tied"),
        (("--replicates", 9), 1, "can never reject at --level 0.05: the least p-value is 0.1"),
        (("--columns", "c"), 1, "no column 'c'"),
        (("--covariance", "E"), 1, "is for one column, but there are 2"),
    ],
)
def test_wrong_choices(run, blobs, args, status, message):
    result = run("test", blobs, *args)
    assert (result.exit_code, result.stdout) == (status, "")
    assert message in result.stderr


def verdict(blobs, *steps: Step, counts=(1, 2), n=1, reason="max_components is reached"):
    table = read_table(DataFile(blobs))
    features = Features(Schema.of("ab"), np.zeros((3, 2)))
    choice = Choice(description_named("gaussian"))
    light = {"replicates": 99, "level": 0.05, "starts": 1, "seed": 0, "jobs": 1}
    trial = Trial(counts, choice, OwnOptions({}), **light)
    return Verdict(trial, table, features, steps, ("VVV", ""), n, reason, ())


def test_conclusions(blobs):
    enough = Step(1, 3.0, 20, 8, 0, 0.43, False)
    assert verdict(blobs, enough).conclusion.startswith("1 cluster is enough: one more fits")
    more = Step(1, 30.0, 99, 0, 0, 0.01, True)
    reached = verdict(blobs, more, counts=(1,), n=2)
    assert reached.conclusion.startswith("At least 2 clusters: 1 is too few.")


@pytest.mark.parametrize(
    ("options", "astray"),
    [
        ((), True),
        (("--noise",), True),
        (("--prior", "default"), False),
        (("--equal-weights",), False),
    ],
)
def test_samples_that_went_astray_are_owned_up_to(run, blobs, monkeypatch, options, astray):
    from mixtura.selection.likelihood_ratio import Resampling

    monkeypatch.setattr(Resampling, "ratio_of_sample", lambda *args: -1.0)
    told = words(run("test", blobs, *LIGHT, "-k", 1, *options))
    # Where the larger model does not contain the smaller one, it may well fit less.
    assert ("In 19 of 19 samples 2 clusters ended below 1, so the p-value" in told) == astray


# argv: the command line. The signal comes in the middle of the samples.
_INTERRUPTED = """
import os, signal, sys
from mixtura.selection.likelihood_ratio import Resampling

made, ratio = [], Resampling.ratio_of_sample
def falling(*args):
    made.append(1)
    if len(made) == 5:
        os.kill(os.getpid(), signal.SIGINT)
    return ratio(*args)
Resampling.ratio_of_sample = falling
from mixtura.__main__ import main
main()
"""


def test_an_interruption_leaves_nothing(process, blobs, here):
    result = process(_INTERRUPTED, "test", blobs, *LIGHT)
    assert result.returncode == 130
    assert result.stdout == ""
    assert result.stderr == "mixtura: interrupted; no file was left half-written.\n"
    assert [path.name for path in here.iterdir()] == ["blobs.csv"]
