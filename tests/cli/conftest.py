"""Small tables, a model made by hand, and a runner that stays in the test's own folder."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from mixtura.cli.program import program
from mixtura.families.gaussian.density import Gaussian
from mixtura.families.gaussian.parameters import GaussianParameters
from mixtura.families.gaussian.structures import VVI, AxisCovariances
from mixtura.families.schema import Schema
from mixtura.mixture import Mixture
from mixtura.persistence.model_file import Model, write_model


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """The test's folder, which is also the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


@pytest.fixture
def run(here):
    """Run a command line in this process."""

    def run(*args: object) -> Result:
        result = CliRunner().invoke(program, [str(arg) for arg in args], prog_name="mixtura")
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def fit(run):
    """Run a light `mixtura fit`."""

    def fit(*args: object) -> Result:
        return run("fit", *args, "--components", "1-3", "--starts", 2)

    return fit


@pytest.fixture
def process(here):
    """Run Python code in a process of its own; `sys.argv` is what follows."""

    def process(code: str, *args: object) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", code, *map(str, args)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=os.environ,
        )

    return process


def csv_text(X: np.ndarray, names: str) -> str:
    lines = [",".join(repr(value) for value in row) for row in X.tolist()]
    return "\n".join([names, *lines, ""])


@pytest.fixture
def blobs(here) -> Path:
    """Two clusters far apart, 40 and 20 rows, columns a and b."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0.0, 1.0, (40, 2)), rng.normal(20.0, 1.0, (20, 2))])
    path = here / "blobs.csv"
    path.write_text(csv_text(X, "a,b"))
    return path


@pytest.fixture
def by_hand():
    """Make a Gaussian model of columns that are independent in each component."""

    def by_hand(weights: np.ndarray, means: np.ndarray, deviations: np.ndarray, names) -> Model:
        params = GaussianParameters(means, AxisCovariances(np.square(deviations)))
        family = Gaussian(VVI, np.zeros(means.shape[1]))
        return Model(Mixture(family, params, weights), Schema.of(names))

    return by_hand


@pytest.fixture
def model(here, by_hand) -> Path:
    """A model of columns a and b with components at (0, 0) and (20, 20)."""
    path = here / "model.json"
    means = np.array([[0.0, 0.0], [20.0, 20.0]])
    write_model(by_hand(np.array([0.7, 0.3]), means, np.ones((2, 2)), "ab"), path)
    return path
