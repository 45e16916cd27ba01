"""Functions in, functions out: the public names."""
