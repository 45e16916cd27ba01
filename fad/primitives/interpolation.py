"""Piecewise linear interpolation, line by line: differentiable in the points, the knots and the values at the knots.

In the segment between the knots p ≤ x < q, with values f and g there, and w = (x - p) / (q - p):

    z = f + w (g - f)        dz = (1 - w) df + w dg + (g - f)/(q - p) (dx - (1 - w) dp - w dq)

At a knot the slope is that of the segment after it, at the last one that of the segment before it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.avals import Aval, Dtype
from ..core.primitive import Primitive, Tangent, Traced, Value, Zero
from .elementwise import add, greater, less, maximum, minimum, select, subtract
from .indexing import cut
from .ordering import searchsorted_p
from .selection import take_along_axis_p
from .structural import broadcast, reshape

__all__ = ["interp_p"]

_PLACE: Dtype = np.dtype(np.intp)


def _evaluate(x: Value, knots: Value, values: Value, left: Value, right: Value) -> Value:
    if x.ndim == 1:
        result: Value = np.interp(x, knots, values, left[0], right[0])
        return result
    result = np.empty(x.shape)
    for line in np.ndindex(x.shape[:-1]):
        result[line] = np.interp(x[line], knots[line], values[line], left[line][0], right[line][0])
    return result


def _infer(x: Aval, knots: Aval, values: Aval, left: Aval, right: Aval) -> Aval:
    assert knots is values and left is right and left.shape == (*x.shape[:-1], 1), (x, knots, values, left, right)
    assert knots.shape[:-1] == x.shape[:-1] and knots.shape[-1] > 1, (x, knots)
    return x


def _along(line: Value, like: Value) -> Value:
    """One entry for each line, repeated along it."""
    return broadcast(reshape(line, like.shape[:-1]), like.shape, (like.ndim - 1,))


def _jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /) -> Tangent:
    if all(isinstance(t, Zero) for t in tangents):
        return Zero(result.aval)
    x, knots, values, _, _ = primals
    dx, dknots, dvalues, dleft, dright = tangents
    axis, n = x.ndim - 1, knots.shape[-1]
    place = searchsorted_p(knots, x, side="right")
    low = maximum(minimum(subtract(place, _PLACE.type(1)), _PLACE.type(n - 2)), _PLACE.type(0))
    high = add(low, _PLACE.type(1))

    def at(line: Value, places: Value) -> Value:
        return take_along_axis_p(line, places, axis=axis, unique=False)

    p, q, f, g = at(knots, low), at(knots, high), at(values, low), at(values, high)
    width = q - p
    w = (x - p) / width
    slope = (g - f) / width
    inside: Value | None = None
    if not isinstance(dvalues, Zero):
        inside = (1.0 - w) * at(dvalues, low) + w * at(dvalues, high)
    if not isinstance(dx, Zero):
        inside = slope * dx if inside is None else inside + slope * dx
    if not isinstance(dknots, Zero):
        moved = slope * ((1.0 - w) * at(dknots, low) + w * at(dknots, high))
        inside = -moved if inside is None else inside - moved
    zero = x.dtype.type(0)
    before = zero if isinstance(dleft, Zero) else _along(dleft, x)
    after = zero if isinstance(dright, Zero) else _along(dright, x)
    first, last = _along(cut(knots, axis, 0, 1), x), _along(cut(knots, axis, n - 1, n), x)
    return select(less(x, first), before, select(greater(x, last), after, zero if inside is None else inside))


def _batch(operands: Sequence[Value], mapped: Sequence[bool], /) -> Value:
    n = next(x.shape[0] for x, m in zip(operands, mapped, strict=True) if m)
    return interp_p(*[x if m else broadcast(x, (n, *x.shape), (0,)) for x, m in zip(operands, mapped, strict=True)])


interp_p: Primitive = Primitive("interp", _evaluate, _infer, _jvp, _batch)
"""x (..., m), knots and values (..., k), and the results before the first and after the last knot (..., 1)."""
