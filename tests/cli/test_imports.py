"""Answers that need no model to be fitted come without scikit-learn, and help with click alone."""

import json

import polars as pl

# argv[1]: a JSON list of command lines, run one after the other in one process.
_RUN = """
import contextlib, io, json, sys
from mixtura.cli.program import program
for args in json.loads(sys.argv[1]):
    out, err = io.TextIOWrapper(io.BytesIO()), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            program.main(args, prog_name="mixtura")
        except SystemExit as end:
            status = end.code or 0
    print(json.dumps([args, status, sorted(sys.modules)]))
"""

LARGE = {"numpy", "rich", "polars", "scipy", "sklearn", "joblib", "narwhals"}
NOT_FOR_MODELS = {"sklearn", "joblib", "scipy.stats", "narwhals"}


def run_all(process, command_lines, status: int, unwanted: set[str]) -> None:
    """All command lines end with the status, and none imports what is not wanted."""
    told = process(_RUN, json.dumps(command_lines)).stdout.splitlines()
    assert len(told) == len(command_lines)
    for line in told:
        args, ended, modules = json.loads(line)
        assert (args, ended, unwanted & set(modules)) == (args, status, set())


def test_help_imports_click_alone(process):
    commands = ("fit", "predict", "sample", "report", "explore", "info", "test")
    helps = [[command, "--help"] for command in commands]
    run_all(process, [[], ["--help"], ["--version"], ["info", "--system"], *helps], 0, LARGE)


def test_wrong_usage_imports_click_alone(process):
    wrong = ["fit", "x", "--components", "0"], ["test", "x", "--components", "1,3"]
    run_all(process, [["fit"], ["test"], ["nonsense"], *wrong], 2, LARGE)


def test_errors_do_not_import_scikit_learn(process, here, blobs):
    (here / "t.csv").write_text("a,w\n1,0\ninf,0\n")
    (here / "big").mkdir()
    pl.DataFrame({"a": [1.0, 2.0], "b": ["x", "y"]}).write_parquet("big/1.parquet")
    fit = ["fit", str(blobs)]
    command_lines = [
        ["fit", "none.csv"],
        ["fit", "t.csv"],
        [*fit, "--components", "100"],
        [*fit, "--columns", "c"],
        [*fit, "--weights", "w"],
        [*fit, "--covariance", "E"],
        [*fit, "--out", "t.csv/x"],
        ["info", "t.csv"],
        ["predict", "t.csv", "t.csv"],
        ["test", "t.csv"],
        ["test", str(blobs), "--replicates", "9"],
        ["fit", "none/*.parquet"],
        ["fit", "big", "--columns", "c"],
        ["fit", "big", "--out", "t.csv/x"],
    ]
    run_all(process, command_lines, 1, NOT_FOR_MODELS)


def test_models_are_used_without_scikit_learn(process, here, model, blobs):
    command_lines = [["predict", str(model), str(blobs)], ["report", str(model), str(blobs)]]
    command_lines += [["explore", str(blobs), "-o", "page.html"]]
    command_lines += [["sample", str(model)], ["info", str(model)]]
    (here / "big").mkdir()
    pl.DataFrame({"a": [1.0, 2.0], "b": [0.0, 1.0]}).write_parquet("big/1.parquet")
    command_lines += [["predict", str(model), "big", "-o", "out.parquet"]]
    run_all(process, command_lines, 0, NOT_FOR_MODELS)
