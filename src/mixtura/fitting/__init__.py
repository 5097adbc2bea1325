"""From what is to be fitted, and how, to what came of it."""
