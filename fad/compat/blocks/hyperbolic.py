"""`from autograd.blocks.hyperbolic import sinh, cosh, tanh`."""

# ruff: noqa: N801  # the legacy names are lower case

from __future__ import annotations

from .. import calculus
from .block import UnaryBlock

__all__ = ["cosh", "sinh", "tanh"]


class sinh(UnaryBlock):
    """The hyperbolic sine: sinh()(x)."""

    _operation = calculus.SINH


class cosh(UnaryBlock):
    """The hyperbolic cosine: cosh()(x)."""

    _operation = calculus.COSH


class tanh(UnaryBlock):
    """The hyperbolic tangent: tanh()(x)."""

    _operation = calculus.TANH
