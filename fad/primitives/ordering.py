"""Primitives about the order of entries along the last axis: partitions, order statistics, places in a sorted line.

    partition           a permutation of the entries, found again by sorting both sides
    order_statistics    the entries at some places of the sorted line, and where they came from
    searchsorted        integers, which have no tangents; with its lines side by side, so that it maps
    running_max         the largest entry so far; entries that tie share the tangent evenly
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np

from ..core.avals import Aval, make_aval
from ..core.primitive import Primitive, Tangent, Traced, Value, Zero, partials
from .elementwise import equal, negative, select
from .reductions import counting, recurrence_p, shift_p
from .selection import argsort_p, put_along_axis_add_p, take_along_axis_p
from .structural import broadcast, convert

__all__ = ["argpartition_p", "order_statistics_p", "partition_p", "running_max_p", "running_min", "searchsorted_p"]

_PLACE = np.dtype(np.intp)
Places = tuple[int, ...]
Side = Literal["left", "right"]


def _no_tangent(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, **params: object) -> Tangent:
    return Zero(result.aval)


# -- partition ------------------------------------------------------------------------------------


def _partition_rule(t: Value, z: Value, x: Value, *, kth: Places, kind: str) -> Value:
    """Sorting x and sorting its partition give the same line: so they say which entry has gone where."""
    axis = x.ndim - 1
    before, after = [argsort_p(y, axis=axis, kind="stable") for y in (x, z)]
    in_order = take_along_axis_p(t, before, axis=axis, unique=True)
    return put_along_axis_add_p(in_order, after, axis=axis, size=x.shape[axis], unique=True)


def _partition_batch(operands: Sequence[Value], mapped: Sequence[bool], *, kth: Places, kind: str) -> Value:
    return partition_p(operands[0], kth=kth, kind=kind)


def _argpartition_batch(operands: Sequence[Value], mapped: Sequence[bool], *, kth: Places, kind: str) -> Value:
    return argpartition_p(operands[0], kth=kth, kind=kind)


partition_p: Primitive = Primitive(
    "partition", lambda x, *, kth, kind: np.partition(x, kth, -1, kind), lambda x, *, kth, kind: x,
    partials(_partition_rule), _partition_batch)
argpartition_p: Primitive = Primitive(
    "argpartition", lambda x, *, kth, kind: np.argpartition(x, kth, -1, kind),
    lambda x, *, kth, kind: make_aval(x.shape, _PLACE), _no_tangent, _argpartition_batch)


# -- order statistics: the entries at different places of each sorted line -------------------------


def _at(x: Value, places: Places) -> Value:
    return x[..., list(places)]


def _statistics_infer(x: Aval, *, places: Places) -> Aval:
    assert len(set(places)) == len(places) and all(0 <= k < x.shape[-1] for k in places), (x, places)
    return make_aval((*x.shape[:-1], len(places)), x.dtype)


def _statistics_rule(t: Value, z: Value, x: Value, *, places: Places) -> Value:
    return take_along_axis_p(t, _origins_p(x, places=places), axis=x.ndim - 1, unique=True)


def _statistics_batch(operands: Sequence[Value], mapped: Sequence[bool], *, places: Places) -> Value:
    return order_statistics_p(operands[0], places=places)


def _origins_batch(operands: Sequence[Value], mapped: Sequence[bool], *, places: Places) -> Value:
    return _origins_p(operands[0], places=places)


order_statistics_p: Primitive = Primitive(
    "order_statistics", lambda x, *, places: _at(np.partition(x, places, -1), places), _statistics_infer,
    partials(_statistics_rule), _statistics_batch)
_origins_p: Primitive = Primitive(
    "origins", lambda x, *, places: _at(np.argpartition(x, places, -1), places),
    lambda x, *, places: make_aval((*x.shape[:-1], len(places)), _PLACE), _no_tangent, _origins_batch)


# -- searchsorted: lines of one shape, but for the last axis; a line of a goes with a line of v ----


def _search_evaluate(a: Value, v: Value, *, side: Side) -> Value:
    if a.ndim == 1:
        return np.searchsorted(a, v, side)
    found = np.empty(v.shape, _PLACE)
    for line in np.ndindex(a.shape[:-1]):
        found[line] = np.searchsorted(a[line], v[line], side)
    return found


def _search_infer(a: Aval, v: Aval, *, side: Side) -> Aval:
    assert a.shape[:-1] == v.shape[:-1], (a, v)
    return make_aval(v.shape, _PLACE)


def _search_batch(operands: Sequence[Value], mapped: Sequence[bool], *, side: Side) -> Value:
    n = next(x.shape[0] for x, m in zip(operands, mapped, strict=True) if m)
    return searchsorted_p(*[x if m else broadcast(x, (n, *x.shape), (0,))
                            for x, m in zip(operands, mapped, strict=True)], side=side)


searchsorted_p: Primitive = Primitive("searchsorted", _search_evaluate, _search_infer, _no_tangent, _search_batch)


# -- running extremes -----------------------------------------------------------------------------
# The sum of the tangents, and the number, of the entries so far that are the largest one so far: each is a recurrence
# that starts anew where the largest one changes.


def _running_max_rule(t: Value, z: Value, x: Value, *, axis: int) -> Value:
    zero, wide = x.dtype.type(0), counting(x.dtype)
    goes_on = convert(equal(z, shift_p(z, axis=axis, reverse=False, fill=0)), wide)
    reached = equal(x, z)
    total = recurrence_p(goes_on, convert(select(reached, t, zero), wide), axis=axis, reverse=False)
    ties = recurrence_p(goes_on, convert(reached, wide), axis=axis, reverse=False)
    return convert(total / select(equal(ties, wide.type(0)), wide.type(1), ties), x.dtype)


def _running_max_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axis: int) -> Value:
    return running_max_p(operands[0], axis=axis + 1)


running_max_p: Primitive = Primitive(
    "running_max", lambda x, *, axis: np.maximum.accumulate(x, axis), lambda x, *, axis: x,
    partials(_running_max_rule), _running_max_batch)


def running_min(x: Value, axis: int) -> Value:
    """The smallest entry so far."""
    return negative(running_max_p(negative(x), axis=axis))
