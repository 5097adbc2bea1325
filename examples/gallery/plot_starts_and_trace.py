"""
Starts and iterations
=====================

EM finds local optima, so one start proves little.
"""

# %%
# Thirty random starts of four components: how many ended where, how much lower that is, and how
# many of the rows it puts elsewhere.

import warnings

import polars as pl

import mixtura as mx

geysers = pl.read_csv("../faithful.csv")
gm = mx.GaussianMixture(4, n_init=30, init_params="random", random_state=0)
with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it says the same in words
    gm.fit(geysers)
mx.plot.starts(gm)

# %%
# The objective of the best one.

mx.plot.trace(gm)

# %%
# Hard assignments first, then soft ones: stages have lines of their own.

staged = mx.GaussianMixture(3, algorithm=("hard", "em"), random_state=0).fit(geysers)
mx.plot.trace(staged)
