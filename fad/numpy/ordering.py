"""Partitions, quantiles, and sets of entries: what depends on the order of the entries."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core.dispatch import missing_rule
from ..core.primitive import Primitive, Value, Values
from ..core.tracer import Tracer
from ..core.tracing import concrete
from ..primitives.ordering import argpartition_p, partition_p
from ..primitives.structural import reshape
from .conventions import Axis, as_array, rule_for

__all__: list[str] = []


# -- partitions -----------------------------------------------------------------------------------


def _partitioned(function: Callable[..., Value], primitive: Primitive) -> None:
    name = function.__name__

    @rule_for(function)
    def partition(a: Value, kth: int | Sequence[int], axis: int | None = -1, kind: str = "introselect",
                  order: object = None) -> Value:
        if order is not None:
            raise missing_rule(f"numpy.{name}", "order=")
        x = as_array(a)
        if axis is None:
            x, axis = reshape(x, (x.size,)), 0
        along = normalize_axis_index(axis, x.ndim)
        n = x.shape[along]
        places = []
        for k in np.ravel(kth).tolist():
            if not -n <= k < n:
                raise ValueError(f"kth(={k}) out of bounds ({n})")
            places.append(k + n if k < 0 else k)
        last = np.moveaxis(x, along, -1)
        return np.moveaxis(primitive(last, kth=tuple(sorted(set(places))), kind=kind), -1, along)


_partitioned(np.partition, partition_p)
_partitioned(np.argpartition, argpartition_p)


@rule_for(np.sort_complex)
def sort_complex(a: Value) -> Value:
    x = np.sort(as_array(a))
    small = x.dtype.kind in "iu" and x.dtype.itemsize < 4
    return x if x.dtype.kind == "c" else x.astype(np.complex64 if small else np.complex128)


@rule_for(np.lexsort)
def lexsort(keys: Value | list[Value] | tuple[Value, ...], axis: int = -1) -> Value:
    """An order, which is asked of the values."""
    plain = _plain(keys, "np.lexsort") if not isinstance(keys, (list, tuple)) else [_plain(k, "np.lexsort") for k in keys]
    order: Value = np.lexsort(plain, axis)
    return order


# -- sets of entries: which entries they are is asked of the values, and then they are read --------


def _plain(x: Value, purpose: str) -> Value:
    return np.asarray(concrete(as_array(x), purpose))


@rule_for(np.unique)
def unique(ar: Value, return_index: bool = False, return_inverse: bool = False, return_counts: bool = False,
           axis: int | None = None, *, equal_nan: bool = True, **settings: bool) -> Value | Values:
    entries, *found = _distinct(ar, axis, equal_nan, **settings)
    more = [z for z, wanted in zip(found, (return_index, return_inverse, return_counts), strict=True) if wanted]
    return (entries, *more) if more else entries


def _distinct(a: Value, axis: int | None = None, equal_nan: bool = True, **settings: bool) -> Values:
    """The entries that differ; where each one is first, which of them each entry of all is, and how often they come."""
    x = as_array(a)
    plain = _plain(x, "np.unique")
    _, first, inverse, counts = np.unique(plain, True, True, True, axis, equal_nan=equal_nan, **settings)
    if axis is None:
        return np.ravel(x)[first], first, inverse, counts
    key: tuple[slice | Value, ...] = (*[slice(None)] * normalize_axis_index(axis, x.ndim), first)
    return x[key], first, inverse, counts


@rule_for(np.unique_values)
def unique_values(x: Value, /) -> Value:
    return _distinct(x, equal_nan=False)[0]


def _named(function: Callable[[Value], Values], **settings: bool) -> None:
    kind: Callable[..., Values] = type(function(np.zeros(1)))

    @rule_for(function)
    def entries_and(x: Value, /) -> Values:
        return kind(*unique(x, equal_nan=False, **settings))


_named(np.unique_all, return_index=True, return_inverse=True, return_counts=True)
_named(np.unique_counts, return_counts=True)
_named(np.unique_inverse, return_inverse=True)


@rule_for(np.union1d)
def union1d(ar1: Value, ar2: Value) -> Value:
    return _distinct(np.concatenate([np.ravel(as_array(ar1)), np.ravel(as_array(ar2))]))[0]


@rule_for(np.intersect1d)
def intersect1d(ar1: Value, ar2: Value, assume_unique: bool = False, return_indices: bool = False) -> Value | Values:
    x = np.ravel(as_array(ar1))
    _, first, second = np.intersect1d(_plain(x, "np.intersect1d"), _plain(ar2, "np.intersect1d"), assume_unique, True)
    return (x[first], first, second) if return_indices else x[first]


@rule_for(np.setdiff1d)
def setdiff1d(ar1: Value, ar2: Value, assume_unique: bool = False) -> Value:
    x = np.ravel(as_array(ar1)) if assume_unique else _distinct(ar1)[0]
    return x[np.isin(_plain(x, "np.setdiff1d"), _plain(ar2, "np.setdiff1d"), assume_unique=True, invert=True)]


@rule_for(np.setxor1d)
def setxor1d(ar1: Value, ar2: Value, assume_unique: bool = False) -> Value:
    x, y = setdiff1d(ar1, ar2, assume_unique), setdiff1d(ar2, ar1, assume_unique)
    return np.sort(np.concatenate([x, y]))


@rule_for(np.isin)
def isin(element: Value, test_elements: Value, assume_unique: bool = False, invert: bool = False, *,
         kind: Literal["sort", "table"] | None = None) -> Value:
    return np.isin(_plain(element, "np.isin"), _plain(test_elements, "np.isin"), assume_unique, invert, kind=kind)


@rule_for(np.trim_zeros)
def trim_zeros(filt: Value, trim: str = "fb", axis: Axis = None) -> Value:
    """The entries from the first that is not 0 to the last; which ones these are is asked of the values."""
    x = as_array(filt)
    kept = np.argwhere(_plain(x, "np.trim_zeros"))
    axes = range(x.ndim) if axis is None else [normalize_axis_index(i, x.ndim) for i in np.ravel(axis).tolist()]
    key = [slice(None)] * x.ndim
    for i in axes:
        start, stop = (int(kept[:, i].min()), int(kept[:, i].max()) + 1) if len(kept) else (0, 0)
        key[i] = slice(start if "f" in trim.lower() else 0, stop if "b" in trim.lower() else x.shape[i])
        if not len(kept):
            key[i] = slice(0, 0)
    return x[tuple(key)]


# -- counts ---------------------------------------------------------------------------------------


@rule_for(np.bincount)
def bincount(x: Value, /, weights: Value | None = None, minlength: int = 0) -> Value:
    """How often each integer comes, or the sum of its weights, which may be traced."""
    places = _plain(x, "np.bincount")
    if weights is None:
        return np.bincount(places, minlength=minlength)
    w = as_array(weights)
    n = len(np.bincount(places, minlength=minlength))
    if w.shape != places.shape:
        raise ValueError("The weights and list don't have the same length.")
    if not isinstance(w, Tracer):
        return np.bincount(places, w, minlength)
    total = np.zeros_like(w, np.float64, shape=n)
    np.add.at(total, places, w.astype(np.float64))
    return total
