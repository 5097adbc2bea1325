"""Warnings of a fit become sentences in the command line's own words."""

import warnings

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

import mixtura as mx
from mixtura.cli.warned import in_options, warned
from mixtura.errors import DataWarning, DegenerateError
from mixtura.families.gaussian.structures import EEV, Structure
from mixtura.fitting.notes import notes_on_result
from mixtura.kernels.singular import singular


def test_each_is_told_once_and_names_options():
    with warned() as told:
        warnings.warn(
            "Make more starts (n_init) or a simpler covariance_type.", DataWarning, stacklevel=1
        )
        warnings.warn(
            "Make more starts (n_init) or a simpler covariance_type.", DataWarning, stacklevel=1
        )
        warnings.warn("did not converge", ConvergenceWarning, stacklevel=1)
        warnings.warn("inplace goes", FutureWarning, stacklevel=1)
    assert told == ["Make more starts (--starts) or a simpler --covariance."]


def test_errors_too_and_advice_that_no_option_follows_goes():
    with pytest.raises(DegenerateError) as told, warned():
        raise singular(np.array([True, False]))
    assert str(told.value) == (
        "The covariance of 1 of 2 components is singular: too few distinct rows, or columns of "
        "very different units. Use fewer --components, a simpler --covariance, or --columns of "
        "like units."
    )


def test_the_floor_is_named_as_it_can_be_set():
    [note] = notes_on_result(mx.GaussianMixture().fit([[0.0], [1.0]]).mixture_, 1, ())
    assert "floor (reg_covar)" in note
    assert "the variance floor: the likelihood" in in_options(note)
    assert note.endswith("Use fewer components or a simpler covariance_type.")
    assert in_options(note).endswith("Use fewer --components or a simpler --covariance.")


@pytest.mark.parametrize(
    ("message", "told"),
    [
        (
            "covariance_type=VVE, n_components=7 has a lower BIC, 2,423.3 against 2,768.5, but "
            "cannot be chosen: 2 components collapsed.",
            "VVE with 7 clusters has a lower BIC, 2,423.3 against 2,768.5, but cannot be chosen: "
            "2 clusters collapsed.",
        ),
        (
            "n_components=1 has a lower BIC, but cannot be chosen: 1 component owes its "
            "likelihood to a few rows.",
            "1 cluster has a lower BIC, but cannot be chosen: 1 cluster owes its likelihood to a "
            "few rows.",
        ),
        (
            "9 components are the most that were tried: with more, BIC may be lower still.",
            "9 clusters are the most that were tried: with more, BIC may be lower still.",
        ),
        (
            "left out: those with fewer components are better",
            "left out: those with fewer clusters are better",
        ),
        (
            "Components 1, 2 owe their likelihood to a few rows. Use fewer components.",
            "Clusters 1, 2 owe their likelihood to a few rows. Use fewer --components.",
        ),
        ("Columns component, Component 1 are constant", None),
    ],
)
def test_components_are_clusters_and_models_have_names(message, told):
    assert in_options(message) == (told or message)


def test_a_search_that_goes_nowhere_names_options(run, blobs, here, monkeypatch):
    estimate = Structure.estimate

    def fails(structure, *args):
        if structure == EEV:
            raise singular(np.array([True]))
        return estimate(structure, *args)

    monkeypatch.setattr(Structure, "estimate", fails)
    failed = run("fit", blobs, "-k", "1,2", "--covariance", "EEV")
    assert failed.exit_code == 1
    named = "EEV with 1 cluster and 1 more failed: The covariance of 1 of 1"
    assert named in failed.stderr
    run("fit", blobs, "-k", 1, "--covariance", "EEV,EII", "--out", "out")
    page = (here / "out" / "report.html").read_text()
    assert "a simpler --covariance, or --columns of like units" in page
    assert "reg_covar," not in page
