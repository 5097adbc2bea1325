"""Atoms: found where a value holds more rows than a density gives it, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import mixtura as mx
from mixtura.explain.atoms import Atom, find_atoms, note_on_atoms

N = 600
RNG = np.random.default_rng(0)
RAIN = np.where(RNG.uniform(size=N) < 0.6, 0.0, RNG.gamma(0.7, 8.0, size=N) + 0.2).round(1)
DURATION = np.r_[
    np.full(60, 4.0), np.full(25, 2.0), RNG.normal(4.3, 0.4, 400), RNG.normal(2, 0.3, 115)
]
DURATION = np.where(np.isin(DURATION, [2.0, 4.0]), DURATION, (DURATION * 60).round() / 60 + 1e-3)

SMOOTH = {
    "full digits": RNG.normal(size=N),
    "rounded": RNG.normal(170.0, 8.0, N).round(),
    "rounded to some twenty values": RNG.normal(0.0, 5.0, 50 * N).round(),
    "answers": RNG.integers(1, 7, N).astype(float),
    "cylinders": RNG.choice([3.0, 4.0, 5.0, 6.0, 8.0], N, p=[0.01, 0.5, 0.01, 0.28, 0.2]),
    "counts of a few things": RNG.poisson(1.0, N).astype(float),
    "counts of many things": RNG.poisson(80.0, N).astype(float),
    "counts that vary more": RNG.negative_binomial(1, 0.1, N).astype(float),
    "heaped at every fifth": np.where(RNG.uniform(size=N) < 0.5, 5, 1)
    * (RNG.normal(70, 9, N) // 5),
    "round numbers here and there": np.where(
        RNG.uniform(size=N) < 0.5, RNG.normal(20, 3, N).round(), RNG.normal(20, 3, N).round(2)
    ),
    "drawn again from some rows": RNG.choice(RNG.normal(size=200), N),
    "a few equal ones": np.r_[np.zeros(9), RNG.normal(size=300)],
    "a constant": np.ones(N),
}


@pytest.mark.parametrize("case", SMOOTH)
def test_no_atoms(case):
    assert find_atoms(SMOOTH[case][:, None]) == ()


def test_atoms_in_their_order():
    X = np.column_stack([RNG.normal(size=N), RAIN, DURATION])
    found = find_atoms(X)
    assert [(atom.column, atom.value) for atom in found] == [(1, 0.0), (2, 4.0), (2, 2.0)]
    assert [atom.weight for atom in found] == [(RAIN == 0.0).sum(), 60.0, 25.0]
    assert {atom.total for atom in found} == {N}


def test_atoms_beside_each_other():
    x = np.r_[np.zeros(50), np.ones(40), RNG.uniform(size=300)]
    assert [(atom.value, atom.weight) for atom in find_atoms(x[:, None])] == [(0.0, 50), (1.0, 40)]


def test_the_share_and_the_number_that_it_takes():
    others = RNG.normal(size=1000)
    for n, found in ((29, 0), (30, 0), (31, 1)):  # 3 % of all
        assert len(find_atoms(np.r_[np.zeros(n), others][:, None])) == found
    for n, found in ((9, 0), (10, 1)):
        assert len(find_atoms(np.r_[np.zeros(n), others[:30]][:, None])) == found


def test_weights_are_worth_rows():
    X = np.column_stack([RAIN, DURATION])
    repeated = find_atoms(np.repeat(X, 3, axis=0))
    assert find_atoms(X, np.full(N, 3.0)) == repeated
    values, times = np.unique(RAIN, return_counts=True)
    assert find_atoms(values[:, None], times.astype(float)) == find_atoms(RAIN[:, None])


@given(
    st.integers(0, 2**32 - 1),
    st.sampled_from([1e-6, 0.125, 3.0, 1e6]),
    st.sampled_from([-1e6, 0.0, 17.0]),
)
def test_neither_order_nor_units_matter(seed, scale, shift):
    X = np.column_stack([RAIN, DURATION])
    moved = np.random.default_rng(seed).permutation(X) * scale + shift
    told = [(atom.column, atom.weight) for atom in find_atoms(moved)]
    assert told == [(atom.column, atom.weight) for atom in find_atoms(X)]


def test_single_precision():
    found = find_atoms(DURATION.astype(np.float32)[:, None])
    assert [(atom.value, atom.weight) for atom in found] == [(4.0, 60.0), (2.0, 25.0)]


def test_large_tables_are_looked_at_in_part_and_counted_in_full():
    x = np.random.default_rng(1).normal(size=250_001)
    x[np.random.default_rng(2).choice(len(x), 20_000, replace=False)] = 0.5
    [atom] = find_atoms(x[:, None])
    assert (atom.value, atom.weight) == (0.5, 20_000.0)


# ---------------------------------------------------------------------------------------------
# What is told


def test_a_fit_tells_of_them_in_warnings_and_in_its_record():
    X = np.column_stack([RNG.normal(size=N), RAIN])
    with pytest.warns(mx.DataWarning, match=r"of 600 rows have column 1 = 0: an atom, not part"):
        fitted = mx.GaussianMixture(1).fit(X)
    assert any("an atom" in note for note in fitted.notes_)
    told = pytest.warns(mx.DataWarning, match="n_components=2 .* cannot be chosen")
    with told, pytest.warns(mx.DataWarning, match="an atom"):
        search = mx.MixtureSearch(param_grid={"n_components": [1, 2]}, random_state=0).fit(X)
    assert sum("an atom" in note for note in search.best_estimator_.notes_) == 1


def test_families_of_whole_numbers_are_told_nothing():
    X = np.c_[np.where(RAIN == 0.0, 0, 1 + (3 * RAIN).astype(int) % 40)]
    assert find_atoms(X.astype(float)) != ()
    assert mx.PoissonMixture(1).fit(X).notes_ == ()


def test_words():
    assert list(note_on_atoms([], ["a"])) == []
    [one] = note_on_atoms([Atom(0, 0.0, 838.0, 1461.0)], ["precipitation"])
    assert one.startswith("838 of 1,461 rows have precipitation = 0: an atom, not part of a bell;")
    [some] = note_on_atoms([Atom(0, 0.5, 12.5, 99.5), Atom(1, 1.0, 10.0, 99.5)], ["a", 1])
    assert some.startswith("12.5 of 99.5 of the weight have a = 0.5, 10 have column 1 = 1: atoms,")
    [many] = note_on_atoms(
        [Atom(a, 0.0, 50.0, 60.0) for a in range(15)], [f"x{a}" for a in range(15)]
    )
    assert "x9 = 0, and 5 more such values: atoms" in many
