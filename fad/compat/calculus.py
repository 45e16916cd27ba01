"""The operations of the legacy API, a line each: NumPy's function, and where the old package stopped a script."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np

from .errors import DivisionByZeroError, NegativeBaseError
from .operation import Elementwise, Linear

__all__ = ["ADD", "ARCCOS", "ARCSIN", "ARCTAN", "COS", "COSH", "DIVIDE", "EXP", "EXTRACT", "LOG", "LOG10", "LOG2",
           "LOGISTIC", "LOG_TO_BASE", "MULTIPLY", "NEGATIVE", "POWER", "SIN", "SINH", "SQRT", "SUBTRACT", "SUM", "TAN",
           "TANH", "power_by"]

SIN, COS, TAN = Elementwise("sin", np.sin), Elementwise("cos", np.cos), Elementwise("tan", np.tan)
ARCSIN, ARCCOS = Elementwise("arcsin", np.arcsin), Elementwise("arccos", np.arccos)
ARCTAN = Elementwise("arctan", np.arctan)
SINH, COSH, TANH = Elementwise("sinh", np.sinh), Elementwise("cosh", np.cosh), Elementwise("tanh", np.tanh)
EXP, SQRT = Elementwise("exp", np.exp), Elementwise("sqrt", np.sqrt)
LOG, LOG2, LOG10 = Elementwise("log", np.log), Elementwise("log2", np.log2), Elementwise("log10", np.log10)
LOG_TO_BASE = Elementwise("log", lambda x, log_base: np.log(x) / log_base)
LOGISTIC = Elementwise("logistic", lambda x: np.exp(-np.logaddexp(0.0, -x)))  # without a sum that overflows

NEGATIVE = Elementwise("negative", np.negative)
ADD, SUBTRACT = Elementwise("add", np.add), Elementwise("subtract", np.subtract)
MULTIPLY = Elementwise("multiply", np.multiply)


def _divisor_without_zeros(values: Sequence[Any], moving: tuple[int, ...]) -> None:
    divisor = values[1]
    if divisor.all() if isinstance(divisor, np.ndarray) else divisor:
        return
    i = int(np.flatnonzero(np.equal(divisor, 0))[0])
    raise DivisionByZeroError(f"division by zero: entry {i} of the divisor is {np.ravel(divisor)[i]}",
                              why="legacy scripts rely on being stopped here, where NumPy goes on with inf",
                              edit="keep zeros out of the divisor")


def _base_not_negative(values: Sequence[Any], moving: tuple[int, ...]) -> None:
    if 1 not in moving:
        return
    base = np.ravel(values[0])
    if (base < 0).any():
        i = int(np.flatnonzero(base < 0)[0])
        raise NegativeBaseError(
            f"a power with a negative base, {base[i]} at entry {i}, and an exponent that varies",
            why="its derivative with respect to the exponent is base**exponent * log(base), and log(base) is not real",
            edit="keep the base positive; a constant exponent can be given as a number, as in x ** 3")


DIVIDE = Elementwise("divide", np.divide, _divisor_without_zeros)
POWER = Elementwise("power", np.power, _base_not_negative)


@lru_cache(maxsize=256)
def power_by(exponent: float) -> Elementwise:
    """x ↦ x ** exponent: the exponent is part of the operation, which makes the derivative a simpler program."""
    if exponent == 2:
        return Elementwise("power", np.square)
    constant = np.float64(exponent)
    return Elementwise("power", lambda x: np.power(x, constant))


SUM = Linear("sum_elts", lambda x: np.reshape(np.sum(x), (1,)))
EXTRACT = Linear("extract", lambda index, x: x[index])
