"""NumPy's functions that repeat entries, move them to other places, or pick a part of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from operator import index
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.typing import DTypeLike

from ..core.avals import Shape
from ..core.dispatch import missing_rule, overrides
from ..core.primitive import Operand, Value, Values
from ..primitives.indexing import cut
from ..primitives.joining import concatenate as join
from ..primitives.joining import diagonal_p, embed_diagonal, pad_p
from ..primitives.structural import broadcast, flip_p, reshape
from .conventions import Axis, as_array, broadcast_to, integers, operand, rule_for
from .shape import ShapeLike, flat, moveaxis
from .views import as_new, view

__all__: list[str] = []

Places: TypeAlias = slice | int | Sequence[int] | Value
"""Places along an axis."""

Width: TypeAlias = int | Sequence[int]
Widths: TypeAlias = Width | Sequence[Sequence[int]] | dict[int, Width]
"""How far to pad: everywhere, before and after, by axis."""

Mode: TypeAlias = Literal["constant", "edge", "reflect", "symmetric", "wrap"]
"""What to pad with."""


# -- repeating ------------------------------------------------------------------------------------


@rule_for(np.tile)
def tile(A: Value, reps: int | Sequence[int]) -> Value:
    x = as_array(A)
    times = integers(reps)
    ndim = max(x.ndim, len(times))
    before, times = (1,) * (ndim - x.ndim) + x.shape, (1,) * (ndim - len(times)) + times
    value, after = reshape(x, before), tuple([r * n for r, n in zip(times, before, strict=True)])
    repeated = [i for i, r in enumerate(times) if r != 1]
    interleaved = [n for i, n in enumerate(before) for n in ((times[i], n) if i in repeated else (n,))]
    new = tuple([i + k for k, i in enumerate(repeated)])
    return as_new(reshape(broadcast(value, tuple(interleaved), new), after))


@rule_for(np.repeat)
def repeat(a: Value, repeats: Value | Sequence[int] | int, axis: int | None = None) -> Value:
    x = as_array(a)
    x = x if x.ndim and axis is not None else flat(x)
    along = 0 if axis is None else normalize_axis_index(index(axis), x.ndim)
    n = x.shape[along]
    counts = np.asarray(repeats)
    if counts.size != 1 or counts.ndim > 1:
        return arranged(x, np.repeat(np.arange(n), counts), along)
    times = int(counts.item())
    if times < 0:
        raise ValueError("repeats may not contain negative values.")
    lead, rest = x.shape[:along + 1], x.shape[along + 1:]
    return as_new(reshape(broadcast(x, (*lead, times, *rest), (along + 1,)), (*lead[:-1], n * times, *rest)))


@rule_for(np.resize)
def resize(a: Value, new_shape: ShapeLike) -> Value:
    x = flat(as_array(a))
    shape = integers(new_shape)
    if min(shape, default=0) < 0:
        raise ValueError("all elements of `new_shape` must be non-negative")
    size = prod(shape)
    if not x.size or not size:
        return np.zeros(shape, x.dtype)
    rounds = -(-size // x.size)
    return as_new(reshape(cut(flat(broadcast(x, (rounds, x.size), (0,))), 0, 0, size), shape))


@rule_for(np.meshgrid)
def meshgrid(*xi: Value, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> Values:
    if indexing not in ("xy", "ij"):
        raise ValueError("Valid values for `indexing` are 'xy' and 'ij'.")
    arrays = [as_array(x) for x in xi]
    places = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        places[:2] = 1, 0
    shape = tuple([arrays[i].size for i in places])  # swapping the first two is its own inverse

    def grid(x: Value, place: int) -> Value:
        thin = tuple([x.size if i == place else 1 for i in range(len(arrays))])
        whole = thin if sparse else shape

        def take(x: Value) -> Value:
            return broadcast_to(reshape(x, thin), whole)

        return as_new(take(x)) if copy else view(take, x, None, lambda a: np.broadcast_to(a.reshape(thin), whole))

    return tuple(map(grid, arrays, places))


# -- rearranging along an axis --------------------------------------------------------------------

_MOST_RUNS = 8  # an arrangement of more pieces than this is read entry by entry


def arranged(x: Value, order: Value, axis: int) -> Value:
    """The entries order[0], order[1], ... of an axis; from slices (forwards, backwards, of one entry) if a few do."""
    runs = _runs(order)
    if runs is None:
        key: list[slice | Value] = [slice(None)] * axis
        return x[(*key, order)]

    def piece(start: int, length: int, step: int) -> Value:
        if step == 0:
            return broadcast_to(cut(x, axis, start, start + 1), (*x.shape[:axis], length, *x.shape[axis + 1:]))
        low = start if step == 1 else start - length + 1
        part = x if length == x.shape[axis] else cut(x, axis, low, low + length)
        return part if step == 1 else flip_p(part, axes=(axis,))

    return as_new(join([piece(*run) for run in runs], axis) if runs else cut(x, axis, 0, 0))


def _runs(order: Value) -> list[tuple[int, int, int]] | None:
    """(start, length, step) of the pieces with steps of 1, -1 or 0 that make up an order; None: too many."""
    steps = np.diff(order)
    turns = np.flatnonzero(np.diff(steps)) + 1  # the places in `steps` that differ from the one before
    if len(turns) > 2 * _MOST_RUNS:
        return None
    ends = [*turns.tolist(), len(steps)]
    runs: list[tuple[int, int, int]] = []
    at = 0
    while at < len(order):
        step = int(steps[at]) if at < len(steps) else 1
        if step not in (-1, 0, 1):  # an entry by itself
            step, end = 1, at + 1
        else:
            end = next((t for t in ends if t > at), at) + 1
        runs.append((int(order[at]), end - at, step))
        at = end
    return runs if len(runs) <= _MOST_RUNS else None


@rule_for(np.roll)
def roll(a: Value, shift: int | Sequence[int], axis: Axis = None) -> Value:
    x = as_array(a)
    if axis is None:
        return as_new(reshape(_rolled(flat(x), sum(map(int, np.ravel(shift))), 0), x.shape))
    axes = normalize_axis_tuple(axis, x.ndim, allow_duplicate=True)
    for by, along in np.broadcast(shift, axes):
        x = _rolled(x, int(by), along)
    return as_new(x)


def _rolled(x: Value, shift: int, axis: int) -> Value:
    n = x.shape[axis]
    if n == 0 or shift % n == 0:
        return x
    at = n - shift % n
    return join([cut(x, axis, at, n), cut(x, axis, 0, at)], axis)


@rule_for(np.delete)
def delete(arr: Value, obj: Places, axis: int | None = None) -> Value:
    x = as_array(arr)
    x, along = (flat(x), 0) if axis is None else (x, normalize_axis_index(index(axis), x.ndim))
    return arranged(x, np.delete(np.arange(x.shape[along]), obj), along)


@rule_for(np.insert)
def insert(arr: Value, obj: Places, values: Value, axis: int | None = None) -> Value:
    x, y = as_array(arr), as_array(values)
    x, along = (flat(x), 0) if axis is None else (x, normalize_axis_index(index(axis), x.ndim))
    y = reshape(operand(y, x.dtype), (1,) * (x.ndim - y.ndim) + y.shape)
    if not isinstance(obj, slice) and np.ndim(obj) == 0:
        y = moveaxis(y, 0, along)
    n = x.shape[along]
    places = len(np.insert(np.arange(n), obj, 0)) - n
    count = y.shape[along] if places == 1 else places  # at one place, any number of entries
    y = broadcast_to(y, (*x.shape[:along], count, *x.shape[along + 1:]))
    return arranged(join([x, y], along), np.insert(np.arange(n), obj, np.arange(n, n + count)), along)


# -- padding --------------------------------------------------------------------------------------


@rule_for(np.pad)
def pad(array: Value, pad_width: Widths, mode: Mode = "constant", **kwargs: Any) -> Value:  # Any: the settings of a mode
    x = as_array(array)
    widths = _widths(pad_width, x.ndim)
    if mode not in ("constant", "edge", "reflect", "symmetric", "wrap"):
        raise missing_rule("numpy.pad", f"mode={mode!r}")
    if kwargs.get("reflect_type", "even") != "even":
        raise missing_rule("numpy.pad", "reflect_type='odd'")
    constants = kwargs.pop("constant_values", 0) if mode == "constant" else 0
    np.pad(np.empty(1), 0, mode, **kwargs)  # refuses what does not belong to the mode, in NumPy's own words
    if mode == "constant":
        return as_new(_padded_by_constants(x, widths, constants))
    for axis, (low, high) in enumerate(widths):
        if low or high:
            n = x.shape[axis]
            order = np.pad(np.arange(n), (low, high), mode)
            x = join([arranged(x, order[:low], axis), x, arranged(x, order[low + n:], axis)], axis)
    return as_new(x)


def _widths(pad_width: Widths, ndim: int) -> list[tuple[int, int]]:
    if isinstance(pad_width, dict):
        by_axis: list[object] = [(0, 0)] * ndim
        for axis, width in pad_width.items():
            by_axis[axis] = width if np.iterable(width) else (width, width)
        pairs = np.asarray(by_axis)
    else:
        pairs = np.asarray(pad_width)
    widths = [(index(low), index(high)) for low, high in np.broadcast_to(pairs, (ndim, 2))]
    if any(low < 0 or high < 0 for low, high in widths):
        raise ValueError("index can't contain negative values")
    return widths


def _padded_by_constants(x: Value, widths: list[tuple[int, int]], constant_values: Operand) -> Value:
    """Zeros are padded at once; other constants, which may be traced, are joined on, an axis after the other."""
    if type(constant_values) in (int, float) and constant_values == 0 and not np.signbit(constant_values):
        low, high = (tuple([w[side] for w in widths]) for side in (0, 1))
        return pad_p(x, low=low, high=high, gap=(0,) * x.ndim) if any(low) or any(high) else x
    constants = broadcast_to(operand(as_array(constant_values), x.dtype), (x.ndim, 2))
    for axis, (low_width, high_width) in enumerate(widths):
        before, after = (_filled(constants[axis, side], (*x.shape[:axis], width, *x.shape[axis + 1:]))
                         for side, width in ((0, low_width), (1, high_width)))
        x = join([before, x, after], axis)
    return x


def _filled(number: Value, shape: Shape) -> Value:
    return broadcast(number, shape, tuple(range(len(shape))))


# -- diagonals and triangles ----------------------------------------------------------------------


@rule_for(np.diagonal)
def diagonal(a: Value, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Value:
    x = as_array(a)
    if x.ndim < 2:
        raise ValueError("diag requires an array of at least two dimensions")
    axes = normalize_axis_index(axis1, x.ndim), normalize_axis_index(axis2, x.ndim)
    if axes[0] == axes[1]:
        raise ValueError("axis1 and axis2 cannot be the same")
    return view(lambda x: diagonal_p(x, offset=index(offset), axes=axes), x, None,
                lambda a: np.diagonal(a, index(offset), *axes))


@rule_for(np.trace)
def trace(a: Value, offset: int = 0, axis1: int = 0, axis2: int = 1, dtype: DTypeLike | None = None,
          out: None = None) -> Value:
    total: Value = overrides[np.sum](diagonal(a, offset, axis1, axis2), axis=-1, dtype=dtype)
    return total


@rule_for(np.linalg.diagonal)
def linalg_diagonal(x: Value, /, *, offset: int = 0) -> Value:
    return diagonal(x, offset, -2, -1)


@rule_for(np.linalg.trace)
def linalg_trace(x: Value, /, *, offset: int = 0, dtype: DTypeLike | None = None) -> Value:
    return trace(x, offset, -2, -1, dtype)


@rule_for(np.diag)
def diag(v: Value, k: int = 0) -> Value:
    x, offset = as_array(v), index(k)
    if x.ndim == 1:
        n = x.size + abs(offset)
        return embed_diagonal(x, (n, n), offset)
    if x.ndim == 2:
        return diagonal(x, offset)
    raise ValueError("Input must be 1- or 2-d.")


@rule_for(np.diagflat)
def diagflat(v: Value, k: int = 0) -> Value:
    return diag(flat(as_array(v)), k)


def _triangle(shape: Shape, k: int) -> Value:
    """Where in the last two axes an entry is on the k-th diagonal, or below it."""
    triangle: Callable[..., Value] = np.tri  # of one size or two
    return triangle(*shape[-2:], k=k, dtype=np.bool_)


@rule_for(np.tril)
def tril(m: Value, k: int = 0) -> Value:
    x = as_array(m)
    lower: Value = overrides[np.where](_triangle(x.shape, index(k)), x, x.dtype.type(0))
    return lower


@rule_for(np.triu)
def triu(m: Value, k: int = 0) -> Value:
    x = as_array(m)
    upper: Value = overrides[np.where](_triangle(x.shape, index(k) - 1), x.dtype.type(0), x)
    return upper
