"""Two Bessel functions that NumPy has, and all of their derivatives.

    sinc x = sin πx / πx        its derivatives are finite at 0, where formulas with a division are not
    I₀(x), the modified one     I₀' = I₁ and, for the higher orders, 2 Iₙ' = Iₙ₋₁ + Iₙ₊₁

See Abramowitz & Stegun, Handbook of Mathematical Functions (1964), sections 10.1 and 9.6, and, for the recurrences
run backwards, Gautschi, Computational aspects of three-term recurrence relations (1967).
"""

from __future__ import annotations

from collections.abc import Sequence
from math import factorial, pi

import numpy as np

from ..core.primitive import Evaluate, Partial, Primitive, Value, partials

__all__ = ["bessel_i_p", "sinc_p"]


def _family(name: str, evaluate: Evaluate, rule: Partial) -> Primitive:
    """A function of each entry, and of an order."""

    def batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, order: int) -> Value:
        return primitive(operands[0], order=order)

    primitive = Primitive(name, evaluate, lambda x, *, order: x, partials(rule), batch, kind="entrywise")
    return primitive


# -- sinc: its derivative of an order -------------------------------------------------------------
# With z = πx and s(z) = sin z / z:  z s⁽ⁿ⁾ + n s⁽ⁿ⁻¹⁾ = sin⁽ⁿ⁾ z, which is stable where |z| is not small against n.
# There, Σ (-1)ᵏ z²ᵏ / (2k + 1)!, differentiated term by term.

_TERMS = 24


def _sinc_evaluate(x: Value, *, order: int) -> Value:
    if order == 0:
        return np.sinc(x)
    x = np.asarray(x)
    z = pi * x.astype(np.result_type(x, np.float64))
    small = np.abs(z) <= order + 1.0
    safe = np.where(small, 1.0, z)
    s = np.sin(safe) / safe
    for n in range(1, order + 1):
        s = (np.sin(safe + n * (pi / 2.0)) - n * s) / safe
    near = _sinc_series(np.where(small, z, 0.0), order)
    return (pi ** order * np.where(small, near, s)).astype(x.dtype)[()]


def _sinc_series(z: Value, order: int) -> Value:
    """The derivative of Σ (-1)ᵏ z²ᵏ / (2k + 1)!, summed from its smallest term on."""
    total = np.zeros_like(z)
    first = (order + 1) // 2
    for k in range(first + _TERMS + 2 * order, first - 1, -1):
        coefficient = (-1.0) ** k * factorial(2 * k) / (factorial(2 * k - order) * factorial(2 * k + 1))
        total = total * (z * z) + coefficient
    return total * z if order % 2 else total


def _sinc_rule(t: Value, z: Value, x: Value, *, order: int) -> Value:
    return t * sinc_p(x, order=order + 1)


sinc_p = _family("sinc", _sinc_evaluate, _sinc_rule)


# -- bessel_i: the modified Bessel function of the first kind and of an order 0, 1, ... ------------
# Its ratios rₙ = Iₙ / Iₙ₋₁ = x / (2n + x rₙ₊₁) are computed from a far one downwards: any start is forgotten.


def _bessel_i_evaluate(x: Value, *, order: int) -> Value:
    zeroth = np.i0(x)
    if order == 0:
        return zeroth
    x = np.asarray(x)
    wide = x.astype(np.float64)
    largest = float(np.max(np.abs(np.where(np.isfinite(wide), wide, 0.0)), initial=0.0))
    ratio, product = np.zeros_like(wide), np.asarray(zeroth, np.float64)
    with np.errstate(invalid="ignore"):
        for n in range(order + 24 + int(10.0 * largest ** 0.5), 0, -1):
            ratio = wide / (2.0 * n + wide * ratio)
            if n <= order:
                product = product * ratio
    result: Value = product.astype(x.dtype)[()]
    return result


def _bessel_i_rule(t: Value, z: Value, x: Value, *, order: int) -> Value:
    if order == 0:
        return t * bessel_i_p(x, order=1)
    slope: Value = 0.5 * (bessel_i_p(x, order=order - 1) + bessel_i_p(x, order=order + 1))
    return t * slope


bessel_i_p = _family("bessel_i", _bessel_i_evaluate, _bessel_i_rule)
