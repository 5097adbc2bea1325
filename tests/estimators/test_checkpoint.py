"""A long fit is kept while it runs, and goes on to the same bits."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mixtura as mx
from mixtura.fitting.restarts import Starts
from mixtura.persistence import checkpoint as module
from mixtura.persistence.checkpoint import Checkpoint, fingerprint
from mixtura.typing import AnyArray

X = np.random.default_rng(0).normal(size=(5_000, 2)) * [1.0, 3.0]
X[:1_500] += 2.0

MODELS: dict[str, Callable[..., Any]] = {
    "full": lambda: mx.GaussianMixture(3, random_state=0),
    "plain": lambda: mx.GaussianMixture(3, random_state=0, acceleration=None, max_iter=40),
    "VEV, noise, prior": lambda: mx.GaussianMixture(
        2, covariance_type="VEV", noise=True, prior="default", random_state=0
    ),
    "hard": lambda: mx.GaussianMixture(3, algorithm="hard", random_state=0),
    "stochastic": lambda: mx.GaussianMixture(
        2, algorithm="stochastic", random_state=0, max_iter=60
    ),
    "t": lambda: mx.StudentTMixture(2, random_state=0),
    "factors": lambda: mx.FactorMixture(2, n_factors=1, random_state=0),
}


class Interrupted(BaseException):
    """As Ctrl-C."""


@pytest.fixture
def at_every_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_SECONDS", 0.0)


def same_bits(a: Any, b: Any) -> None:
    assert a.record_.trace == b.record_.trace
    assert a.scores_ == b.scores_
    np.testing.assert_array_equal(a.weights_, b.weights_)
    np.testing.assert_array_equal(a.predict_proba(X), b.predict_proba(X))
    assert str(a.starts_) == str(b.starts_)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::mixtura.DataWarning")
@pytest.mark.usefixtures("at_every_pass")
@pytest.mark.parametrize("name", MODELS)
def test_an_interrupted_fit_goes_on_to_the_same_bits(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make, table = MODELS[name], mx.scan(X, sample=1_000)
    whole = make().fit(table)
    keep, n_kept = Checkpoint.keep, 0

    def interrupted(self: Checkpoint, starts: Starts, run: Any) -> None:
        nonlocal n_kept
        keep(self, starts, run)
        n_kept += 1
        if n_kept % 3 == 0 and run.ahead is not None:
            raise Interrupted

    monkeypatch.setattr(Checkpoint, "keep", interrupted)
    n_calls, fit = 0, None
    while fit is None:
        n_calls += 1
        try:
            fit = make().fit(table, checkpoint=tmp_path)
        except Interrupted:
            continue
    assert n_calls > 1 or whole.n_iter_ < 3
    same_bits(fit, whole)
    n_kept = 0
    same_bits(make().fit(table, checkpoint=tmp_path), whole)
    assert n_kept == 0, "a fit that has ended is at its end at once"


KILLED = """
import sys, time
import numpy as np
import mixtura as mx
from mixtura.persistence import checkpoint

checkpoint._SECONDS = 0.0
X = np.load(sys.argv[1])
passes = []

def slowly(self, starts, run, keep=checkpoint.Checkpoint.keep):
    keep(self, starts, run)
    print(run.n_iter, flush=True)
    time.sleep(float(sys.argv[3]))

checkpoint.Checkpoint.keep = slowly
fit = mx.GaussianMixture(3, random_state=0).fit(mx.scan(X, sample=1_000), checkpoint=sys.argv[2])
print(fit.means_.tobytes().hex(), flush=True)
"""


def test_a_killed_fit_loses_no_pass_that_was_kept(tmp_path: Path) -> None:
    np.save(tmp_path / "X.npy", X)
    arguments = [sys.executable, "-c", KILLED, tmp_path / "X.npy", tmp_path / "kept"]
    with subprocess.Popen([*arguments, "0.05"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        seen = [int(process.stdout.readline()) for _ in range(4)]
        process.kill()
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == ["fit.checkpoint"]
    again = subprocess.run([*arguments, "0"], capture_output=True, text=True, check=True)
    *passes, means = again.stdout.split()
    assert int(passes[0]) > seen[-1]
    whole = mx.GaussianMixture(3, random_state=0).fit(mx.scan(X, sample=1_000))
    assert means == whole.means_.tobytes().hex()


def fit_kept(folder: Path, rows: AnyArray = X, **params: Any) -> mx.GaussianMixture:
    params = {"n_components": 2, "random_state": 0, **params}
    return mx.GaussianMixture(**params).fit(mx.scan(rows, sample=1_000), checkpoint=folder)


@pytest.mark.parametrize(
    "other", [{"n_components": 3}, {"rows": X[1:]}, {"rows": X + 1.0}, {"covariance_type": "diag"}]
)
def test_the_checkpoint_of_another_fit_is_refused(other: Any, tmp_path: Path) -> None:
    fit_kept(tmp_path)
    with pytest.raises(mx.MixturaError, match="checkpoint of another fit"):
        fit_kept(tmp_path, **other)
    fit_kept(tmp_path, n_jobs=2, verbose=0)  # which changes nothing of the result


def test_a_damaged_checkpoint_is_refused(tmp_path: Path) -> None:
    fit_kept(tmp_path)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:-10])
    with pytest.raises(mx.MixturaError, match=r"is damaged .* remove it to begin anew"):
        fit_kept(tmp_path)
    file.write_bytes(b"something else")
    with pytest.raises(mx.MixturaError, match="of another fit"):
        fit_kept(tmp_path)


def test_a_full_disk_does_not_end_a_fit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fit_kept(tmp_path / "first")
    kept = (tmp_path / "first" / "fit.checkpoint").read_bytes()
    (tmp_path / "second").mkdir()

    def full(self: Path, content: bytes) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", full)
        with pytest.warns(mx.DataWarning, match="No space left on device"):
            fit = fit_kept(tmp_path / "second")
    assert not list((tmp_path / "second").iterdir()), "nothing half-written stays"
    same_bits(fit, fit_kept(tmp_path / "first"))
    assert (tmp_path / "first" / "fit.checkpoint").read_bytes() == kept


def test_a_place_that_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(mx.MixturaError, match="cannot be read: Not a directory"):
        fit_kept(tmp_path / "file")


def test_tables_that_are_fitted_in_one_place_keep_nothing(tmp_path: Path) -> None:
    mx.GaussianMixture(2, random_state=0).fit(X, checkpoint=tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_intervals_between_checkpoints_follow_the_pace(tmp_path: Path) -> None:
    keeper = Checkpoint(tmp_path, fingerprint("one"))
    assert keeper.n_iter == 1
    time.sleep(0.01)
    keeper.keep(Starts((), 0), None)  # type: ignore[arg-type]
    assert 50 < keeper.n_iter < 600
    assert fingerprint("one") != fingerprint("two")
