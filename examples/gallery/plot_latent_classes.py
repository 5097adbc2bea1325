"""
Profiles of latent classes
==========================

Seven pathologists judged the same 118 slides: carcinoma or not.
"""

# %%
# With three classes there are slides that all call positive, slides that all call negative, and
# slides on which the pathologists differ (Agresti 2002, "Categorical Data Analysis", section 13.1).
# Each dot is the probability that a pathologist says yes to a slide of the class.

import polars as pl

import mixtura as mx

slides = pl.read_csv("../carcinoma.csv")
classes = mx.CategoricalMixture(3, random_state=0).fit(slides)
mx.plot.profiles(classes)

# %%
# The passengers of the Titanic in two classes, counted by the column of people.

table = pl.read_csv("../titanic.csv")
people = table["people"].to_numpy()
passengers = table.drop("people")
classes = mx.CategoricalMixture(2, random_state=0).fit(passengers, sample_weight=people)
mx.plot.profiles(classes)

# %%
# One column of it, side by side.

mx.plot.clusters(classes, passengers, columns="class", sample_weight=people)
