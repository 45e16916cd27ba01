"""NumPy's conventions over strict primitives."""

from . import ufuncs as ufuncs
