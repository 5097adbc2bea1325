"""
Numbers and categories together
===============================

Penguins by their measurements, their species, island and sex at once.
"""

# %%
# Which kind a column is of is inferred from its cells.

import polars as pl

import mixtura as mx

birds = pl.read_csv("../penguins.csv", null_values="NA").drop("year")
gm = mx.MixedMixture(3, random_state=0).fit(birds)
print(gm.inferred_)

# %%
# Profiles of columns of both kinds have one scale: how far a component is from the whole, in
# standard deviations of the whole. Bars are one standard deviation within the component.

mx.plot.profiles(gm)

# %%
# A category across and a number up; equal rows are strewn a little.

mx.plot.clusters(gm, birds, columns=["island", "bill_length_mm"])
