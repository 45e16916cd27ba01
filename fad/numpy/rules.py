"""Loads the rules: those for what most programs use at once, and the others when one of them is met."""
# ruff: noqa: F401  # to import such a module is to enter its rules

from __future__ import annotations

from importlib import import_module

from ..core.dispatch import newcomers
from . import (
    arranging,
    contractions,
    indexing,
    joining,
    methods,
    norms,
    reductions,
    shape,
    sorting,
    statistics,
    ufuncs,
    writing,
)

_SELDOM_USED = (
    "linear_algebra", "fourier", "subscripts", "products", "calculus", "interpolation", "polynomials", "ordering",
    "quantiles", "nans", "choosing", "comparing")


def load(missing: bool) -> None:
    """Enter the rules for functions that are seldom used: `import fad` is quicker without."""
    if missing:
        for name in _SELDOM_USED:
            import_module(f"{__package__}.{name}")


newcomers.append(load)
