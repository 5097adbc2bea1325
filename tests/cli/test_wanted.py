"""Columns by name and by pattern: those to use, and those not to use."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mixtura.cli.names import Names

NAMES = ["A1", "A2", "A10", "B[1]", "B1", "w", "kind"]


@pytest.fixture
def data(here) -> Path:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(40, 6)).round(3)
    X[:, 5] = np.abs(X[:, 5]) + 1.0
    rows = [",".join([*map(str, row), "uv"[i % 2]]) for i, row in enumerate(X.tolist())]
    path = here / "t.csv"
    path.write_text("\n".join([",".join(NAMES), *rows, ""]))
    return path


@pytest.fixture
def used(run, data):
    def used(*args: str) -> list[str]:
        result = run("fit", data, "-k", 2, "--starts", 1, "--json", *args)
        assert result.exit_code == 0, result.stderr
        return json.loads(result.stdout)["data"]["columns"]

    return used


@pytest.mark.parametrize(
    ("args", "columns"),
    [
        ((), ["A1", "A2", "A10", "B[1]", "B1", "w"]),
        (("--exclude", "w"), ["A1", "A2", "A10", "B[1]", "B1"]),
        (("--exclude", "A*,w"), ["B[1]", "B1"]),
        (("--columns", "A*"), ["A1", "A2", "A10"]),
        (("--columns", "A?"), ["A1", "A2"]),
        (("--columns", "B[1]"), ["B[1]"]),  # a name before a pattern
        (("--columns", "B[12]"), ["B1"]),
        (("--columns", "w,A*"), ["w", "A1", "A2", "A10"]),
        (("--columns", "A2,A*"), ["A2", "A1", "A10"]),
        (("--columns", "A*", "--exclude", "A10"), ["A1", "A2"]),
        (("--columns", "*", "--exclude", "A*"), ["B[1]", "B1", "w"]),
        (("--columns", "*", "--weights", "w"), ["A1", "A2", "A10", "B[1]", "B1"]),
        (("--columns", "*", "--known", "kind"), ["A1", "A2", "A10", "B[1]", "B1", "w"]),
        (("--weights", "w", "--exclude", "?[12]"), ["A10", "B[1]"]),
    ],
)
def test_which_columns(used, args, columns):
    assert used(*args) == columns


def test_what_is_excluded_or_no_number_is_told(run, data):
    args = ("fit", data, "-k", 1, "--starts", 1, "--json", "--columns", "*", "--exclude", "A*")
    left_out = json.loads(run(*args).stdout)["data"]["columns_left_out"]
    assert left_out == {
        "kind": "is text",
        "A1": "by --exclude",
        "A2": "by --exclude",
        "A10": "by --exclude",
    }


@pytest.mark.parametrize("command", ["fit", "test"])
@pytest.mark.parametrize(
    ("args", "words"),
    [
        (("--columns", "Z*"), "has no column that fits 'Z*'. Its columns are A1, A2, A10,"),
        (("--exclude", "Z*"), "has no column that fits 'Z*'"),
        (("--exclude", "knd"), "has no column 'knd'. Did you mean 'kind'?"),
        (("--columns", "kin?s*"), "fits 'kin?s*'. Did you mean 'kind'?"),
        (("--columns", "a*"), "has no column that fits 'a*'"),
        (("--exclude", "*"), "No column of t.csv is left to use"),
        (("--columns", "A1", "--exclude", "A1"), "No column of t.csv is left to use"),
        (("--columns", "k*"), "Column 'kind' is not numeric"),
        (("--columns", "A1,kind"), "Column 'kind' is not numeric"),
        (("--columns", "A1, A1 "), "are one column"),
        (("--columns", "A1,w", "--weights", "w"), "'w' holds the weights"),
    ],
)
def test_errors(run, data, here, command, args, words):
    family = ("--family", "gaussian")
    result = run(command, data, *args, *family)
    assert (result.exit_code, result.stdout) == (1, "")
    assert words in result.stderr
    assert [path.name for path in here.iterdir()] == ["t.csv"]


def test_the_test_of_numbers_of_clusters_takes_the_same_words(run, data):
    args = ("test", data, "-k", 1, "--replicates", 19, "--json", "--columns", "A*")
    document = json.loads(run(*args, "--exclude", "A1?").stdout)
    assert document["data"]["columns"] == ["A1", "A2"]


def test_every_column_used_is_named(run, here):
    names = [f"col_{i}" for i in range(130)]
    X = np.random.default_rng(0).normal(size=(30, 130)).round(3)
    rows = [",".join(map(str, row)) for row in X.tolist()]
    Path("t.csv").write_text("\n".join([",".join(names), *rows, ""]))
    args = ("fit", "t.csv", "-k", 1, "--starts", 1, "--covariance", "diag", "--exclude", "col_3")
    result = run(*args)
    told = " ".join(result.stdout.split())
    used = [name for name in names if name != "col_3"]
    assert f"Columns {', '.join(used)} Left out" in told
    assert "col_3 (by --exclude)" in told
    page = Path("t-mixtura/report.html").read_text(encoding="utf-8")
    assert all(f'"{name}"' in page for name in names)
    info = " ".join(run("info", "t-mixtura/model.json").stdout.split())
    assert ", ".join(used) in info


def test_a_column_left_out_can_be_had(run, blobs, here):
    lines = blobs.read_text().splitlines()
    numbered = [f"{i},{line}" for i, line in enumerate(lines[1:], start=1)]
    Path("t.csv").write_text("\n".join([f"id,{lines[0]}", *numbered, ""]))
    told = " ".join(run("fit", "t.csv", "-k", 1, "--starts", 1).stdout.split())
    assert "Left out id (only numbers the rows) To use id all the same, name every" in told
    again = run("fit", "t.csv", "-k", 1, "--starts", 1, "--columns", "*")
    told = " ".join(again.stdout.split())
    assert "Columns id, a, b" in told
    assert "Column 'id' only numbers the rows, but is used all the same." in told


@given(st.lists(st.text("aA1*?[] ", min_size=1), min_size=1, unique=True))
def test_a_name_is_found_whatever_characters_it_has(names):
    found = Names(tuple(names))
    for place, name in enumerate(names):
        assert found.matching(name) == [place]
    if found.position("*") is None:
        assert found.matching("*") == [*range(len(names))]
