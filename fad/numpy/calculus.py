"""Differences, sums and integrals along a line of samples: diff, gradient, trapezoid, running sums, unwrap."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.typing import DTypeLike

from ..core.avals import Dtype
from ..core.dispatch import overrides
from ..core.primitive import Traced, Value, Values
from .conventions import UNSET, Axis, as_array, broadcast_to, operand, rule_for
from .views import as_new

__all__: list[str] = []

_NUMBERS: tuple[type, ...] = (int, float)
_UNIT: Any = 1.0  # Any: a Value that is a number


def _part(x: Value, axis: int, start: int | None, stop: int | None) -> Value:
    """The entries from start to stop of one axis."""
    return x[(*[slice(None)] * axis, slice(start, stop))]


# -- differences ----------------------------------------------------------------------------------


@rule_for(np.diff)
def diff(a: Value, n: int = 1, axis: int = -1, prepend: Value = UNSET, append: Value = UNSET) -> Value:
    if n == 0:
        return a
    if n < 0:
        raise ValueError(f"order must be non-negative but got {n!r}")
    x = as_array(a)
    if x.ndim == 0:
        raise ValueError("diff requires input that is at least one dimensional")
    along = normalize_axis_index(axis, x.ndim)
    pieces = [_edge(prepend, x, along), x, _edge(append, x, along)]
    if prepend is not UNSET or append is not UNSET:
        x = np.concatenate([piece for piece in pieces if piece is not None], along)
    minus = np.not_equal if x.dtype == np.bool_ else np.subtract
    for _ in range(n):
        x = minus(_part(x, along, 1, None), _part(x, along, None, -1))
    return x


def _edge(values: Value, x: Value, axis: int) -> Value | None:
    if values is UNSET:
        return None
    edge = as_array(values)
    return edge if edge.ndim else broadcast_to(edge, (*x.shape[:axis], 1, *x.shape[axis + 1:]))


@rule_for(np.ediff1d)
def ediff1d(ary: Value, to_end: Value | None = None, to_begin: Value | None = None) -> Value:
    x = np.ravel(as_array(ary))
    steps = x[1:] - x[:-1]
    ends = [None if end is None else np.ravel(as_array(end)) for end in (to_begin, to_end)]
    for name, end in zip(("to_begin", "to_end"), ends, strict=True):
        if end is not None and not np.can_cast(end.dtype, x.dtype, "same_kind"):
            raise TypeError(f"dtype of `{name}` must be compatible with input `ary` under the `same_kind` rule.")
    pieces = [ends[0], steps, ends[1]]
    joined = [operand(piece, x.dtype) for piece in pieces if piece is not None]
    return np.concatenate(joined) if len(joined) > 1 else steps


# -- gradient: central differences inside, one-sided ones at both ends -----------------------------


@rule_for(np.gradient)
def gradient(f: Value, *varargs: Value, axis: Axis = None, edge_order: int = 1) -> Value | Values:
    y = as_array(f)
    axes = tuple(range(y.ndim)) if axis is None else normalize_axis_tuple(axis, y.ndim)
    if edge_order > 2:
        raise ValueError("'edge_order' greater than 2 not supported")
    if y.dtype.kind not in "fc":
        y = operand(y, np.dtype(np.float64))
    found = [_slope(y, along, step, edge_order) for along, step in zip(axes, _spacings(varargs, y, axes), strict=True)]
    return found[0] if len(axes) == 1 else tuple(found)


def _spacings(given: Values, y: Value, axes: tuple[int, ...]) -> list[Value]:
    """For each axis one step, or the steps between all neighbours."""
    if not given:
        return [_UNIT] * len(axes)
    if len(given) == 1 and np.ndim(given[0]) == 0:
        return list(given) * len(axes)
    if len(given) != len(axes):
        raise TypeError("invalid number of arguments")
    return [_spacing(x, y.shape[along]) for x, along in zip(given, axes, strict=True)]


def _spacing(x: Value, n: int) -> Value:
    places = x if type(x) in _NUMBERS else as_array(x)
    if np.ndim(places) == 0:
        return places
    if places.ndim != 1:
        raise ValueError("distances must be either scalars or 1d")
    if len(places) != n:
        raise ValueError("when 1d, distances must match the length of the corresponding dimension")
    steps = np.diff(operand(places, np.dtype(np.float64)) if places.dtype.kind in "iu" else places)
    # Equal steps become one, as in NumPy, which rounds differently then; but a derivative is with respect to them all.
    return steps[0] if not isinstance(steps, Traced) and (steps == steps[0]).all() else steps


def _slope(y: Value, axis: int, step: Value, edge_order: int) -> Value:
    if y.shape[axis] < edge_order + 1:
        raise ValueError("Shape of array too small to calculate a numerical gradient, "
                         "at least (edge_order + 1) elements are required.")
    uniform = np.ndim(step) == 0
    before, here, after = (_part(y, axis, i, -2 + i or None) for i in range(3))
    if uniform:
        inner = (after - before) / (2. * step)
    else:
        shape = [-1 if i == axis else 1 for i in range(y.ndim)]
        h, k = (s.reshape(shape) for s in (step[:-1], step[1:]))
        inner = -k / (h * (h + k)) * before + (k - h) / (h * k) * here + h / (k * (h + k)) * after
    first, last = ((step, step) if uniform else (step[0], step[-1]))
    if edge_order == 1:
        ends = [(_entry(y, axis, i + 1) - _entry(y, axis, i)) / h for i, h in ((0, first), (-2, last))]
    else:
        ends = [_parabola(y, axis, places, weights) for places, weights in _edges(step, uniform)]
    pieces = [ends[0], inner, ends[1]]
    return np.concatenate([operand(piece, y.dtype) for piece in pieces], axis)


def _edges(step: Value, uniform: bool) -> list[tuple[tuple[int, ...], Values]]:
    """The places, and the weights, whose sum is the slope at either end of the parabola through three samples."""
    if uniform:
        return [((0, 1, 2), (-1.5 / step, 2. / step, -0.5 / step)), ((-3, -2, -1), (0.5 / step, -2. / step, 1.5 / step))]
    h, k = step[0], step[1]
    begin = -(2. * h + k) / (h * (h + k)), (h + k) / (h * k), -h / (k * (h + k))
    h, k = step[-2], step[-1]
    return [((0, 1, 2), begin),
            ((-3, -2, -1), (k / (h * (h + k)), -(k + h) / (h * k), (2. * k + h) / (k * (h + k))))]


def _parabola(y: Value, axis: int, places: tuple[int, ...], weights: Values) -> Value:
    a, b, c = [w * _entry(y, axis, i) for i, w in zip(places, weights, strict=True)]
    slope: Value = a + b + c
    return slope


def _entry(y: Value, axis: int, place: int) -> Value:
    """One entry of an axis, which is kept."""
    return _part(y, axis, place, place + 1 or None)


# -- integrals ------------------------------------------------------------------------------------


@rule_for(vars(np)["trapezoid"])  # which the stubs of NumPy 2.0 lack
def trapezoid(y: Value, x: Value | None = None, dx: Value | float = 1.0, axis: int = -1) -> Value:
    samples = as_array(y)
    along = normalize_axis_index(axis, samples.ndim)
    widths = dx
    if x is not None:
        places = as_array(x)
        widths = np.diff(places, axis=-1 if places.ndim == 1 else axis)
        if places.ndim == 1:
            widths = widths.reshape([-1 if i == along else 1 for i in range(samples.ndim)])
    heights = _part(samples, along, 1, None) + _part(samples, along, None, -1)
    area: Value = np.sum(widths * heights / 2.0, along)
    return area


def _cumulative(function: Callable[..., Value], running: Callable[..., Value], start: int) -> None:

    @rule_for(function)
    def cumulative(x: Value, /, *, axis: int | None = None, dtype: DTypeLike | None = None, out: None = None,
                   include_initial: bool = False) -> Value:
        terms = np.atleast_1d(as_array(x))
        if axis is None:
            if terms.ndim != 1:
                raise ValueError("For arrays which have more than one dimension ``axis`` argument is required.")
            axis = 0
        result: Value = overrides[running](terms, axis, dtype)
        if not include_initial:
            return result
        along = normalize_axis_index(axis, terms.ndim)
        first = np.full((*terms.shape[:along], 1, *terms.shape[along + 1:]), start, result.dtype)
        return np.concatenate([first, result], along)


for _name, _running, _start in (("cumulative_sum", np.cumsum, 0), ("cumulative_prod", np.cumprod, 1)):
    if hasattr(np, _name):  # NumPy 2.1 and later
        _cumulative(getattr(np, _name), _running, _start)


# -- unwrap ---------------------------------------------------------------------------------------


@rule_for(np.unwrap)
def unwrap(p: Value, discont: float | None = None, axis: int = -1, *, period: float = 2 * np.pi) -> Value:
    """Angles without jumps of more than half a period: whole periods are added."""
    angles = as_array(p)
    along = normalize_axis_index(axis, angles.ndim)
    steps = diff(angles, axis=along)
    dtype: Dtype = np.result_type(steps.dtype, period)
    whole = dtype.kind in "iu"
    high, ambiguous = (period // 2, period % 2 == 0) if whole else (period / 2, True)
    wrapped = np.mod(steps + high, period) - high
    if ambiguous:
        wrapped = np.where((wrapped == -high) & (steps > 0), operand(high, wrapped.dtype), wrapped)
    correction = np.where(np.abs(steps) < (period / 2 if discont is None else discont), 0, wrapped - steps)
    later = _part(angles, along, 1, None) + np.cumsum(correction, along)
    return as_new(np.concatenate([operand(x, dtype) for x in (_part(angles, along, None, 1), later)], along))
