"""Identities of numbers: what adding nothing, multiplying by one and negating twice come to.

They hold for real numbers, and for floating-point ones up to a few units in the last place; a nan stays a nan, and
a zero keeps its sign, for 1/x, arctan2 and the logarithm of a complex number tell -0 from 0. So x + 0 stays where it is
(-0 + 0 is 0), as do 0 - x and -(x - y), except among integers, which have one zero. Complex products are sums of products:
of those less holds.
"""

from __future__ import annotations

from math import frexp
from typing import Any

import numpy as np

from ...core.equation import Atom, literal
from ...core.primitive import Primitive
from ...primitives import elementwise as ew
from .rewriting import Identities, Writer, enter, number

__all__ = ["identities"]

identities: Identities = {}


def _like(x: Atom, value: complex) -> Atom:
    return literal(x.aval.dtype.type(value))


def _product(a: Any, b: Any) -> Any:
    """a b; None where it leaves the range of its dtype, and so would not do for a (b x)."""
    if b is None:
        return None
    with np.errstate(all="ignore"):
        product = a * b
    return product if np.isfinite(product) and (product != 0) == (a != 0 and b != 0) else None


def _adds_nothing(x: Atom) -> bool:
    """Whether x + y is y to the last bit: of -0.0, and of the integer 0."""
    value = number(x)
    return value is not None and not value and (value.dtype.kind in "biu" or _is_negative_zero(value))


def _is_negative_zero(x: Any) -> bool:
    return bool(np.signbit(x.real) and (np.signbit(x.imag) or x.dtype.kind == "f"))


def _negated(w: Writer, x: Atom) -> Atom | None:
    """y where x is -y."""
    made = w.made(x, ew.negative)
    return made.operands[0] if made is not None else None


_POSITIVE = (ew.exp, ew.exp2, ew.cosh, ew.square, ew.absolute)


def _never_minus_zero(w: Writer, x: Atom) -> bool:
    """As squares are not, nor sums with a number that is not -0."""
    made = w.definitions.get(x)
    if made is None or x.aval.dtype.kind != "f":
        return False
    if made.primitive is ew.add:
        a = number(made.operands[0])
        return a is not None and not (a == 0 and np.signbit(a))
    return made.primitive in _POSITIVE


@enter(identities, ew.add)
def _add(w: Writer, x: Atom, y: Atom) -> Atom | None:
    """-0 + y → y, and 0 + y where y is never -0;  x + x → 2 x;  x + -y → x - y;  -x + y → y - x"""
    if _adds_nothing(x) or number(x) == 0 and _never_minus_zero(w, y):
        return y
    if x == y and x.aval.dtype.kind in "fc":
        return w(ew.multiply, _like(x, 2), x)
    minus = _negated(w, y)
    if minus is not None:
        return w(ew.subtract, x, minus)
    minus = _negated(w, x)
    return w(ew.subtract, y, minus) if minus is not None else None


@enter(identities, ew.subtract)
def _subtract(w: Writer, x: Atom, y: Atom) -> Atom | None:
    """x - 0 → x;  -0 - y → -y;  x - -y → x + y"""
    value = number(y)
    if value is not None and value == 0 and not np.signbit(value.real) and not np.signbit(value.imag):
        return x
    if _adds_nothing(x):
        return w(ew.negative, y)
    minus = _negated(w, y)
    return w(ew.add, x, minus) if minus is not None else None


@enter(identities, ew.negative)
def _negative(w: Writer, x: Atom) -> Atom | None:
    """--x → x;  -(x - y) → y - x among integers;  -(a x) → (-a) x with a real number a"""
    minus = _negated(w, x)
    if minus is not None:
        return minus
    made = w.made(x, ew.subtract)
    if made is not None and x.aval.dtype.kind in "iu":
        return w(ew.subtract, *reversed(made.operands))
    made = w.made(x, ew.multiply)
    if made is not None and number(made.operands[0]) is not None and x.aval.dtype.kind != "c":
        return w(ew.multiply, _like(x, -number(made.operands[0])), made.operands[1])
    return None


@enter(identities, ew.positive, ew.stop_gradient)
def _positive(w: Writer, x: Atom) -> Atom | None:
    """+x → x; and there is nothing left to differentiate"""
    return x


@enter(identities, ew.multiply)
def _multiply(w: Writer, x: Atom, y: Atom) -> Atom | None:
    """1 x → x;  -1 x → -x;  a (b x) → (a b) x;  (-x) (-y) → x y;  (-x) y → -(x y);  with numbers a, b; none is complex"""
    if x.aval.dtype.kind == "c":
        return None
    a = number(x)
    if a is not None:
        if a == 1:
            return y
        if a == -1:
            return w(ew.negative, y)
        made = w.made(y, ew.multiply)
        both = _product(a, number(made.operands[0])) if made is not None else None
        if made is not None and both is not None:
            return w(ew.multiply, _like(x, both), made.operands[1])
        minus = _negated(w, y)
        return w(ew.multiply, _like(x, -a), minus) if minus is not None else None
    minus_x, minus_y = _negated(w, x), _negated(w, y)
    if minus_x is not None:
        return w(ew.multiply, minus_x, minus_y) if minus_y is not None else w(ew.negative, w(ew.multiply, minus_x, y))
    return w(ew.negative, w(ew.multiply, x, minus_y)) if minus_y is not None else None


@enter(identities, ew.divide)
def _divide(w: Writer, x: Atom, y: Atom) -> Atom | None:
    """x / a → (1/a) x for a power a of two, so that nothing is rounded;  (-x) / y → -(x / y)"""
    if x.aval.dtype.kind == "c":
        return None
    a = number(y)
    if a is not None and a.dtype.kind == "f" and abs(frexp(a)[0]) == 0.5 and abs(a) >= np.finfo(a.dtype).tiny:
        return w(ew.multiply, _like(x, 1 / a), x)
    minus = _negated(w, x)
    return w(ew.negative, w(ew.divide, minus, y)) if minus is not None else None


@enter(identities, ew.power)
def _power(w: Writer, x: Atom, y: Atom) -> Atom | None:
    """x² → square x;  x³ → x square x;  x⁴ → square square x, and so on to x⁸;  x⁻¹ → 1/x;  x⁻² → 1/x²;
    x^½ → √x for arrays"""
    exponent = number(y)
    if exponent is None or x.aval.dtype.kind not in "fc":
        return None
    if x.aval.dtype.kind == "c" and exponent in (1, -1, -2):  # NumPy's turns a zero's sign there
        return None
    match exponent:
        case 1:
            return x
        case 2:
            return w(ew.square, x)
        case 3:
            return w(ew.multiply, x, w(ew.square, x))
        case 4:
            return w(ew.square, w(ew.square, x))
        case 5:
            return w(ew.multiply, x, w(ew.square, w(ew.square, x)))
        case 6:
            return w(ew.square, w(ew.multiply, x, w(ew.square, x)))
        case 8:
            return w(ew.square, w(ew.square, w(ew.square, x)))
        case 0.5 if x.aval.shape:  # -0 and -inf have other powers where they are numbers
            return w(ew.sqrt, x)
        case -1:
            return w(ew.reciprocal, x)
        case -2:
            return w(ew.reciprocal, w(ew.square, x))
    return None


@enter(identities, ew.float_power)
def _float_power(w: Writer, x: Atom, y: Atom) -> Atom | None:
    return _power(w, x, y)


@enter(identities, ew.conjugate)
def _conjugate(w: Writer, x: Atom) -> Atom | None:
    """conj conj x → x, and conj x → x for a real x"""
    if x.aval.dtype.kind != "c":
        return x
    made = w.made(x, ew.conjugate)
    return made.operands[0] if made is not None else None


_EVEN: tuple[Primitive, ...] = (ew.cos, ew.cosh, ew.square, ew.absolute)
_ODD: tuple[Primitive, ...] = (ew.sin, ew.sinh, ew.tan, ew.tanh, ew.arctan, ew.arcsin, ew.arcsinh, ew.arctanh, ew.cbrt)


def _of_negated(primitive: Primitive, odd: bool) -> None:
    @enter(identities, primitive)
    def identity(w: Writer, x: Atom) -> Atom | None:
        """f(-x) → -f(x) for an odd function, f(x) for an even one"""
        minus = _negated(w, x)
        if minus is None:
            return None
        return w(ew.negative, w(primitive, minus)) if odd else w(primitive, minus)


for _primitive in _EVEN:
    _of_negated(_primitive, odd=False)
for _primitive in _ODD:
    _of_negated(_primitive, odd=True)
