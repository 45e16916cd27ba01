"""`from autograd.blocks.trigo import sin, ...`: circular functions, in radians."""

# ruff: noqa: N801  # the legacy names are lower case

from __future__ import annotations

from .. import calculus
from .block import UnaryBlock

__all__ = ["arccos", "arcsin", "arctan", "cos", "sin", "tan"]


class sin(UnaryBlock):
    """The sine: sin()(x)."""

    _operation = calculus.SIN


class cos(UnaryBlock):
    """The cosine: cos()(x)."""

    _operation = calculus.COS


class tan(UnaryBlock):
    """The tangent: tan()(x)."""

    _operation = calculus.TAN


class arcsin(UnaryBlock):
    """The inverse sine: arcsin()(x)."""

    _operation = calculus.ARCSIN


class arccos(UnaryBlock):
    """The inverse cosine: arccos()(x)."""

    _operation = calculus.ARCCOS


class arctan(UnaryBlock):
    """The inverse tangent: arctan()(x)."""

    _operation = calculus.ARCTAN
