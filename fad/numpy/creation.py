"""Functions that make arrays, for use where traced values are assigned into them.

    b = fad.numpy.zeros(3)
    b[0] = x

Inside a traced function, arrays of floats or complex numbers made here are part of the trace, so that traced
values can be written into them; NumPy's own are plain memory. Outside, and for other dtypes, these functions
are NumPy's own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias, TypeVar

import numpy as np
from numpy.typing import DTypeLike

from ..core.avals import Dtype, Shape
from ..core.dispatch import Rule
from ..core.primitive import Operand, Recorder, Traced, Value
from ..core.tracer import Tracer
from ..core.tracing import Builder, active_builder
from ..errors import ConversionError
from ..primitives.structural import broadcast_p, reshape
from .conventions import UNSET, Order, as_array, broadcast_to, operand, result_dtype, rule_for

__all__ = ["arange", "array", "asarray", "copy", "empty", "empty_like", "eye", "full", "full_like", "identity",
           "linspace", "ones", "ones_like", "zeros", "zeros_like"]

F = TypeVar("F", bound=Callable[..., object])

ShapeLike: TypeAlias = int | Sequence[int]
OptionalDtype: TypeAlias = DTypeLike | None
Device: TypeAlias = Literal["cpu"] | None


def typed_as(numpys: F) -> Callable[[Rule], F]:
    """To a checker, a function is NumPy's own, overloads and all: what it makes inside a trace stands in for an array."""

    def unchanged(function: Any) -> F:  # Any: of a type of its own
        typed: F = function
        return typed

    return unchanged


# -- the same entry everywhere --------------------------------------------------------------------


@typed_as(np.zeros)
def zeros(shape: ShapeLike, dtype: DTypeLike = float, order: Order = "C", *, device: Device = None,
          like: Value | None = None) -> Value:
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


@typed_as(np.ones)
def ones(shape: ShapeLike, dtype: OptionalDtype = None, order: Order = "C", *, device: Device = None,
         like: Value | None = None) -> Value:
    """An array of ones; inside a traced function it can be assigned into. The arguments are those of `numpy.ones`."""
    return _uniform(1, shape, dtype, np.ones, order=order, device=device, like=like)


@typed_as(np.empty)
def empty(shape: ShapeLike, dtype: DTypeLike = float, order: Order = "C", *, device: Device = None,
          like: Value | None = None) -> Value:
    """An array to be filled; inside a traced function it starts as zeros. The arguments are those of `numpy.empty`."""
    return _uniform(0, shape, dtype, np.empty, order=order, device=device, like=like)


@typed_as(np.full)
def full(shape: ShapeLike, fill_value: Value, dtype: OptionalDtype = None, order: Order = "C", *,
         device: Device = None, like: Value | None = None) -> Value:
    """An array filled with a value, which may be traced; inside a traced function it can be assigned into.

    The arguments are those of `numpy.full`.
    """
    value = as_array(fill_value)
    made_as = np.dtype(dtype) if dtype is not None else value.dtype
    builder = _builder_for(made_as)
    if builder is None and not isinstance(value, Traced):
        plain: Callable[..., Value] = np.full  # of more overloads than checkers try
        return plain(shape, value, dtype, order, device=device, like=like)
    return _spread(operand(value, made_as), _shape(shape), builder)


def _uniform(number: int, shape: ShapeLike, dtype: OptionalDtype, plain: Callable[..., Value], **settings: object) -> Value:
    made_as: Dtype = np.dtype(dtype)
    builder = _builder_for(made_as)
    return plain(shape, dtype, **settings) if builder is None else _spread(made_as.type(number), _shape(shape), builder)


def _builder_for(dtype: Dtype) -> Builder | None:
    """The trace in which an array of this dtype is made; None where it is to be a plain one."""
    return active_builder() if dtype.kind in "fc" else None


def _shape(shape: ShapeLike | Value) -> Shape:
    return tuple([n.__index__() for n in shape]) if isinstance(shape, (Sequence, np.ndarray)) else (shape.__index__(),)


def _spread(value: Value, shape: Shape, builder: Recorder | None) -> Value:
    """A value, traced or not, broadcast to this shape: a new tracer."""
    if isinstance(value, Tracer):
        spread = broadcast_to(value, shape)
        assert isinstance(spread, Tracer)
        return spread.alias()
    assert builder is not None
    if np.ndim(value):
        return _held(np.broadcast_to(value, shape).copy(), builder)
    number = np.asarray(value)[()]
    return builder.record(broadcast_p, (number,), (("axes", tuple(range(len(shape)))), ("shape", shape)))


def _held(array: Value, builder: Recorder) -> Value:
    """A plain array, which nobody else writes to, as a tracer."""
    if not array.ndim:
        return _spread(array, (), builder)
    assert isinstance(builder, Builder)
    atom: Any = builder.atom(array)  # Any: a Var or, where constants become part of the graph, a Literal
    return Tracer(builder, atom)


# -- like another array ---------------------------------------------------------------------------


@typed_as(np.zeros_like)
@rule_for(np.zeros_like)
def zeros_like(a: Value, dtype: OptionalDtype = None, order: Order = "K", subok: bool = True,
               shape: ShapeLike | None = None, *, device: Device = None) -> Value:
    """An array of zeros of the shape and dtype of another. The arguments are those of `numpy.zeros_like`."""
    return _like(0, a, dtype, shape)


@typed_as(np.ones_like)
@rule_for(np.ones_like)
def ones_like(a: Value, dtype: OptionalDtype = None, order: Order = "K", subok: bool = True,
              shape: ShapeLike | None = None, *, device: Device = None) -> Value:
    """An array of ones of the shape and dtype of another. The arguments are those of `numpy.ones_like`."""
    return _like(1, a, dtype, shape)


@typed_as(np.empty_like)
@rule_for(np.empty_like)
def empty_like(prototype: Value, dtype: OptionalDtype = None, order: Order = "K", subok: bool = True,
               shape: ShapeLike | None = None, *, device: Device = None) -> Value:
    """An array to be filled, of the shape and dtype of another. The arguments are those of `numpy.empty_like`."""
    return _like(0, prototype, dtype, shape)


@typed_as(np.full_like)
@rule_for(np.full_like)
def full_like(a: Value, fill_value: Value, dtype: OptionalDtype = None, order: Order = "K", subok: bool = True,
              shape: ShapeLike | None = None, *, device: Device = None) -> Value:
    """An array of the shape and dtype of another, filled with a value. The arguments are those of `numpy.full_like`."""
    like = as_array(a)
    made_as = like.dtype if dtype is None else np.dtype(dtype)
    return _like(as_array(fill_value), like, made_as, shape)


def _like(value: Value | int, a: Value, dtype: OptionalDtype, shape: ShapeLike | None) -> Value:
    like = as_array(a)
    made_as = like.dtype if dtype is None else np.dtype(dtype)
    wanted = like.shape if shape is None else _shape(shape)
    builder = like.builder if isinstance(like, Tracer) else _builder_for(made_as)
    if builder is None and not isinstance(value, Traced):
        return np.full(wanted, value, made_as)
    return _spread(operand(value, made_as), wanted, builder)


# -- from data ------------------------------------------------------------------------------------


@typed_as(np.array)
def array(object: Value, dtype: OptionalDtype = None, *, copy: bool | None = True, order: Order = "K",
          subok: bool = False, ndmin: int = 0, ndmax: int = UNSET, like: Value | None = None) -> Value:
    """An array of the entries of nested lists, any of which may be traced.

    Args:
        object: numbers and arrays, in lists and tuples nested to any depth.
        dtype, copy, order, subok, ndmin, ndmax, like: as for `numpy.array`; ndmax since NumPy 2.4.

    Returns:
        A new array; inside a traced function one that can be assigned into.

    >>> import fad
    >>> fad.jacobian(lambda x: fad.numpy.array([x, 2.0 * x]))(1.0)
    array([1., 2.])
    """
    value = as_array(object)
    if dtype is not None:
        value = operand(value, np.dtype(dtype))
    if not isinstance(value, Tracer):
        builder = _builder_for(value.dtype)
        if builder is None:
            plain: Callable[..., Value] = np.array  # whose types, and older ones whose function, know no ndmax
            settings = {} if ndmax is UNSET else {"ndmax": ndmax}
            return plain(object, dtype, copy=copy, order=order, subok=subok, ndmin=ndmin, like=like, **settings)
        value = _held(np.array(value), builder)
    if ndmax is not UNSET and value.ndim > ndmax and not hasattr(object, "ndim"):
        raise ValueError("setting an array element with a sequence. The requested array would exceed the maximum number "
                         f"of dimension of {ndmax}.")
    value = reshape(value, (1,) * (ndmin - value.ndim) + value.shape)
    return value.alias() if copy and isinstance(value, Tracer) else value


@typed_as(np.asarray)
def asarray(a: Value, dtype: OptionalDtype = None, order: Order | None = None, *, device: Device = None,
            copy: bool | None = None, like: Value | None = None) -> Value:
    """The argument as an array: itself, if it is one and traced. The arguments are those of `numpy.asarray`."""
    if isinstance(a, Tracer) or active_builder() is not None:
        return array(a, dtype, copy=copy)
    return np.asarray(a, dtype, order, device=device, copy=copy, like=like)


@typed_as(np.copy)
@rule_for(np.copy)
def copy(a: Value, order: Order = "K", subok: bool = False) -> Value:
    """A copy, which writes to the original do not reach. The arguments are those of `numpy.copy`."""
    return array(a)


# -- patterns -------------------------------------------------------------------------------------


@typed_as(np.eye)
def eye(N: int, M: int | None = None, k: int = 0, dtype: DTypeLike = float, order: Literal["C", "F"] = "C", *,
        device: Device = None, like: Value | None = None) -> Value:
    """Ones on the k-th diagonal of an (N, M) array of zeros. The arguments are those of `numpy.eye`."""
    return _pattern(np.eye(N, M, k, dtype, order, device=device, like=like))


@typed_as(np.identity)
def identity(n: int, dtype: OptionalDtype = None, *, like: Value | None = None) -> Value:
    """The identity matrix of n rows. The arguments are those of `numpy.identity`."""
    plain: Callable[..., Value] = np.identity  # as above
    return _pattern(plain(n, dtype, like=like))


@typed_as(np.arange)
def arange(start_or_stop: Operand, /, stop: Operand | None = None, step: Operand | None = None,
           dtype: OptionalDtype = None, *, device: Device = None, like: Value | None = None) -> Value:
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
    plain: Callable[..., Value] = np.arange  # as above
    return _pattern(plain(*[int(x) if isinstance(x, Tracer) else x for x in bounds], dtype=dtype, device=device, like=like))


def _pattern(made: Value) -> Value:
    builder = _builder_for(made.dtype)
    return made if builder is None else _held(made, builder)


@typed_as(np.linspace)
@rule_for(np.linspace)
def linspace(start: Value, stop: Value, num: int = 50, endpoint: bool = True, retstep: bool = False,
             dtype: OptionalDtype = None, axis: int = 0, *, device: Device = None) -> Value | tuple[Value, Operand]:
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
