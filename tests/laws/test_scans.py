"""The same bits from every source: arrays, files, and partitions that lie elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mixtura as mx
from gap_records import gappy_rows
from mixtura import em
from mixtura.errors import DataError
from mixtura.estimators.many_rows import rows_of
from mixtura.estimators.scanned import Scanned
from mixtura.fitting.record import FitRecord
from mixtura.selection.comparison import Outcome
from mixtura.selection.search import Ranked
from mixtura.selection.whole_table import confirm
from mixtura.sources import ArraySource, Source, summarize
from mixtura.sources.folding import Fold, folded
from mixtura.sources.local import LocalScan
from mixtura.sources.partitions import opened
from mixtura.sources.read_ahead import ahead
from mixtura.sources.scan import AsTheyAre, Batch, Block, Clean, Opened, cut
from mixtura.starts.given import random_responsibilities
from mixtura.testing import PartitionedArray, check_source
from mixtura.typing import AnyArray, FloatArray
from records import FAMILIES, FAMILY_IDS, FamilyRecord
from same_bits import assert_same_fit

cloudpickle = pytest.importorskip("cloudpickle", reason="what travels is pickled with it")
pa = pytest.importorskip("pyarrow", reason="files are read with pyarrow")
ds = pytest.importorskip("pyarrow.dataset")
pq = pytest.importorskip("pyarrow.parquet")

NAMES = ("a", "b", "c")


def three_groups(n: int = 6_000, dtype: type = np.float64) -> AnyArray:
    rng = np.random.default_rng(7)
    centers = np.array([[0.0, 0.0, 0.0], [3.0, 2.0, 0.0], [0.0, 4.0, 3.0]])
    X = centers[rng.choice(3, n, p=[0.5, 0.3, 0.2])] + rng.normal(size=(n, 3))
    return X.astype(dtype)


# ---------------------------------------------------------------------------------------------
# The tree


@settings(max_examples=200, deadline=None)
@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=40), st.randoms())
def test_neighbors_merge_in_any_order_to_the_same_bits(values: list[float], random: Any) -> None:
    folds = [Fold.of(handle, value) for handle, value in enumerate(values)]
    whole = folded(values).total
    while len(folds) > 1:
        place = random.randrange(len(folds) - 1)
        folds[place : place + 2] = [folds[place] + folds[place + 1]]
    assert folds[0].total == whole
    assert len(folds[0].nodes) <= len(values).bit_length()


def test_only_neighbors_merge() -> None:
    with pytest.raises(ValueError, match="no neighbors"):
        _ = Fold.of(0, 1.0) + Fold.of(2, 1.0)


# ---------------------------------------------------------------------------------------------
# Sources


clean = AsTheyAre()


@dataclass(frozen=True, eq=False)
class Elsewhere:
    """Partitions on another machine: what is asked of them travels, and so does what comes back."""

    within: PartitionedArray

    @property
    def names(self) -> tuple[str, ...]:
        return self.within.names

    @property
    def weighted(self) -> bool:
        return self.within.weighted

    def map_reduce(self, task: Any) -> Any:
        there = cloudpickle.loads(cloudpickle.dumps(task))
        return cloudpickle.loads(cloudpickle.dumps(self.within.map_reduce(there)))

    def each_row(self, function: Any, names: tuple[str, ...], dtype: Any) -> Any:
        there = cloudpickle.loads(cloudpickle.dumps(function))
        return self.within.each_row(there, names, dtype)

    def opened(self, clean: Clean, n_threads: int) -> Opened:
        return opened(self, clean)


def elsewhere(
    X: AnyArray, partitions: tuple[int, ...], weight: AnyArray | None = None
) -> Elsewhere:
    return Elsewhere(PartitionedArray(X, partitions, weight))


@pytest.mark.parametrize("rows_per_block", [3, 64, 1000])
@pytest.mark.parametrize("n_threads", [1, 2])
@pytest.mark.parametrize("raw_copy", [True, False])
@pytest.mark.parametrize("weighted", [True, False])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_local_scans_are_sources(
    rows_per_block: int, n_threads: int, raw_copy: bool, weighted: bool, dtype: type
) -> None:
    X = three_groups(500, dtype)
    weight = np.arange(1.0, 501.0) if weighted else None

    def read() -> Iterator[Batch]:
        for start in range(0, 500, 77):
            rows = slice(start, start + 77)
            yield Batch(X[rows], None if weight is None else weight[rows])

    scan = LocalScan(NAMES, weighted, read, raw_copy)
    source = scan.opened(clean, n_threads).make(rows_per_block, False)
    check_source(source, X, np.ones(500) if weight is None else weight)
    array = ArraySource(X, weight, rows_per_block)
    assert_same_summary(source, array)


def assert_same_summary(a: Source, b: Source) -> None:
    one, other = summarize(a), summarize(b)
    np.testing.assert_array_equal(one.columns.mean, other.columns.mean)
    np.testing.assert_array_equal(one.columns.scatter, other.columns.scatter)
    assert one.n_rows == other.n_rows


@pytest.mark.parametrize("rows_per_block", [3, 64, 1000])
@pytest.mark.parametrize("partitions", [(500,), (0, 128, 64, 308), (1, 0, 498, 1, 0)])
def test_partitions_are_sources(rows_per_block: int, partitions: tuple[int, ...]) -> None:
    X, weight = three_groups(500), np.arange(1.0, 501.0)
    source = elsewhere(X, partitions, weight).opened(clean, 1).make(rows_per_block, False)
    check_source(source, X, weight)
    assert_same_summary(source, ArraySource(X, weight, rows_per_block, partitions=partitions))


@pytest.mark.parametrize("record", FAMILIES, ids=FAMILY_IDS)
@pytest.mark.parametrize("gaps", [False, True])
def test_an_e_step_has_the_same_bits_wherever_the_rows_lie(
    record: FamilyRecord, gaps: bool
) -> None:
    X, k = gappy_rows(record) if gaps else record.X, 3
    n = len(X)
    partitions = (n // 3, 0, n - n // 3)
    here = ArraySource(X, rows_per_block=16, partitions=partitions)
    there = elsewhere(X, partitions).opened(clean, 1).make(16, here.gappy)
    assert there.labelled is here.labelled
    start = random_responsibilities(k + record.noise, (1,))
    firsts = [em.begin(record.family, source, start) for source in (here, there)]
    one, other = (em.e_step(firsts[0], source) for source in (here, there))
    assert one.objective == other.objective
    np.testing.assert_array_equal(one.counts, other.counts)
    np.testing.assert_array_equal(*(first.weights for first in firsts))
    second = [firsts[0].maximize(each).log_density(X) for each in (one, other)]
    np.testing.assert_array_equal(*second)


def test_blocks_are_cut_anew() -> None:
    X = np.arange(40.0).reshape(20, 2)
    blocks = [Block(X[:3]), Block(X[3:3]), Block(X[3:14], np.full(11, 2.0)), Block(X[14:])]
    again = list(cut(blocks, 8))
    assert [len(block) for block in again] == [8, 8, 4]
    np.testing.assert_array_equal(np.concatenate([block.rows for block in again]), X)
    assert again[0].weight is not None
    assert again[0].weight.tolist() == [1.0] * 3 + [2.0] * 5


def test_what_is_read_ahead_stops_when_nobody_wants_more() -> None:
    made: list[int] = []

    def read() -> Iterator[int]:
        for number in range(1_000):
            made.append(number)
            yield number

    with_ahead = ahead(read)
    assert [next(with_ahead) for _ in range(3)] == [0, 1, 2]
    with_ahead.close()  # type: ignore[attr-defined]
    assert len(made) < 20


def test_errors_of_a_thread_that_reads_ahead_are_raised() -> None:
    def read() -> Iterator[int]:
        yield 1
        raise DataError("truncated")

    with pytest.raises(DataError, match="truncated"):
        list(ahead(read))


def test_partitions_that_change_are_refused() -> None:
    X = three_groups(300)
    scan = elsewhere(X, (100, 200))
    source = scan.opened(clean, 1).make(64, False)
    changed = elsewhere(X, (120, 180))
    vars(scan)["within"] = changed.within
    with pytest.raises(RuntimeError, match="120 rows now, and had 100"):
        summarize(source)


# ---------------------------------------------------------------------------------------------
# Fits

Kind = Callable[[AnyArray, Path], Any]


def parquet(X: AnyArray, folder: Path, row_group_size: int = 1_234) -> str:
    for number, part in enumerate(np.array_split(X, 3)):
        table = pa.table({name: part[:, a] for a, name in enumerate(NAMES)})
        pq.write_table(table, folder / f"{number}.parquet", row_group_size=row_group_size)
    return str(folder / "*.parquet")


def arrow(X: AnyArray, folder: Path) -> list[Path]:
    for number, part in enumerate(np.array_split(X, 2)):
        frame = pl.DataFrame(dict(zip(NAMES, part.T, strict=True)))
        frame.write_ipc(folder / f"{number}.arrow")
    return sorted(folder.glob("*.arrow"))


def csv(X: AnyArray, folder: Path) -> Path:
    frame = pl.DataFrame(dict(zip(NAMES, X.T, strict=True)))
    frame.write_csv(folder / "all.csv")
    return folder / "all.csv"


def memmap(X: AnyArray, folder: Path) -> AnyArray:
    np.save(folder / "X.npy", np.vstack([X[:7], X]))
    mapped: AnyArray = np.load(folder / "X.npy", mmap_mode="r")
    return mapped[7:]


def fortran(X: AnyArray, folder: Path) -> AnyArray:
    np.save(folder / "F.npy", np.asfortranarray(X))
    mapped: AnyArray = np.load(folder / "F.npy", mmap_mode="r")
    return mapped


KINDS: dict[str, Kind] = {
    "array": lambda X, folder: X,
    "parquet": parquet,
    "arrow": arrow,
    "csv": csv,
    "folder": lambda X, folder: Path(parquet(X, folder)).parent,
    "dataset": lambda X, folder: ds.dataset(Path(parquet(X, folder)).parent),
    "lazy frame": lambda X, folder: pl.scan_parquet(parquet(X, folder)),
    "mapped": memmap,
    "mapped by columns": fortran,
}


def fitted(table: Any, **params: Any) -> mx.GaussianMixture:
    return mx.GaussianMixture(3, random_state=3, **params).fit(table)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("raw_copy", [True, False])
@pytest.mark.parametrize("sample", [1_000, 10_000])
def test_fits_have_the_same_bits_from_every_kind_of_table(
    kind: str, raw_copy: bool, sample: int, tmp_path: Path
) -> None:
    X = three_groups()
    table = mx.scan(KINDS[kind](X, tmp_path), sample=sample, raw_copy=raw_copy)
    fit = fitted(table, n_jobs=2)
    assert_same_fit(fit, fitted(mx.scan(X, sample=sample)))
    if sample > len(X):
        assert_same_fit(fit, fitted(X))
    assert fit.n_features_in_ == 3
    named = "map" not in kind and kind != "array"
    assert list(vars(fit).get("feature_names_in_", [])) == (list(NAMES) if named else [])


@pytest.mark.parametrize("missing", [False, True])
def test_partitions_that_are_whole_blocks_change_no_bit_of_a_fit(missing: bool) -> None:
    X = three_groups(200_000)
    if missing:
        X[::50, 1] = np.nan
    fits = [
        fitted(Scanned(elsewhere(X, partitions), 2_000), tol=1e-3)
        for partitions in [(200_000,), (65_536, 131_072, 3_392), (50_000, 0, 60_001, 89_999)]
    ]
    assert_same_fit(fits[0], fits[1])
    assert_same_fit(fits[0], fitted(mx.scan(X, sample=2_000), tol=1e-3))
    np.testing.assert_allclose(fits[2].means_, fits[0].means_, rtol=0, atol=1e-10)
    np.testing.assert_allclose(fits[2].covariances_, fits[0].covariances_, rtol=1e-10, atol=1e-10)
    assert fits[2].lower_bound_ == pytest.approx(fits[0].lower_bound_, rel=1e-10)


def test_tables_of_more_rows_than_a_sample_are_fitted_alike_in_memory_and_elsewhere() -> None:
    X = three_groups(205_000)
    assert_same_fit(fitted(X, tol=1e-3), fitted(Scanned(elsewhere(X, (205_000,))), tol=1e-3))


MODELS: dict[str, Callable[[], Any]] = {
    "structure": lambda: mx.GaussianMixture(2, covariance_type="VEV", random_state=0),
    "noise": lambda: mx.GaussianMixture(2, noise=True, random_state=0),
    "prior": lambda: mx.GaussianMixture(2, prior="default", random_state=0),
    "hard": lambda: mx.GaussianMixture(2, algorithm="hard", random_state=0),
    "stochastic": lambda: mx.GaussianMixture(2, algorithm=("stochastic", "em"), random_state=0),
    "t": lambda: mx.StudentTMixture(2, random_state=0),
    "factors": lambda: mx.FactorMixture(2, n_factors=1, random_state=0),
    "log-normal": lambda: mx.LogNormalMixture(2, random_state=0),
    "gamma": lambda: mx.GammaMixture(2, random_state=0),
    "mixed": lambda: mx.MixedMixture(2, random_state=0),
    "categorical": lambda: mx.CategoricalMixture(2, random_state=0),
    "poisson": lambda: mx.PoissonMixture(2, random_state=0),
}


def suited(name: str) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    z = rng.random(3_000) < 0.4
    if name == "categorical":
        answers = rng.random((3_000, 6)) < np.where(z, 0.95, 0.05)[:, None]
        cups = np.where(z, rng.integers(3, 6, 3_000), rng.integers(0, 4, 3_000))
        frame = pl.DataFrame(np.where(answers, "yes", "no"), schema=list("abcdef"))
        return frame.with_columns(cups=pl.Series(cups))
    if name == "poisson":
        rates = np.where(z[:, None], [2.0, 9.0], [6.0, 3.0])
        return pl.DataFrame(rng.poisson(rates), schema=["a", "b"])
    rows = np.exp(np.where(z[:, None], [0.0, 2.0], [1.0, 0.0]) + 0.3 * rng.normal(size=(3_000, 2)))
    frame = pl.DataFrame(rows, schema=["a", "b"])
    if name == "mixed":
        frame = frame.with_columns(
            kind=pl.Series(np.where(z, "x", "y")), n=pl.Series(rng.poisson(4, 3_000))
        )
    return frame


@pytest.mark.parametrize("name", MODELS)
def test_every_estimator_fits_files(name: str, tmp_path: Path) -> None:
    frame, make = suited(name), MODELS[name]
    for number, part in enumerate(frame.iter_slices(1_100)):
        part.write_parquet(tmp_path / f"{number}.parquet", row_group_size=300)
    path = str(tmp_path / "*.parquet")
    small, whole = make().fit(path), make().fit(frame)
    np.testing.assert_array_equal(small.weights_, whole.weights_)
    assert small.schema_ == whole.schema_
    large = make().fit(mx.scan(path, sample=600))
    assert large.record_.scores.weight == 3_000.0
    agreement = (large.predict(path) == whole.predict(frame)).mean()
    assert agreement > 0.98
    np.testing.assert_array_equal(large.predict_proba(path), large.predict_proba(frame))


def test_weights_are_a_column(tmp_path: Path) -> None:
    X, rng = three_groups(), np.random.default_rng(0)
    weight = rng.integers(0, 4, len(X)).astype(np.float64)
    table = pa.table({**{name: X[:, a] for a, name in enumerate(NAMES)}, "w": weight})
    pq.write_table(table, tmp_path / "w.parquet", row_group_size=500)
    path = tmp_path / "w.parquet"
    few = fitted(mx.scan(path, weight="w"))
    assert_same_fit(few, mx.GaussianMixture(3, random_state=3).fit(X, sample_weight=weight))
    many = fitted(mx.scan(path, weight="w", sample=1_000))
    assert many.scores_.weight == weight.sum()
    repeated = fitted(mx.scan(np.repeat(X, weight.astype(int), axis=0), sample=1_000))
    assert many.lower_bound_ == pytest.approx(repeated.lower_bound_, abs=1e-6)


def test_samples_have_about_the_weight_that_they_should() -> None:
    X = three_groups(30_000)
    weight = np.where(np.arange(30_000) < 3, 5_000.0, 1.0)  # three rows too heavy to draw only once
    table = mx.scan(X, weight=weight, sample=3_000)
    rows = rows_of(mx.GaussianMixture(), table, None, None)
    sample = rows.sample  # type: ignore[union-attr]
    assert abs(sample.row_weights.sum() - 3_000) < 4 * np.sqrt(3_000)
    heavy = sample.row_weights > 1.0
    assert heavy.sum() == 3
    np.testing.assert_allclose(sample.row_weights[heavy], 3_000 * 5_000 / weight.sum())


def test_gaps_and_rows_without_any_cell(tmp_path: Path) -> None:
    X = three_groups()
    rng = np.random.default_rng(2)
    X[rng.random(X.shape) < 0.1] = np.nan
    X[1_000:1_300] = np.nan  # row groups of nothing but gaps
    path = parquet(X, tmp_path, row_group_size=100)
    few, many = fitted(path), fitted(mx.scan(path, sample=1_500))
    assert_same_fit(few, fitted(X))
    for fit in (few, many):
        assert fit.missing_ is not None
        assert fit.missing_.n_empty == np.isnan(X).all(axis=1).sum()
        assert fit.missing_.cells == tuple(np.isnan(X).sum(axis=0).tolist())
    assert few.missing_.n_total == many.missing_.n_total == 6_000  # type: ignore[union-attr]


def test_what_scores_rows_takes_scans(tmp_path: Path) -> None:
    X = three_groups(dtype=np.float32)
    fit, path = fitted(X), parquet(X, tmp_path)
    fit.feature_names_in_ = np.array(NAMES, dtype=object)
    fit.__dict__.pop("feature_names_in_")
    for name in ("predict", "predict_proba", "score_samples", "normalized_density", "membership"):
        here, there = getattr(fit, name)(X), getattr(fit, name)(path)
        np.testing.assert_array_equal(here, there.astype(here.dtype))
        assert there.dtype == (np.float64 if here.dtype == np.float32 else here.dtype)
    for name in ("score", "bic", "icl"):
        assert getattr(fit, name)(X) == pytest.approx(getattr(fit, name)(path), rel=1e-12)


def test_rows_may_lie_at_any_byte() -> None:
    X = three_groups(300)
    odd = np.frombuffer(b"." + X.tobytes(), dtype=np.uint8)[1:].view(np.float64).reshape(X.shape)
    assert not odd.flags.aligned
    fit, scan = fitted(X), Scanned(elsewhere(odd, (100, 200)))
    np.testing.assert_array_equal(fit.predict_proba(scan), fit.predict_proba(X))
    assert_same_fit(fitted(scan), fit)


def test_columns_are_found_by_name(tmp_path: Path) -> None:
    X = three_groups()
    fit = fitted(parquet(X, tmp_path))
    shuffled = pa.table({"c": X[:, 2], "other": X[:, 0], "a": X[:, 0], "b": X[:, 1]})
    (tmp_path / "other").mkdir()
    pq.write_table(shuffled, tmp_path / "other" / "x.parquet")
    np.testing.assert_array_equal(
        fit.predict(tmp_path / "other"), fit.predict(parquet(X, tmp_path))
    )
    chosen = fitted(mx.scan(tmp_path / "other", columns=["b", "a"]))
    assert list(chosen.feature_names_in_) == ["b", "a"]


def test_a_search_of_a_large_table_is_confirmed_on_all_rows(tmp_path: Path) -> None:
    X = three_groups(20_000)
    grid = {"n_components": [1, 2, 3, 4], "covariance_type": ["VVV", "EII"]}
    search = mx.MixtureSearch(param_grid=grid, random_state=0)
    search.fit(mx.scan(parquet(X, tmp_path), sample=1_500), checkpoint=tmp_path / "kept")
    assert search.best_params_ == {"n_components": 3, "covariance_type": "EII"}
    assert search.best_estimator_.scores_.weight == 20_000.0
    told = search.best_estimator_.sampled_
    assert re.match("The models were compared on a sample of 1,[0-9]+ of 20,000 rows", told)
    assert "the best one is still the best" in told
    assert search.best_estimator_.starts_.n_made > 1
    assert len(list((tmp_path / "kept").rglob("*.checkpoint"))) == 3


# ---------------------------------------------------------------------------------------------
# What goes wrong


def test_an_empty_pattern(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"No file fits the pattern .*none-\*"):
        fitted(str(tmp_path / "none-*.parquet"))
    with pytest.raises(DataError, match="no such file"):
        fitted(tmp_path / "none.parquet")
    with pytest.raises(DataError, match="has no file that ends in"):
        fitted(tmp_path)
    with pytest.raises(DataError, match="list of files is empty"):
        mx.scan([])


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    path = parquet(three_groups(), tmp_path)
    content = (tmp_path / "1.parquet").read_bytes()
    (tmp_path / "1.parquet").write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match=r"1\.parquet cannot be read .*Was it cut short"):
        fitted(path)


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"a": [1.0], "b": [1.0]}, r"2\.parquet has no column 'c'; it has a, b"),
        ({"a": [1.0], "b": ["x"], "c": [1.0]}, r"Column 'b' is of type \w+ in .*2\.parquet"),
        ({"a": [1.0], "b": [1.0], "c": [1.0], "d": [2.0]}, r"2\.parquet has a column 'd', which"),
    ],
)
def test_files_of_other_columns(columns: dict[str, Any], expected: str, tmp_path: Path) -> None:
    path = parquet(three_groups(), tmp_path)
    pq.write_table(pa.table(columns), tmp_path / "2.parquet")
    with pytest.raises(DataError, match=expected):
        fitted(path)


def test_bad_cells_are_told_with_their_place(tmp_path: Path) -> None:
    X = three_groups()
    X[5_000, 1] = np.inf
    with pytest.raises(DataError, match=r"2\.parquet.*infinity"):
        fitted(parquet(X, tmp_path))
    counts = pl.DataFrame({"n": [1, 2, -3, 4] * 100})
    counts.write_parquet(tmp_path / "counts.parquet")
    with pytest.raises(DataError, match=r"counts\.parquet.*Column n has -3"):
        mx.PoissonMixture(2).fit(tmp_path / "counts.parquet")
    pl.DataFrame({"a": ["x", "y"]}).write_parquet(tmp_path / "text.parquet")
    with pytest.raises(ValueError, match=r"text\.parquet: Column a holds text, such as .x.\."):
        fitted(tmp_path / "text.parquet")


def test_bad_weights(tmp_path: Path) -> None:
    pl.DataFrame({"a": [1.0, 2.0], "w": [1.0, -1.0]}).write_parquet(tmp_path / "w.parquet")
    with pytest.raises(DataError, match=r"The weight is -1\.0 in row 1"):
        mx.GaussianMixture().fit(mx.scan(tmp_path / "w.parquet", weight="w"))
    with pytest.raises(DataError, match="no column 'v'; it has a, w"):
        mx.scan(tmp_path / "w.parquet", weight="v")
    with pytest.raises(mx.MixturaError, match="Name the column of weights"):
        mx.GaussianMixture().fit(tmp_path / "w.parquet", sample_weight=[1.0, 1.0])
    pl.DataFrame({"a": [1.0, 2.0], "w": [0.0, 0.0]}).write_parquet(tmp_path / "w.parquet")
    with pytest.raises(DataError, match="no row that has weight"):
        mx.GaussianMixture().fit(mx.scan(tmp_path / "w.parquet", weight="w"))


@pytest.mark.parametrize("sample", [0, -1, 1.5, "many"])
def test_no_number_of_rows(sample: Any) -> None:
    with pytest.raises(DataError, match="is no number of rows"):
        mx.scan(three_groups(), sample=sample)


def test_what_is_no_table() -> None:
    with pytest.raises(DataError, match="expected rows and columns"):
        mx.scan(np.zeros(3))
    with pytest.raises(DataError, match="no columns"):
        mx.scan(np.zeros((3, 0)))
    with pytest.raises(DataError, match="no row that has weight"):
        fitted(mx.scan(np.zeros((0, 3))))
    with pytest.raises(DataError, match=r"sample has \d+ rows for 60 components: take more"):
        mx.GaussianMixture(60).fit(mx.scan(three_groups(), sample=40))


def test_a_fit_goes_on_from_the_last_one() -> None:
    table = mx.scan(three_groups(), sample=1_000)
    fit = mx.GaussianMixture(3, random_state=0, warm_start=True).fit(table)
    assert fit.sampled_
    before = fit.lower_bound_
    assert fit.fit(table).lower_bound_ >= before
    assert fit.n_iter_ <= 2
    assert not fit.sampled_, "nothing was looked for"


def test_the_best_on_a_sample_need_not_be_the_best() -> None:
    def ranked(place: int) -> Ranked:
        outcome = Outcome({"n_components": place}, None, "", 0.0, "finished")
        return Ranked(place, outcome, None)  # type: ignore[arg-type]

    fit = mx.GaussianMixture(2, random_state=0).fit(three_groups()[:500])
    likelier = replace(fit.record_.scores, log_likelihood=fit.log_likelihood_ + 50.0)
    spurious = replace(fit.record_, scores=likelier, spurious=(1,))
    records = [fit.record_, replace(fit.record_, scores=likelier), spurious, spurious]
    asked: list[int] = []

    def record(each: Ranked) -> FitRecord:
        asked.append(each.place)
        return records[each.place]

    after = confirm([ranked(place) for place in range(4)], record, "bic", 100, 500)
    assert (after.chosen.place, asked) == (1, [0, 1, 2])
    assert "another one is better than the best of the sample" in after.record.notes[-1]
    assert after.record.sampled == after.record.notes[-1]
    alone = confirm([ranked(2)], record, "cv", 100, 500)
    assert alone.record.sampled.endswith("The best one was fitted to all rows.")


def test_what_needs_rows_in_memory_says_so(tmp_path: Path) -> None:
    path = parquet(three_groups(), tmp_path)
    table = mx.scan(path, sample=1_000)
    with pytest.raises(mx.MixturaError, match="in a random order, which needs them in memory"):
        mx.GaussianMixture(2, algorithm="minibatch").fit(mx.scan(_large(tmp_path), sample=1_000))
    with pytest.raises(mx.MixturaError, match="takes rows as they come"):
        mx.GaussianMixture(2).partial_fit(table)
    with pytest.raises(DataError, match="impute is for tables in memory"):
        fitted(path).impute(path)


def _large(folder: Path) -> Path:
    (folder / "large").mkdir()
    pl.DataFrame(three_groups(100_000), schema=list(NAMES)).write_parquet(
        folder / "large" / "x.parquet"
    )
    return folder / "large"


def test_a_full_disk_leaves_no_raw_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path, n_written = parquet(three_groups(), tmp_path), 0

    def write(file: Any, array: FloatArray) -> None:
        nonlocal n_written
        n_written += len(array)
        if n_written > 2_000:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("mixtura.sources.raw_rows._write", write)
    fit = fitted(mx.scan(path, sample=1_000))
    assert "No space left on device" in caplog.text
    assert_same_fit(fit, fitted(mx.scan(three_groups(), sample=1_000)))
