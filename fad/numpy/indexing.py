"""NumPy's keys: x[key], x[key] = value, and the functions that read entries at positions.

A key becomes an `Index` and its arrays. Integers and slices are part of the program; arrays of integers, and
traced integers, are operands of it. A boolean mask is turned into positions, for which a traced one is asked
for its value; only `x[mask] = number` does without.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from types import EllipsisType
from typing import Any, TypeAlias, TypeGuard

import numpy as np

from ..core.avals import Shape
from ..core.primitive import Operand, Traced, Value
from ..core.tracer import Tracer, View
from ..core.tracing import concrete
from ..errors import DtypeError, ShapeError
from ..primitives.elementwise import select
from ..primitives.indexing import ARRAY, Cut, Index, Item, getitem_p, make_index, scatter_add_p, setitem_p
from ..primitives.structural import broadcast_p, convert, flip_p, reshape
from .conventions import as_array, axes_of, broadcast_to, operand, rule_for, shape_of

__all__ = ["added", "getitem", "setitem"]

_POSITION = np.dtype(np.intp)
_WRONG_KEY = ("only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are "
              "valid indices")
_WRONG_DTYPE = "arrays used as indices must be of integer (or boolean) type"


# -- keys -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Key:
    """A key that has met its array: which must first have `shape`, if the key has a lone True or False in it."""

    index: Index
    arrays: tuple[Value, ...]
    shape: Shape
    scalar: bool  # whether x[key] is one entry, and not an array of no axes
    view: bool  # whether NumPy makes x[key] a view: if the key has no arrays; traced integers are none
    whole: bool  # whether x[key] has all entries in their order, as x[:] and x[:, None] do
    backwards: tuple[int, ...]  # the axes along which x[key] has all entries in reverse, if it is otherwise whole

    @property
    def region(self) -> Shape:
        """The shape of x[key]."""
        return self.index.shape([a.shape for a in self.arrays])


Part: TypeAlias = int | slice | EllipsisType | Value | None
"""An item of a key; an array is one of booleans or (also traced) of integers."""

_CONSTANTS = {int, type(None), type(Ellipsis)}
_BOUNDS = {int, type(None)}


def parse(shape: Shape, key: object) -> Key:
    """What a key means for an array of this shape.

    Raises:
        IndexError: NumPy's, in its words.
    """
    keys = key if isinstance(key, tuple) else (key,)
    spelled: list[object] = []
    for k in keys:
        if type(k) in _CONSTANTS:
            spelled.append(k)
        elif type(k) is slice and type(k.start) in _BOUNDS and type(k.stop) in _BOUNDS and type(k.step) in _BOUNDS:
            spelled.append((k.start, k.stop, k.step))
        else:
            return _parse(shape, keys)
    return _parse_static(shape, tuple(spelled))


@lru_cache(maxsize=4096)
def _parse_static(shape: Shape, spelled: tuple[object, ...]) -> Key:
    """The same for integers and slices, which loops ask for often (a slice has no hash, but its bounds do)."""
    return _parse(shape, tuple([slice(*k) if type(k) is tuple else k for k in spelled]))


def _parse(shape: Shape, keys: tuple[object, ...]) -> Key:
    parts = [_part(k) for k in keys]
    items: list[Item] = []
    arrays: list[Value] = []
    before: list[int] = []
    axis = 0
    for part in _completed(parts, len(shape)):
        if part is None or part is ...:
            items.append(part)
        elif _is_mask(part):
            _check_mask(part, axis, shape)
            items.extend([ARRAY] * max(part.ndim, 1))
            arrays.extend(np.nonzero(np.atleast_1d(part)))  # a lone True or False: an axis of one entry, taken or not
            before.extend(part.shape or (1,))
            axis += part.ndim
        else:
            items.append(_item(part, axis, shape[axis]))
            arrays.extend([] if isinstance(part, (int, slice)) else [part])
            before.append(shape[axis])
            axis += 1
    _check_together(arrays)
    masks = [part.ndim for part in parts if _is_mask(part)]
    unique = not any(a.shape for a in arrays) or len(masks) == 1 and max(masks[0], 1) == len(arrays)
    kept = tuple(items) if arrays else tuple([item for item in items if item is not Ellipsis])
    scalar = all(item is ARRAY or isinstance(item, int) for item in items) and not any(k is Ellipsis for k in parts)
    view = not scalar and not any(a.shape for a in arrays) and not any(isinstance(k, np.ndarray) for k in keys)
    reversed_axes = tuple([i for i, item in enumerate(kept) if isinstance(item, Cut) and item.step == -1])
    forwards = tuple([Cut(0, n, 1) for n in before])
    backwards = tuple([Cut(n - 1, -1, -1) if i in reversed_axes else cut for i, (cut, n) in enumerate(
        zip(forwards, before, strict=True))])
    return Key(make_index(kept, unique), tuple(arrays), tuple(before), scalar, view,
               whole=tuple([item for item in kept if item is not None]) == forwards,
               backwards=reversed_axes if kept == backwards else ())


def _part(k: Any) -> Part:  # Any: whatever the user has put there
    if k is None or isinstance(k, (EllipsisType, slice, int)) and not isinstance(k, bool):
        return k
    if isinstance(k, (list, tuple)):
        k = as_array(k) if len(k) else np.zeros(0, _POSITION)
    if isinstance(k, (np.ndarray, np.generic, bool, Tracer)):
        array = np.asarray(k) if not isinstance(k, Tracer) else k
        if array.dtype.kind == "b":
            return np.asarray(concrete(array, "a boolean mask"))
        if array.dtype.kind not in "iu":
            raise IndexError(_WRONG_DTYPE if array.ndim else _WRONG_KEY)
        if isinstance(array, Tracer):
            return convert(array, _POSITION)
        return array.astype(_POSITION, copy=False) if array.ndim else int(array)
    try:
        return operator.index(k)
    except TypeError:
        raise IndexError(_WRONG_KEY) from None


def _is_mask(part: Part) -> TypeGuard[Value]:
    return isinstance(part, np.ndarray) and part.dtype.kind == "b"


def _completed(parts: Sequence[Part], ndim: int) -> list[Part]:
    """The parts, with slices for the axes that they do not name; an Ellipsis stays only if it stands for none."""
    used = sum([part.ndim if _is_mask(part) else part is not None and part is not Ellipsis for part in parts])
    if used > ndim:
        raise IndexError(f"too many indices for array: array is {ndim}-dimensional, but {used} were indexed")
    places = [i for i, part in enumerate(parts) if part is Ellipsis]
    if len(places) > 1:
        raise IndexError("an index can only have a single ellipsis ('...')")
    whole: list[Part] = [slice(None)] * (ndim - used)
    if not places:
        return [*parts, *whole]
    return [*parts[:places[0]], *(whole or [Ellipsis]), *parts[places[0] + 1:]]


def _item(part: Part, axis: int, n: int) -> Item:
    if isinstance(part, int):
        return _position(part, axis, n)
    if isinstance(part, slice):
        positions = range(*part.indices(n))
        if len(positions) < 2:
            return Cut(positions.start, positions.start + 1, 1) if positions else Cut(0, 0, 1)
        return Cut(positions.start, positions[-1] + (1 if positions.step > 0 else -1), positions.step)
    if isinstance(part, np.ndarray) and part.size:
        for i in (int(part.min()), int(part.max())):
            _position(i, axis, n)
    return ARRAY


def _position(i: int, axis: int, n: int) -> int:
    if not -n <= i < n:
        raise IndexError(f"index {i} is out of bounds for axis {axis} with size {n}")
    return i + n if i < 0 else i


def _check_mask(mask: Value, axis: int, shape: Shape) -> None:
    for i, n in enumerate(mask.shape):
        if n != shape[axis + i]:
            raise IndexError(f"boolean index did not match indexed array along axis {axis + i}; size of axis is "
                             f"{shape[axis + i]} but size of corresponding boolean axis is {n}")


def _check_together(arrays: Sequence[Value]) -> None:
    try:
        if len(arrays) > 1:
            np.broadcast_shapes(*[a.shape for a in arrays])
    except ValueError:
        raise IndexError("shape mismatch: indexing arrays could not be broadcast together with shapes "
                         + " ".join([str(a.shape).replace(" ", "") for a in arrays])) from None


# -- reading --------------------------------------------------------------------------------------


class Through:
    """How the view x[key] is taken from x, and how a write to it reaches x."""

    __slots__ = ("base", "key")

    def __init__(self, base: Tracer, key: Key) -> None:
        self.base, self.key = base, key

    def read(self, base: Tracer) -> Value:
        return _read(base, self.key)

    def __call__(self, new: Value) -> Value:
        return _write(self.base, self.key, new)


@rule_for("getitem")
def getitem(x: Tracer, key: object) -> Value:
    """x[key]: of integers and slices a view, of arrays a copy."""
    known = parse(x.shape, key)
    result = _read(x, known)
    if not known.view or not isinstance(result, Tracer):
        return result
    through = Through(x, known)
    return View(result, x, through.read, through)


def _read(x: Value, key: Key) -> Value:
    if key.whole:
        return reshape(x, key.index.shape())
    if key.backwards:
        return flip_p(x, axes=key.backwards)
    if key.arrays or not isinstance(x, Tracer):
        return getitem_p(reshape(x, key.shape), *key.arrays, index=key.index)
    return x.builder.record(getitem_p, (x,), (("index", key.index),))


# -- writing --------------------------------------------------------------------------------------


@rule_for("setitem")
def setitem(x: Tracer, key: object, value: Operand) -> Value:
    """What x is after x[key] = value."""
    value = _in_dtype_of(x, value)
    mask = _lone_mask(key)
    if mask is not None and not shape_of(value) and mask.shape == x.shape[:mask.ndim]:
        whole = broadcast_to(reshape(mask, mask.shape + (1,) * (x.ndim - mask.ndim)), x.shape)
        return select(whole, value, x)
    known = parse(x.shape, key)
    if _is_there(x, known, value):
        return x
    return _write(x, known, _in_shape_of(known, value))


def _lone_mask(key: object) -> Value | None:
    """The mask, if the key is one."""
    key = key[0] if isinstance(key, tuple) and len(key) == 1 else key
    if isinstance(key, (bool, list, np.ndarray, np.generic, Tracer)):
        array = as_array(key)
        return array if array.dtype.kind == "b" else None
    return None


def _is_there(x: Tracer, key: Key, value: Value) -> bool:
    """Whether the value is the view x[key]: x[key] += v has written to it, and so to x, and now writes it back."""
    through = value.restore if isinstance(value, View) else None
    return isinstance(through, Through) and through.base is x and through.key.index is key.index and all(
        a is b for a, b in zip(through.key.arrays, key.arrays, strict=True))


def _write(x: Tracer, key: Key, value: Value) -> Value:
    """x, with a value of the right dtype, and of the key's region or a number, at the key."""
    if key.shape != x.shape:
        return reshape(setitem_p(reshape(x, key.shape), value, *key.arrays, index=key.index), x.shape)
    if not key.whole or shape_of(value) and not isinstance(value, Tracer):
        return setitem_p(x, value, *key.arrays, index=key.index)
    if shape_of(value):
        return reshape(value, x.shape)
    builder = value.builder if isinstance(value, Tracer) else x.builder  # a number for all entries: x is forgotten
    return builder.record(broadcast_p, (value,), (("axes", tuple(range(x.ndim))), ("shape", x.shape)))


def added(x: Tracer, key: object, value: Operand) -> Value:
    """x with a value added at a key: again for each time that the key names an entry."""
    known = parse(x.shape, key)
    updates = broadcast_to(_in_shape_of(known, _in_dtype_of(x, value)), known.region)
    return reshape(scatter_add_p(reshape(x, known.shape), updates, *known.arrays, index=known.index), x.shape)


def _in_dtype_of(x: Tracer, value: Operand) -> Value:
    """The value as x can hold it. NumPy casts without a word; where that would drop a derivative it is an error."""
    if type(value) in (float, int, bool) or isinstance(value, Tracer) and value.dtype == x.dtype:
        return operand(value, x.dtype)
    value = as_array(value) if not isinstance(value, complex) else np.complex128(value)
    dtype = value.dtype
    if dtype.kind == "c" and x.dtype.kind != "c":
        raise DtypeError(f"a complex value, of type {dtype}, was stored into a real array, of type {x.aval}",
                         why="the imaginary part would be lost without a word",
                         edit="make the array complex, as in fad.numpy.zeros(n, complex), or store value.real")
    if isinstance(value, Traced) and dtype.kind == "f" and x.dtype.kind not in "fc":
        raise DtypeError(f"a traced value of type {dtype} was stored into an array of type {x.aval}",
                         why="it would be truncated, and its derivative lost",
                         edit="make the array one of floats, as in fad.numpy.zeros(n)")
    return operand(value, x.dtype)


def _in_shape_of(key: Key, value: Value) -> Value:
    """The value, broadcast to the key's region; a number stays one."""
    shape, region = shape_of(value), key.region
    if not shape or shape == region:
        return value
    trimmed = shape
    while len(trimmed) > len(region) and trimmed[0] == 1:  # NumPy drops leading axes of size 1
        trimmed = trimmed[1:]
    if key.scalar or len(trimmed) > len(region) or any(
            m not in (1, n) for m, n in zip(reversed(trimmed), reversed(region))):  # noqa: B905  # the shorter decides
        raise ShapeError(f"could not broadcast input array from shape {shape} into shape {region}",
                         why="a value must have the shape of the entries that it is written to, or broadcast to it",
                         edit="store one number" if key.scalar else "reshape the value, or take another slice")
    return broadcast_to(reshape(value, trimmed), region)


# -- functions that read at positions -------------------------------------------------------------


@rule_for(np.take)
def take(a: Value, indices: Value, axis: int | None = None, out: None = None, mode: str = "raise") -> Value:
    a = as_array(a)
    if axis is None:
        a, axis = reshape(a, (a.size,)), 0
    elif not a.ndim:
        a = reshape(a, (1,))
    axis, = axes_of(axis, a.ndim)
    positions = as_array(indices)
    positions = operand(positions, _POSITION) if positions.dtype.kind in "biu" or not positions.size else positions
    if mode == "clip":
        positions = np.clip(positions, 0, a.shape[axis] - 1)
    elif mode == "wrap":
        positions = positions % a.shape[axis]
    elif mode != "raise":
        raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")
    return _read(a, parse(a.shape, (*[slice(None)] * axis, positions)))


@rule_for(np.compress)
def compress(condition: Value, a: Value, axis: int | None = None, out: None = None) -> Value:
    chosen = np.asarray(concrete(as_array(condition), "np.compress"))
    if chosen.ndim != 1:
        raise ValueError("condition must be a 1-d array")
    return take(a, np.nonzero(chosen)[0], axis)


@rule_for(np.extract)
def extract(condition: Value, arr: Value) -> Value:
    return take(arr, np.nonzero(np.ravel(concrete(as_array(condition), "np.extract")))[0])
