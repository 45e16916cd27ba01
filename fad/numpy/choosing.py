"""Choices among values, entry by entry, and functions applied to parts of an array."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index

from ..core.dispatch import missing_rule, overrides
from ..core.primitive import Traced, Value, Values
from ..core.tracer import Tracer
from ..core.tracing import concrete
from ..errors import AbstractValueError
from .conventions import as_array, broadcast_to, operand, result_dtype, rule_for

__all__: list[str] = []

Piece: TypeAlias = Callable[..., Value] | Value
"""What np.piecewise has for the entries of a condition: a function of them, or their new value."""

_NUMBERS: tuple[type, ...] = (int, float, complex)


# -- among values ---------------------------------------------------------------------------------


@rule_for(np.select)
def select(condlist: Sequence[Value], choicelist: Sequence[Value], default: Value | complex = 0) -> Value:
    """The choice of the first condition that holds."""
    conditions, choices = [as_array(c) for c in condlist], list(choicelist)
    if len(conditions) != len(choices):
        raise ValueError("list of cases must be same length as list of conditions")
    if not conditions:
        raise ValueError("select with an empty condition list is not possible")
    for i, condition in enumerate(conditions):
        if condition.dtype != np.bool_:
            raise TypeError(f"invalid entry {i} in condlist: should be boolean ndarray")
    dtype = result_dtype(*choices, default)
    values = [operand(x, dtype) for x in (*choices, default)]
    shape = np.broadcast_shapes(*[np.shape(x) for x in (*conditions, *values)])
    result = values.pop()
    for condition, choice in zip(reversed(conditions), reversed(values), strict=True):
        result = overrides[np.where](condition, choice, result)
    return broadcast_to(result, shape)


@rule_for(np.choose)
def choose(a: Value, choices: Sequence[Value], out: None = None, mode: str = "raise") -> Value:
    places = as_array(a)
    values = [c if type(c) in _NUMBERS else as_array(c) for c in choices]
    if places.dtype.kind not in "biu":
        raise TypeError("Cannot cast array data from a float dtype to dtype('int64') according to the rule 'safe'")
    places, n = operand(places, np.dtype(np.intp)), len(values)
    if mode == "wrap":
        places = places % n
    elif mode == "clip":
        places = np.clip(places, 0, n - 1)
    elif mode != "raise":
        raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")
    elif not isinstance(places, Traced) and np.any((places < 0) | (places >= n)):
        raise ValueError("invalid entry in choice array")
    dtype = result_dtype(*values)
    shape = np.broadcast_shapes(places.shape, *[np.shape(x) for x in values])
    stacked = np.stack([broadcast_to(operand(x, dtype), shape) for x in values])
    chosen: Value = np.take_along_axis(stacked, broadcast_to(places, shape)[None], axis=0)[0]
    return chosen


# -- functions on parts ---------------------------------------------------------------------------


@rule_for(np.piecewise)
def piecewise(x: Value, condlist: Value | Sequence[Value], funclist: Sequence[Piece], *args: object, **kw: object) -> Value:
    """Each function on the entries for which its condition holds; where nobody can tell which ones these are, as under
    vmap, each function on all entries."""
    points, functions = as_array(x), list(funclist)
    conditions = _conditions(condlist, points)
    if len(functions) == len(conditions) + 1:
        conditions = [*conditions, ~np.any(np.stack(conditions), axis=0)]
    elif len(functions) != len(conditions):
        raise ValueError(f"with {len(conditions)} condition(s), either {len(conditions)} or {len(conditions) + 1} "
                         "functions are expected")
    try:
        masks = [np.asarray(concrete(c, "np.piecewise")) for c in conditions]
    except AbstractValueError:
        return _everywhere(points, conditions, functions, args, kw)
    y = np.zeros_like(points) if isinstance(points, Traced) else overrides[np.zeros_like](points)
    for mask, function in zip(masks, functions, strict=True):
        if not callable(function):
            y[mask] = function
        elif mask.any():
            y[mask] = function(points[mask], *args, **kw)
    return y


def _conditions(condlist: Value | Sequence[Value], x: Value) -> list[Value]:
    """The conditions, of which there may be one that is in no list."""
    one = isinstance(condlist, Tracer) and condlist.ndim <= x.ndim or bool(np.isscalar(condlist))
    if not one and not isinstance(condlist, Tracer):
        one = x.ndim != 0 and not isinstance(condlist[0], (list, np.ndarray, Traced))
    return [operand(c, np.dtype(np.bool_)) for c in ([condlist] if one else condlist)]


def _everywhere(x: Value, conditions: list[Value], functions: list[Piece], args: tuple[object, ...],
                kw: Mapping[str, object]) -> Value:
    y: Value = np.zeros_like(x)
    for condition, function in zip(conditions, functions, strict=True):
        y = np.where(condition, operand(function(x, *args, **kw) if callable(function) else function, x.dtype), y)
    return y


@rule_for(np.apply_along_axis)
def apply_along_axis(func1d: Callable[..., Value], axis: int, arr: Value, *args: object, **kwargs: object) -> Value:
    """The function of each line, one after the other: fad.vmap is the fast way."""
    x = as_array(arr)
    along = normalize_axis_index(axis, x.ndim)
    if not x.size:
        raise missing_rule("numpy.apply_along_axis", "an array without entries")
    lines = np.moveaxis(x, along, -1)
    lead = lines.shape[:-1]
    found = np.stack([as_array(func1d(lines[line], *args, **kwargs)) for line in np.ndindex(lead)])
    inner = found.shape[1:]
    result = found.reshape((*lead, *inner))
    ends = list(range(len(lead), len(lead) + len(inner)))
    return np.moveaxis(result, ends, list(range(along, along + len(inner)))) if inner else result


@rule_for(np.apply_over_axes)
def apply_over_axes(func: Callable[..., Value], a: Value, axes: int | Sequence[int]) -> Value:
    value = as_array(a)
    ndim = value.ndim
    for axis in np.atleast_1d(axes).tolist():
        found = func(value, axis)
        if found.ndim != value.ndim:
            found = np.expand_dims(found, axis + ndim if axis < 0 else axis)
            if found.ndim != value.ndim:
                raise ValueError("function is not returning an array of the correct shape")
        value = found
    return value


# -- places from shapes ---------------------------------------------------------------------------


def _of_shape(function: Callable[..., Values]) -> None:

    @rule_for(function)
    def places(arr: Value, *args: object, **settings: object) -> Values:
        return function(np.broadcast_to(np.int8(0), as_array(arr).shape), *args, **settings)


for _from_shape in (np.tril_indices_from, np.triu_indices_from, np.diag_indices_from):
    _of_shape(_from_shape)


def _of_integers(function: Callable[..., Value | Values]) -> None:

    @rule_for(function)
    def places(*args: Value | Values, **settings: Any) -> Value | Values:  # Any: a shape, or a word
        purpose = f"np.{function.__name__}"
        plain = [tuple([concrete(y, purpose) for y in x]) if isinstance(x, tuple) else concrete(x, purpose) for x in args]
        return function(*plain, **{name: concrete(x) for name, x in settings.items()})


_of_integers(np.ix_)
_of_integers(np.unravel_index)
_of_integers(np.ravel_multi_index)
