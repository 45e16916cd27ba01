"""Norms of vectors and matrices, bit for bit as NumPy computes them."""

from __future__ import annotations

from typing import Literal, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from ..core.primitive import Value
from ..primitives import elementwise as ew
from ..primitives.reductions import norm_p
from ..primitives.selection import max_p, min_p
from ..primitives.structural import convert, permute, reshape
from .conventions import Axis, as_array, rule_for
from .reductions import add_up, finish, truth

__all__: list[str] = []

Ord: TypeAlias = float | Literal["f", "fro", "nuc"] | None
"""Which norm: a number, which may be infinite, or a word for those that matrices alone have."""


@rule_for(np.linalg.norm)
def norm(x: Value, ord: Ord = None, axis: Axis = None, keepdims: bool = False) -> Value:
    x = as_array(x)
    if x.dtype.kind not in "fc":
        x = convert(x, np.dtype(np.float64))
    every = tuple(range(x.ndim))
    if axis is None and (ord is None or ord in ("f", "fro") and x.ndim == 2 or ord == 2 and x.ndim == 1):
        return finish(norm_p(x, axes=every, flat=True), x, x.shape, every, keepdims)
    axes = every if axis is None else normalize_axis_tuple(axis, x.ndim, allow_duplicate=True)
    if len(axes) == 1:
        result = _vector_norm(x, ord, axes[0])
    elif len(axes) == 2:
        if axes[0] == axes[1]:
            raise ValueError("Duplicate axes given.")
        result = _matrix_norm(x, ord, *axes)
    else:
        raise ValueError("Improper number of dimensions to norm.")
    return finish(result, x, x.shape, axes, keepdims)


def _vector_norm(x: Value, ord: Ord, axis: int) -> Value:
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order '{ord}' for vectors")
    if ord is None or ord == 2:
        return norm_p(x, axes=(axis,), flat=False)
    if ord == 0:
        return add_up(truth(x), (axis,), np.real(x).dtype)
    size = ew.absolute(x)
    if ord == np.inf:
        return _largest(size, axis)
    if ord == -np.inf:
        return min_p(size, axes=(axis,))
    if ord == 1:
        return add_up(size, (axis,))
    total = add_up(ew.power(size, size.dtype.type(ord)), (axis,))
    exponent = np.reciprocal(ord, dtype=total.dtype)
    if ord < 0:
        return ew.power(total, exponent)
    zero, one = total.dtype.type(0), total.dtype.type(1)
    vanishes = ew.equal(total, zero)  # there the power has no derivative, and the norm has 0
    return ew.select(vanishes, zero, ew.power(ew.select(vanishes, one, total), exponent))


def _matrix_norm(x: Value, ord: Ord, row: int, column: int) -> Value:
    if ord is None or ord in ("f", "fro"):
        return norm_p(x, axes=tuple(sorted((row, column))), flat=False)
    if ord in (1, -1, np.inf, -np.inf):
        across, along = (row, column) if ord in (1, -1) else (column, row)
        sums = add_up(ew.absolute(x), (across,))
        along -= along > across
        return _largest(sums, along) if ord in (1, np.inf) else min_p(sums, axes=(along,))
    if ord in (2, -2, "nuc"):
        order = (*[i for i in range(x.ndim) if i not in (row, column)], row, column)
        values = np.linalg.svd(permute(x, order), compute_uv=False)
        last = values.ndim - 1
        if ord == "nuc":
            return add_up(values, (last,))
        return _largest(values, last) if ord == 2 else min_p(values, axes=(last,))
    raise ValueError("Invalid norm order for matrices.")


def _largest(sizes: Value, axis: int) -> Value:
    """The largest of some numbers that are not negative; of none, 0."""
    return max_p(sizes, axes=(axis,)) if sizes.shape[axis] else add_up(sizes, (axis,))


@rule_for(np.linalg.matrix_norm)
def matrix_norm(x: Value, /, *, keepdims: bool = False, ord: Ord = "fro") -> Value:
    return norm(x, ord, (-2, -1), keepdims)


@rule_for(np.linalg.vector_norm)
def vector_norm(x: Value, /, *, axis: Axis = None, keepdims: bool = False, ord: Ord = 2) -> Value:
    """The norm of all entries along some axes, as of one vector."""
    x = as_array(x)
    axes = tuple(range(x.ndim)) if axis is None else normalize_axis_tuple(axis, x.ndim)
    if len(axes) == 1:
        return norm(x, ord, axes[0], keepdims)
    rest = tuple([i for i in range(x.ndim) if i not in axes])
    in_lines = permute(x, (*axes, *rest))
    lines = reshape(in_lines, (int(np.prod(in_lines.shape[:len(axes)])), *in_lines.shape[len(axes):]))
    return finish(norm(lines, ord, 0), x, x.shape, axes, keepdims)
