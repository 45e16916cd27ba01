"""One line of calculus a function: NumPy's ufuncs, which act on each entry by itself.

A function is its ufunc and its partial derivatives. In these, t is the tangent of one operand, z the
result, and x, y are the operands; how their shapes and dtypes go together is said in `family`.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.avals import Aval, Dtype, make_aval
from ..core.primitive import (
    Evaluate,
    Infer,
    Linear,
    Partial,
    Primitive,
    Tangent,
    Traced,
    Transpose,
    Value,
    Zero,
    partials,
)
from .family import elementwise, infer_alike, stacked
from .slopes import direction, inverse, power_slope, share
from .structural import convert, gather_up, spread

__all__ = ["elementwise", "stacked"]


# -- linear and bilinear --------------------------------------------------------------------------


def _if_linear(x: Value | Linear, ct: Value) -> Value | None:
    return ct if isinstance(x, Linear) else None


negative: Primitive = elementwise(np.negative, lambda t, z, x: negative(t), transpose=lambda ct, x: (negative(ct),))
positive: Primitive = elementwise(np.positive, lambda t, z, x: t, transpose=lambda ct, x: (ct,))
add: Primitive = elementwise(
    np.add, lambda t, z, x, y: t, lambda t, z, x, y: t,
    transpose=lambda ct, x, y: (_if_linear(x, ct), _if_linear(y, ct)))
subtract: Primitive = elementwise(
    np.subtract, lambda t, z, x, y: t, lambda t, z, x, y: negative(t),
    transpose=lambda ct, x, y: (_if_linear(x, ct), negative(ct) if isinstance(y, Linear) else None))
multiply: Primitive = elementwise(
    np.multiply, lambda t, z, x, y: multiply(t, y), lambda t, z, x, y: multiply(x, t),
    transpose=lambda ct, x, y: (multiply(ct, y), None) if isinstance(x, Linear) else (None, multiply(x, ct)))
divide: Primitive = elementwise(
    np.divide, lambda t, z, x, y: divide(t, y), lambda t, z, x, y: negative(multiply(t, divide(z, y))),
    transpose=lambda ct, x, y: (divide(ct, y), None))


# -- powers and roots -----------------------------------------------------------------------------


_NUMBER: type = np.number  # of which no checker thinks where it is told of an array


def _power_by_base(t: Value, z: Traced, x: Value, y: Value) -> Tangent:
    """dz = y x^(y-1) dx; where x and y are 0, 0."""
    if isinstance(y, _NUMBER):  # a literal exponent, the usual case
        if y == 0:
            return Zero(z.aval)
        return t if y == 1 else multiply(t, multiply(x if y == 2 else power(x, y.dtype.type(y - 1)), y))
    return multiply(t, power_slope(1, 0)(power(x, subtract(y, y.dtype.type(1))), x, y))


def _power_by_exponent(t: Value, z: Value, x: Value, y: Value) -> Tangent:
    """dz = x^y log x dy; where x is 0 the limit, and 0 where y is 0 as well."""
    if isinstance(x, _NUMBER):  # a literal base
        return multiply(t, multiply(z, log(x) if x else x))
    return multiply(t, power_slope(0, 1)(z, x, y))


power: Primitive = elementwise(np.power, _power_by_base, _power_by_exponent)
float_power: Primitive = elementwise(np.float_power, _power_by_base, _power_by_exponent)
square: Primitive = elementwise(np.square, lambda t, z, x: t * (2.0 * x))
reciprocal: Primitive = elementwise(np.reciprocal, lambda t, z, x: -(t * (z * z)))
sqrt: Primitive = elementwise(np.sqrt, lambda t, z, x: t / (2.0 * z))
cbrt: Primitive = elementwise(np.cbrt, lambda t, z, x: t / (3.0 * (z * z)))

# -- exponentials and logarithms ------------------------------------------------------------------

LN2, LN10 = float(np.log(2.0)), float(np.log(10.0))

exp: Primitive = elementwise(np.exp, lambda t, z, x: t * z)
exp2: Primitive = elementwise(np.exp2, lambda t, z, x: t * (2.0 * LN2 * exp2(x - 1.0)))  # finite, where z is not any more
expm1: Primitive = elementwise(np.expm1, lambda t, z, x: t * exp(x))
log: Primitive = elementwise(np.log, lambda t, z, x: t / x)
log2: Primitive = elementwise(np.log2, lambda t, z, x: t / (LN2 * x))
log10: Primitive = elementwise(np.log10, lambda t, z, x: t / (LN10 * x))
log1p: Primitive = elementwise(np.log1p, lambda t, z, x: t / (1.0 + x))
logaddexp: Primitive = elementwise(
    np.logaddexp, lambda t, z, x, y: t * share(z, x, y), lambda t, z, x, y: t * share(z, y, x))

# -- circular and hyperbolic ----------------------------------------------------------------------

sin: Primitive = elementwise(np.sin, lambda t, z, x: t * cos(x))
cos: Primitive = elementwise(np.cos, lambda t, z, x: -(t * sin(x)))
tan: Primitive = elementwise(np.tan, lambda t, z, x: t * (1.0 + z * z))
arcsin: Primitive = elementwise(np.arcsin, lambda t, z, x: t / _leg(x))
arccos: Primitive = elementwise(np.arccos, lambda t, z, x: -(t / _leg(x)))
arctan: Primitive = elementwise(np.arctan, lambda t, z, x: t / (1.0 + x * x))
sinh: Primitive = elementwise(np.sinh, lambda t, z, x: t * cosh(x))
cosh: Primitive = elementwise(np.cosh, lambda t, z, x: t * sinh(x))
tanh: Primitive = elementwise(np.tanh, lambda t, z, x: t * (1.0 - z * z))
arcsinh: Primitive = elementwise(np.arcsinh, lambda t, z, x: t / _hypotenuse(x))
arccosh: Primitive = elementwise(np.arccosh, lambda t, z, x: t / (sqrt(x - 1.0) * sqrt(x - -1.0)))
arctanh: Primitive = elementwise(np.arctanh, lambda t, z, x: t / ((1.0 - x) * (1.0 + x)))


# On a cut the sign of a zero says which side is meant: 1 - x and 1 + x lose it, x - 1 and x - -1 keep it.


def _leg(x: Value) -> Value:
    """√(1 - x²); for a real x near its ends too."""
    return sqrt(negative(x * x - 1.0)) if x.dtype.kind == "c" else sqrt((1.0 - x) * (1.0 + x))


def _hypotenuse(x: Value) -> Value:
    """√(1 + x²); for a real x also where x² is infinite."""
    return sqrt(x * x - -1.0) if x.dtype.kind == "c" else hypot(x, x.dtype.type(1))


def _ratio(a: Value, b: Value) -> Value:
    """a / b, and 0 where b is 0: the subgradient at the tip of a cone."""
    tip = equal(b, b.dtype.type(0))
    return select(tip, b.dtype.type(0), divide(a, select(tip, b.dtype.type(1), b)))


hypot: Primitive = elementwise(
    np.hypot, lambda t, z, x, y: t * direction(z, x, y), lambda t, z, x, y: t * direction(z, y, x))


def _turn(x: Value, y: Value) -> Value:
    """x / (x² + y²), where the squares may be too large or too small; 0 at 0."""
    z = hypot(x, y)
    return direction(z, x, y) * inverse(z)


arctan2: Primitive = elementwise(
    np.arctan2, lambda t, z, y, x: t * _turn(x, y), lambda t, z, y, x: -(t * _turn(y, x)))

# -- complex numbers ------------------------------------------------------------------------------
# Rules are linear over the complex numbers wherever the function is; a real function of a complex
# argument has ∂u/∂x - i ∂u/∂y for its gradient.


def _real_dtype(dtype: Dtype) -> Dtype:
    return np.real(np.empty(0, dtype)).dtype


def _complex_dtype(dtype: Dtype) -> Dtype:
    return np.dtype(np.complex64) if dtype == np.float32 else np.dtype(np.complex128)


def _part(x: Aval) -> Aval:
    return make_aval(x.shape, _real_dtype(x.dtype))


def _one(name: str, evaluate: Evaluate, infer: Infer, rule: Partial, transpose: Transpose | None = None) -> Primitive:
    """An elementwise function of one operand whose result has another dtype."""
    primitive: Primitive = Primitive(name, evaluate, infer, partials(rule), lambda operands, mapped: primitive(operands[0]),
                                     transpose, kind="entrywise")
    return primitive


real: Primitive = _one("real", lambda x: np.array(np.real(x)), _part, lambda t, z, x: real(t),
            lambda ct, x: (convert(ct, x.aval.dtype),))
imag: Primitive = _one("imag", lambda x: np.array(np.imag(x)), _part, lambda t, z, x: imag(t),
            lambda ct, x: (multiply(convert(ct, x.aval.dtype), x.aval.dtype.type(-1j)),))
conjugate: Primitive = elementwise(np.conjugate, lambda t, z, x: conjugate(t), transpose=lambda ct, x: (conjugate(ct),))


def _absolute_rule(t: Value, z: Value, x: Value) -> Value:
    """d|x| = sign(x) dx; for a complex x, Re(x̄ dx) / |x|, and 0 at 0."""
    if x.dtype.kind != "c":
        return t * sign(x)
    return _ratio(real(conjugate(x) * t), z)


absolute: Primitive = _one("absolute", np.absolute, _part, _absolute_rule)


def _angle_rule(t: Value, z: Value, x: Value) -> Value:
    """d arg x = Im(x̄ dx) / |x|²."""
    size = absolute(x)
    return _ratio(imag(_ratio(conjugate(x), convert(size, x.dtype)) * t), size)


angle: Primitive = _one("angle", np.angle, _part, _angle_rule)

# -- choices --------------------------------------------------------------------------------------


def _share(t: Value, x: Value, y: Value) -> Value:
    """The tangent of the larger one; ties share evenly."""
    zero = x.dtype.type(0)
    return select(greater(x, y), t, select(equal(x, y), t * 0.5, zero))


maximum: Primitive = elementwise(np.maximum, lambda t, z, x, y: _share(t, x, y), lambda t, z, x, y: _share(t, y, x))
minimum: Primitive = elementwise(np.minimum, lambda t, z, x, y: _share(t, y, x), lambda t, z, x, y: _share(t, x, y))


def _select_infer(mask: Aval, x: Aval, y: Aval) -> Aval:
    assert mask.dtype == np.bool_, mask
    aval: Aval = infer_alike("select", None)(make_aval(mask.shape, x.dtype), x, y)
    return aval


def _select_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /) -> Tangent:
    mask, (_, t, u) = primals[0], tangents
    if isinstance(t, Zero) and isinstance(u, Zero):
        return Zero(result.aval)
    zero = result.dtype.type(0)
    return spread(select(mask, zero if isinstance(t, Zero) else t, zero if isinstance(u, Zero) else u), result.aval)


def _select_transpose(ct: Value, mask: Value, x: Value | Linear, y: Value | Linear) -> Sequence[Tangent | None]:
    zero = ct.dtype.type(0)
    return (None, gather_up(select(mask, ct, zero), x.aval) if isinstance(x, Linear) else None,
            gather_up(select(mask, zero, ct), y.aval) if isinstance(y, Linear) else None)


select: Primitive = Primitive("select", np.where, _select_infer, _select_jvp,
                   lambda operands, mapped: select(*stacked(operands, mapped)), _select_transpose, kind="entrywise")


# clip is min(max(x, low), high). It has slope 1 in x on its edges, but where they meet; where they cross, it is high.


def _clip_by_x(t: Value, z: Value, x: Value, low: Value, high: Value) -> Value:
    top = select(less(low, high), high, high.dtype.type(np.nan))  # above which is everything, where nothing is between
    return select(logical_and(greater_equal(x, low), less_equal(x, top)), t, t.dtype.type(0))


def _clip_by_high(t: Value, z: Value, x: Value, low: Value, high: Value) -> Value:
    above = select(logical_or(greater(x, high), greater_equal(low, high)), t, t.dtype.type(0))
    return select(less(x, low), _share(t, low, high), above)


clip: Primitive = elementwise(
    np.clip, _clip_by_x, lambda t, z, x, low, high: select(less(x, low), _share(t, high, low), t.dtype.type(0)),
    _clip_by_high, name="clip")

# -- constant to every derivative -----------------------------------------------------------------

stop_gradient: Primitive = elementwise(np.positive, name="stop_gradient")

# -- constant almost everywhere -------------------------------------------------------------------


def _sign_rule(t: Value, z: Traced, x: Value) -> Tangent:
    """0; for a complex x, whose sign is x / |x|, what of the change is across x, over |x|, and 0 at 0."""
    if x.dtype.kind != "c":
        return Zero(z.aval)
    along = convert(real(conjugate(z) * t), z.dtype)
    return _ratio(t - z * along, convert(absolute(x), z.dtype))


sign: Primitive = elementwise(np.sign, _sign_rule)
floor: Primitive = elementwise(np.floor)
ceil: Primitive = elementwise(np.ceil)
rint: Primitive = elementwise(np.rint)
trunc: Primitive = elementwise(np.trunc)


def _round_evaluate(x: Value, *, decimals: int) -> Value:
    result: Value = np.round(x, decimals)
    return result.copy() if result is x else result  # as NumPy 2.0 gives integers back


round_: Primitive = Primitive(
    "round", _round_evaluate, lambda x, *, decimals: x,
    lambda primals, tangents, result, *, decimals: Zero(result.aval),
    lambda operands, mapped, *, decimals: round_(operands[0], decimals=decimals))
floor_divide: Primitive = elementwise(np.floor_divide)
remainder: Primitive = elementwise(np.remainder, lambda t, z, x, y: t, lambda t, z, x, y: -(t * floor_divide(x, y)))


def _predicate(ufunc: np.ufunc) -> Primitive:
    return elementwise(ufunc, dtype=np.bool_)


equal: Primitive = _predicate(np.equal)
not_equal: Primitive = _predicate(np.not_equal)
less: Primitive = _predicate(np.less)
less_equal: Primitive = _predicate(np.less_equal)
greater: Primitive = _predicate(np.greater)
greater_equal: Primitive = _predicate(np.greater_equal)
logical_and: Primitive = _predicate(np.logical_and)
logical_or: Primitive = _predicate(np.logical_or)
logical_xor: Primitive = _predicate(np.logical_xor)
logical_not: Primitive = _predicate(np.logical_not)
isnan: Primitive = _predicate(np.isnan)
isinf: Primitive = _predicate(np.isinf)
isfinite: Primitive = _predicate(np.isfinite)
signbit: Primitive = _predicate(np.signbit)
bitwise_and: Primitive = elementwise(np.bitwise_and)
bitwise_or: Primitive = elementwise(np.bitwise_or)
bitwise_xor: Primitive = elementwise(np.bitwise_xor)
invert: Primitive = elementwise(np.invert)
