"""Pictures of fitted mixtures, drawn by matplotlib: `pip install 'mixtura[plot]'`.

Each function takes a fitted estimator, draws on the axes it is given, or on new ones, and returns
them. Colors are those of the report, by the numbers of the components.

import mixtura as mx

mx.plot.clusters(gm, X)         # rows and components in the two columns that show them best
mx.plot.density(gm, X)          # the density, its hills, and where the likeliest component changes
mx.plot.uncertainty(gm, X)      # rows in doubt
mx.plot.profiles(gm)            # what is typical of each component
mx.plot.criterion(search)       # how many components
mx.plot.starts(gm)              # where the starts ended
mx.plot.trace(gm)               # how the objective rose
"""

from mixtura.plot.clusters import clusters
from mixtura.plot.criterion import criterion
from mixtura.plot.density import density
from mixtura.plot.profiles import profiles
from mixtura.plot.starts import starts
from mixtura.plot.trace import trace
from mixtura.plot.uncertainty import uncertainty

__all__ = ["clusters", "criterion", "density", "profiles", "starts", "trace", "uncertainty"]
