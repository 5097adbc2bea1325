"""Engines under Node, and what they are compared with."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

import mixtura
from mixtura.families import Gaussian, GaussianParameters
from mixtura.families.gaussian.structures import (
    AxisCovariances,
    DenseCovariances,
    Structure,
)
from mixtura.mixture import Mixture
from mixtura.sources import ArraySource
from mixtura.sources.summary import summarize

EXPLORER = Path(mixtura.__file__).parent / "explorer"
NODE = shutil.which("node")


def drive(problems: list[dict[str, Any]], folder: Path) -> list[list[Any]]:
    """The answers to the steps of each problem: see drive_engine.mjs."""
    assert NODE is not None
    file = folder / "problems.json"
    file.write_text(json.dumps(problems))
    script = Path(__file__).with_name("drive_engine.mjs")
    run = subprocess.run(
        [NODE, script, EXPLORER, file], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    answers: list[list[Any]] = json.loads(run.stdout)
    return answers


def problem(
    X: np.ndarray, steps: list[list[Any]], *, weight: np.ndarray | None = None, **configuration: Any
) -> dict[str, Any]:
    n, d = X.shape
    table = {"rows": X.ravel().tolist(), "n": n, "d": d}
    if weight is not None:
        table["weights"] = weight.tolist()
    return {"table": table, "configuration": configuration, "steps": steps}


def source_of(X: np.ndarray, weight: np.ndarray | None) -> ArraySource:
    return ArraySource(X, np.ones(len(X)) if weight is None else weight)


def as_mixture(
    structure: Structure, answer: dict[str, list[float]], source: ArraySource
) -> Mixture[Any, Any]:
    """An engine's mixture as Python has it, with the floor of the default `reg_covar`."""
    weights, floor = np.array(answer["weights"]), summarize(source).floor(1e-6)
    k, d = len(weights), len(floor)
    matrices = np.array(answer["covariances"]).reshape(k, d, d)
    covariances: Any = DenseCovariances.of(matrices)
    if structure.diagonal:
        covariances = AxisCovariances(np.diagonal(matrices, axis1=1, axis2=2).copy())
    params = GaussianParameters(np.array(answer["means"]).reshape(k, d), covariances)
    return Mixture(Gaussian(structure, floor), params, weights)


def answer_of(mixture: Mixture[Any, Any]) -> dict[str, list[float]]:
    """A mixture of Python's as an engine takes it."""
    return {
        "weights": mixture.weights.tolist(),
        "means": mixture.params.means.ravel().tolist(),
        "covariances": mixture.params.covariances.matrices().ravel().tolist(),
    }
