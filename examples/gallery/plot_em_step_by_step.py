"""
EM, step by step
================

Two species of animals, of which only the weights are known. EM begins with a bad guess, and each
of its steps makes the weights likelier. Animals have the mixed color of their probabilities.
"""

import matplotlib.pyplot as plt
import numpy as np

import mixtura as mx

rng = np.random.default_rng(506)
species = rng.choice(2, size=300, p=[0.5, 0.5])
weights = rng.normal(np.array([30.0, 45.0])[species], np.array([4.0, 6.0])[species])
X = weights[:, None]

# %%
# The guess: means of 25 and 40, deviations of 5. A mixture can be written down by its parameters.

guess = mx.GaussianMixture(2)
guess.weights_ = np.array([0.5, 0.5])
guess.means_ = np.array([[25.0], [40.0]])
guess.covariances_ = np.array([[[25.0]], [[25.0]]])

# %%
# An E-step is ``predict_proba``; an M-step is a fit that begins with these probabilities and makes
# no iteration more.

steps = [guess]
for _ in range(50):
    responsibilities = steps[-1].predict_proba(X)
    steps.append(mx.GaussianMixture(2, init_params=responsibilities, max_iter=0).fit(X))

# %%
# The curves after 0, 1, 5 and 50 steps: each component by its weight, and their sum.

COLORS = np.array([[0.0, 0.45, 0.7], [0.84, 0.37, 0.0]])
grid = np.linspace(15, 65, 400)[:, None]
figure, axes = plt.subplots(2, 2, figsize=(8, 5.5), sharex=True, sharey=True, layout="constrained")
for ax, t in zip(axes.flat, (0, 1, 5, 50), strict=True):
    density = np.exp(steps[t].score_samples(grid))
    parts = density[:, None] * steps[t].predict_proba(grid)
    ax.plot(grid, density, color="gray", lw=1)
    for part, color in zip(parts.T, COLORS, strict=True):
        ax.fill_between(grid.ravel(), part, color=color, alpha=0.3, lw=0)
    mixed = steps[t].predict_proba(X) @ COLORS
    ax.scatter(weights, rng.uniform(-0.012, -0.004, 300), s=6, c=mixed)
    ax.set_title(f"{t} steps: log-likelihood {steps[t].score(X) * 300:,.1f}", fontsize=10)
    ax.set_yticks([])
figure.supxlabel("weight, kg")
plt.show()

# %%
# The log-likelihood rises at every step, at first by much and then by less and less.

trace = np.array([step.score(X) * 300 for step in steps])
assert (np.diff(trace) > -1e-9).all()

figure, ax = plt.subplots(figsize=(8, 3), layout="constrained")
ax.plot(trace[1:], ".-", color="gray")
ax.set(xlabel="steps after the first", ylabel="log-likelihood")
plt.show()
