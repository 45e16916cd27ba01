"""`from autograd.blocks.expo import exp, log, sqrt, logistic`."""

# ruff: noqa: N801  # the legacy names are lower case

from __future__ import annotations

from math import e

from .. import calculus, functions
from ..variable import Operand, Variable
from .block import BuiltIn, UnaryBlock

__all__ = ["exp", "log", "logistic", "sqrt"]


class exp(UnaryBlock):
    """The exponential: exp()(x)."""

    _operation = calculus.EXP


class sqrt(UnaryBlock):
    """The square root: sqrt()(x)."""

    _operation = calculus.SQRT


class logistic(UnaryBlock):
    """1 / (1 + exp(-x)): logistic()(x)."""

    _operation = calculus.LOGISTIC


class log(BuiltIn):
    """The logarithm: log()(x), log(base=10)(x).

    Args:
        base: a positive number other than 1.
    """

    def __init__(self, base: float = e) -> None:
        self.base = base

    def __call__(self, x: Operand) -> Variable:
        """Apply the logarithm to a Variable or to data of shape (n,)."""
        return functions.log(x, self.base)
