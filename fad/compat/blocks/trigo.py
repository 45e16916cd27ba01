"""`from autograd.blocks.trigo import sin, ...`: circular functions, in radians."""

# ruff: noqa: N801  # the legacy names are lower case

from __future__ import annotations

from .. import calculus
from .block import UnaryBlock

__all__ = ["arccos", "arcsin", "arctan", "cos", "sin", "tan"]


class sin(UnaryBlock):
    """The sine: sin()(x)."""

    operation = calculus.SIN


class cos(UnaryBlock):
    """The cosine: cos()(x)."""

    operation = calculus.COS


class tan(UnaryBlock):
    """The tangent: tan()(x)."""

    operation = calculus.TAN


class arcsin(UnaryBlock):
    """The inverse sine: arcsin()(x)."""

    operation = calculus.ARCSIN


class arccos(UnaryBlock):
    """The inverse cosine: arccos()(x)."""

    operation = calculus.ARCCOS


class arctan(UnaryBlock):
    """The inverse tangent: arctan()(x)."""

    operation = calculus.ARCTAN
