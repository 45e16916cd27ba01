"""NumPy's rarer ufuncs, in the style of elementwise.

In the partial derivatives, t is the tangent of one operand, z the result, and x, y are the operands.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.avals import Aval, make_aval
from ..core.primitive import Primitive, Tangent, Traced, Value, Zero
from .elementwise import _share, elementwise, equal, exp2, isnan, logical_and, select, sign, stacked, trunc
from .slopes import share2
from .structural import convert

__all__ = ["bitwise_count", "copysign", "deg2rad", "degrees", "exponent", "fabs", "fmax", "fmin", "fmod", "fraction",
           "gcd", "heaviside", "isclose_p", "lcm", "left_shift", "logaddexp2", "mantissa", "rad2deg", "radians",
           "right_shift"]

# -- units ----------------------------------------------------------------------------------------

_DEGREE = float(np.pi / 180.0)


def _scaled(ufunc: np.ufunc, factor: float) -> Primitive:
    """A change of unit."""
    return elementwise(ufunc, lambda t, z, x: t * factor, transpose=lambda ct, x: (ct * factor,))


deg2rad, radians = _scaled(np.deg2rad, _DEGREE), _scaled(np.radians, _DEGREE)
rad2deg, degrees = _scaled(np.rad2deg, 1.0 / _DEGREE), _scaled(np.degrees, 1.0 / _DEGREE)

# -- smooth ---------------------------------------------------------------------------------------

logaddexp2: Primitive = elementwise(
    np.logaddexp2, lambda t, z, x, y: t * share2(z, x, y), lambda t, z, x, y: t * share2(z, y, x))

# -- with corners, or jumps -----------------------------------------------------------------------


def _share_known(t: Value, x: Value, y: Value) -> Value:
    """The tangent of the larger one, where a NaN gives way to a number; ties share evenly."""
    return select(logical_and(isnan(y), equal(x, x)), t, _share(t, x, y))


fmax: Primitive = elementwise(np.fmax, lambda t, z, x, y: _share_known(t, x, y), lambda t, z, x, y: _share_known(t, y, x))
fmin: Primitive = elementwise(np.fmin, lambda t, z, x, y: _share_known(t, -x, -y),
                              lambda t, z, x, y: _share_known(t, -y, -x))
fabs: Primitive = elementwise(np.fabs, lambda t, z, x: t * sign(x))
fmod: Primitive = elementwise(np.fmod, lambda t, z, x, y: t, lambda t, z, x, y: -(t * trunc(x / y)))
fraction: Primitive = elementwise(lambda x: np.modf(x)[0], lambda t, z, x: t, name="fraction")
copysign: Primitive = elementwise(np.copysign, lambda t, z, x, y: t * (sign(x) * copysign(x.dtype.type(1), y)), None)
heaviside: Primitive = elementwise(
    np.heaviside, None, lambda t, z, x, h: select(equal(x, x.dtype.type(0)), t, h.dtype.type(0)))

# -- of the digits of a number: x = mantissa · 2^exponent ------------------------------------------

exponent: Primitive = elementwise(lambda x: np.frexp(x)[1], dtype=np.int32, name="exponent")
mantissa: Primitive = elementwise(
    lambda x: np.frexp(x)[0], lambda t, z, x: t * exp2(-_as_float(exponent(x), x)), name="mantissa")
bitwise_count: Primitive = elementwise(np.bitwise_count, dtype=np.uint8)
gcd: Primitive = elementwise(np.gcd)
lcm: Primitive = elementwise(np.lcm)
left_shift: Primitive = elementwise(np.left_shift)
right_shift: Primitive = elementwise(np.right_shift)


def _as_float(n: Value, x: Value) -> Value:
    return convert(n, x.dtype)


# -- comparison within tolerances -----------------------------------------------------------------


def _isclose_infer(x: Aval, y: Aval, *, rtol: float, atol: float, equal_nan: bool) -> Aval:
    assert x.dtype == y.dtype and (x.shape == y.shape or not x.shape or not y.shape), (x, y)
    return make_aval(x.shape or y.shape, np.dtype(np.bool_))


def _isclose_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, *, rtol: float, atol: float,
                 equal_nan: bool) -> Tangent:
    return Zero(result.aval)


def _isclose_batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, rtol: float, atol: float,
                   equal_nan: bool) -> Value:
    return isclose_p(*stacked(operands, mapped), rtol=rtol, atol=atol, equal_nan=equal_nan)


isclose_p: Primitive = Primitive("isclose", np.isclose, _isclose_infer, _isclose_jvp, _isclose_batch, kind="entrywise")
