"""The bootstrap test against mclust's and against whole fits: BOOTSTRAP.md, `make bench-bootstrap`.

R with mclust has to be installed (on Debian the package r-cran-mclust).
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path
from statistics import geometric_mean

os.environ.update(
    dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
)

import numpy as np
from run import processor

import mixtura as mx
from mixtura import kernels

HERE = Path(__file__).parent
SAMPLES = 99

#: Table, model, the largest k that is tested against k + 1.
CASES = [
    ("waiting", "V", 3),
    ("waiting", "E", 3),
    ("acidity", "V", 3),
    ("galaxies", "V", 3),
    ("faithful", "VVV", 3),
    ("faithful", "EEE", 3),
    ("iris", "VVV", 3),
    ("iris", "EEE", 3),
    ("iris", "VII", 3),
]


@dataclass(frozen=True)
class Step:
    """k against k + 1: the table's ratio, its p-value, and quantiles of the samples' ratios."""

    ratio: float
    p_value: float
    median: float
    high: float

    @classmethod
    def of(cls, ratio: float, samples: np.ndarray) -> Step:
        p_value = (1 + (samples >= ratio).sum()) / (1 + len(samples))
        return cls(ratio, p_value, *np.quantile(samples, [0.5, 0.9]))

    def __str__(self) -> str:
        return f"{self.ratio:.2f} ({self.p_value:.2f}; {self.median:.2f}, {self.high:.2f})"


def mclust(name: str, model: str, largest: int, file: Path) -> tuple[float, list[Step], str]:
    """Milliseconds for each sample, the steps, and the version."""
    command = ["Rscript", str(HERE / "mclust_bootstrap.R"), name, model, str(largest), str(file)]
    *lines, version = subprocess.check_output(command, text=True).strip().splitlines()
    rows = np.array([line.split() for line in lines], dtype=float)
    return 1e3 * rows[0, 0] / rows[:, 1].sum(), [Step(*row[2:]) for row in rows], version


def ours(X: np.ndarray, model: str, largest: int) -> tuple[float, list[Step]]:
    """Milliseconds for each sample, and the steps; the table's own fits are part of it."""
    steps = []
    began = time.process_time()
    for k in range(1, largest + 1):
        test = mx.bootstrap_test(
            mx.GaussianMixture(covariance_type=model),
            X,
            min_components=k,
            max_components=k + 1,
            n_bootstrap=SAMPLES,
            level=0.999,  # so that it draws all samples
            random_state=1,
        )
        steps.append(Step.of(test.steps[0].ratio, test.steps[0].bootstrap))
    return 1e3 * (time.process_time() - began) / (SAMPLES * largest), steps


def whole_fits(X: np.ndarray, model: str, largest: int, ratios: list[float]) -> list[Step]:
    """The same ratios against samples of which both models make all their own starts."""
    steps = []
    for k, ratio in enumerate(ratios, 1):
        small, large = (
            mx.GaussianMixture(n, covariance_type=model, n_init="thorough", random_state=1)
            for n in (k, k + 1)
        )
        null, rng, samples = small.fit(X).mixture_, np.random.default_rng(k), []
        for _ in range(SAMPLES):
            sample = null.sample(len(X), rng)[0]
            highs = [each.fit(sample).log_likelihood_ for each in (small, large)]
            samples.append(2.0 * (highs[1] - highs[0]))
        steps.append(Step.of(ratio, np.array(samples)))
    return steps


def main() -> None:
    warnings.simplefilter("ignore")
    rows, quotients = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name, model, largest in CASES:
            file = Path(folder) / f"{name}.csv"
            theirs, their_steps, version = mclust(name, model, largest, file)
            X = np.loadtxt(file, delimiter=",", skiprows=1, ndmin=2)
            ours(X, model, 1)  # what is imported when it is needed first
            milliseconds, steps = ours(X, model, largest)
            whole = whole_fits(X, model, largest, [step.ratio for step in steps])
            quotients.append(theirs / milliseconds)
            for k, each in enumerate(zip(their_steps, steps, whole, strict=True), 1):
                head = [name, f"{len(X)} x {X.shape[1]}", model] if k == 1 else ["", "", ""]
                times = [theirs, milliseconds, quotients[-1]]
                tail = [f"{x:.2f}" for x in times] if k == 1 else ["", "", ""]
                rows.append("| " + " | ".join([*head, str(k), *map(str, each), *tail]) + " |")
                print(rows[-1], flush=True)
    lines = [
        "# The bootstrap test against mclust's, and against whole fits",
        "",
        f"Made by `make bench-bootstrap`. Processor: {processor()}, shared with others; kernel: "
        f"{kernels.describe()}; {version}. One thread, {SAMPLES} samples of every test. The "
        "table's ratio (p-value; median and 0.9 quantile of the samples' ratios), of mclust's "
        "`mclustBootstrapLRT`, of `bootstrap_test`, and of our ratio against samples to which both "
        'models are fitted from all their own starts (`n_init="thorough"`; other samples). '
        "Milliseconds of processor time for each sample, the table's fits included.",
        "",
        "| table | n x d | model | k | mclust | ours | whole fits | mclust, ms | ours, ms "
        "| quotient |",
        "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |",
        *rows,
        "",
        f"Geometric mean of the quotients: {geometric_mean(quotients):.2f}.",
    ]
    (HERE / "BOOTSTRAP.md").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
