"""`from autograd.blocks.operations import add, ...`: arithmetic, sums and entries."""

# ruff: noqa: N801  # the legacy names are lower case

from __future__ import annotations

from typing import Any

from .. import calculus, functions
from ..variable import Operand, Variable, variable_of
from .block import BinaryBlock, BuiltIn

__all__ = ["add", "divide", "extract", "multiply", "power", "power_const_base", "power_const_exponent", "subtract",
           "sum_elts"]


class add(BinaryBlock):
    """x + y: add()(x, y)."""

    _operation = calculus.ADD


class subtract(BinaryBlock):
    """x - y: subtract()(x, y)."""

    _operation = calculus.SUBTRACT


class multiply(BinaryBlock):
    """x * y: multiply()(x, y)."""

    _operation = calculus.MULTIPLY


class divide(BinaryBlock):
    """x / y: divide()(x, y)."""

    _operation = calculus.DIVIDE


class power(BuiltIn):
    """x ** y: power()(x, y)."""

    def __call__(self, x: Operand, y: Operand) -> Variable:
        """Apply the operation to Variables or data, of one size or of a single entry."""
        return functions.power(x, y)


class power_const_exponent(BuiltIn):
    """x to a constant power: power_const_exponent()(x, power_exponent=4)."""

    def __call__(self, x: Operand, power_exponent: float) -> Variable:
        """Raise each entry to a constant power."""
        return functions.power(x, power_exponent)


class power_const_base(BuiltIn):
    """A constant to the power x: power_const_base()(x, base=2)."""

    def __call__(self, x: Operand, base: float) -> Variable:
        """Raise a constant to each entry."""
        return functions.power(base, x)


class sum_elts(BuiltIn):
    """The sum of the entries, of shape (1,): sum_elts()(x)."""

    def __call__(self, x: Operand) -> Variable:
        """Add up the entries."""
        return functions.sum_elts(x)


class extract(BuiltIn):
    """Some of the entries: extract()(x, key=slice(0, 2))."""

    def __call__(self, x: Operand, key: Any) -> Variable:  # Any: whatever indexes an array with one axis
        """Take the entries that x[key] means."""
        return variable_of(x)[key]
