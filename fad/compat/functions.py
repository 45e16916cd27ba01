"""`ad.sin(x)`, `ad.log(x, base=2)`, ...: the built-in operations as functions of Variables and of plain data."""

from __future__ import annotations

from math import e
from math import log as _log
from typing import Any

from .calculus import (
    ADD,
    ARCCOS,
    ARCSIN,
    ARCTAN,
    COS,
    COSH,
    DIVIDE,
    EXP,
    LOG,
    LOG2,
    LOG10,
    LOG_TO_BASE,
    LOGISTIC,
    MULTIPLY,
    POWER,
    SIN,
    SINH,
    SQRT,
    SUBTRACT,
    SUM,
    TAN,
    TANH,
    power_by,
)
from .errors import BaseError
from .operation import Elementwise
from .variable import Operand, Variable, apply, apply_linear

__all__ = ["add", "arccos", "arcsin", "arctan", "cos", "cosh", "divide", "exp", "log", "logistic", "multiply", "power",
           "sin", "sinh", "sqrt", "subtract", "sum_elts", "tan", "tanh"]


# -- of one operand -------------------------------------------------------------------------------


def sin(x: Operand) -> Variable:
    """The sine of each entry.

    Args:
        x: a Variable or data of shape (n,), in radians.

    Returns:
        A Variable of shape (n,); a Constant if x is plain data.

    >>> sin(Variable(0.0)).gradient
    array([[1.]])
    """
    return apply(SIN, x)


def cos(x: Operand) -> Variable:
    """The cosine of each entry; x in radians, of shape (n,).

    >>> cos(Variable(0.0)).data
    array([1.])
    """
    return apply(COS, x)


def tan(x: Operand) -> Variable:
    """The tangent of each entry; x in radians, of shape (n,).

    >>> tan(Variable(0.0)).gradient
    array([[1.]])
    """
    return apply(TAN, x)


def arcsin(x: Operand) -> Variable:
    """The inverse sine of each entry, in radians; outside [-1, 1] nan, with NumPy's warning.

    >>> arcsin(Variable(0.0)).gradient
    array([[1.]])
    """
    return apply(ARCSIN, x)


def arccos(x: Operand) -> Variable:
    """The inverse cosine of each entry, in radians; outside [-1, 1] nan, with NumPy's warning.

    >>> arccos(Variable(0.0)).gradient
    array([[-1.]])
    """
    return apply(ARCCOS, x)


def arctan(x: Operand) -> Variable:
    """The inverse tangent of each entry, in radians.

    >>> arctan(Variable(1.0)).gradient
    array([[0.5]])
    """
    return apply(ARCTAN, x)


def sinh(x: Operand) -> Variable:
    """The hyperbolic sine of each entry.

    >>> sinh(Variable(0.0)).gradient
    array([[1.]])
    """
    return apply(SINH, x)


def cosh(x: Operand) -> Variable:
    """The hyperbolic cosine of each entry.

    >>> cosh(Variable(0.0)).data
    array([1.])
    """
    return apply(COSH, x)


def tanh(x: Operand) -> Variable:
    """The hyperbolic tangent of each entry.

    >>> tanh(Variable(0.0)).gradient
    array([[1.]])
    """
    return apply(TANH, x)


def exp(x: Operand) -> Variable:
    """e to the power of each entry.

    >>> exp(Variable(0.0)).gradient
    array([[1.]])
    """
    return apply(EXP, x)


def log(x: Operand, base: float = e) -> Variable:
    """The logarithm of each entry; of a negative one nan, with NumPy's warning.

    Args:
        x: a Variable or data of shape (n,).
        base: a positive number other than 1.

    Raises:
        BaseError: such a logarithm does not exist; a ValueError.

    >>> log(Variable(8.0), base=2).data
    array([3.])
    """
    if base == e:
        return apply(LOG, x)
    if not base > 0 or base == 1:
        raise BaseError(f"a logarithm to the base {base}", why="the base is a positive number other than 1",
                         edit="give such a base, or none for the natural logarithm")
    exact: dict[Any, Elementwise] = {2: LOG2, 10: LOG10}
    return apply(exact[base], x) if base in exact else apply(LOG_TO_BASE, x, _log(base))


def sqrt(x: Operand) -> Variable:
    """The square root of each entry; of a negative one nan, with NumPy's warning.

    >>> sqrt(Variable(4.0)).gradient
    array([[0.25]])
    """
    return apply(SQRT, x)


def logistic(x: Operand) -> Variable:
    """1 / (1 + exp(-x)) of each entry, without overflow.

    >>> logistic(Variable([-1000.0, 0.0, 1000.0])).data
    array([0. , 0.5, 1. ])
    """
    return apply(LOGISTIC, x)


def sum_elts(x: Operand) -> Variable:
    """The sum of the entries, of shape (1,).

    >>> sum_elts(Variable([1.0, 2.0])).gradient
    array([[1., 1.]])
    """
    return apply_linear(SUM, x)


# -- of two operands ------------------------------------------------------------------------------


def add(x: Operand, y: Operand) -> Variable:
    """x + y, entry by entry; an operand of one entry goes with every entry of the other.

    >>> add(Variable([1.0, 2.0]), 1).data
    array([2., 3.])
    """
    return apply(ADD, x, y)


def subtract(x: Operand, y: Operand) -> Variable:
    """x - y, entry by entry; an operand of one entry goes with every entry of the other.

    >>> subtract(Variable([1.0, 2.0]), 1).data
    array([0., 1.])
    """
    return apply(SUBTRACT, x, y)


def multiply(x: Operand, y: Operand) -> Variable:
    """x * y, entry by entry; an operand of one entry goes with every entry of the other.

    >>> multiply(Variable([1.0, 2.0]), 3).data
    array([3., 6.])
    """
    return apply(MULTIPLY, x, y)


def divide(x: Operand, y: Operand) -> Variable:
    """x / y, entry by entry; an operand of one entry goes with every entry of the other.

    Raises:
        DivisionByZeroError: an entry of y is exactly zero; a ZeroDivisionError.

    >>> divide(1, Variable([1.0, 2.0])).data
    array([1. , 0.5])
    """
    return apply(DIVIDE, x, y)


def power(x: Operand, y: Operand) -> Variable:
    """x ** y, entry by entry; an operand of one entry goes with every entry of the other.

    Raises:
        NegativeBaseError: an entry of x is negative and y varies; a ValueError.

    >>> power(Variable(3.0), 2).gradient
    array([[6.]])
    """
    if isinstance(y, (int, float)):
        return apply(power_by(float(y)), x)
    return apply(POWER, x, y)
