"""NumPy's functions that write into an array: put, copyto, fill_diagonal and their kin.

A traced array is rebound to what it is after the write; a plain one cannot take a traced value.
"""

from __future__ import annotations

from math import prod

import numpy as np

from ..core.primitive import Operand, Value
from ..core.tracer import Tracer
from ..core.tracing import concrete
from ..errors import InPlaceError
from .conventions import Casting, as_array, broadcast_to, rule_for

__all__: list[str] = []


def _target(function: str, a: Value) -> Tracer:
    if not isinstance(a, Tracer):
        raise InPlaceError(f"np.{function} was asked to write traced values into a plain array, of shape {np.shape(a)}",
                           why="a plain array holds numbers, so the entries would lose their derivatives",
                           edit="make the array with fad.numpy, as in b = fad.numpy.zeros(n)")
    return a


def _write_flat(a: Tracer, places: Value, values: Value) -> None:
    """a.flat[places] = values; of several values for one place, the last."""
    flat = np.ravel(a).copy()
    flat[places] = values
    a[...] = flat.reshape(a.shape)


@rule_for(np.copyto)
def copyto(dst: Value, src: Operand, casting: Casting = "same_kind", where: Value | bool = True) -> None:
    target, value = _target("copyto", dst), as_array(src) if not isinstance(src, (int, float, complex)) else src
    if not isinstance(value, (int, float, complex)) and not np.can_cast(value.dtype, target.dtype, casting):
        raise TypeError(f"Cannot cast array data from {value.dtype!r} to {target.dtype!r} according to the rule {casting!r}")
    target[...] = value if where is True else np.where(where, value, target).astype(target.dtype)


@rule_for(np.put)
def put(a: Value, ind: Value, v: Value, mode: str = "raise") -> None:
    target = _target("put", a)
    places: Value = np.ravel(as_array(ind))
    if mode == "wrap":
        places = places % target.size
    elif mode == "clip":
        places = np.clip(places, 0, target.size - 1)
    elif mode != "raise":
        raise ValueError(f"clipmode must be one of 'clip', 'raise', or 'wrap' (got {mode!r})")
    values = np.ravel(as_array(v))
    if places.size and values.size:
        _write_flat(target, places, values[np.arange(places.size) % values.size])


@rule_for(np.putmask)
def putmask(a: Value, mask: Value, values: Value) -> None:
    """Where the mask holds, the values at the same places of the flat array, repeated as need be."""
    target, chosen, new = _target("putmask", a), as_array(mask), np.ravel(as_array(values))
    if chosen.size != target.size:
        raise ValueError("putmask: mask and data must be the same size")
    if new.size:
        repeated = new[np.arange(target.size) % new.size].reshape(target.shape)
        target[...] = np.where(chosen.astype(np.bool_).reshape(target.shape), repeated, target).astype(target.dtype)


@rule_for(np.place)
def place(arr: Value, mask: Value, vals: Value) -> None:
    """Where the mask holds, the values one after the other."""
    target = _target("place", arr)
    places = np.flatnonzero(concrete(as_array(mask), "np.place"))
    put(target, places, vals)


@rule_for(np.put_along_axis)
def put_along_axis(arr: Value, indices: Value, values: Value, axis: int | None) -> None:
    target, places = _target("put_along_axis", arr), as_array(indices)
    if axis is None:
        put(target, places, values)
        return
    axis = axis % target.ndim
    key: list[Value] = list(np.ogrid[tuple([slice(n) for n in target.shape])])
    key[axis] = places
    target[tuple(key)] = broadcast_to(as_array(values), np.broadcast_shapes(*[k.shape for k in key]))


@rule_for(np.fill_diagonal)
def fill_diagonal(a: Value, val: Value, wrap: bool = False) -> None:
    target = _target("fill_diagonal", a)
    if target.ndim < 2:
        raise ValueError("array must be at least 2-d")
    if target.ndim > 2 and len(set(target.shape)) > 1:
        raise ValueError("All dimensions of input must be of equal length")
    columns = target.shape[1]
    step = columns + 1 if target.ndim == 2 else 1 + int(np.cumprod(target.shape[:-1]).sum())
    end = columns * columns if target.ndim == 2 and not wrap else prod(target.shape)
    put(target, np.arange(0, min(end, target.size), step), val)
