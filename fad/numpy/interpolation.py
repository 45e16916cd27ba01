"""Interpolation on a line, and the places of numbers in a sorted one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import numpy as np

from ..core.primitive import Value
from ..core.tracing import concrete
from ..primitives.interpolation import interp_p
from ..primitives.ordering import searchsorted_p
from ..primitives.structural import reshape
from .conventions import as_array, operand, rule_for

__all__: list[str] = []

_DOUBLE = np.dtype(np.float64)


# -- interp: in double precision, as NumPy computes it --------------------------------------------


@rule_for(np.interp)
def interp(x: Value, xp: Value, fp: Value, left: Value | None = None, right: Value | None = None,
           period: float | None = None) -> Value:
    """Differentiable in the points x, in the knots xp, and in the values fp, left and right."""
    points, knots, values = as_array(x), as_array(xp), as_array(fp)
    if values.dtype.kind == "c":
        real, imaginary = (interp(points, knots, part(values), _of(part, left), _of(part, right), period)
                           for part in (np.real, np.imag))
        both: Value = real + 1j * imaginary
        return both
    points, knots, values = (operand(z, _DOUBLE) for z in (points, knots, values))
    if knots.ndim != 1 or values.ndim != 1:
        raise ValueError("Data points must be 1-D sequences" if period is not None else "object too deep for desired array")
    if knots.shape != values.shape:
        raise ValueError("fp and xp are not of the same length.")
    if not knots.size:
        raise ValueError("array of sample points is empty")
    if period is not None:
        if period == 0:
            raise ValueError("period must be a non-zero value")
        period, left, right = abs(period), None, None
        points, knots, values = _unrolled(points, knots, values, period)
    before, after = [reshape(values[end] if given is None else as_array(operand(given, _DOUBLE)), (1,))
                     for end, given in ((0, left), (-1, right))]
    if knots.size == 1:
        first, last, known = before[0], after[0], values[0]
        found: Value = np.where(points < knots[0], first, np.where(points > knots[0], last, known))
        return found
    return reshape(interp_p(reshape(points, (points.size,)), knots, values, before, after), points.shape)


def _of(part: Callable[[Value], Value], value: Value | None) -> Value | None:
    return None if value is None else part(as_array(value))


def _unrolled(points: Value, knots: Value, values: Value, period: float) -> tuple[Value, Value, Value]:
    """One period of each, with a knot of its neighbours on either side."""
    points, knots = points % period, knots % period
    order = np.argsort(knots)
    knots, values = knots[order], values[order]
    return (points, np.concatenate([knots[-1:] - period, knots, knots[:1] + period]),
            np.concatenate([values[-1:], values, values[:1]]))


# -- places in a sorted line ----------------------------------------------------------------------


@rule_for(np.searchsorted)
def searchsorted(a: Value, v: Value, side: Literal["left", "right"] = "left", sorter: Value | None = None) -> Value:
    line, wanted = as_array(a), as_array(v)
    if line.ndim != 1:
        raise ValueError("object too deep for desired array")
    if side not in ("left", "right"):
        raise ValueError(f"search side must be 'left' or 'right' (got {side!r})")
    if sorter is not None:
        line = line[sorter]
    dtype = np.result_type(line.dtype, wanted.dtype)
    flat = reshape(operand(wanted, dtype), (wanted.size,))
    return reshape(searchsorted_p(operand(line, dtype), flat, side=side), wanted.shape)


@rule_for(np.digitize)
def digitize(x: Value, bins: Value, right: bool = False) -> Value:
    """The bin of each number; whether the edges go up or down is asked of their values."""
    edges = as_array(bins)
    if as_array(x).dtype.kind == "c":
        raise TypeError("x may not be complex")
    steps = np.diff(np.asarray(concrete(edges, "np.digitize")))
    if not (np.all(steps >= 0) or np.all(steps <= 0)):
        raise ValueError("bins must be monotonically increasing or decreasing")
    if np.all(steps >= 0):
        return searchsorted(edges, x, "left" if right else "right")
    return len(edges) - searchsorted(edges[::-1], x, "right" if right else "left")
