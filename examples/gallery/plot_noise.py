"""
Rows that belong to no cluster
==============================

Noise is a component of its own: rows strewn evenly, which no cluster explains.
"""

# %%
# 60 rows are strewn among the eruptions of Old Faithful. They are gray, and so are those that
# nobody strewed and that lie between the clusters.

import numpy as np
import polars as pl

import mixtura as mx

geysers = pl.read_csv("../faithful.csv").to_numpy()
strewn = np.random.default_rng(0).uniform([1.0, 30.0], [6.0, 110.0], (60, 2))
rows = pl.DataFrame(np.concatenate([geysers, strewn]), schema=["eruptions", "waiting"])
gm = mx.GaussianMixture(2, noise=True, random_state=0).fit(rows)
mx.plot.clusters(gm, rows)
