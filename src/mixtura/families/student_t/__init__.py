"""The multivariate Student t family."""
