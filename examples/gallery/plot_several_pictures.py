"""
Several pictures in one figure
==============================

Every picture takes the axes to draw on, and returns them.
"""

# %%
# A constrained layout leaves room for the legends, which stand beside the pictures.

import polars as pl
from matplotlib import pyplot as plt

import mixtura as mx

table = pl.read_csv("../penguins.csv", null_values="NA")
birds = table.select("bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
gm = mx.GaussianMixture(3, random_state=0).fit(birds)

_, axes = plt.subplots(2, 2, figsize=(12, 8), layout="constrained")
mx.plot.clusters(gm, birds, ax=axes[0, 0])
mx.plot.density(gm, birds, ax=axes[0, 1])
mx.plot.uncertainty(gm, birds, ax=axes[1, 0])
mx.plot.profiles(gm, ax=axes[1, 1]).set_title("Three groups of penguins", loc="left")
