"""Primitives that lay arrays side by side, and into larger ones: linear, and transposed by cutting.

    concatenate → slices        stack → entries along an axis        pad ↔ slice
    diagonal ↔ embed_diagonal, which is a pad and a reshape: in the flat entries of an (n, m) array,
    the next entry of a diagonal is always m + 1 entries further on
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ..core.avals import Aval, Shape, make_aval
from ..core.primitive import Evaluate, Infer, Linear, Primitive, Tangent, Traced, Value, Zero, innermost, linear
from ..errors import DtypeError, ShapeError
from .indexing import Cut, Index, Item, cut, getitem_p, make_index
from .structural import broadcast, instantiate, inverse, permute, reshape

__all__ = ["concatenate", "concatenate_p", "diagonal_p", "embed_diagonal", "pad_p", "stack_p"]

Axes = tuple[int, ...]


# -- joining: several operands, linear in all of them together ------------------------------------

Pieces = Callable[[Value, Sequence[Value | Linear], int], Sequence[Value]]
"""The pieces of a cotangent that belong to the operands, whose values or `Linear` holes tell their shapes."""


def _join(name: str, evaluate: Evaluate, infer: Infer, pieces: Pieces) -> Primitive:
    """A primitive that lays its operands, which have one dtype, next to each other along `axis`."""

    def jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Traced, /, *, axis: int) -> Tangent:
        moving = [t for t in tangents if not isinstance(t, Zero)]
        if not moving:
            return Zero(result.aval)
        recorder = innermost(moving)
        return primitive(*[instantiate(t, recorder) for t in tangents], axis=axis)

    def batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, axis: int) -> Value:
        n = next(x.shape[0] for x, m in zip(operands, mapped, strict=True) if m)
        return primitive(*[x if m else broadcast(x, (n, *x.shape), (0,))
                           for x, m in zip(operands, mapped, strict=True)], axis=axis + 1)

    def transpose(ct: Value, /, *operands: Value | Linear, axis: int) -> Sequence[Tangent | None]:
        return [piece if isinstance(x, Linear) else None
                for x, piece in zip(operands, pieces(ct, operands, axis), strict=True)]

    primitive = Primitive(name, evaluate, infer, jvp, batch, transpose)
    return primitive


def _one_dtype(name: str, avals: Sequence[Aval]) -> None:
    if len({x.dtype for x in avals}) > 1:
        raise DtypeError(f"{name} of arrays of types {', '.join(map(str, avals))}",
                         why="the primitive takes operands of one dtype", edit="convert them first")


def _concatenate_infer(*avals: Aval, axis: int) -> Aval:
    _one_dtype("concatenate", avals)
    before, after = avals[0].shape[:axis], avals[0].shape[axis + 1:]
    if any(x.ndim != avals[0].ndim or x.shape[:axis] != before or x.shape[axis + 1:] != after for x in avals):
        raise ShapeError(f"arrays of types {', '.join(map(str, avals))} cannot be concatenated along axis {axis}",
                         why="all dimensions but that along the axis must match exactly",
                         edit="reshape or broadcast them first, or join them along another axis")
    return make_aval((*before, sum([x.shape[axis] for x in avals]), *after), avals[0].dtype)


def _slices(ct: Value, operands: Sequence[Value | Linear], axis: int) -> Sequence[Value]:
    pieces, start = [], 0
    for x in operands:
        end = start + x.shape[axis]
        pieces.append(cut(ct, axis, start, end))
        start = end
    return pieces


concatenate_p = _join("concatenate", lambda *xs, axis: np.concatenate(xs, axis), _concatenate_infer, _slices)


def concatenate(xs: Sequence[Value], axis: int) -> Value:
    """Arrays of one dtype, one after the other along an axis; those without entries add nothing."""
    solid = [x for x in xs if x.shape[axis]] or list(xs[:1])
    return solid[0] if len(solid) == 1 else concatenate_p(*solid, axis=axis)


def _stack_evaluate(*xs: Value, axis: int) -> Value:
    return np.stack(xs, axis) if np.ndim(xs[0]) else np.array(xs)  # of numbers, the shorter way to the same array


def _stack_infer(*avals: Aval, axis: int) -> Aval:
    _one_dtype("stack", avals)
    shape = avals[0].shape
    if any(x.shape != shape for x in avals):
        raise ShapeError(f"arrays of types {', '.join(map(str, avals))} cannot be stacked",
                         why="all input arrays must have the same shape", edit="broadcast or reshape them first")
    return make_aval((*shape[:axis], len(avals), *shape[axis:]), avals[0].dtype)


def _entries(ct: Value, operands: Sequence[Value | Linear], axis: int) -> Sequence[Value]:
    def entry(i: int) -> Value:
        items: list[Item] = [Cut(0, n, 1) for n in ct.shape]
        items[axis] = i
        return getitem_p(ct, index=make_index(tuple(items)))

    return [entry(i) for i in range(len(operands))]


stack_p = _join("stack", _stack_evaluate, _stack_infer, _entries)


# -- pad: lay entries into zeros, `gap` of them between one entry and the next --------------------


def _places(shape: Shape, low: Axes, gap: Axes) -> Index:
    """Where the entries of an array of this shape are in the padded one."""
    return make_index(tuple([Cut(at, at + (n - 1) * (g + 1) + 1, g + 1) if n else Cut(0, 0, 1)
                             for n, at, g in zip(shape, low, gap, strict=True)]))


def _pad_infer(x: Aval, *, low: Axes, high: Axes, gap: Axes) -> Aval:
    return make_aval(tuple([at + n + g * max(n - 1, 0) + more
                            for n, at, more, g in zip(x.shape, low, high, gap, strict=True)]), x.dtype)


def _pad_evaluate(x: Value, *, low: Axes, high: Axes, gap: Axes) -> Value:
    result = np.zeros(_pad_infer(make_aval(x.shape, x.dtype), low=low, high=high, gap=gap).shape, x.dtype)
    result[_places(x.shape, low, gap).key] = x
    return result


def _pad_batch(operands: Sequence[Value], mapped: Sequence[bool], *, low: Axes, high: Axes, gap: Axes) -> Value:
    return pad_p(operands[0], low=(0, *low), high=(0, *high), gap=(0, *gap))


def _pad_transpose(ct: Value, x: Linear, *, low: Axes, high: Axes, gap: Axes) -> Sequence[Tangent]:
    return (getitem_p(ct, index=_places(x.shape, low, gap)),)


pad_p = linear("pad", _pad_evaluate, _pad_infer, _pad_batch, _pad_transpose)


# -- diagonal: of two axes, put last --------------------------------------------------------------


def _without(shape: Shape, axes: Axes) -> Axes:
    return tuple([i for i in range(len(shape)) if i not in axes])


def _length(n: int, m: int, offset: int) -> int:
    """How many entries a diagonal of an (n, m) array has."""
    return max(0, min(n, m - offset) if offset >= 0 else min(n + offset, m))


def _diagonal_infer(x: Aval, *, offset: int, axes: Axes) -> Aval:
    n, m = x.shape[axes[0]], x.shape[axes[1]]
    return make_aval((*[x.shape[i] for i in _without(x.shape, axes)], _length(n, m, offset)), x.dtype)


def _diagonal_batch(operands: Sequence[Value], mapped: Sequence[bool], *, offset: int, axes: Axes) -> Value:
    return diagonal_p(operands[0], offset=offset, axes=(axes[0] + 1, axes[1] + 1))


def _diagonal_transpose(ct: Value, x: Linear, *, offset: int, axes: Axes) -> Sequence[Tangent]:
    embedded = embed_diagonal(ct, (x.shape[axes[0]], x.shape[axes[1]]), offset)
    return (permute(embedded, inverse((*_without(x.shape, axes), *axes))),)


diagonal_p = linear("diagonal", lambda x, *, offset, axes: np.diagonal(x, offset, *axes), _diagonal_infer,
                    _diagonal_batch, _diagonal_transpose, kind="view")


def embed_diagonal(v: Value, shape: tuple[int, int], offset: int) -> Value:
    """Zeros of shape (..., n, m), with the last axis of v on a diagonal."""
    n, m = shape
    lead, length = v.shape[:-1], v.shape[-1]
    start = offset if offset >= 0 else -offset * m
    low, high = (start, n * m - start - (length - 1) * (m + 1) - 1) if length else (n * m, 0)
    zeros = (0,) * len(lead)
    return reshape(pad_p(v, low=(*zeros, low), high=(*zeros, high), gap=(*zeros, m)), (*lead, n, m))
