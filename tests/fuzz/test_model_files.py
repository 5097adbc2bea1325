"""Damaged and invented model files: each is refused in words, or works through every door.

Of all families, and of the earlier versions. `make fuzz` tries many more of them than the ordinary
run.
"""

from __future__ import annotations

import copy
import json
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

import mixtura as mx
from fuzz.effort import examples
from mixtura.cli.program import program

# What is put in the place of an entry: of every type, at the ends of every range.
WILD = [
    *(None, True, False, "", "em", "diag", "VVI", "\ud800", "\x1b[31m", "</script>", "1"),
    *("poisson", "binary", "equal weights", "weights fixed"),
    *([], {}, [[]], [1.0], [None], {"a": 1}, [[[[[0]]]]]),
    *(0, 1, -1, 3, 2**31, 2**53, 2**63, -(2**63), 10**400),
    *(-0.0, 0.5, 1.5, 5e-324, 1e-310, 1e-160, 1e-12, 1e12, 1e150, 1e308, -1e308),
    *(float("nan"), float("inf"), float("-inf")),
]
FACTORS = [0.0, -1.0, 0.5, 1.0 + 1e-9, 1.0 + 1e-4, 3.0, 1e-170, 1e-90, 1e90, 1e170]

EARLIER = Path(__file__).parents[1] / "reference" / "model_files"

#: What the door lets in; means and rates may be as large, so that rows lie beyond.
FURTHEST, LARGEST_COUNT = 1e75, 2.0**53


def valid_files() -> Iterator[str]:
    """Texts of model files of all kinds."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0.0, 1.0, (30, 2)), rng.normal(6.0, 2.0, (20, 2))])
    for kind, more in [
        ("full", {"n_init": 2}),
        ("tied", {"prior": "default"}),
        ("diag", {"algorithm": "hard"}),
        ("spherical", {"equal_weights": True}),
        ("VVI", {"algorithm": "stochastic", "max_iter": 3}),
        ("VEV", {"noise": True}),
        ("V", {"noise": 40.0}),
        ("E", {}),
    ]:
        rows = X[:, :1] if kind in "EV" else X
        if kind == "spherical":
            rows = rows.astype(np.float32)
        yield fitted(mx.GaussianMixture(2, covariance_type=kind, random_state=0, **more), rows)
    wide = np.hstack([X, X[:, :1] * rng.normal(size=(50, 3)) + rng.normal(size=(50, 3))])
    yield fitted(mx.FactorMixture(2, n_factors=2, random_state=0), wide)
    yield fitted(mx.FactorMixture(2, n_factors=0, shared_uniquenesses=True, random_state=0), X)
    yield fitted(mx.PoissonMixture(2, random_state=0), rng.poisson(np.abs(X)))
    yield fitted(mx.GeometricMixture(2, random_state=0), rng.geometric(1.0 / (1.0 + np.abs(X))) - 1)
    sizes = np.exp(0.3 * X)
    yield fitted(mx.ExponentialMixture(2, random_state=0), sizes)
    yield fitted(mx.GammaMixture(2, random_state=0, largest_shape=1e4), sizes)
    yield fitted(mx.LogNormalMixture(2, random_state=0, covariance_type="diag"), sizes)
    yield fitted(mx.UniformMixture(2, random_state=0), sizes)
    counts = rng.poisson(np.abs(X) * rng.standard_gamma(1.0, X.shape))
    yield fitted(mx.NegativeBinomialMixture(2, random_state=0), counts)
    yield fitted(mx.MultinomialMixture(2, random_state=0), counts)
    shared = mx.VonMisesFisherMixture(2, random_state=0, concentration="shared")
    yield fitted(shared, X)
    yield fitted(mx.BernoulliMixture(2, random_state=0, equal_weights=True), (X > 4.0).astype(int))
    cells = np.array([["a", True, 1.5], ["b", 1, 2], ["", "1", -3]], dtype=object)
    columns = [cells[rng.integers(0, 3, 60), a] for a in range(3)]
    yield fitted(mx.CategoricalMixture(2, random_state=0, tol=1e-3), np.stack(columns, axis=1))


def fitted(estimator: Any, rows: Any) -> str:
    names = [f"column {a}" for a in range(rows.shape[1])]
    with warnings.catch_warnings(), tempfile.TemporaryDirectory() as folder:
        warnings.simplefilter("ignore")
        mx.save(estimator.fit(pd.DataFrame(rows, columns=names)), Path(folder, "model.json"))
        return Path(folder, "model.json").read_text(encoding="utf-8")


def earlier_files() -> Iterator[str]:
    """Texts of model files of versions 1 and 2."""
    for path in sorted(EARLIER.rglob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        del document["expected"]
        yield json.dumps(document)


TEXTS, EARLIER_TEXTS = list(valid_files()), list(earlier_files())


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container in a document with every key in it."""
    keys = value if isinstance(value, dict) else range(len(value))
    for key in keys:
        yield value, key
        if isinstance(value[key], dict | list):
            yield from places(value[key])


@st.composite
def damaged_documents(draw: Callable[..., Any], texts: list[str]) -> str:
    document = json.loads(draw(st.sampled_from(texts)))
    for _ in range(draw(st.integers(1, 3))):
        container, key = draw(st.sampled_from(list(places(document))))
        change = draw(st.sampled_from(["delete", "replace", "scale", "copy", "swap"]))
        if change == "delete":
            del container[key]
        elif change == "replace":
            container[key] = copy.deepcopy(draw(st.sampled_from(WILD)))
        elif change == "scale":
            container[key] = scaled(container[key], draw(st.sampled_from(FACTORS)))
        elif change == "copy" and isinstance(container, list):
            container.append(copy.deepcopy(container[key]))
        else:
            others = list(container) if isinstance(container, dict) else range(len(container))
            other = draw(st.sampled_from(others))
            container[key], container[other] = container[other], container[key]
        if not document:
            break
    return json.dumps(document)


def scaled(value: Any, factor: float) -> Any:
    """The same with all its numbers multiplied."""
    if isinstance(value, dict):
        return {key: scaled(part, factor) for key, part in value.items()}
    if isinstance(value, list):
        return [scaled(part, factor) for part in value]
    return value * factor if isinstance(value, float) else value


@st.composite
def damaged_bytes(draw: Callable[..., Any]) -> bytes:
    data = bytearray(draw(st.sampled_from([*TEXTS, *EARLIER_TEXTS])).encode())
    for _ in range(draw(st.integers(0, 3))):
        data[draw(st.integers(0, len(data) - 1))] = draw(
            st.integers(0, 255) | st.sampled_from(b'0123456789-+.eE,:[]{}"\\')
        )
    start, end = sorted(draw(st.tuples(*[st.integers(0, len(data))] * 2)))
    return bytes(draw(st.sampled_from([data, data[:end], data[:start] + data[end:]])))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("models") / "model.json"


@examples(60)
@given(text=damaged_documents(TEXTS))
def test_changed_entries(text: str, file: Path) -> None:
    file.write_text(text, encoding="utf-8")
    assert_refused_or_working(file)


@examples(30)
@given(text=damaged_documents(EARLIER_TEXTS))
def test_changed_entries_of_earlier_versions(text: str, file: Path) -> None:
    file.write_text(text, encoding="utf-8")
    assert_refused_or_working(file)


@examples(40)
@given(data=damaged_bytes())
def test_changed_bytes(data: bytes, file: Path) -> None:
    file.write_bytes(data)
    assert_refused_or_working(file)


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_unchanged_files_work(text: str, file: Path) -> None:
    file.write_text(text, encoding="utf-8")
    assert assert_refused_or_working(file) is None


def assert_refused_or_working(file: Path) -> str | None:
    """The reason if the file is refused."""
    try:
        estimator = mx.load(file)
    except mx.ModelFileError as error:
        assert command("info", file, "--json").exit_code == 1
        return str(error)
    rows = rows_for(estimator)
    assert_scores(estimator, rows)
    assert_kept(estimator, rows, file.with_name("again.json"))
    assert_commands(file, rows)
    assert_goes_on(estimator, rows)
    return None


def rows_for(estimator: Any) -> Any:
    """Some that the model gives itself, in a table like the one that it was fitted to."""
    rows, _ = estimator.sample(20)
    if isinstance(estimator, mx.GaussianMixture):
        rows = np.concatenate([rows, estimator.mixture_.params.means]).clip(-FURTHEST, FURTHEST)
    if isinstance(estimator, mx.ExponentialMixture | mx.GammaMixture | mx.LogNormalMixture):
        rows = np.minimum(rows, FURTHEST)
    if isinstance(estimator, mx.PoissonMixture):
        rows = np.minimum(rows, LARGEST_COUNT)
    names = getattr(estimator, "feature_names_in_", None)
    return rows if names is None else pd.DataFrame(rows, columns=names)


def assert_scores(estimator: Any, rows: Any) -> None:
    resp = estimator.predict_proba(rows)
    np.testing.assert_allclose(resp.sum(axis=1), 1.0, rtol=1e-6)
    assert np.isfinite(estimator.score_samples(rows)).all()
    assert estimator.predict(rows).max() < estimator.n_components
    if isinstance(estimator, mx.GaussianMixture):
        assert np.isfinite(estimator.precisions_).all()


def assert_kept(estimator: Any, rows: Any, again: Path) -> None:
    mx.save(estimator, again)
    kept = mx.load(again)
    assert type(kept) is type(estimator)
    np.testing.assert_array_equal(kept.predict_proba(rows), estimator.predict_proba(rows))
    assert repr(kept.schema_) == repr(estimator.schema_)  # where true is not 1
    assert kept.get_params() == estimator.get_params()
    first = again.read_bytes()
    mx.save(kept, again)
    assert again.read_bytes() == first


def assert_commands(file: Path, rows: Any) -> None:
    told = command("info", file, "--json")
    assert told.exit_code == 0, told.output
    columns = json.loads(told.stdout, parse_constant=_not_json)["columns"]
    table, page = file.with_name("rows.parquet"), file.with_name("page.html")
    as_frame(rows, columns).write_parquet(table)
    commands: list[tuple[Any, ...]] = [
        ("info", file),
        ("sample", file, "-n", 5),
        ("predict", file, table),
        ("report", file, table, "-o", page),
    ]
    for args in commands:
        result = command(*args)
        # Without names the model's columns are those of the table that look like measurements.
        unnamed = "columns without names" in result.stderr
        assert result.exit_code == 0 or unnamed, result.output


def as_frame(rows: Any, columns: list[str]) -> pl.DataFrame:
    """The rows as a file can hold them, which has one type for each column."""
    cells = np.asarray(rows).T.tolist()
    return pl.DataFrame(
        [
            pl.Series(name, values, strict=True)
            if len({type(value) for value in values}) == 1
            else pl.Series(name, list(map(str, values)))
            for name, values in zip(columns, cells, strict=True)
        ]
    )


def assert_goes_on(estimator: Any, rows: Any) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            estimator.set_params(warm_start=True, max_iter=2).fit(rows)
        except mx.MixturaError:
            return
    assert np.isfinite(estimator.weights_).all()


def command(*args: object) -> Any:
    result = CliRunner().invoke(program, [str(arg) for arg in args], prog_name="mixtura")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def _not_json(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")
