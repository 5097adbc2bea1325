"""
Rows in doubt
=============

Soft assignments say which rows are between components.
"""

# %%
# Two species of iris overlap. Rows that are sure are pale; the others are as large as their
# uncertainty, which is one minus the largest responsibility.

from sklearn.datasets import load_iris

import mixtura as mx

flowers = load_iris(as_frame=True).data
gm = mx.GaussianMixture(3, covariance_type="VEV", random_state=0).fit(flowers)
mx.plot.uncertainty(gm, flowers, columns=["petal length (cm)", "petal width (cm)"])

# %%
# As a curve: the share of the rows that are no more uncertain than that.

mx.plot.uncertainty(gm, flowers, columns=())
