"""Slopes that no line of arithmetic gives for every number, as functions with derivatives of their own.

A result z that is known goes along as first operand; that it moves with the others is in their rules. In these,
t is the tangent of one operand, s the slope, and x, y are the operands.
"""

from __future__ import annotations

import math
from functools import cache
from math import perm
from typing import Any

import numpy as np

from ..core.primitive import Operand, Primitive, Value
from .family import elementwise

__all__ = ["direction", "inverse", "power_slope", "share", "share2"]

# Any, below: an array, a NumPy scalar, or the Python float that a program uses for one.

# -- of a cone z = √(x² + y²): the cosine x/z, and 1/z; at the tip both are 0 -----------------------


def _inverse(z: Any) -> Operand:
    if isinstance(z, float) and z:
        return np.float64(1.0 / z)
    z = np.asarray(z)[()]
    tip = np.equal(z, 0)
    result: Operand = np.where(tip, 0, 1 / np.where(tip, 1, z)).astype(z.dtype)[()] if tip.any() else 1 / z
    return result


def _direction(z: Any, x: Any, y: Any) -> Operand:
    """Also where z is infinite, be it that x or y are or that their squares' sum is too large."""
    if isinstance(z, float) and 0.0 < z < np.inf:
        return np.float64(x / z)
    z = np.asarray(z)[()]
    odd = np.equal(z, 0) | np.isinf(z)
    result: Operand
    if not odd.any():
        result = np.divide(x, z)
        return result
    with np.errstate(all="ignore"):
        far = np.isinf(x) | np.isinf(y)
        a, b = [np.where(far, np.copysign(np.isinf(v), v), np.divide(v, 4)) for v in (x, y)]
        limit = np.where(np.equal(z, 0), 0, a / np.hypot(a, b))
        result = np.where(odd, limit, np.divide(x, z)).astype(z.dtype)[()]
    return result


inverse: Primitive = elementwise(_inverse, lambda t, s, z: -(t * (s * s)), name="inverse")
direction: Primitive = elementwise(
    _direction, None,
    lambda t, s, z, x, y: t * (direction(z, y, x) * direction(z, y, x) * inverse(z)),
    lambda t, s, z, x, y: -(t * (s * direction(z, y, x) * inverse(z))), name="direction")


# -- of a logarithm z = log(bˣ + bʸ): the share of x, bˣ / (bˣ + bʸ) = b^(x - z) ---------------------


def _share(name: str, power: np.ufunc, log_b: float) -> Primitive:

    def evaluate(z: Any, x: Any, y: Any) -> Operand:
        """The larger one has all of an infinite sum, and both have half of it; of no sum, both being -inf, there is 0."""
        if isinstance(z, float) and -np.inf < z < np.inf:
            return np.float64(power(x - z))
        far = np.isinf(z)
        if not far.any():
            return power(np.subtract(x, z))  # type: ignore[no-any-return]  # a ufunc's result is Any
        with np.errstate(invalid="ignore"):
            limit = np.where(np.equal(x, y), 0.5 * np.greater(z, 0), np.equal(x, z))
            result: Operand = np.where(far, limit, power(np.subtract(x, z))).astype(np.result_type(z))[()]
        return result

    primitive = elementwise(
        evaluate, None,
        lambda t, s, z, x, y: t * (log_b * s * primitive(z, y, x)),
        lambda t, s, z, x, y: -(t * (log_b * s * primitive(z, y, x))), name=name)
    return primitive


share, share2 = _share("share", np.exp, 1.0), _share("share2", np.exp2, float(np.log(2.0)))


# -- of a power: every partial derivative of x^y --------------------------------------------------


@cache
def power_slope(n: int, k: int) -> Primitive:
    """∂ⁿ⁺ᵏ x^y / ∂xⁿ ∂yᵏ, given p = x^(y-n), whose own tangent is not looked at: the derivatives are such slopes again.

    So the order of differentiation does not matter, at x = 0 neither. There it is the limit, as x falls to 0; and 0 where
    y is 0 as well: x^y has no derivative there, nor one-sided ones that agree.
    """

    def terms(y: Any) -> list[tuple[Any, int]]:
        """Pairs c, m: the slope is p times the sum of all c logᵐ x."""
        if n == 0:
            return [(1, k)]
        jet = [y, 1, *[0] * k][:k + 1]  # the Taylor coefficients of y (y-1) ... (y-n+1)
        for i in range(1, n):
            jet = [c * (y - i) + below for c, below in zip(jet, [0, *jet], strict=False)]
        return [(c * perm(k, j), k - j) for j, c in enumerate(jet)]

    def value(p: Any, y: Any, logarithm: Any) -> Any:
        if n + k == 1:
            return p * (logarithm if k else y)
        first, *others = [c * logarithm ** m if m else c for c, m in terms(y)]
        return p * sum(others, first)

    def at_tip(p: Any, y: Any) -> Any:
        """Of the terms that are not 0 the last outweighs the others."""
        limit: Any = 0
        for c, m in reversed(terms(y)):
            limit = np.where(np.equal(c, 0), limit, c * p * (-np.inf) ** m if m else c * p)
        return np.where(np.equal(p, 0) | np.equal(y, 0), 0, limit)

    def evaluate(p: Any, x: Any, y: Any) -> Operand:
        if isinstance(x, float):  # a number costs as little as it can
            if x > 0.0 or k == 0 and x < 0.0:
                return np.float64(value(p, y, math.log(x) if k else None))
            p, x, y = np.float64(p), np.float64(x), np.float64(y)
        tip = np.equal(x, 0)
        some = tip.any()
        logarithm = np.log(np.where(tip, np.ones_like(x), x) if some else x) if k else None
        with np.errstate(invalid="ignore"):  # 0 · inf at the tip
            result: Value = value(p, y, logarithm)
            return np.where(tip, at_tip(p, y), result).astype(result.dtype)[()] if some else result

    return elementwise(
        evaluate, None,
        lambda t, s, p, x, y: t * power_slope(n + 1, k)(x ** (y - float(n + 1)), x, y),
        lambda t, s, p, x, y: t * power_slope(n, k + 1)(p, x, y), name=f"power_slope_{n}_{k}")
