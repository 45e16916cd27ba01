"""More functions that make arrays: those that only see to how an array lies in memory, and grids on a log scale.

A traced array has no place in memory: it is as contiguous, aligned and writeable as anyone may ask.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..core.dispatch import missing_rule
from ..core.primitive import Operand, Traced, Value
from ..core.tracing import concrete
from .conventions import Order, as_array, operand, rule_for
from .creation import Device, OptionalDtype, asarray, linspace, typed_as

__all__ = ["asanyarray", "asarray_chkfinite", "ascontiguousarray", "asfortranarray", "geomspace", "logspace", "require"]


# -- the argument as an array ---------------------------------------------------------------------


@typed_as(np.asanyarray)
def asanyarray(a: Value, dtype: OptionalDtype = None, order: Order | None = None, *, device: Device = None,
               copy: bool | None = None, like: Value | None = None) -> Value:
    """The argument as an array. The arguments are those of `numpy.asanyarray`."""
    return asarray(a, dtype, order, device=device, copy=copy, like=like)


def _with_an_axis(a: Value, dtype: OptionalDtype) -> Value:
    value = asarray(a, dtype)
    return value if value.ndim else value.reshape(1)


@typed_as(np.ascontiguousarray)
def ascontiguousarray(a: Value, dtype: OptionalDtype = None, *, like: Value | None = None) -> Value:
    """The argument as an array of one axis at least, in C order. The arguments are those of `numpy.ascontiguousarray`."""
    value = _with_an_axis(a, dtype)
    return value if isinstance(value, Traced) else np.ascontiguousarray(value, like=like)


@typed_as(np.asfortranarray)
def asfortranarray(a: Value, dtype: OptionalDtype = None, *, like: Value | None = None) -> Value:
    """The argument as an array of one axis at least, in Fortran's order. The arguments are those of
    `numpy.asfortranarray`."""
    value = _with_an_axis(a, dtype)
    return value if isinstance(value, Traced) else np.asfortranarray(value, like=like)


@typed_as(np.asarray_chkfinite)
def asarray_chkfinite(a: Value, dtype: OptionalDtype = None, order: Order | None = None) -> Value:
    """The argument as an array. The arguments are those of `numpy.asarray_chkfinite`.

    Raises:
        ValueError: by its values, it has a NaN or an infinity.
    """
    value = asarray(a, dtype, order)
    np.asarray_chkfinite(concrete(value, "fad.numpy.asarray_chkfinite"))
    return value


@typed_as(np.require)
def require(a: Value, dtype: OptionalDtype = None, requirements: str | Sequence[str] | None = None, *,
            like: Value | None = None) -> Value:
    """The argument as an array that meets some requirements. The arguments are those of `numpy.require`."""
    value = asarray(a, dtype)
    plain: Callable[..., Value] = np.require  # of more overloads than checkers try
    return value if isinstance(value, Traced) else plain(value, dtype, requirements, like=like)


# -- grids on a log scale -------------------------------------------------------------------------


@typed_as(np.logspace)
@rule_for(np.logspace)
def logspace(start: Value, stop: Value, num: int = 50, endpoint: bool = True, base: Operand = 10.0,
             dtype: OptionalDtype = None, axis: int = 0) -> Value:
    """Powers of a base, at equal steps of the exponent. The arguments, which may be traced, are those of
    `numpy.logspace`."""
    scale = as_array(base)
    if scale.ndim:
        shape = np.broadcast_shapes(np.shape(start), np.shape(stop), scale.shape)
        base = np.expand_dims(np.broadcast_to(scale, shape), axis)
        start, stop = (np.broadcast_to(as_array(x), shape) for x in (start, stop))
    powers: Value = np.power(base, linspace(start, stop, num, endpoint, axis=axis))
    return powers if dtype is None else powers.astype(dtype)


@typed_as(np.geomspace)
@rule_for(np.geomspace)
def geomspace(start: Value, stop: Value, num: int = 50, endpoint: bool = True, dtype: OptionalDtype = None,
              axis: int = 0) -> Value:
    """Numbers at equal ratios between two. The arguments, which may be traced, are those of `numpy.geomspace`; both ends
    are real, and of one sign."""
    first, last = as_array(start), as_array(stop)
    if "c" in first.dtype.kind + last.dtype.kind:
        raise missing_rule("numpy.geomspace", "complex ends")
    wide = np.result_type(first.dtype, last.dtype, np.float64)
    first, last = operand(first, wide), operand(last, wide)
    sign = np.sign(first)
    count = num.__index__()
    inner = sign * logspace(np.log10(first * sign), np.log10(last * sign), count, endpoint)
    ends = np.broadcast_shapes(first.shape, last.shape)
    pieces = [np.broadcast_to(first, ends)[None], inner[1:-1] if endpoint else inner[1:]]
    if endpoint and count > 1:
        pieces.append(np.broadcast_to(last, ends)[None])
    result = np.moveaxis(np.concatenate(pieces) if count > 0 else inner, 0, axis)
    return result if dtype is None else result.astype(dtype)
