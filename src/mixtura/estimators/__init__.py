"""The estimators: validate, translate, delegate. scikit-learn appears here alone."""
