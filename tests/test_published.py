"""What has been published of the tables of the examples (see examples/README.md)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest

import mixtura as mx


def table(examples: Path, name: str) -> tuple[pl.DataFrame, pl.Series | None]:
    """The table, and the frequencies of its rows if its last column holds such."""
    frame = pl.read_csv(examples / f"{name}.csv")
    if name == "carcinoma":
        return frame, None
    return frame[:, :-1], frame[:, -1]


# ---------------------------------------------------------------------------------------------
# Latent classes. Log-likelihoods are those of the manual of R's poLCA 1.6 (Linzer and Lewis 2011,
# Journal of Statistical Software 42): of carcinoma models in Agresti (2002, table 13.2), of
# role_conflict in Goodman (2002, tables 5 and 6), of cheating in Dayton (1998, table 3.3).

LATENT_CLASSES = [
    ("carcinoma", 2, -317.2568),
    ("carcinoma", 3, -293.7050),
    ("carcinoma", 4, -289.2858),
    ("role_conflict", 1, -543.6498),
    ("role_conflict", 2, -504.4677),
    ("cheating", 2, -440.0271),
    ("interviews", 2, -2783.268),
    ("interviews", 3, -2754.545),
]


def _leeway(name: str) -> float:
    """Half the last digit published, and what `tol` leaves."""
    rows = {"carcinoma": 118, "role_conflict": 216, "cheating": 319, "interviews": 1202}[name]
    return (5e-4 if name == "interviews" else 5e-5) + 1e-7 * rows


@pytest.mark.filterwarnings("ignore:Only 1 of 20 starts")
@pytest.mark.parametrize(("name", "k", "published"), LATENT_CLASSES)
def test_published_latent_classes_are_found(
    examples: Path, name: str, k: int, published: float
) -> None:
    X, frequencies = table(examples, name)
    fitted = mx.CategoricalMixture(k, random_state=0).fit(X, sample_weight=frequencies)
    assert fitted.log_likelihood_ > published - _leeway(name)


def test_three_kinds_of_slides(examples: Path) -> None:
    # By poLCA 1.6.0; Agresti (2002), table 13.3, is of the same model.
    fitted = mx.BernoulliMixture(3, tol=1e-10, random_state=0)
    fitted.fit(table(examples, "carcinoma")[0])
    np.testing.assert_allclose(fitted.weights_, [0.4447, 0.3736, 0.1817], atol=6e-5)
    expected = [
        [1.0, 0.9809, 0.8575, 0.5862, 1.0, 0.4764, 1.0],
        [0.0573, 0.1379, 0.0, 0.0, 0.0551, 0.0, 0.0],
        [0.5128, 1.0, 0.0, 0.0576, 0.7506, 0.0, 0.6307],
    ]
    np.testing.assert_allclose(fitted.probabilities_, expected, atol=6e-5)


# ---------------------------------------------------------------------------------------------
# Counts: Hasselblad (1969), and Boehning (1999) of the Thai children.

POISSONS = [
    ("death_notices", [0.6401, 0.3599], [2.663, 1.256], -1989.946),
    (
        "thai_children",
        [0.480, 0.269, 0.197, 0.054],
        [2.817, 8.164, 0.143, 16.156],
        -1553.810,
    ),
]


@pytest.mark.parametrize(("name", "weights", "rates", "log_likelihood"), POISSONS)
def test_published_mixtures_of_poissons(
    examples: Path, name: str, weights: list[float], rates: list[float], log_likelihood: float
) -> None:
    X, frequencies = table(examples, name)
    fitted = mx.PoissonMixture(len(weights), random_state=0).fit(X, sample_weight=frequencies)
    np.testing.assert_allclose(fitted.weights_, weights, atol=1e-3)
    np.testing.assert_allclose(fitted.rates_[:, 0], rates, atol=2e-3)
    assert fitted.log_likelihood_ == pytest.approx(log_likelihood, rel=0.0, abs=5.1e-4)
