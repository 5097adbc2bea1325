"""
How many components
===================

A search compares numbers of components and shapes of covariances.
"""

# %%
# 178 wines of three cultivars, by five of their thirteen measurements. Each line is a structure of
# the covariances; the ring marks the chosen model. Open circles made but a few starts.

from sklearn.datasets import load_wine

import mixtura as mx

wines = load_wine(as_frame=True).data[
    ["alcohol", "flavanoids", "color_intensity", "hue", "proline"]
]
search = mx.MixtureSearch(random_state=0).fit(wines)
mx.plot.criterion(search)

# %%
# ICL asks for components that lie apart as well.

mx.plot.criterion(search, "icl")

# %%
# All pictures take a search, too, and show its best model.

mx.plot.clusters(search, wines)
