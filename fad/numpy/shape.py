"""NumPy's functions that show the same entries in another shape: most of them return views.

Whether NumPy's reshape is a view or a copy depends on how its argument lies in memory: see `views.memory_of`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from operator import index
from typing import Literal, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..core.avals import Shape
from ..core.dispatch import missing_rule
from ..core.primitive import Value, Values
from ..core.tracer import View
from ..primitives.structural import flip_p, inverse, permute
from ..primitives.structural import reshape as reshape_in_c_order
from .conventions import Axis, Order, as_array, axes_of, integers, rule_for
from .conventions import broadcast_to as broadcast_strictly
from .views import as_new, memory_of, view

__all__ = ["ShapeLike", "at_least_1d", "at_least_2d", "at_least_3d", "flat", "in_shape", "with_axes"]

ShapeLike: TypeAlias = int | Sequence[int]

Reading: TypeAlias = Literal["C", "F"]
"""The orders that do not depend on how an array lies in memory."""


# -- views ----------------------------------------------------------------------------------------


def _reshaped(x: Value, shape: Shape, order: Reading) -> Value:
    if order == "C":
        return reshape_in_c_order(x, shape)
    return _backwards(reshape_in_c_order(_backwards(x), shape[::-1]))


def _backwards(x: Value) -> Value:
    return permute(x, tuple(range(x.ndim))[::-1])


def in_shape(x: Value, shape: Shape, order: Reading = "C") -> Value:
    """The same entries in another shape: a view where NumPy's would be one."""
    before = x.shape

    def like(a: Value) -> Value:
        result = a.reshape(shape, order=order)
        if a.size and not np.may_share_memory(result, a):  # reshape(copy=False) came with NumPy 2.1
            raise ValueError("NumPy would copy the entries")
        return result

    if isinstance(x, View) or order != "C":
        memory = memory_of(x)
        try:
            like(memory)
        except ValueError:
            return as_new(_reshaped(x, shape, order))
    return view(lambda x: _reshaped(x, shape, order), x, lambda new: _reshaped(new, before, order), like)


def with_axes(x: Value, order: Sequence[int]) -> Value:
    """The axes in another order: a view."""
    there, back = tuple(order), inverse(tuple(order))
    return view(lambda x: permute(x, there), x, lambda new: permute(new, back), lambda a: a.transpose(there))


# -- reshape --------------------------------------------------------------------------------------


@rule_for(np.shape)
def shape(a: Value) -> Shape:
    known: Shape = as_array(a).shape
    return known


@rule_for(np.ndim)
def ndim(a: Value) -> int:
    return len(shape(a))


@rule_for(np.size)
def size(a: Value, axis: Axis = None) -> int:
    dimensions = shape(a)
    return prod(dimensions if axis is None else [dimensions[i] for i in normalize_axis_tuple(axis, len(dimensions))])


def _resolved(wanted: ShapeLike, before: Shape) -> Shape:
    """The shape that `wanted` means: an int or a sequence, with -1 for what follows from the size."""
    dimensions = integers(wanted)
    known, unknown = prod([n for n in dimensions if n >= 0]), [n for n in dimensions if n < 0]
    if len(unknown) == 1 and known and prod(before) % known == 0:
        dimensions = tuple([prod(before) // known if n < 0 else n for n in dimensions])
    if min(dimensions, default=0) < 0 or prod(dimensions) != prod(before):
        np.broadcast_to(np.int8(0), before).reshape(dimensions)  # raises, in NumPy's own words
    return dimensions


def _order(name: str, order: object, x: Value) -> Reading:
    """One of "C" and "F"; the orders that depend on how an array lies in memory mean something for one axis alone."""
    order = order.upper() if isinstance(order, str) else order
    if order == "C" or x.ndim <= 1 and order in ("A", "K"):
        return "C"
    if order == "F":
        return "F"
    raise missing_rule(name, f"order={order!r}")


@rule_for(np.reshape)
def reshape(a: Value, /, shape: ShapeLike, order: Order = "C", *, copy: bool | None = None) -> Value:
    x = as_array(a)
    result = in_shape(x, _resolved(shape, x.shape), _order("numpy.reshape", order, x))
    return as_new(result) if copy else result


def flat(x: Value) -> Value:
    """All entries in C order."""
    return reshape_in_c_order(x, (prod(x.shape),))


@rule_for(np.ravel)
def ravel(a: Value, order: Order = "C") -> Value:
    x = as_array(a)
    reading = _order("numpy.ravel", order, x)
    result = in_shape(x, (x.size,), reading)
    return result if _adjacent(x, reading) else as_new(result)


def _adjacent(x: Value, order: Reading) -> bool:
    """Whether the entries follow each other in memory in this order: of such alone is ravel a view."""
    memory = memory_of(x) if isinstance(x, View) or order != "C" else None
    return memory is None or bool(memory.flags.c_contiguous if order == "C" else memory.flags.f_contiguous)


# -- axes of one entry ----------------------------------------------------------------------------


@rule_for(np.expand_dims)
def expand_dims(a: Value, axis: int | tuple[int, ...] | list[int]) -> Value:
    x = as_array(a)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    new = normalize_axis_tuple(axes, x.ndim + len(axes))
    rest = iter(x.shape)
    return in_shape(x, tuple([1 if i in new else next(rest) for i in range(x.ndim + len(new))]))


@rule_for(np.squeeze)
def squeeze(a: Value, axis: Axis = None) -> Value:
    x = as_array(a)
    if axis is None or not x.ndim and axis in (0, -1):
        return in_shape(x, tuple([n for n in x.shape if n != 1]))
    axes = normalize_axis_tuple(axis, x.ndim)
    if any(x.shape[i] != 1 for i in axes):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return in_shape(x, tuple([n for i, n in enumerate(x.shape) if i not in axes]))


def _each(one: Callable[[Value], Value], arrays: Sequence[Value]) -> Value | Values:
    return one(arrays[0]) if len(arrays) == 1 else tuple(map(one, arrays))


def _at_least(x: Value, shape: Shape) -> Value:
    return x if len(x.shape) >= len(shape) else in_shape(x, shape)


def at_least_1d(a: Value) -> Value:
    """An array of one axis or more."""
    return _at_least(as_array(a), (1,))


def at_least_2d(a: Value) -> Value:
    """An array of two axes or more."""
    x = as_array(a)
    return _at_least(x, (1, x.size))


def at_least_3d(a: Value) -> Value:
    """An array of three axes or more."""
    x = as_array(a)
    return x if x.ndim > 2 else in_shape(x, (1, x.size, 1) if x.ndim < 2 else (*x.shape, 1))


@rule_for(np.atleast_1d)
def atleast_1d(*arys: Value) -> Value | Values:
    return _each(at_least_1d, arys)


@rule_for(np.atleast_2d)
def atleast_2d(*arys: Value) -> Value | Values:
    return _each(at_least_2d, arys)


@rule_for(np.atleast_3d)
def atleast_3d(*arys: Value) -> Value | Values:
    return _each(at_least_3d, arys)


# -- the order of the axes ------------------------------------------------------------------------


@rule_for(np.transpose)  # and np.permute_dims, which is the same object
def transpose(a: Value, axes: Sequence[int] | None = None) -> Value:
    x = as_array(a)
    if axes is None:
        return with_axes(x, range(x.ndim)[::-1])
    order = normalize_axis_tuple(axes, x.ndim)
    if len(order) != x.ndim:
        raise ValueError("axes don't match array")
    return with_axes(x, order)


@rule_for(np.swapaxes)
def swapaxes(a: Value, axis1: int, axis2: int) -> Value:
    x = as_array(a)
    first, second = normalize_axis_index(axis1, x.ndim), normalize_axis_index(axis2, x.ndim)
    return with_axes(x, [{first: second, second: first}.get(i, i) for i in range(x.ndim)])


@rule_for(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Value, /) -> Value:
    x = as_array(x)
    if x.ndim < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {x.ndim}")
    return swapaxes(x, -1, -2)


@rule_for(np.moveaxis)
def moveaxis(a: Value, source: int | Sequence[int], destination: int | Sequence[int]) -> Value:
    x = as_array(a)
    sources = normalize_axis_tuple(source, x.ndim, "source")
    destinations = normalize_axis_tuple(destination, x.ndim, "destination")
    if len(sources) != len(destinations):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    order = [i for i in range(x.ndim) if i not in sources]
    for to, from_ in sorted(zip(destinations, sources, strict=True)):
        order.insert(to, from_)
    return with_axes(x, order)


@rule_for(np.rollaxis)
def rollaxis(a: Value, axis: int, start: int = 0) -> Value:
    x = as_array(a)
    moved = normalize_axis_index(axis, x.ndim)
    before = index(start) + (x.ndim if start < 0 else 0)
    if not 0 <= before <= x.ndim:
        raise np.exceptions.AxisError(
            f"'start' arg requires {-x.ndim} <= start < {x.ndim + 1}, but {start} was passed in")
    order = [i for i in range(x.ndim) if i != moved]
    order.insert(before - (moved < before), moved)
    return with_axes(x, order)


# -- entries in reverse ---------------------------------------------------------------------------


@rule_for(np.flip)
def flip(m: Value, axis: Axis = None) -> Value:
    x = as_array(m)
    axes = axes_of(axis, x.ndim)
    return view(lambda x: _flipped(x, axes), x, lambda new: _flipped(new, axes), lambda a: np.flip(a, axes))


def _flipped(x: Value, axes: tuple[int, ...]) -> Value:
    return flip_p(x, axes=axes) if axes else x


@rule_for(np.fliplr)
def fliplr(m: Value) -> Value:
    x = as_array(m)
    if x.ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return flip(x, 1)


@rule_for(np.flipud)
def flipud(m: Value) -> Value:
    x = as_array(m)
    if x.ndim < 1:
        raise ValueError("Input must be >= 1-d.")
    return flip(x, 0)


@rule_for(np.rot90)
def rot90(m: Value, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Value:
    if len(axes) != 2:
        raise ValueError("len(axes) must be 2.")
    x = as_array(m)
    first, second = normalize_axis_tuple(axes, x.ndim)
    turns = index(k) % 4
    if turns in (0, 2):
        return flip(x, (first, second) if turns else ())
    return swapaxes(flip(x, second), first, second) if turns == 1 else flip(swapaxes(x, first, second), second)


# -- repeated without being copied, and so read-only ----------------------------------------------


@rule_for(np.broadcast_to)
def broadcast_to(array: Value, shape: ShapeLike, subok: bool = False) -> Value:
    x = as_array(array)
    wanted = integers(shape)
    if np.broadcast_shapes(x.shape, wanted) != wanted:
        np.broadcast_to(np.broadcast_to(np.int8(0), x.shape), wanted)  # raises, in NumPy's own words
    return view(lambda x: broadcast_strictly(x, wanted), x, None, lambda a: np.broadcast_to(a, wanted))


@rule_for(np.broadcast_arrays)
def broadcast_arrays(*args: Value, subok: bool = False) -> Values:
    arrays = [as_array(a) for a in args]
    common = np.broadcast_shapes(*[x.shape for x in arrays])
    if all(x.shape == common for x in arrays):
        return tuple(arrays)
    return tuple([broadcast_to(x, common) for x in arrays])
