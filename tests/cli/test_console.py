"""What is printed fits the terminal, and numbers keep the digits that mean something."""

import io
import sys
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from mixtura.cli.assignments import Assignments
from mixtura.cli.candidates import choice, print_candidates
from mixtura.cli.components import print_components
from mixtura.cli.program import program
from mixtura.cli.readings import starts_in_words
from mixtura.cli.wording import count, model_name, percent, row_list, suggestion
from mixtura.fitting.restarts import Optimum, Starts
from mixtura.report import Candidate, SearchSummary


@pytest.fixture
def printed(by_hand):
    """The components of a Gaussian model, as they are printed."""

    def printed(means: np.ndarray, deviations: np.ndarray, names: list[str], width: int) -> str:
        k = len(means)
        console = Console(file=io.StringIO(), width=width)
        model = by_hand(np.full(k, 1.0 / k), means, deviations, names)
        labels = np.arange(k).repeat(10)
        assignments = Assignments(labels, np.eye(k)[labels], k, *np.ones((2, len(labels))))
        print_components(console, model, names, assignments.tally)
        return console.file.getvalue()

    return printed


@pytest.mark.parametrize("width", [40, 80, 120])
@pytest.mark.parametrize(("k", "d"), [(1, 1), (3, 4), (9, 20), (30, 60)])
def test_nothing_is_wider_than_the_terminal(printed, width, k, d):
    rng = np.random.default_rng(0)
    scale = 10.0 ** rng.integers(-8, 8, d)
    names = [f"column [{a}] " + "x" * a for a in range(d)]
    text = printed(
        scale * rng.normal(size=(k, d)), scale * rng.uniform(0.5, 1, (k, d)), names, width
    )
    assert max(map(len, text.splitlines())) <= width
    heads = [word for line in text.splitlines() if "cluster" in line for word in line.split()[1:]]
    assert heads == [str(j) for j in range(k)]
    assert "column [0]" in text


def test_deviations_are_shown_where_they_fit(printed):
    means, deviations = np.array([[1.0, 200.0]]), np.array([[0.5, 30.0]])
    assert "1.00 ± 0.50" in printed(means, deviations, ["a", "b"], 80)
    assert "200 ± 30" in printed(means, deviations, ["a", "b"], 80)
    assert "±" not in printed(np.repeat(means, 9, 0), np.repeat(deviations, 9, 0), ["a", "b"], 80)


@pytest.mark.parametrize(
    ("mean", "deviation", "text"),
    [
        (1.7e9, 1000.0, "1700000000 ± 1000"),
        (1.7e9, 0.01, "1700000000.000 ± 0.010"),
        (2.5e-9, 1e-9, "2.5e-09 ± 1.0e-09"),
        (-0.001, 1.0, "0.0 ± 1.0"),
        (0.0, 1e-9, "0.0e+00 ± 1.0e-09"),
        (1e15, 1e14, "1.00e+15 ± 1.0e+14"),
    ],
)
def test_digits(printed, mean, deviation, text):
    assert f" {text}\n" in printed(np.array([[mean]]), np.array([[deviation]]), ["a"], 80)


@pytest.mark.parametrize("width", [50, 80, 120])
def test_the_runners_up_fit_the_terminal(width):
    made = [
        Candidate(
            n_components=k,
            structure="full",
            status="",
            standing="finished",
            criteria={"nec": -(10.0**k)},
            n_parameters=10 * k,
            log_likelihood=-(10.0**k),
            probability=0.1,
        )
        for k in range(1, 10)
    ]
    made[3] = Candidate(
        n_components=4, structure="full", status="", standing="failed", criteria={"nec": None}
    )
    console = Console(file=io.StringIO(), width=width)
    search = SearchSummary(criterion="nec", best=0, candidates=made)
    print_candidates(console, search)
    lines = console.file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    assert [line.split()[0] for line in lines[1:6]] == ["1", "9", "8", "7", "6"]
    assert dict(choice(search)) == {"NEC": "-10.0000, the lowest of 8 models compared"}


def candidate(k: int, shape: str, bic: float | None, standing: str = "finished") -> Candidate:
    return Candidate(
        n_components=k,
        structure=shape,
        status="",
        standing=standing,
        criteria={"bic": bic},
        n_parameters=None if bic is None else 10 * k,
        log_likelihood=bic,
        probability=None if bic is None else 0.5,
    )


def as_printed(search: SearchSummary) -> str:
    console = Console(file=io.StringIO(), width=80)
    print_candidates(console, search)
    return " ".join(console.file.getvalue().split())


def test_at_the_limit_no_number_has_a_probability():
    made = [candidate(8, "VVV", 20.0), candidate(9, "VVV", 10.0), candidate(9, "EII", 30.0)]
    probabilities = [(8, 0.01), (9, 0.99)]
    search = SearchSummary(
        criterion="bic", best=1, candidates=made, probabilities=probabilities, at_limit=True
    )
    many = dict(choice(search))["How many"]
    assert many == "by BIC, 9 or more: 9 was the largest number tried"
    assert "probability" not in as_printed(search)
    further = replace(search, candidates=[*made, candidate(12, "EII", 40.0)])
    assert dict(choice(further))["How many"] == f"{many} of VVV"
    inside = replace(further, at_limit=False)
    assert dict(choice(inside))["How many"] == "by BIC, 9 with probability 99.0 %, 8 with 1.0 %"
    assert "probability" in as_printed(inside)


def test_what_another_criterion_does_not_look_for_is_no_probability_either():
    made = [replace(candidate(k, "", 40.0 - k), criteria={"icl": k}) for k in (2, 3)]
    search = SearchSummary(
        criterion="icl", best=0, candidates=made, probabilities=[(2, 0.4), (3, 0.6)]
    )
    told = dict(choice(search))
    assert told["How many"] == "by BIC, 3 or more: 3 was the largest number tried"


def test_how_far_candidates_came_is_told_in_numbers():
    search = SearchSummary(
        criterion="bic",
        best=0,
        candidates=[
            candidate(2, "VVV", 10.0),
            candidate(3, "VVV", 11.0, "left behind"),
            candidate(4, "VVV", -99.0, "collapsed"),
            candidate(5, "VVV", -98.0, "spurious"),
            *(candidate(k, "VVV", None, "left out") for k in (6, 7)),
            candidate(2, "EII", None, "failed"),
        ],
    )
    assert dict(choice(search))["BIC"] == "10.0000, the lowest of 2 models compared"
    told = as_printed(search)
    assert "-9" not in told
    assert (
        "The report has all 7 models: 1 with all their starts, 1 left behind after a few, "
        "1 collapsed and not considered, 1 owing their likelihood to a few rows and not "
        "considered, 2 left out, as more clusters led nowhere, 1 could not be fitted."
    ) in told


@pytest.mark.parametrize(
    ("starts", "words"),
    [
        (
            Starts((Optimum(-1.0, 9, 1.0, 0.0, ("splits", "rows", "merges")),), 0),
            "best optimum found by 9 of 9 starts, of 3 kinds (splits, rows, merges)",
        ),
        (
            Starts((Optimum(-1.0, 1, 1.0, 0.0, ("rows",)), Optimum(-2.0, 1, 0.9, 0.1)), 3),
            "best optimum found by 1 of 5 starts (rows); 1 other found; 3 not sound",
        ),
        (Starts((Optimum(-1.0, 1, 1.0),), 0), "best optimum found by 1 of 1 start"),
        (Starts((), 2), "best optimum found by 0 of 2 starts; 2 not sound"),
    ],
)
def test_starts_in_words(starts, words):
    assert starts_in_words(starts) == words


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("args", "text"),
    [
        (("fit", "-k", "1-2", "--starts", 1), "Fitted "),
        (("test", "-k", 1, "--replicates", 19), "1 against 2"),
    ],
)
def test_progress_is_shown_where_somebody_watches(blobs, monkeypatch, args, text):
    command, *options = map(str, args)
    for quiet, shown in ((), True), (("--quiet",), False):
        monkeypatch.setattr(sys, "stderr", Terminal())
        with pytest.raises(SystemExit):
            program.main([command, str(blobs), *options, *quiet])
        assert (text in sys.stderr.getvalue()) == shown


def test_wording():
    assert count(1, "row") == "1 row"
    assert count(1234, "row") == "1,234 rows"
    assert model_name("VVE", 1) == "VVE with 1 cluster"
    assert model_name("", 7) == "7 clusters"
    assert percent(0.9999) == ">99.9 %"
    assert percent(0.0) == "0.0 %"
    assert percent(1e-6) == "<0.1 %"
    assert row_list(np.array([False, True])) == "row 2"
    assert row_list(np.ones(7, dtype=bool)) == "rows 1, 2, 3, 4, 5 and 2 more"
    assert suggestion("Bill", ["bill", "x"]) == " Did you mean 'bill'?"
    assert suggestion("zzz", ["bill", "x"]) == ""
