"""Sorting, taking along an axis, and the places of nonzero entries."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core.dispatch import missing_rule
from ..core.primitive import Value, Values
from ..core.tracing import concrete
from ..primitives.selection import argsort_p, sort_p, take_along_axis_p
from ..primitives.structural import reshape
from .conventions import as_array, broadcast_to, rule_for

__all__: list[str] = []

SortKind: TypeAlias = Literal["quicksort", "mergesort", "heapsort", "stable"]


# -- sorting --------------------------------------------------------------------------------------


def _settings(function: str, a: Value, axis: int | None, kind: SortKind | None, order: object,
              stable: bool | None) -> tuple[Value, int, SortKind | None]:
    """The operand, the axis, and the kind of sort."""
    if order is not None:
        raise missing_rule(f"numpy.{function}", "order=")
    if stable is not None:
        if kind is not None:
            raise ValueError("`kind` and `stable` parameters can't be provided at the same time. Use only one of them.")
        kind = "stable" if stable else None
    x = as_array(a)
    if axis is None:
        return reshape(x, (x.size,)), 0, kind
    return x, normalize_axis_index(axis, x.ndim), kind


@rule_for(np.sort)
def sort(a: Value, axis: int | None = -1, kind: SortKind | None = None, order: None = None, *,
         stable: bool | None = None) -> Value:
    x, along, kind = _settings("sort", a, axis, kind, order, stable)
    return sort_p(x, axis=along, kind=kind)


@rule_for(np.argsort)
def argsort(a: Value, axis: int | None = -1, kind: SortKind | None = None, order: None = None, *,
            stable: bool | None = None) -> Value:
    x = as_array(a)
    x, along, kind = _settings("argsort", x if x.ndim else reshape(x, (1,)), axis, kind, order, stable)
    return argsort_p(x, axis=along, kind=kind)


# -- taking along an axis -------------------------------------------------------------------------


@rule_for(np.take_along_axis)
def take_along_axis(arr: Value, indices: Value, axis: int | None = -1) -> Value:
    x, places = as_array(arr), as_array(indices)
    if axis is None:
        if places.ndim != 1:
            raise ValueError("when axis=None, `indices` must have a single dimension.")
        x, axis = reshape(x, (x.size,)), 0
    along = normalize_axis_index(axis, x.ndim)
    if places.dtype.kind not in "iu":
        raise IndexError("`indices` must be an integer array")
    if places.ndim != x.ndim:
        raise ValueError("`indices` and `arr` must have the same number of dimensions")
    others = np.broadcast_shapes(*[(*y.shape[:along], 1, *y.shape[along + 1:]) for y in (x, places)])
    x, places = [broadcast_to(y, (*others[:along], y.shape[along], *others[along + 1:])) for y in (x, places)]
    return take_along_axis_p(x, places, axis=along, unique=False)


# -- places of entries: shapes that depend on values, and so values on demand ----------------------


@rule_for(np.nonzero)
def nonzero(a: Value) -> Values:
    return np.nonzero(concrete(a, "np.nonzero"))


@rule_for(np.flatnonzero)
def flatnonzero(a: Value) -> Value:
    return np.flatnonzero(concrete(a, "np.flatnonzero"))


@rule_for(np.argwhere)
def argwhere(a: Value) -> Value:
    return np.argwhere(concrete(a, "np.argwhere"))
