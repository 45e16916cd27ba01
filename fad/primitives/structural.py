"""Primitives that move entries or add them up: linear, and each other's transposes.

    broadcast ↔ sum        reshape ↔ reshape       permute ↔ permute⁻¹
    flip ↔ flip            join ↔ its cuts (see indexing)
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from ..core.avals import Aval, Dtype, Shape, make_aval
from ..core.equation import literal
from ..core.primitive import Linear, Primitive, Recorder, Tangent, Traced, Value, Zero, linear

__all__ = ["broadcast", "broadcast_p", "convert", "convert_p", "flip_p", "full", "gather_up", "instantiate", "inverse",
           "permute", "permute_p", "reshape", "reshape_p", "shifted", "spread", "sum", "sum_p"]

Axes = tuple[int, ...]

_LARGE = 1 << 28  # entries of an array of which a sum takes a tenth of a second
_SMALL = 4096  # entries of an array that is copied sooner than looked into


def shifted(axes: Sequence[int]) -> Axes:
    """The same axes of an array that has a stack in front."""
    return tuple([a + 1 for a in axes])


# -- broadcast: repeat along new axes; `axes` says where the new ones are in the result -----------


def _broadcast_evaluate(x: Value, *, shape: Shape, axes: Axes) -> Value:
    thin = np.reshape(x, tuple([1 if i in axes else n for i, n in enumerate(shape)]))
    if prod(shape) > _SMALL:
        return np.broadcast_to(thin, shape)
    result = np.empty(shape, thin.dtype)  # a copy, which takes a fifth of the time of making the view
    result[...] = thin
    return result


def _broadcast_infer(x: Aval, *, shape: Shape, axes: Axes) -> Aval:
    assert x.shape == tuple([n for i, n in enumerate(shape) if i not in axes]), (x, shape, axes)
    return make_aval(shape, x.dtype)


def _broadcast_batch(operands: Sequence[Value], mapped: Sequence[bool], *, shape: Shape, axes: Axes) -> Value:
    return broadcast_p(operands[0], shape=(operands[0].shape[0], *shape), axes=shifted(axes))


def _broadcast_transpose(ct: Value, x: Linear, *, shape: Shape, axes: Axes) -> Sequence[Tangent]:
    return (sum(ct, axes),)


broadcast_p: Primitive = linear("broadcast", _broadcast_evaluate, _broadcast_infer, _broadcast_batch, _broadcast_transpose,
                                kind="view")


def broadcast(x: Value, shape: Shape, axes: Axes) -> Value:
    """Repeat x along new axes, to this shape."""
    return broadcast_p(x, shape=shape, axes=axes) if axes else x


# -- sum: add up along axes -----------------------------------------------------------------------


def _sum_evaluate(x: Value, *, axes: Axes) -> Value:
    if np.size(x) > _LARGE:
        repeated = [a for a in axes if x.strides[a] == 0]
        if repeated:
            return _sum_of_repeated(x, axes, repeated)
    total: Value = np.add.reduce(x, axis=axes)
    return total


def _sum_of_repeated(x: Value, axes: Axes, repeated: Sequence[int]) -> Value:
    """A sum along axes along which nothing changes, as a product: such an array may have more entries than NumPy could
    add up in a year, though no memory holds them."""
    n = prod([x.shape[a] for a in repeated])
    cut = x[tuple([slice(1 if a in repeated else None) for a in range(x.ndim)])]
    total: Value = np.add.reduce(cut, axis=axes)
    wide = np.result_type(total.dtype, np.float64) if total.dtype.kind == "f" else total.dtype  # float16 cannot hold n
    product: Value = (total.astype(wide) * wide.type(n)).astype(total.dtype)
    return product


def _sum_infer(x: Aval, *, axes: Axes) -> Aval:
    return make_aval(tuple([n for i, n in enumerate(x.shape) if i not in axes]), x.dtype)


def _sum_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axes: Axes) -> Value:
    return sum_p(operands[0], axes=shifted(axes))


def _sum_transpose(ct: Value, x: Linear, *, axes: Axes) -> Sequence[Tangent]:
    return (broadcast(ct, x.shape, axes),)


sum_p: Primitive = linear("sum", _sum_evaluate, _sum_infer, _sum_batch, _sum_transpose)


def sum(x: Value, axes: Axes) -> Value:
    """Add up along axes."""
    return sum_p(x, axes=axes) if axes else x


# -- reshape --------------------------------------------------------------------------------------


def _reshape_infer(x: Aval, *, shape: Shape) -> Aval:
    result = make_aval(shape, x.dtype)
    assert result.size == x.size, (x, shape)
    return result


def _reshape_batch(operands: Sequence[Value], mapped: Sequence[bool], *, shape: Shape) -> Value:
    return reshape_p(operands[0], shape=(operands[0].shape[0], *shape))


def _reshape_transpose(ct: Value, x: Linear, *, shape: Shape) -> Sequence[Tangent]:
    return (reshape_p(ct, shape=x.shape),)


reshape_p: Primitive = linear("reshape", lambda x, *, shape: np.reshape(x, shape), _reshape_infer, _reshape_batch,
                   _reshape_transpose, kind="view")


def reshape(x: Value, shape: Shape) -> Value:
    """The same entries, in C order, in another shape."""
    return x if x.shape == shape else reshape_p(x, shape=shape)


# -- permute: the axes in another order (NumPy's transpose; here that word is taken) --------------


def _permute_infer(x: Aval, *, order: Axes) -> Aval:
    return make_aval(tuple([x.shape[i] for i in order]), x.dtype)


def _permute_batch(operands: Sequence[Value], mapped: Sequence[bool], *, order: Axes) -> Value:
    return permute_p(operands[0], order=(0, *shifted(order)))


def _permute_transpose(ct: Value, x: Linear, *, order: Axes) -> Sequence[Tangent]:
    return (permute_p(ct, order=inverse(order)),)


permute_p: Primitive = linear("permute", lambda x, *, order: np.transpose(x, order), _permute_infer, _permute_batch,
                   _permute_transpose, kind="view")


def permute(x: Value, order: Axes) -> Value:
    """The axes in another order: axis i of the result is axis order[i] of x."""
    return x if order == tuple(range(len(order))) else permute_p(x, order=order)


def inverse(order: Axes) -> Axes:
    """The permutation that undoes this one."""
    return tuple(sorted(range(len(order)), key=order.__getitem__))


# -- flip: the entries along some axes in reverse -------------------------------------------------


def _flip_batch(operands: Sequence[Value], mapped: Sequence[bool], *, axes: Axes) -> Value:
    return flip_p(operands[0], axes=shifted(axes))


flip_p: Primitive = linear("flip", lambda x, *, axes: np.flip(x, axes), lambda x, *, axes: x, _flip_batch,
                lambda ct, x, *, axes: (flip_p(ct, axes=axes),), kind="view")


# -- convert: to another dtype --------------------------------------------------------------------


def _convert_evaluate(x: Any, *, dtype: Dtype) -> Value:  # Any: a number of Python's, too
    if dtype.kind not in "cb" and np.iscomplexobj(x):
        x = x.real
    converted: Value = x.astype(dtype) if isinstance(x, (np.ndarray, np.generic)) else dtype.type(x)
    return converted


def _convert_infer(x: Aval, *, dtype: Dtype) -> Aval:
    return make_aval(x.shape, dtype)


def _convert_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, *, dtype: Dtype) -> Tangent:
    t = tangents[0]
    return Zero(result.aval) if isinstance(t, Zero) or dtype.kind not in "fc" else convert(t, dtype)


def _convert_batch(operands: Sequence[Value], mapped: Sequence[bool], *, dtype: Dtype) -> Value:
    return convert_p(operands[0], dtype=dtype)


def _convert_transpose(ct: Value, x: Linear, *, dtype: Dtype) -> Sequence[Tangent]:
    return (convert(ct, x.aval.dtype),)


convert_p: Primitive = Primitive("convert", _convert_evaluate, _convert_infer, _convert_jvp, _convert_batch,
                      _convert_transpose, kind="entrywise")


def convert(x: Value, dtype: Dtype) -> Value:
    """The same numbers in another dtype; from complex to real, the real parts."""
    return x if x.dtype == dtype else convert_p(x, dtype=dtype)


# -- constants of a given type --------------------------------------------------------------------


def full(number: complex, aval: Aval, recorder: Recorder | None) -> Value:
    """An array of this aval filled with one number: an equation of its own, which simplification can read."""
    scalar = literal(aval.dtype.type(number))
    entry: Value = scalar.value
    if not aval.shape:
        return entry
    axes = tuple(range(aval.ndim))
    if recorder is None:
        return _broadcast_evaluate(entry, shape=aval.shape, axes=axes)
    return recorder.record(broadcast_p, (scalar,), (("axes", axes), ("shape", aval.shape)))


def instantiate(t: Tangent, recorder: Recorder | None) -> Value:
    """A tangent as an array, symbolic zeros included."""
    return full(0, t.aval, recorder) if isinstance(t, Zero) else t


# -- numbers riding along with arrays: see elementwise --------------------------------------------


def spread(t: Value, aval: Aval) -> Value:
    """A number, repeated to the shape of an array that it belongs to."""
    return broadcast(t, aval.shape, tuple(range(aval.ndim))) if aval.shape and not t.shape else t


def gather_up(ct: Value, aval: Aval) -> Value:
    """The transpose of `spread`: add up what a number was spread over."""
    return sum(ct, tuple(range(ct.ndim))) if ct.shape and not aval.shape else ct
