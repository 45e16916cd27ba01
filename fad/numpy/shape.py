"""NumPy's functions that show the same entries in another shape: most of them return views.

Whether NumPy's reshape is a view or a copy depends on how its argument lies in memory. A tracer has no
memory, but a view of one knows how it was made: the same views of an array in C order, as new arrays are,
tell what NumPy would do. See `_memory`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from operator import index
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..core.avals import Shape
from ..core.dispatch import missing_rule
from ..core.primitive import Value
from ..core.tracer import Tracer, View
from ..primitives.structural import flip_p, inverse, permute
from ..primitives.structural import reshape as reshape_in_c_order
from .conventions import as_array, rule_for
from .conventions import broadcast_to as broadcast_strictly
from .indexing import Through

__all__ = ["as_new", "flat", "in_shape", "view", "with_axes"]


# -- views ----------------------------------------------------------------------------------------


Like = Callable[[np.ndarray[Any, Any]], np.ndarray[Any, Any]]
"""How NumPy makes a view of an array."""


class _Rearranged(View):
    """A view that knows how NumPy would make it from its base."""

    __slots__ = ("like",)

    def __init__(self, value: Tracer, base: Tracer, restore: Callable[[Tracer], Tracer] | None, like: Like) -> None:
        super().__init__(value, base, restore)
        self.like = like


def view(value: Value, base: Value, restore: Callable[[Tracer], Tracer] | None, like: Like) -> Value:
    """A value as a view of its base, where NumPy would make it one: numbers have no memory to look into."""
    if not isinstance(base, Tracer):
        return value
    return _Rearranged(value, base, restore, like) if base.shape or isinstance(base, View) else as_new(value)


def as_new(value: Value) -> Value:
    """The value as an array of its own, where NumPy would have made one: no write to another name changes it."""
    return Tracer(value.builder, value.atom) if isinstance(value, Tracer) else value


def _memory(x: Value) -> np.ndarray[Any, Any] | None:
    """An array that lies in memory as NumPy's x would, of whatever entries; None: not known."""
    if not isinstance(x, View):
        return np.empty(x.shape, np.int8)
    base = _memory(x.base)
    if base is None:
        return None
    if isinstance(x, _Rearranged):
        return x.like(base)
    if isinstance(x.restore, Through):
        key = x.restore.key
        part: np.ndarray[Any, Any] = base[key.index.filled([0] * len(key.arrays))]
        return part
    return None


def _reshaped(x: Value, shape: Shape, order: str) -> Value:
    if order == "C":
        return reshape_in_c_order(x, shape)
    return _backwards(reshape_in_c_order(_backwards(x), shape[::-1]))


def _backwards(x: Value) -> Value:
    return permute(x, tuple(range(x.ndim))[::-1])


def in_shape(x: Value, shape: Shape, order: str = "C") -> Value:
    """The same entries in another shape: a view where NumPy's would be one."""
    value, before = _reshaped(x, shape, order), x.shape

    def like(a: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return a.reshape(shape, order=order, copy=False)  # type: ignore[call-overload, no-any-return]  # "C" or "F"

    if isinstance(x, View) or order != "C":
        memory = _memory(x)
        if memory is None:
            return View(value, x, None)
        try:
            like(memory)
        except ValueError:
            return as_new(value)
    return view(value, x, lambda new: _reshaped(new, before, order), like)


def with_axes(x: Value, order: Sequence[int]) -> Value:
    """The axes in another order: a view."""
    there, back = tuple(order), inverse(tuple(order))
    return view(permute(x, there), x, lambda new: permute(new, back), lambda a: a.transpose(there))


# -- reshape --------------------------------------------------------------------------------------


@rule_for(np.shape)
def shape(a: Any) -> Shape:
    known: Shape = as_array(a).shape
    return known


@rule_for(np.ndim)
def ndim(a: Any) -> int:
    return len(shape(a))


@rule_for(np.size)
def size(a: Any, axis: Any = None) -> int:
    dimensions = shape(a)
    return prod(dimensions if axis is None else [dimensions[i] for i in normalize_axis_tuple(axis, len(dimensions))])


def _resolved(wanted: Any, before: Shape) -> Shape:
    """The shape that `wanted` means: an int or a sequence, with -1 for what follows from the size."""
    dimensions = tuple([index(n) for n in wanted] if np.iterable(wanted) else [index(wanted)])
    known, unknown = prod([n for n in dimensions if n >= 0]), [n for n in dimensions if n < 0]
    if len(unknown) == 1 and known and prod(before) % known == 0:
        dimensions = tuple([prod(before) // known if n < 0 else n for n in dimensions])
    if min(dimensions, default=0) < 0 or prod(dimensions) != prod(before):
        np.broadcast_to(np.int8(0), before).reshape(dimensions)  # raises, in NumPy's own words
    return dimensions


def _order(name: str, order: Any, x: Value) -> str:
    """One of "C" and "F"; the orders that depend on how an array lies in memory mean something for one axis alone."""
    order = order.upper() if isinstance(order, str) else order
    if order in ("C", "F"):
        return str(order)
    if x.ndim <= 1 and order in ("A", "K"):
        return "C"
    raise missing_rule(name, f"order={order!r}")


@rule_for(np.reshape)
def reshape(a: Any, /, shape: Any, order: Any = "C", *, copy: bool | None = None) -> Any:
    x = as_array(a)
    result = in_shape(x, _resolved(shape, x.shape), _order("numpy.reshape", order, x))
    return as_new(result) if copy else result


def flat(x: Value) -> Value:
    """All entries in C order."""
    return reshape_in_c_order(x, (prod(x.shape),))


@rule_for(np.ravel)
def ravel(a: Any, order: Any = "C") -> Any:
    x = as_array(a)
    order = _order("numpy.ravel", order, x)
    result = in_shape(x, (x.size,), order)
    return result if _adjacent(x, order) else as_new(result)


def _adjacent(x: Value, order: str) -> bool:
    """Whether the entries follow each other in memory in this order: of such alone is ravel a view."""
    memory = _memory(x) if isinstance(x, View) or order != "C" else None
    return memory is None or (memory.flags.c_contiguous if order == "C" else memory.flags.f_contiguous)


# -- axes of one entry ----------------------------------------------------------------------------


@rule_for(np.expand_dims)
def expand_dims(a: Any, axis: Any) -> Any:
    x = as_array(a)
    axes = axis if isinstance(axis, (tuple, list)) else (axis,)
    new = normalize_axis_tuple(axes, x.ndim + len(axes))
    rest = iter(x.shape)
    return in_shape(x, tuple([1 if i in new else next(rest) for i in range(x.ndim + len(new))]))


@rule_for(np.squeeze)
def squeeze(a: Any, axis: Any = None) -> Any:
    x = as_array(a)
    if axis is None:
        return in_shape(x, tuple([n for n in x.shape if n != 1]))
    axes = normalize_axis_tuple(axis, x.ndim)
    if any(x.shape[i] != 1 for i in axes):
        raise ValueError("cannot select an axis to squeeze out which has size not equal to one")
    return in_shape(x, tuple([n for i, n in enumerate(x.shape) if i not in axes]))


def _each(function: Callable[[Any], Any], arrays: Sequence[Any]) -> Any:
    return function(arrays[0]) if len(arrays) == 1 else tuple(map(function, arrays))


def _at_least(x: Value, shape: Shape) -> Value:
    return x if len(x.shape) >= len(shape) else in_shape(x, shape)


@rule_for(np.atleast_1d)
def atleast_1d(*arys: Any) -> Any:
    return _each(lambda a: _at_least(as_array(a), (1,)), arys)


@rule_for(np.atleast_2d)
def atleast_2d(*arys: Any) -> Any:
    def one(a: Any) -> Any:
        x = as_array(a)
        return _at_least(x, (1, x.size))

    return _each(one, arys)


@rule_for(np.atleast_3d)
def atleast_3d(*arys: Any) -> Any:
    def one(a: Any) -> Any:
        x = as_array(a)
        return _at_least(x, (1, x.size, 1) if x.ndim < 2 else (*x.shape, 1))

    return _each(one, arys)


# -- the order of the axes ------------------------------------------------------------------------


@rule_for(np.transpose)  # and np.permute_dims, which is the same object
def transpose(a: Any, axes: Any = None) -> Any:
    x = as_array(a)
    if axes is None:
        return with_axes(x, range(x.ndim)[::-1])
    order = normalize_axis_tuple(axes, x.ndim)
    if len(order) != x.ndim:
        raise ValueError("axes don't match array")
    return with_axes(x, order)


@rule_for(np.swapaxes)
def swapaxes(a: Any, axis1: Any, axis2: Any) -> Any:
    x = as_array(a)
    first, second = normalize_axis_index(axis1, x.ndim), normalize_axis_index(axis2, x.ndim)
    return with_axes(x, [{first: second, second: first}.get(i, i) for i in range(x.ndim)])


@rule_for(np.matrix_transpose, np.linalg.matrix_transpose)
def matrix_transpose(x: Any, /) -> Any:
    x = as_array(x)
    if x.ndim < 2:
        raise ValueError(f"Input array must be at least 2-dimensional, but it is {x.ndim}")
    return swapaxes(x, -1, -2)


@rule_for(np.moveaxis)
def moveaxis(a: Any, source: Any, destination: Any) -> Any:
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
def rollaxis(a: Any, axis: Any, start: Any = 0) -> Any:
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
def flip(m: Any, axis: Any = None) -> Any:
    x = as_array(m)
    axes = tuple(range(x.ndim)) if axis is None else tuple(sorted(normalize_axis_tuple(axis, x.ndim)))
    return view(_flipped(x, axes), x, lambda new: _flipped(new, axes), lambda a: np.flip(a, axes))


def _flipped(x: Value, axes: tuple[int, ...]) -> Value:
    return flip_p(x, axes=axes) if axes else x


@rule_for(np.fliplr)
def fliplr(m: Any) -> Any:
    x = as_array(m)
    if x.ndim < 2:
        raise ValueError("Input must be >= 2-d.")
    return flip(x, 1)


@rule_for(np.flipud)
def flipud(m: Any) -> Any:
    x = as_array(m)
    if x.ndim < 1:
        raise ValueError("Input must be >= 1-d.")
    return flip(x, 0)


@rule_for(np.rot90)
def rot90(m: Any, k: int = 1, axes: Any = (0, 1)) -> Any:
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
def broadcast_to(array: Any, shape: Any, subok: bool = False) -> Any:
    x = as_array(array)
    wanted = tuple([index(n) for n in shape] if np.iterable(shape) else [index(shape)])
    if np.broadcast_shapes(x.shape, wanted) != wanted:
        np.broadcast_to(np.broadcast_to(np.int8(0), x.shape), wanted)  # raises, in NumPy's own words
    return view(broadcast_strictly(x, wanted), x, None, lambda a: np.broadcast_to(a, wanted))


@rule_for(np.broadcast_arrays)
def broadcast_arrays(*args: Any, subok: bool = False) -> tuple[Any, ...]:
    arrays = [as_array(a) for a in args]
    common = np.broadcast_shapes(*[x.shape for x in arrays])
    if all(x.shape == common for x in arrays):
        return tuple(arrays)
    return tuple([broadcast_to(x, common) for x in arrays])
