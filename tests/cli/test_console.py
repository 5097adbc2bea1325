"""What is printed fits the terminal, and numbers keep the digits that mean something."""

import io
import sys

import numpy as np
import pytest
from rich.console import Console

from mixtura.cli.candidates import choice, print_candidates
from mixtura.cli.components import print_components
from mixtura.cli.program import program
from mixtura.cli.wording import count, percent, row_list, suggestion
from mixtura.report import Candidate, SearchSummary


@pytest.fixture
def printed(by_hand):
    """The components of a Gaussian model, as they are printed."""

    def printed(means: np.ndarray, deviations: np.ndarray, names: list[str], width: int) -> str:
        k = len(means)
        console = Console(file=io.StringIO(), width=width)
        model = by_hand(np.full(k, 1.0 / k), means, deviations, names)
        print_components(console, model, names, [10] * k)
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
    assert percent(0.9999) == ">99.9 %"
    assert percent(0.0) == "0.0 %"
    assert percent(1e-6) == "<0.1 %"
    assert row_list(np.array([False, True])) == "row 2"
    assert row_list(np.ones(7, dtype=bool)) == "rows 1, 2, 3, 4, 5 and 2 more"
    assert suggestion("Bill", ["bill", "x"]) == " Did you mean 'bill'?"
    assert suggestion("zzz", ["bill", "x"]) == ""
