"""
A classifier on what a mixture makes of rows
============================================

An embedding is not a better table: it forgets what the mixture does not see, and adds curves where
a linear classifier has planes. Here is logistic regression on the columns as they are, and on what
:class:`mixtura.Embedding` makes of them.
"""

import warnings

import matplotlib.pyplot as plt
import numpy as np
import polars as pl
from sklearn.datasets import (
    load_breast_cancer,
    load_digits,
    load_iris,
    load_wine,
    make_circles,
    make_moons,
)
from sklearn.decomposition import PCA
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler
from threadpoolctl import threadpool_limits

import mixtura as mx

threadpool_limits(1)  # on matrices as small as these, threads only wait for each other
warnings.simplefilter("ignore")  # of so many components on so few rows, some warn

# %%
# The tables
# ----------
# Five of measurements, and two that were made so that no plane separates the classes. Of the 64
# pixels of a digit, both sides get the first ten principal axes.

penguins = pl.read_csv("../penguins.csv", null_values="NA").drop_nulls()
measurements = penguins["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
TABLES = {
    "iris": load_iris(return_X_y=True),
    "penguins": (measurements.to_numpy(), penguins["species"].to_numpy()),
    "wine": load_wine(return_X_y=True),
    "breast cancer": load_breast_cancer(return_X_y=True),
    "digits, 10 axes": load_digits(return_X_y=True),
    "moons, made": make_moons(600, noise=0.15, random_state=0),
    "circles, made": make_circles(600, noise=0.15, factor=0.5, random_state=0),
}

# %%
# The same folds for all
# ----------------------
# All that learns anything, scaling and mixture included, learns it from the training rows. A
# mixture that is fitted need not be fitted again for each kind: it comes frozen. It has five
# components for each class, along the axes, decided beforehand and not by the results.

WAYS = {
    "columns": lambda fitted: FunctionTransformer(),
    "responsibilities": lambda fitted: mx.Embedding(fitted),
    "log-ratios": lambda fitted: mx.Embedding(fitted, kind="log_ratios"),
    "distances": lambda fitted: mx.Embedding(fitted, kind="distances"),
    "columns and distances": lambda fitted: make_union(
        FunctionTransformer(), mx.Embedding(fitted, kind="distances")
    ),
}


def scores(X, y, *steps):
    """Accuracy of each way in each of five folds."""
    table = {way: [] for way in WAYS}
    for train, test in StratifiedKFold(5, shuffle=True, random_state=0).split(X, y):
        scaled = make_pipeline(StandardScaler(), *steps).fit(X[train])
        seen, unseen = scaled.transform(X[train]), scaled.transform(X[test])
        gm = mx.GaussianMixture(
            5 * len(np.unique(y)), covariance_type="diag", n_init=1, random_state=0
        )
        fitted = FrozenEstimator(gm.fit(seen))
        for way, embed in WAYS.items():
            classifier = LogisticRegression(max_iter=1000)
            model = make_pipeline(embed(fitted), StandardScaler(), classifier)
            table[way].append(model.fit(seen, y[train]).score(unseen, y[test]))
    return table


found = {
    name: scores(X, y, *([PCA(10, random_state=0)] if name.startswith("digits") else []))
    for name, (X, y) in TABLES.items()
}
print("| table |", " | ".join(WAYS), "|")
for name, table in found.items():
    print(f"| {name} |", " | ".join(f"{np.mean(each):.3f}" for each in table.values()), "|")

# %%
# Where it helps, and where it hurts
# ----------------------------------
# Bars reach one standard error over the folds to each side; the line is logistic regression on the
# columns. Each table has a scale of its own.

figure, axes = plt.subplots(1, len(found), figsize=(13, 3), sharey=True, layout="constrained")
for ax, (name, table) in zip(axes, found.items(), strict=True):
    for place, each in enumerate(table.values()):
        error = np.std(each, ddof=1) / np.sqrt(len(each))
        ax.errorbar(np.mean(each), -place, xerr=error, fmt="o", color=f"C{place}")
    ax.axvline(np.mean(table["columns"]), color="0.8", zorder=0)
    ax.set_title(name, fontsize=10)
    ax.set_yticks(-np.arange(len(WAYS)), list(WAYS))
plt.show()

# %%
# Where planes do the work already (iris, penguins, wine, breast cancer) nothing is gained, and
# responsibilities lose up to five points, as they do on the digits: all rows that the mixture is
# sure of are alike to them. Where classes are curved (moons, circles), or there are few columns for
# many classes (digits), distances gain what planes cannot have. Log-ratios of Gaussian components
# are quadratic in the columns, and no more than that: enough for circles, not for moons. Columns
# and distances together are never more than a point below the columns alone.
