"""What succeeds, but with a word about it."""

import numpy as np
import pytest

from mixtura.cli.features import Features
from mixtura.cli.remarks import remarks
from mixtura.families.schema import Kind, Schema

RNG = np.random.default_rng(0)
X = RNG.normal(size=(90, 2))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (X[:, :1], "Only one column"),
        (np.repeat(X[:5], 500, axis=0), "2,495 of 2,500 rows repeat another one"),
        (X.round(0), "Rounded values, many of them equal, in a, b"),
        (X + 1.7e9, "Very large values (timestamps?) in a, b"),
        (X * 1e-9, "Very small values in a, b"),
    ],
)
def test_one_remark(values, words):
    told = remarks(Features(Schema.of("ab"[: values.shape[1]]), values))
    assert len(told) == 1
    assert told[0].startswith(words)


def test_nothing_to_remark():
    assert remarks(Features(Schema.of("ab"), X)) == ()


@pytest.mark.parametrize("kind", [Kind.COUNT, Kind.BINARY, Kind.CATEGORICAL])
def test_what_is_no_measurement_may_well_repeat(kind):
    features = Features(Schema.of("ab", kind), RNG.integers(0, 2, (2_500, 2)).astype(float))
    assert remarks(features) == ()


def test_a_constant_column_is_not_called_rounded():
    assert remarks(Features(Schema.of("ab"), np.column_stack([X[:, 0], np.ones(90)]))) == ()


def test_a_byte_order_mark_is_told(run, here):
    lines = "\n".join(f"{a},{b}" for a, b in X)
    (here / "t.csv").write_text(f"a,b\n{lines}\n", encoding="utf-8-sig")
    result = run("fit", "t.csv", "--components", "1", "--covariance", "diag", "--starts", "1")
    assert result.exit_code == 0
    assert "byte-order mark" in result.stdout
