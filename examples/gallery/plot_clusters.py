"""
Clusters and their ellipses
===========================

Three groups of penguins, from four measurements of each bird.
"""

# %%
# Two birds were not measured at all, and stay in the table: nothing is to be done about that.

import polars as pl

import mixtura as mx

table = pl.read_csv("../penguins.csv", null_values="NA")
birds = table.select("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
gm = mx.GaussianMixture(3, random_state=0).fit(birds)

# %%
# The picture takes the two columns in which the components lie apart best. Each point has the mixed
# color of its responsibilities; ellipses stand 1 and 2.5 standard deviations about the means.

mx.plot.clusters(gm, birds)

# %%
# Any other two columns will do.

mx.plot.clusters(gm, birds, columns=["flipper_length_mm", "body_mass_g"])

# %%
# Of one column it is a histogram, with what each component contributes and the sum of that.

mx.plot.clusters(gm, birds, columns="flipper_length_mm")
