"""scipy.integrate: the integrals of sampled functions, by trapezoids and by parabolas."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.integrate as si  # type: ignore[import-untyped]  # SciPy has no types

from ..core.primitive import Value
from ..numpy.conventions import as_array, operand
from .functions import enter

__all__: list[str] = []

_DOUBLE = np.dtype(np.float64)


def _floating(x: Any) -> Value:
    """An array of floats, where integers become float64."""
    array = as_array(x)
    return array if array.dtype.kind in "fc" else operand(array, _DOUBLE)


def trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1) -> Any:
    y = _floating(y)
    return operand(np.trapezoid(y, x, dx, axis), y.dtype)


def simpson(y: Any, x: Any = None, *, dx: Any = 1.0, axis: int = -1) -> Any:
    """Simpson's rule. With an even number of samples, the area over the last interval is that under the parabola
    through the last three (Cartwright, Simpson's rule cumulative integration with MS Excel and irregularly-spaced data,
    2017)."""
    y = np.moveaxis(_floating(y), axis, -1)
    if x is None:
        return _evenly_spaced(y, dx)
    x = _floating(x)
    h = np.diff(x if x.ndim == 1 else np.moveaxis(x, axis, -1), axis=-1)
    return 0.5 * h[..., 0] * (y[..., 0] + y[..., 1]) if y.shape[-1] == 2 else _spaced(y, operand(h, _DOUBLE))


def _evenly_spaced(y: Value, h: Any) -> Value:
    n = y.shape[-1]
    if n == 2:
        return 0.5 * h * (y[..., 0] + y[..., 1])
    odd = n - 1 + n % 2  # so many samples make whole parabolas
    total = h / 3.0 * np.sum(y[..., 0:max(odd - 2, 0):2] + 4.0 * y[..., 1:max(odd - 1, 0):2] + y[..., 2:odd:2], axis=-1)
    if n % 2:
        return total
    return total + h / 12.0 * (5.0 * y[..., -1] + 8.0 * y[..., -2] - y[..., -3])


def _ratio(a: Value, b: Value) -> Value:
    """a / b, and 0 where two samples are at the same place."""
    return np.where(b == 0, 0.0, a / np.where(b == 0, 1.0, b))


def _spaced(y: Value, h: Value) -> Value:
    n = y.shape[-1]
    odd = n - 1 + n % 2
    a, b = h[..., 0:max(odd - 1, 0):2], h[..., 1:max(odd - 1, 0):2]
    both = a + b
    total = np.sum(both / 6.0 * (
        y[..., 0:max(odd - 2, 0):2] * (2.0 - _ratio(b, a)) + y[..., 1:max(odd - 1, 0):2] * (both * _ratio(both, a * b))
        + y[..., 2:odd:2] * (2.0 - _ratio(a, b))), axis=-1)
    if n % 2:
        return total
    a, b = h[..., -2], h[..., -1]
    return (total + _ratio(2.0 * b * b + 3.0 * a * b, 6.0 * (a + b)) * y[..., -1]
            + _ratio(b * b + 3.0 * a * b, 6.0 * a) * y[..., -2] - _ratio(b * b * b, 6.0 * a * (a + b)) * y[..., -3])


enter(si.trapezoid, trapezoid)
enter(si.simpson, simpson)
