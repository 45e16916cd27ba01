"""Functions that make arrays, for use where traced values are assigned into them.

    b = fad.numpy.zeros(3)
    b[0] = x

Inside a traced function, arrays of floats or complex numbers made here are part of the trace, so that traced
values can be written into them; NumPy's own are plain memory. Outside, and for other dtypes, these functions
are NumPy's own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ..core.avals import Dtype, Shape
from ..core.primitive import Traced, Value
from ..core.tracer import Tracer
from ..core.tracing import Builder, active_builder
from ..errors import ConversionError
from ..primitives.structural import broadcast_p, reshape
from .conventions import as_array, broadcast_to, operand, result_dtype, rule_for

__all__ = ["arange", "array", "asarray", "copy", "empty", "empty_like", "eye", "full", "full_like", "identity",
           "linspace", "ones", "ones_like", "zeros", "zeros_like"]

Array = NDArray[Any]  # inside a trace a Tracer, which stands in for one
ShapeLike = int | Sequence[int]
OptionalDtype = DTypeLike | None


# -- the same entry everywhere --------------------------------------------------------------------


def zeros(shape: ShapeLike, dtype: DTypeLike = float, order: Any = "C", *, device: Any = None,
          like: Any = None) -> Array:
    """An array of zeros; inside a traced function it can be assigned into.

    Args:
        shape, dtype, order, device, like: as for `numpy.zeros`.

    Returns:
        An array of this shape and dtype.

    >>> import fad
    >>> def f(x):
    ...     b = fad.numpy.zeros(2)
    ...     b[0] = x
    ...     return (b * b).sum()
    >>> fad.grad(f)(3.0)
    np.float64(6.0)
    """
    return _uniform(0, shape, dtype, np.zeros, order=order, device=device, like=like)


def ones(shape: ShapeLike, dtype: OptionalDtype = None, order: Any = "C", *, device: Any = None,
         like: Any = None) -> Array:
    """An array of ones; inside a traced function it can be assigned into. The arguments are those of `numpy.ones`."""
    return _uniform(1, shape, dtype, np.ones, order=order, device=device, like=like)


def empty(shape: ShapeLike, dtype: DTypeLike = float, order: Any = "C", *, device: Any = None,
          like: Any = None) -> Array:
    """An array to be filled; inside a traced function it starts as zeros. The arguments are those of `numpy.empty`."""
    return _uniform(0, shape, dtype, np.empty, order=order, device=device, like=like)


def full(shape: ShapeLike, fill_value: ArrayLike, dtype: OptionalDtype = None, order: Any = "C", *,
         device: Any = None, like: Any = None) -> Array:
    """An array filled with a value, which may be traced; inside a traced function it can be assigned into.

    The arguments are those of `numpy.full`.
    """
    value: Value = as_array(fill_value)
    made_as = np.dtype(dtype) if dtype is not None else value.dtype
    builder = _builder_for(made_as)
    if builder is None and not isinstance(value, Traced):
        return np.full(shape, value, dtype, order, device=device, like=like)
    return _spread(operand(value, made_as), _shape(shape), builder)


def _uniform(number: int, shape: ShapeLike, dtype: OptionalDtype, plain: Any, **settings: Any) -> Array:
    made_as = np.dtype(dtype)
    builder = _builder_for(made_as)
    if builder is not None:
        return _spread(made_as.type(number), _shape(shape), builder)
    made: Array = plain(shape, dtype, **settings)
    return made


def _builder_for(dtype: Dtype) -> Builder | None:
    """The trace in which an array of this dtype is made; None where it is to be a plain one."""
    return active_builder() if dtype.kind in "fc" else None


def _shape(shape: Any) -> Shape:
    return tuple([n.__index__() for n in shape]) if isinstance(shape, (Sequence, np.ndarray)) else (shape.__index__(),)


def _spread(value: Value, shape: Shape, builder: Any) -> Array:
    """A value, traced or not, broadcast to this shape: a new tracer."""
    if not isinstance(value, Tracer) and np.ndim(value):
        return _held(np.broadcast_to(value, shape).copy(), builder)
    made: Array
    if isinstance(value, Tracer):
        made = broadcast_to(value, shape).alias()
    else:
        number = np.asarray(value)[()]
        made = builder.record(broadcast_p, (number,), (("axes", tuple(range(len(shape)))), ("shape", shape)))
    return made


def _held(array: Array, builder: Any) -> Array:
    """A plain array, which nobody else writes to, as a tracer."""
    if not array.ndim:
        return _spread(array, (), builder)
    made: Any = Tracer(builder, builder.atom(array))
    return made  # type: ignore[no-any-return]  # a tracer, which stands in for an array


# -- like another array ---------------------------------------------------------------------------


@rule_for(np.zeros_like)
def zeros_like(a: ArrayLike, dtype: OptionalDtype = None, order: Any = "K", subok: bool = True,
               shape: ShapeLike | None = None, *, device: Any = None) -> Array:
    """An array of zeros of the shape and dtype of another. The arguments are those of `numpy.zeros_like`."""
    return _like(0, a, dtype, shape)


@rule_for(np.ones_like)
def ones_like(a: ArrayLike, dtype: OptionalDtype = None, order: Any = "K", subok: bool = True,
              shape: ShapeLike | None = None, *, device: Any = None) -> Array:
    """An array of ones of the shape and dtype of another. The arguments are those of `numpy.ones_like`."""
    return _like(1, a, dtype, shape)


@rule_for(np.empty_like)
def empty_like(prototype: ArrayLike, dtype: OptionalDtype = None, order: Any = "K", subok: bool = True,
               shape: ShapeLike | None = None, *, device: Any = None) -> Array:
    """An array to be filled, of the shape and dtype of another. The arguments are those of `numpy.empty_like`."""
    return _like(0, prototype, dtype, shape)


@rule_for(np.full_like)
def full_like(a: ArrayLike, fill_value: ArrayLike, dtype: OptionalDtype = None, order: Any = "K", subok: bool = True,
              shape: ShapeLike | None = None, *, device: Any = None) -> Array:
    """An array of the shape and dtype of another, filled with a value. The arguments are those of `numpy.full_like`."""
    like: Value = as_array(a)
    made_as = like.dtype if dtype is None else np.dtype(dtype)
    return _like(as_array(fill_value), like, made_as, shape)


def _like(value: Any, a: Any, dtype: OptionalDtype, shape: ShapeLike | None) -> Array:
    like: Value = as_array(a)
    made_as = like.dtype if dtype is None else np.dtype(dtype)
    wanted = like.shape if shape is None else _shape(shape)
    builder = like.builder if isinstance(like, Tracer) else _builder_for(made_as)
    if builder is None and not isinstance(value, Traced):
        return np.full(wanted, value, made_as)
    return _spread(operand(value, made_as), wanted, builder)


# -- from data ------------------------------------------------------------------------------------


def array(object: Any, dtype: OptionalDtype = None, *, copy: bool | None = True, order: Any = "K",
          subok: bool = False, ndmin: int = 0, like: Any = None) -> Array:
    """An array of the entries of nested lists, any of which may be traced.

    Args:
        object: numbers and arrays, in lists and tuples nested to any depth.
        dtype, copy, order, subok, ndmin, like: as for `numpy.array`.

    Returns:
        A new array; inside a traced function one that can be assigned into.

    >>> import fad
    >>> fad.jacobian(lambda x: fad.numpy.array([x, 2.0 * x]))(1.0)
    array([1., 2.])
    """
    value: Value = as_array(object)
    if dtype is not None:
        value = operand(value, np.dtype(dtype))
    if not isinstance(value, Tracer):
        builder = _builder_for(value.dtype)
        if builder is None:
            return np.array(object, dtype, copy=copy, order=order, subok=subok, ndmin=ndmin, like=like)
        value = _held(np.array(value), builder)
    value = reshape(value, (1,) * (ndmin - value.ndim) + value.shape)
    made: Array = value.alias() if copy else value
    return made


def asarray(a: Any, dtype: OptionalDtype = None, order: Any = None, *, device: Any = None, copy: bool | None = None,
            like: Any = None) -> Array:
    """The argument as an array: itself, if it is one and traced. The arguments are those of `numpy.asarray`."""
    if isinstance(a, Tracer) or active_builder() is not None:
        return array(a, dtype, copy=copy)
    return np.asarray(a, dtype, order, device=device, copy=copy, like=like)


@rule_for(np.copy)
def copy(a: Any, order: Any = "K", subok: bool = False) -> Array:
    """A copy, which writes to the original do not reach. The arguments are those of `numpy.copy`."""
    return array(a)


# -- patterns -------------------------------------------------------------------------------------


def eye(N: int, M: int | None = None, k: int = 0, dtype: DTypeLike = float, order: Any = "C", *, device: Any = None,
        like: Any = None) -> Array:
    """Ones on the k-th diagonal of an (N, M) array of zeros. The arguments are those of `numpy.eye`."""
    return _pattern(np.eye(N, M, k, dtype, order, device=device, like=like))


def identity(n: int, dtype: OptionalDtype = None, *, like: Any = None) -> Array:
    """The identity matrix of n rows. The arguments are those of `numpy.identity`."""
    return _pattern(np.identity(n, dtype, like=like))


def arange(start_or_stop: Any, /, stop: Any = None, step: Any = None, dtype: OptionalDtype = None, *,
           device: Any = None, like: Any = None) -> Array:
    """The numbers from `start` up to, and not with, `stop`, in steps. The arguments are those of `numpy.arange`.

    Raises:
        ConversionError: a bound or the step is a traced float, with which the number of entries would jump.
    """
    bounds = [start_or_stop, stop, step]
    for x in bounds:
        if isinstance(x, Tracer) and x.dtype.kind not in "iu":
            raise ConversionError(f"arange was given a traced {x.aval}",
                                  why="how many entries the result has would jump with it",
                                  edit="write start + step * np.arange(n), or np.linspace(start, stop, n)")
    plain = [int(x) if isinstance(x, Tracer) else x for x in bounds]
    return _pattern(np.arange(*plain, dtype=dtype, device=device, like=like))


def _pattern(made: Array) -> Array:
    builder = _builder_for(made.dtype)
    return made if builder is None else _held(made, builder)


@rule_for(np.linspace)
def linspace(start: Any, stop: Any, num: Any = 50, endpoint: bool = True, retstep: bool = False,
             dtype: OptionalDtype = None, axis: int = 0, *, device: Any = None) -> Any:
    """Numbers at equal steps between two, which may be traced. The arguments are those of `numpy.linspace`."""
    count = num.__index__()
    if not isinstance(start, Traced) and not isinstance(stop, Traced):
        plain, step = np.linspace(start, stop, count, endpoint, retstep=True, dtype=dtype, axis=axis, device=device)
        return (_pattern(plain), step) if retstep else _pattern(plain)
    computed_in = np.result_type(result_dtype(start, stop), 0.0)
    start, stop = operand(start, computed_in), operand(stop, computed_in)
    delta = stop - start
    n_steps = count - 1 if endpoint else count
    step = delta / n_steps if n_steps > 0 else np.nan
    grid = np.arange(0, count, dtype=computed_in).reshape(-1, *[1] * delta.ndim)
    result = grid * (step if n_steps > 0 else delta) + start
    if endpoint and count > 1:
        result[-1] = stop
    result = np.moveaxis(result, 0, axis)
    if dtype is not None:
        result = operand(np.floor(result) if np.dtype(dtype).kind in "iu" else result, np.dtype(dtype))
    return (result, step) if retstep else result
