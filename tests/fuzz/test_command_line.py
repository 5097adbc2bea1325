"""Any file: results of which all laws hold, or one line that says what is wrong with it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import polars as pl
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

import mixtura as mx
from fuzz.effort import examples
from fuzz.texts import Text, texts
from mixtura.cli.program import program

OPTIONS = {
    "--noise": None,
    "--equal-weights": None,
    "--prior": ["default"],
    "--criterion": ["icl", "nec", "cv", "slope"],
    "--algorithm": ["hard", "stochastic", "saem", "annealed,hard"],
    "--weights": ["x0", "x1"],
    "--known": ["x0", "x1"],
    "--columns": ["x0", "x1,x0"],
    "--delimiter": [";", ",", "tab"],
    "--covariance": ["auto", "EEV,EVV", "tied,spherical"],
    "-k": ["1", "1-3", "2,70"],
}


@st.composite
def options(draw: st.DrawFn) -> list[str]:
    """A few options of `fit`."""
    given: list[str] = []
    for name in draw(st.lists(st.sampled_from(list(OPTIONS)), max_size=2, unique=True)):
        values = OPTIONS[name]
        given += [name] if values is None else [name, draw(st.sampled_from(values))]
    return given


@contextmanager
def folder_with(text: Text) -> Iterator[Path]:
    """A folder with a file of the text."""
    with TemporaryDirectory() as name:
        file = Path(name) / "table.csv"
        file.write_bytes(text.data)
        yield file


def run(*arguments: object) -> Result:
    """Run a command line; it ends as told, in words."""
    result = CliRunner().invoke(program, list(map(str, arguments)), prog_name="mixtura")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code in (0, 1, 2)
    if result.exit_code:
        assert result.stderr.startswith("mixtura: ")
        assert result.stderr.count("\n") == 1
        assert len(result.stderr) > 30
        assert "Traceback" not in result.stderr
        assert not result.stdout
    return result


def looks_sound(document: dict, out: Path) -> None:
    """The results of `fit` go together."""
    assert {path.name for path in out.iterdir()} == {
        "model.json",
        "assignments.csv",
        "report.html",
    }
    assert not any("encountered in" in note for note in document["notes"])
    model = mx.load(out / "model.json")
    table = pl.read_csv(out / "assignments.csv", infer_schema=False)
    assert len(table) == document["data"]["rows"]
    probabilities = table.select(pl.selectors.matches(r"^(p\d+|noise)$")).cast(pl.Float64)
    assert probabilities.width == len(model.weights_)
    total = probabilities.drop_nulls().sum_horizontal().to_numpy()
    assert len(total) == document["data"]["rows_used"]
    np.testing.assert_allclose(total, 1.0, atol=1e-6)


@given(texts(), options())
@examples(30)
def test_fit_and_what_follows(text: Text, given: list[str]) -> None:
    with folder_with(text) as file:
        out = file.parent / "out"
        light = ["-k", "1-2", "--covariance", "diag,full", "--starts", 1, "--json", "--quiet"]
        fit = run("fit", file, *light, *given, "--out", out)
        if fit.exit_code:
            assert not out.exists() or not list(out.iterdir())
            return
        looks_sound(json.loads(fit.stdout), out)
        model = out / "model.json"
        assigned = run("predict", model, file)
        assert assigned.exit_code == 0
        assert run("info", model).exit_code == 0
        assert run("report", model, file, "-o", out / "again.html").exit_code == 0
        assert run("sample", model, "-n", 3).exit_code == 0


@given(texts())
@examples(40)
def test_predict(text: Text) -> None:
    with folder_with(text) as file:
        model = file.parent / "model.json"
        rows = pl.DataFrame({"x0": [0.0, 1.0, 3.0, 7.0], "x1": [1.0, 0.0, 2.0, 9.0]})
        mx.save(mx.GaussianMixture().fit(rows), model)
        run("predict", model, file)
        run("report", model, file, "-o", file.parent / "report.html")
