"""What a user writes: every type checker takes all of it, and knows what it gives."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import mixtura as mx

rng = np.random.default_rng(0)
X = np.concatenate([rng.normal(0.0, 1.0, (60, 2)), rng.normal(9.0, 1.0, (40, 2))])
counts = np.concatenate([rng.poisson(2.0, (60, 2)), rng.poisson(30.0, (40, 2))])


def spread(gm: mx.GaussianMixture) -> float:
    return float(np.trace(gm.covariances_, axis1=1, axis2=2).max())


gm = mx.GaussianMixture(n_components=2, random_state=0).fit(X, sample_weight=np.ones(len(X)))
assert_type(gm, mx.GaussianMixture)
assert_type(gm.means_, NDArray[Any])
assert_type(gm.fit_transform(X), NDArray[Any])
print(gm.weights_.round(2), spread(gm), gm.converged_, gm.n_iter_, gm.lower_bound_, gm.status_)
print(gm.predict_proba(X).sum(axis=1), gm.predict(X).max(), gm.score(X), gm.bic(X), gm.notes_)
print(gm.get_params()["tol"], gm.set_params(tol=1e-5).get_feature_names_out(), gm.n_features_in_)
drawn, components = gm.sample(10)
print(drawn.mean(axis=0), np.bincount(components), gm.impute([[0.0, np.nan]])[0, 1])

print(gm.membership(X, sigmas=3.0), gm.members(X, coverage=True).sum(axis=1).max())
print(gm.component_typicality(X).min(), gm.distances(X).max(), gm.membership(X, coverage=0.9)[0])
embedding = mx.Embedding(gm, kind="log_ratios").fit(X)
print(embedding.transform(X).shape, embedding.set_params(kind="distances").get_feature_names_out())
print(mx.Embedding(mx.MixtureSearch(gm, {"n_components": [2, 3]}), top=1).fit_transform(X).shape)

robust = mx.StudentTMixture(2, random_state=0).fit(X)
print(robust.locations_[0], robust.scales_.shape, robust.dof_.min())
factors = mx.FactorMixture(2, n_factors=1, random_state=0).fit(X)
print(factors.loadings_.shape, factors.uniquenesses_.min(), factors.factor_scores(X).shape)
seldom = mx.PoissonMixture(2, random_state=0).fit(counts)
print(seldom.rates_.max(), seldom.record_.n_iter, seldom.schema_.names)
latent = mx.CategoricalMixture(2, random_state=0).fit([["tea", "no"], ["coffee", "yes"]] * 9)
print(latent.levels_[0], latent.probabilities_[0].shape)
mixed = mx.MixedMixture(2, random_state=0).fit(np.column_stack([X, counts]))
print(mixed.blocks_["gaussian"], mixed.inferred_["0"])

search = mx.MixtureSearch(param_grid={"n_components": [1, 2, 3]}, random_state=0).fit(X)
assert_type(search.best_estimator_, mx.GaussianMixture)
print(search.best_params_["n_components"], search.results_["bic"].min(), search.predict(X)[0])
of_counts = mx.MixtureSearch(mx.PoissonMixture(random_state=0), {"n_components": [1, 2, 3]})
assert_type(of_counts.fit(counts).best_estimator_, mx.PoissonMixture)

classifier = mx.MixtureClassifier(gm).fit(X, gm.predict(X))
print(classifier.classes_.tolist(), classifier.class_prior_, classifier.score(X, gm.predict(X)))
print(mx.bootstrap_test(gm, X, n_bootstrap=19, max_components=2).estimator.means_.shape)
uncertainty = gm.uncertainty(X, level=0.95)
assert_type(uncertainty.standard_errors, dict[str, NDArray[np.float64]])
print(uncertainty, uncertainty.intervals(0.5)["weights"].low, uncertainty.responsibilities(X).high)
print(of_counts.selection_frequencies(counts, n_draws=2).likely(0.9))

assert_type(gm.marginal([1]), mx.GaussianMixture)
assert_type(search.conditional({0: 1.0}), mx.GaussianMixture)
assert_type(robust.marginal(0), mx.StudentTMixture)
print(of_counts.conditional({1: 3}).rates_, mixed.marginal(["0", "2"]).blocks_)
assert_type(gm.predict_value(X, 0), NDArray[Any])
predicted = gm.predict_value(X[:, [0]], target=1, interval=0.9)
print(
    predicted.value - predicted.low, predicted.high.max(), latent.predict_value_proba([["tea"]], 1)
)
print(gm.cdf([0.0, 1.0], 0), gm.conditional({0: 2.0}).quantile(0.5), gm.entropy(100).standard_error)
print(gm.overlap(100).pairwise, gm.divergence(robust, 100).value, gm.typicality(X).min())

modes, landscape = gm.modes(), gm.landscape()
print(len(modes), modes.points, landscape.saddles, landscape.ratios, gm.ridgeline(0, 1).ratio)
print(gm.normalized_density(X), gm.predict_hill(X).max(), gm.predict_hill_proba(X).shape)
print(gm.merge_tree("entropy", X).groups(1), gm.merge_tree("hills").reason)
merged = gm.merge_components([[0, 1]])
assert_type(merged, mx.FamilyMixture)
print(merged.marginal(0).predict_proba(X[:, [0]]), mx.explore(X, title="rows"))


def kept(folder: Path) -> mx.GaussianMixture:
    mx.save(gm, folder / "model.json")
    gm.report(X, title="rows").save(folder / "page.html")
    print(
        mx.plot.clusters(gm, X, columns=[0, 1]).get_xlabel(), mx.plot.profiles(search).get_title()
    )
    loaded = mx.load(folder / "model.json")
    assert isinstance(loaded, mx.GaussianMixture)
    return mx.merge([gm, gm]) if spread(loaded) > 9.0 else loaded


with TemporaryDirectory() as folder:
    print(kept(Path(folder)).weights_)
