"""What a user did not mean: every type checker tells of the lines that say so, and of no other."""

from __future__ import annotations

import numpy as np

import mixtura as mx

X = np.zeros((9, 2))
gm = mx.GaussianMixture(n_components=2).fit(X)
gm.predict(X)
gm.predic(X)  # wrong
print(gm.mean_)  # wrong
gm.fit(X).bics(X)  # wrong
mx.GaussianMixture(components=2)  # wrong
print(mx.PoissonMixture(2).fit(X).means_)  # wrong
print(mx.StudentTMixture(2).fit(X).location_)  # wrong
print(mx.MixtureSearch().fit(X).best_estimater_)  # wrong
print(mx.MixtureSearch().fit(X).best_estimator_.wieghts_)  # wrong
mx.MixtureSearch({"n_components": [1, 2]})  # wrong
mx.MixtureClassifier(mx.GaussianMixture).fit(X, [0] * 9)  # wrong
mx.load("model.json").predict_probe(X)  # wrong
mx.GausianMixture(2)  # wrong
mx.plot.cluster(gm, X)  # wrong
gm.report(X).write("page.html")  # wrong
print(gm.marginal(0).location_)  # wrong
print(gm.predict_value(X, 0).low)  # wrong
print(gm.predict_value(X, 0, interval=0.9).lower)  # wrong
gm.quantile([0.5], colum=0)  # wrong
print(gm.modes().height)  # wrong
mx.MixtureClassifier().fit(X, [0] * 9).modes()  # wrong
