"""
Soft, hard and stochastic EM
============================

The same animals, and three ways to share them out in the E-step: each counts for both species as
its probabilities say; wholly for the likelier one; or wholly for one that is drawn anew in every
iteration.
"""

import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

rng = np.random.default_rng(506)
species = rng.choice(2, size=300, p=[0.5, 0.5])
X = rng.normal(np.array([30.0, 45.0])[species], np.array([4.0, 6.0])[species])[:, None]

# %%
# Hard EM cuts the table in two. The heavy species loses its lighter animals, so its mean is too
# high and its curve too narrow.

grid = np.linspace(15, 65, 400)[:, None]
truth = mx.GaussianMixture(2)
truth.weights_ = np.array([0.5, 0.5])
truth.means_ = np.array([[30.0], [45.0]])
truth.covariances_ = np.array([[[16.0]], [[36.0]]])

figure, axes = plt.subplots(1, 3, figsize=(10, 3.2), sharey=True, layout="constrained")
for ax, algorithm in zip(axes, ("em", "hard", "stochastic"), strict=True):
    fit = mx.GaussianMixture(2, algorithm=algorithm, random_state=0).fit(X)
    for mixture, style in ((truth, {"color": "0.6", "ls": "--"}), (fit, {"color": "C0"})):
        parts = np.exp(mixture.score_samples(grid))[:, None] * mixture.predict_proba(grid)
        ax.plot(grid, parts, **style)
    ax.hist(X, bins=30, density=True, color="0.92")
    ax.set(title=f"{algorithm}: {fit.log_likelihood_:,.1f}", xlabel="weight, kg", yticks=[])
plt.show()

# %%
# Dashed: the mixture that the animals were drawn from. In the titles: the log-likelihood.
