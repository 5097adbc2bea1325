"""The command line: one file per command, and the nouns that they share.

The command files import click alone, so that `--help` is quick; the rest is imported by the
command that runs.
"""
