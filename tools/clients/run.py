"""Tests of packages that use scikit-learn's `GaussianMixture`, with that class and with ours.

    python tools/clients/run.py [NAME ...]

Each package gets a virtual environment of its own beside this file, and its tests from the source
distribution of the same version. Of a package whose source distribution has none, `checks_*.py`
has some.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
REPOSITORY = HERE.parents[1]


@dataclass(frozen=True)
class Client:
    """A package, and those of its tests that have to do with mixtures.

    Attributes
    ----------
    name : str
        Of its distribution.
    tests : tuple of str
        Files in its source distribution; none for the `checks_*.py` of this folder.
    chosen : str
        pytest's expression for the tests among them.
    needs : tuple of str
        What its tests need besides.
    """

    name: str
    tests: tuple[str, ...] = ()
    chosen: str = ""
    needs: tuple[str, ...] = ()

    @property
    def home(self) -> Path:
        """Its environment and its tests."""
        return HERE / f".{self.name}"

    @property
    def python(self) -> str:
        """That of its environment."""
        return str(self.home / "venv" / "bin" / "python")

    def install(self) -> None:
        """Make the environment, once; the package in it is the newest at that time."""
        done = self.home / ".installed"
        if not done.exists():
            subprocess.run([sys.executable, "-m", "venv", str(self.home / "venv")], check=True)
            self._pip("install", "pytest", self.name, *self.needs, "--editable", str(REPOSITORY))
            if self.tests:
                self._unpack()
            done.touch()

    def _pip(self, *arguments: str) -> None:
        quiet = ("--quiet", "--disable-pip-version-check")
        subprocess.run([self.python, "-m", "pip", arguments[0], *quiet, *arguments[1:]], check=True)

    def _unpack(self) -> None:
        wanted = f"{self.name}=={self.version}"
        options = ("--no-deps", "--no-binary", ":all:", "--dest", str(self.home))
        self._pip("download", *options, wanted)
        (archive,) = self.home.glob("*.tar.gz")
        with tarfile.open(archive) as opened:
            opened.extractall(self.home / "source", filter="data")

    @property
    def version(self) -> str:
        """What is installed."""
        asked = f"import importlib.metadata as m; print(m.version({self.name!r}))"
        run = subprocess.run([self.python, "-c", asked], check=True, capture_output=True, text=True)
        return run.stdout.strip()

    def tally(self, *, ours: bool) -> dict[str, Any]:
        """What became of its tests with one of the two classes."""
        told = self.home / ("ours.json" if ours else "theirs.json")
        told.unlink(missing_ok=True)
        if self.tests:
            (source,) = (self.home / "source").iterdir()
            folder = source / Path(self.tests[0]).parent
            files = [Path(test).name for test in self.tests]
        else:
            folder, files = HERE, [f"checks_{self.name.replace('-', '_')}.py"]
        plugins = ["-p", "tally", *(["-p", "ours_instead"] if ours else [])]
        chosen = ["-k", self.chosen] if self.chosen else []
        # What plugins import is found in this folder, and the package in its environment.
        subprocess.run(
            [
                *(self.python, "-m", "pytest", "-q", "-c", os.devnull, "--rootdir", str(folder)),
                *("-p", "no:cacheprovider", "--tb=line", *plugins, *chosen, *files),
            ],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(HERE), "TALLY": str(told)},
            stdout=(self.home / f"{told.stem}.log").open("w"),
            check=False,
        )
        return dict(json.loads(told.read_text()))


CLIENTS = [
    Client(
        "skl2onnx",
        ("tests/test_sklearn_gaussian_mixture_converter.py",),
        needs=("onnxruntime", "pandas"),
    ),
    Client("stepmix", ("test/test_emission.py", "test/test_n_parameters.py"), "gaussian"),
    Client("scikit-lego"),
    Client("pyod"),
    Client("graspologic"),
]


def main(names: list[str]) -> None:
    """Print a table of the packages, and the tests that end otherwise with our class."""
    chosen = [client for client in CLIENTS if client.name in names or not names]
    differing: list[str] = []
    print("| package | theirs: passed, failed, warnings | ours: passed, failed, warnings |")
    print("|---|---|---|")
    for client in chosen:
        client.install()
        theirs, ours = client.tally(ours=False), client.tally(ours=True)
        print(f"| {client.name} {client.version} | {_figures(theirs)} | {_figures(ours)} |")
        before, after = theirs["outcomes"], ours["outcomes"]
        differing += [
            f"{client.name}: {test}: {before.get(test)} with theirs, {after.get(test)} with ours"
            for test in sorted({*before, *after})
            if before.get(test) != after.get(test)
        ]
    print("\n".join(["", *(differing or ["No test ends otherwise."])]))


def _figures(tally: dict[str, Any]) -> str:
    outcomes = Counter(tally["outcomes"].values())
    return f"{outcomes['passed']}, {outcomes['failed']}, {sum(tally['warned'].values())}"


if __name__ == "__main__":
    main(sys.argv[1:])
