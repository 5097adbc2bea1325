"""
Counts
======

How often 602 children in Thailand were ill, as a mixture of Poisson distributions.
"""

# %%
# The table has a row for each number of illnesses, and how many children had it: weights of rows.
# There are children who are hardly ever ill (Boehning, Schlattmann, Lindsay 1992,
# "Computer-assisted analysis of mixtures", Biometrics 48).

import polars as pl

import mixtura as mx

table = pl.read_csv("../thai_children.csv")
children = table["children"].to_numpy()
illnesses = table.select("illnesses")
gm = mx.PoissonMixture(4, random_state=0).fit(illnesses, sample_weight=children)
mx.plot.clusters(gm, illnesses, sample_weight=children)

# %%
# The same as shares of the highest probability: two of the four make no hill of their own.

mx.plot.density(gm, illnesses, sample_weight=children)
