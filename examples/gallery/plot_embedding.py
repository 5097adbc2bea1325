"""
A classifier on what a mixture makes of rows
============================================

An embedding is not a better table. It forgets all that the mixture does not see, and adds curves
where a linear classifier has planes. Here is logistic regression on the columns as they are, on the
responsibilities of a mixture, on their log-ratios, on Mahalanobis distances, and on the columns and
distances side by side: the same folds for all, and everything that learns is within the pipeline,
so that no fold has seen its test rows.
"""

# %%
# The tables
# ----------
# Five that were measured, and two that were made so that no plane separates the classes. The
# mixtures have two components for each class, decided beforehand and not by the result.

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
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline, make_union
from sklearn.preprocessing import FunctionTransformer, StandardScaler

import mixtura as mx

TABLES = {
    "iris": load_iris(return_X_y=True),
    "wine": load_wine(return_X_y=True),
    "breast cancer": load_breast_cancer(return_X_y=True),
    "digits": load_digits(return_X_y=True),
    "moons (made)": make_moons(600, noise=0.15, random_state=0),
    "circles (made)": make_circles(600, noise=0.15, factor=0.5, random_state=0),
}
