"""scipy.integrate: the integrals of sampled functions, by trapezoids and by parabolas."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.integrate as si

from ..core.primitive import Value
from ..numpy.conventions import as_array, operand
from .functions import enter

__all__: list[str] = []

_DOUBLE = np.dtype(np.float64)
_trapezoid: Callable[..., Value] = vars(np)["trapezoid"]  # which the stubs of NumPy 2.0 lack
_ONES = np.ones(3, np.float32)
# Until SciPy 1.17, whatever the types of y and x.
_IN_DOUBLE = np.asarray(si.simpson(_ONES, x=np.cumsum(_ONES))).dtype == _DOUBLE


def _floating(x: Value) -> Value:
    """An array of floats, where integers become float64."""
    array = as_array(x)
    return array if array.dtype.kind in "fc" else operand(array, _DOUBLE)


def trapezoid(y: Value, x: Value | None = None, dx: Value | float = 1.0, axis: int = -1) -> Value:
    y = _floating(y)
    return operand(_trapezoid(y, x, dx, axis), y.dtype)


def simpson(y: Value, x: Value | None = None, *, dx: Value | float = 1.0, axis: int = -1) -> Value:
    """Simpson's rule. With an even number of samples, the area over the last interval is that under the parabola
    through the last three (Cartwright, Simpson's rule cumulative integration with MS Excel and irregularly-spaced data,
    2017)."""
    y = np.moveaxis(_floating(y), axis, -1)
    if x is None:
        return _evenly_spaced(y, dx)
    x = _floating(x)
    if not _IN_DOUBLE:
        dtype = np.promote_types(y.dtype, x.dtype)
        y, x = operand(y, dtype), operand(x, dtype)
    h = np.diff(x if x.ndim == 1 else np.moveaxis(x, axis, -1), axis=-1)
    if y.shape[-1] == 2:
        area: Value = 0.5 * h[..., 0] * (y[..., 0] + y[..., 1])
        return area
    return _spaced(y, operand(h, _DOUBLE) if _IN_DOUBLE else h)


def _evenly_spaced(y: Value, h: Value | float) -> Value:
    n = y.shape[-1]
    total: Value
    if n == 2:
        total = 0.5 * h * (y[..., 0] + y[..., 1])
        return total
    odd = n - 1 + n % 2  # so many samples make whole parabolas
    total = h / 3.0 * np.sum(y[..., 0:max(odd - 2, 0):2] + 4.0 * y[..., 1:max(odd - 1, 0):2] + y[..., 2:odd:2], axis=-1)
    if n % 2 == 0:
        total = total + h / 12.0 * (5.0 * y[..., -1] + 8.0 * y[..., -2] - y[..., -3])
    return total


def _ratio(a: Value, b: Value) -> Value:
    """a / b, and 0 where two samples are at the same place."""
    ratio: Value = np.where(b == 0, 0.0, a / np.where(b == 0, 1.0, b))
    return ratio


def _spaced(y: Value, h: Value) -> Value:
    n = y.shape[-1]
    odd = n - 1 + n % 2
    a, b = h[..., 0:max(odd - 1, 0):2], h[..., 1:max(odd - 1, 0):2]
    both = a + b
    total: Value = np.sum(both / 6.0 * (
        y[..., 0:max(odd - 2, 0):2] * (2.0 - _ratio(b, a)) + y[..., 1:max(odd - 1, 0):2] * (both * _ratio(both, a * b))
        + y[..., 2:odd:2] * (2.0 - _ratio(a, b))), axis=-1)
    if n % 2:
        return total
    a, b = h[..., -2], h[..., -1]
    area: Value = (total + _ratio(2.0 * b * b + 3.0 * a * b, 6.0 * (a + b)) * y[..., -1]
                   + _ratio(b * b + 3.0 * a * b, 6.0 * a) * y[..., -2] - _ratio(b * b * b, 6.0 * a * (a + b)) * y[..., -3])
    return area


enter(si.trapezoid, trapezoid)
enter(si.simpson, simpson)
