"""Mixture discriminant analysis beside other classifiers, and write CLASSIFIER.md:
`make bench-classifier`.
"""

from __future__ import annotations

import argparse
import os
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import numpy as np
from run import table as lines_of
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine, make_moons
from sklearn.discriminant_analysis import (
    LinearDiscriminantAnalysis,
    QuadraticDiscriminantAnalysis,
)
from sklearn.ensemble import RandomForestClassifier
from sklearn.metrics import log_loss
from sklearn.model_selection import RepeatedStratifiedKFold

import mixtura as mx

HERE = Path(__file__).parent

#: Probabilities are told from 0 down to this: a log-loss would be infinite otherwise.
LEAST = 1e-15


def moons() -> tuple[np.ndarray, np.ndarray]:
    X, y = make_moons(500, noise=0.25, random_state=0)
    return X, y


@dataclass(frozen=True)
class Task:
    """A table with classes, and how often it is cut into how many folds."""

    name: str
    load: Callable[[], tuple[np.ndarray, np.ndarray]]
    repeats: int
    n_folds: int = 10

    @property
    def folds(self) -> RepeatedStratifiedKFold:
        return RepeatedStratifiedKFold(
            n_splits=self.n_folds, n_repeats=self.repeats, random_state=0
        )

    @property
    def words(self) -> str:
        return (
            f"{self.repeats} x {self.n_folds} folds"
            if self.repeats > 1
            else f"{self.n_folds} folds"
        )


def bundled(load: Any) -> Callable[[], tuple[np.ndarray, np.ndarray]]:
    def rows_and_classes() -> tuple[np.ndarray, np.ndarray]:
        X, y = load(return_X_y=True)
        return X, y

    return rows_and_classes


TASKS = [
    Task("iris", bundled(load_iris), 5),
    Task("wine", bundled(load_wine), 5),
    Task("two moons", moons, 5),
    Task("breast cancer", bundled(load_breast_cancer), 1),
    Task("digits", bundled(load_digits), 1, n_folds=2),
]

CLASSIFIERS: dict[str, Any] = {
    "EDDA": mx.MixtureClassifier(method="edda", random_state=0),
    "MclustDA": mx.MixtureClassifier(random_state=0),
    "LDA": LinearDiscriminantAnalysis(),
    "QDA": QuadraticDiscriminantAnalysis(),
    "random forest": RandomForestClassifier(random_state=0),
}


@dataclass(frozen=True)
class Outcome:
    """Of one classifier on one table, a number for each fold."""

    accuracies: np.ndarray
    losses: np.ndarray
    seconds: np.ndarray

    def cells(self) -> list[str]:
        error = self.accuracies.std() / np.sqrt(len(self.accuracies))
        return [
            f"{100 * self.accuracies.mean():.1f} ± {100 * error:.1f}",
            f"{self.losses.mean():.3f}",
            f"{self.seconds.mean():.3f}",
        ]


def outcome_of(classifier: Any, task: Task, X: np.ndarray, y: np.ndarray) -> Outcome:
    """The same folds for all classifiers."""
    found = []
    for train, test in task.folds.split(X, y):
        made, began = clone(classifier), time.process_time()
        made.fit(X[train], y[train])
        seconds = time.process_time() - began
        p = np.clip(made.predict_proba(X[test]), LEAST, 1.0)
        p /= p.sum(axis=1, keepdims=True)
        right = made.classes_[p.argmax(axis=1)] == y[test]
        found.append((right.mean(), log_loss(y[test], p, labels=made.classes_), seconds))
    return Outcome(*map(np.array, zip(*found, strict=True)))


def lines_about(task: Task) -> list[str]:
    X, y = task.load()
    rows = []
    for name, classifier in CLASSIFIERS.items():
        try:
            cells = outcome_of(classifier, task, X, y).cells()
        except np.linalg.LinAlgError as error:
            cells = ["fails", str(error).split(".")[0], ""]
        print(task.name, name, *cells, flush=True)
        rows.append([name, *cells])
    size = f"{len(X):,} x {X.shape[1]}, {len(np.unique(y))} classes, {task.words}"
    header = ["", "accuracy, %", "log-loss, nats", "fit, s"]
    return [f"## {task.name}: {size}", "", *lines_of(header, rows), ""]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--tables", nargs="*", choices=[task.name for task in TASKS])
    options.add_argument("--out", type=Path, default=HERE / "CLASSIFIER.md")
    asked = options.parse_args()
    warnings.simplefilter("ignore")
    tasks = [task for task in TASKS if asked.tables is None or task.name in asked.tables]
    text = [
        "# Classifiers",
        "",
        "Made by `make bench-classifier`: `MixtureClassifier` with its defaults (MclustDA) and "
        "with `method='edda'`, beside linear and quadratic discriminant analysis and a random "
        "forest of scikit-learn with theirs. Means over the same stratified folds, ± one standard "
        "error of the folds; one thread, seconds of processor time. "
        f"Probabilities count as {LEAST:.0e} at least in the log-loss.",
        "",
    ]
    for task in tasks:
        text += lines_about(task)
    asked.out.write_text("\n".join(text))


if __name__ == "__main__":
    main()
