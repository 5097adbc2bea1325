"""Blocks of columns, each of a family of its own."""
