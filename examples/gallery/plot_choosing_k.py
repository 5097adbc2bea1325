"""
How many clusters?
==================

Waiting for Old Faithful: 272 eruptions, how long each took, and how long it was to the next. The
log-likelihood rises with every further component, so it cannot choose; a criterion makes
components pay for their parameters.
"""

import matplotlib.pyplot as plt
import numpy as np
import polars as pl

import mixtura as mx

X = pl.read_csv("../faithful.csv").to_numpy()
sizes = range(1, 6)
fits = [mx.GaussianMixture(k, covariance_type="VVV", random_state=0).fit(X) for k in sizes]

# %%
# Less is better. BIC and ICL choose two; the penalty of AIC is lighter.

figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.5), layout="constrained")
left.plot(sizes, [fit.log_likelihood_ for fit in fits], "o-", color="gray")
left.set(xlabel="components", ylabel="log-likelihood", title="it always rises")
for name, color in (("aic", "C2"), ("bic", "C0"), ("icl", "C1")):
    values = np.array([getattr(fit, name)(X) for fit in fits])
    right.plot(sizes, values - values.min(), "o-", color=color, label=name.upper())
right.set(xlabel="components", ylabel="above the least", title="criteria", ylim=(-5, 120))
right.legend()
plt.show()

# %%
# The choice: two kinds of eruptions. Lines are of equal density.

best = fits[int(np.argmin([fit.bic(X) for fit in fits]))]
assert best.n_components == 2

x, y = np.meshgrid(np.linspace(1, 6, 200), np.linspace(38, 100, 200))
density = np.exp(best.score_samples(np.column_stack([x.ravel(), y.ravel()]))).reshape(x.shape)
figure, ax = plt.subplots(figsize=(6, 4.5), layout="constrained")
ax.contour(x, y, density, levels=density.max() * np.geomspace(0.01, 0.8, 8), colors="0.7")
ax.scatter(*X.T, s=12, c=best.predict_proba(X)[:, 0], cmap="coolwarm")
ax.set(xlabel="eruption, minutes", ylabel="wait for the next, minutes")
plt.show()
