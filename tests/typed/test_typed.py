"""Type checkers know the public API: they take what is right, and tell of what is not."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from importlib.util import find_spec
from inspect import signature
from pathlib import Path
from shutil import copy, which

import pytest

import mixtura as mx
from mixtura.estimators import scikit_learn

HERE = Path(__file__).parent
SCRIPT, TYPOS = HERE / "user_script.py", HERE / "typos.py"
SOURCES = str(Path(mx.__file__).parents[1])


def wrong_lines() -> list[int]:
    """The lines of `typos.py` that say of themselves that they are wrong."""
    lines = TYPOS.read_text().splitlines()
    return [number for number, line in enumerate(lines, 1) if line.endswith("# wrong")]


def run(status: int, *command: str, cwd: Path, **environment: str) -> str:
    found = subprocess.run(
        [sys.executable, *command],
        cwd=cwd,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.returncode == status, found.stdout + found.stderr
    return found.stdout


def test_the_script_does_what_type_checkers_think(tmp_path: Path) -> None:
    run(0, "-W", "error", str(SCRIPT), cwd=tmp_path, PYTHONPATH=SOURCES)


def test_mypy_knows_the_public_api(tmp_path: Path) -> None:
    # As of an installed package, nothing is told of the package itself.
    told = run(
        1,
        "-m",
        "mypy",
        "--strict",
        "--config-file=",
        "--follow-imports=silent",
        "--output=json",
        str(SCRIPT),
        str(TYPOS),
        cwd=tmp_path,
        MYPYPATH="" if "site-packages" in SOURCES else SOURCES,
    )
    errors = [json.loads(line) for line in told.splitlines()]
    places = {(Path(each["file"]).name, each["line"]) for each in errors}
    assert sorted(places) == [(TYPOS.name, line) for line in wrong_lines()]


@pytest.mark.skipif(not (find_spec("pyright") and which("node")), reason="needs pyright and Node")
def test_pyright_knows_the_public_api(tmp_path: Path) -> None:
    (tmp_path / "pyrightconfig.json").write_text(json.dumps({"extraPaths": [SOURCES]}))
    for script in (SCRIPT, TYPOS):
        copy(script, tmp_path)
    python = f"--pythonpath={sys.executable}"
    told = json.loads(run(1, "-m", "pyright", "--outputjson", python, cwd=tmp_path))
    places = {
        (Path(each["file"]).name, each["range"]["start"]["line"] + 1)
        for each in told["generalDiagnostics"]
    }
    assert sorted(places) == [(TYPOS.name, line) for line in wrong_lines()]


@pytest.mark.parametrize("estimator", [mx.GaussianMixture, mx.MixtureSearch, mx.MixtureClassifier])
def test_scikit_learn_has_what_is_declared_of_it(estimator: type) -> None:
    tree = ast.parse(Path(scikit_learn.__file__).read_text())
    declared = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
    bases = [declared[base.__name__] for base in estimator.__mro__ if base.__name__ in declared]
    assert bases
    for base in bases:
        for method in (node for node in base.body if isinstance(node, ast.FunctionDef)):
            theirs = set(signature(getattr(estimator, method.name)).parameters)
            ours = {each.arg for each in (*method.args.args, *method.args.kwonlyargs)}
            assert ours - {"self", "cls"} <= theirs, method.name
