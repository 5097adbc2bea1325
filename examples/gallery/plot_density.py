"""
The density and its hills
=========================

A mixture can have fewer hills than components, or more.
"""

# %%
# Old Faithful waits long after long eruptions and short after short ones. Heights are shares of the
# highest hill; the dark line is where the likeliest component changes.

import polars as pl

import mixtura as mx

geysers = pl.read_csv("../faithful.csv")
gm = mx.GaussianMixture(2, random_state=0).fit(geysers)
mx.plot.density(gm, geysers)

# %%
# Seen along one column alone.

mx.plot.density(gm, geysers, columns="waiting")

# %%
# The lengths of rivers take two log-normal components, and have one hill: the second component is
# the long tail.

rivers = pl.read_csv("../rivers.csv")
mx.plot.density(mx.LogNormalMixture(2, random_state=0).fit(rivers), rivers)
