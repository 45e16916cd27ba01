"""Primitives that choose among entries: the extremes and their places, sorting, taking along an axis.

    take_along_axis ↔ put_along_axis_add
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from ..core.avals import Aval, make_aval
from ..core.primitive import Linear, Primitive, Tangent, Traced, Value, Zero, linear, partials
from .elementwise import equal, maximum, select
from .reductions import counting, sum_as_p
from .structural import Axes, broadcast, convert, shifted, sum

__all__ = ["argmax_p", "argmin_p", "argsort_p", "max_p", "min_p", "put_along_axis_add_p", "sort_p", "take_along_axis_p"]

_PLACE = np.dtype(np.intp)


# -- the extremes along axes; entries that tie share the tangent evenly ----------------------------


def _extreme(name: str, ufunc: np.ufunc) -> Primitive:

    def infer(x: Aval, *, axes: Axes) -> Aval:
        if not prod([x.shape[i] for i in axes]):
            raise ValueError(f"zero-size array to reduction operation {ufunc.__name__} which has no identity")
        return make_aval(tuple([n for i, n in enumerate(x.shape) if i not in axes]), x.dtype)

    def rule(t: Value, z: Value, x: Value, *, axes: Axes) -> Value:
        """dz = the mean of dx over the entries that are extreme; where z is NaN there are none, and dz is 0."""
        extreme = equal(x, broadcast(z, x.shape, axes) if z.shape else z)
        wide = counting(x.dtype)
        ties = maximum(sum_as_p(extreme, axes=axes, dtype=wide), wide.type(1))
        total = sum(convert(select(extreme, t, t.dtype.type(0)), wide), axes) / ties
        return total if wide == x.dtype else convert(total, x.dtype)

    def batch(operands: Sequence[Value], mapped: Sequence[bool], *, axes: Axes) -> Value:
        return primitive(operands[0], axes=shifted(axes))

    primitive = Primitive(name, lambda x, *, axes: ufunc.reduce(x, axis=axes), infer, partials(rule), batch)
    return primitive


max_p, min_p = _extreme("max", np.maximum), _extreme("min", np.minimum)


# -- places: integers, which have no tangents ------------------------------------------------------


def _no_tangent(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, **params: object) -> Tangent:
    return Zero(result.aval)


def _place_of_extreme(name: str, function: Callable[..., Value]) -> Primitive:

    def infer(x: Aval, *, axis: int) -> Aval:
        if not x.shape[axis]:
            raise ValueError(f"attempt to get {name} of an empty sequence")
        return make_aval((*x.shape[:axis], *x.shape[axis + 1:]), _PLACE)

    def batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int) -> Value:
        return primitive(operands[0], axis=axis + 1)

    primitive = Primitive(name, lambda x, *, axis: function(x, axis=axis), infer, _no_tangent, batch)
    return primitive


argmax_p, argmin_p = _place_of_extreme("argmax", np.argmax), _place_of_extreme("argmin", np.argmin)


# -- sort: a permutation of the entries, and so of their tangents ----------------------------------


def _sort_rule(t: Value, z: Value, x: Value, *, axis: int, kind: str | None) -> Value:
    return take_along_axis_p(t, argsort_p(x, axis=axis, kind=kind), axis=axis, unique=True)


def _sort_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int, kind: str | None) -> Value:
    return sort_p(operands[0], axis=axis + 1, kind=kind)


def _argsort_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int, kind: str | None) -> Value:
    return argsort_p(operands[0], axis=axis + 1, kind=kind)


sort_p = Primitive("sort", np.sort, lambda x, *, axis, kind: x, partials(_sort_rule), _sort_batch)
argsort_p = Primitive("argsort", np.argsort, lambda x, *, axis, kind: make_aval(x.shape, _PLACE), _no_tangent,
                      _argsort_batch)


# -- take_along_axis: y[..., i, ...] = x[..., indices[..., i, ...], ...] ---------------------------
# x and indices have one shape, but for the axis. `unique` promises that no two indices of a line are the same
# and none is negative, and lets the transpose write where it would have to add up.


def _take_infer(x: Aval, indices: Aval, *, axis: int, unique: bool) -> Aval:
    assert _others(x.shape, axis) == _others(indices.shape, axis), (x, indices, axis)
    return make_aval(indices.shape, x.dtype)


def _take_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int, unique: bool) -> Value:
    return take_along_axis_p(*_stacked(operands, mapped), axis=axis + 1, unique=unique)


def _take_transpose(ct: Value, x: Linear, indices: Value, *, axis: int, unique: bool) -> Sequence[Tangent | None]:
    return put_along_axis_add_p(ct, indices, axis=axis, size=x.shape[axis], unique=unique), None


take_along_axis_p = linear("take_along_axis", lambda x, indices, *, axis, unique: np.take_along_axis(x, indices, axis),
                           _take_infer, _take_batch, _take_transpose)


def _put_evaluate(values: Value, indices: Value, *, axis: int, size: int, unique: bool) -> Value:
    result = np.zeros((*values.shape[:axis], size, *values.shape[axis + 1:]), values.dtype)
    if unique:
        np.put_along_axis(result, indices, values, axis)
    else:
        lines = list(np.ogrid[tuple([slice(n) for n in values.shape])])
        lines[axis] = indices
        np.add.at(result, tuple(lines), values)
    return result


def _put_infer(values: Aval, indices: Aval, *, axis: int, size: int, unique: bool) -> Aval:
    assert values.shape == indices.shape, (values, indices)
    return make_aval((*values.shape[:axis], size, *values.shape[axis + 1:]), values.dtype)


def _put_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int, size: int, unique: bool) -> Value:
    return put_along_axis_add_p(*_stacked(operands, mapped), axis=axis + 1, size=size, unique=unique)


def _put_transpose(ct: Value, values: Linear, indices: Value, *, axis: int, size: int,
                   unique: bool) -> Sequence[Tangent | None]:
    return take_along_axis_p(ct, indices, axis=axis, unique=unique), None


put_along_axis_add_p = linear("put_along_axis_add", _put_evaluate, _put_infer, _put_batch, _put_transpose)


def _others(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return (*shape[:axis], *shape[axis + 1:])


def _stacked(operands: Sequence[Value], mapped: Sequence[bool]) -> list[Value]:
    """Both operands as stacks."""
    n = next(x.shape[0] for x, m in zip(operands, mapped, strict=True) if m)
    return [x if m else broadcast(x, (n, *x.shape), (0,)) for x, m in zip(operands, mapped, strict=True)]
