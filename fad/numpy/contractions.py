"""NumPy's products of vectors, matrices and stacks of them: dot, matmul, inner, outer, tensordot, vdot and their kin.

Each makes an equation of `contract` that asks for NumPy's own call where that call rounds in a way of its own.
Python numbers do not give way here: NumPy makes float64 arrays of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple
from numpy.typing import DTypeLike

from ..core.avals import Aval, Dtype, Shape, aval_of, make_aval
from ..core.dispatch import missing_rule
from ..core.primitive import Value, Values
from ..core.tracer import Tracer
from ..errors import ShapeError
from ..primitives.contraction import contract, labels, parts
from ..primitives.elementwise import conjugate
from ..primitives.structural import permute, reshape
from .conventions import as_array, operand, rule_for

__all__ = ["dot", "matmul", "product_operands", "with_last"]

Product: TypeAlias = Callable[[Value, Value], Value]

Pairing: TypeAlias = int | tuple[int | Sequence[int], int | Sequence[int]]
"""The axes of two arrays that go together: the last and the first so many, or those named."""


class Plan(NamedTuple):
    """How a product of two arrays becomes a contraction: they are converted and reshaped, and then multiplied."""

    dtype: Dtype
    x_shape: Shape
    y_shape: Shape
    subscripts: str
    by: str


def product_operands(*values: Value) -> list[Value]:
    """The operands of a product: arrays of the dtype to which they are promoted."""
    arrays = [as_array(x) for x in values]
    dtype = np.result_type(*[x.dtype for x in arrays])
    return [operand(x, dtype) for x in arrays]


def _planned(plan: Callable[[Aval, Aval], Plan]) -> Product:
    """The product of two arrays by this plan, which is made once for each pair of shapes and dtypes."""
    remembered = lru_cache(maxsize=4096)(plan)

    def product(a: Value, b: Value) -> Value:
        x, y = as_array(a), as_array(b)
        dtype, x_shape, y_shape, subscripts, by = remembered(
            x.aval if isinstance(x, Tracer) else aval_of(x), y.aval if isinstance(y, Tracer) else aval_of(y))
        return contract(reshape(operand(x, dtype), x_shape), reshape(operand(y, dtype), y_shape), subscripts, by)

    return product


def _aligned(name: str, x: Aval | Value, y: Aval | Value, subscripts: str) -> None:
    """See that the axes of one label have one size.

    Raises:
        ShapeError: they do not; in terms of the axes of the user's arrays.
    """
    of_x, of_y = subscripts.split("->")[0].split(",")
    for i, a in enumerate(of_x, start=x.ndim - len(of_x)):
        j = of_y.find(a) + y.ndim - len(of_y)
        if a in of_y and x.shape[i] != y.shape[j]:
            raise ShapeError(
                f"{name} of arrays of shapes {x.shape} and {y.shape}",
                why=f"axis {i} of the first, of size {x.shape[i]}, and axis {j} of the second, of size {y.shape[j]}, "
                    "go together, and must have one size",
                edit="transpose or reshape one of them, or name other axes with np.tensordot or np.einsum")


# -- dot, inner, outer, vdot ----------------------------------------------------------------------


@_planned
def _dot(x: Aval, y: Aval) -> Plan:
    if not x.shape or not y.shape:
        return _scaling(x, y, "dot")
    names = labels(x.ndim + y.ndim - 1)
    of_x, rest = names[:x.ndim], names[x.ndim:]
    subscripts = f"{of_x},{rest[:-1]}{of_x[-1]}{rest[-1:]}->{of_x[:-1]}{rest}"
    _aligned("np.dot", x, y, subscripts)
    return Plan(np.result_type(x.dtype, y.dtype), x.shape, y.shape, subscripts,
                "dot" if max(x.ndim, y.ndim) > 2 else "")


def _scaling(x: Aval, y: Aval, by: str) -> Plan:
    """A number times an array: a multiplication, which for complex numbers rounds otherwise."""
    names, dtype = labels(max(x.ndim, y.ndim)), np.result_type(x.dtype, y.dtype)
    return Plan(dtype, x.shape, y.shape, f"{names[:x.ndim]},{names[:y.ndim]}->{names}", by if dtype.kind == "c" else "")


@rule_for(np.dot)
def dot(a: Value, b: Value, out: None = None) -> Value:
    """The product of matrices or vectors; of arrays of more axes, over the last of a and the last but one of b."""
    return _dot(a, b)


@_planned
def _inner(x: Aval, y: Aval) -> Plan:
    if not x.shape or not y.shape:
        return _scaling(x, y, "inner")
    names = labels(x.ndim + y.ndim - 1)
    of_x, rest = names[:x.ndim], names[x.ndim:]
    subscripts = f"{of_x},{rest}{of_x[-1]}->{of_x[:-1]}{rest}"
    _aligned("np.inner", x, y, subscripts)
    return Plan(np.result_type(x.dtype, y.dtype), x.shape, y.shape, subscripts,
                "inner" if max(x.ndim, y.ndim) > 1 else "")


@rule_for(np.inner)
def inner(a: Value, b: Value, /) -> Value:
    return _inner(a, b)


@_planned
def _outer(x: Aval, y: Aval) -> Plan:
    return Plan(np.result_type(x.dtype, y.dtype), (x.size,), (y.size,), "i,j->ij", "")


@rule_for(np.outer)
def outer(a: Value, b: Value, out: None = None) -> Value:
    return _outer(a, b)


@rule_for(np.linalg.outer)
def linalg_outer(x1: Value, x2: Value, /) -> Value:
    x, y = as_array(x1), as_array(x2)
    if x.ndim != 1 or y.ndim != 1:
        raise ValueError(f"Input arrays must be one-dimensional, but they are x1.ndim={x.ndim} and x2.ndim={y.ndim}.")
    return _outer(x, y)


@_planned
def _vdot(x: Aval, y: Aval) -> Plan:
    dtype = np.result_type(x.dtype, y.dtype)
    x, y = make_aval((x.size,), dtype), make_aval((y.size,), dtype)
    _aligned("np.vdot", x, y, "i,i->")
    return Plan(dtype, x.shape, y.shape, "i,i->", "vdot" if dtype.kind == "c" else "")


@rule_for(np.vdot)
def vdot(a: Value, b: Value, /) -> Value:
    return _vdot(_conjugated(as_array(a)), b)


def _conjugated(x: Value) -> Value:
    return conjugate(x) if x.dtype.kind == "c" else x


# -- the ufuncs: stacks of products that broadcast ------------------------------------------------


def _stacked(name: str, *cores: str) -> Product:
    """The product of stacks of vectors or matrices; of the `cores` the first is taken for which there are axes."""
    fewest = parts(cores[-1])

    def plan(x: Aval, y: Aval) -> Plan:
        for i, (v, core) in enumerate(((x, fewest[0]), (y, fewest[1]))):
            if v.ndim < len(core):
                raise ShapeError(f"np.{name} of arrays of shapes {x.shape} and {y.shape}",
                                 why=f"operand {i} has {v.ndim} axes, and needs at least {len(core)}",
                                 edit="use np.multiply for numbers, or np.dot, which takes both")
        core = next(c for c in cores if len(parts(c)[0]) <= x.ndim and len(parts(c)[1]) <= y.ndim)
        _aligned(f"np.{name}", x, y, core)
        return Plan(np.result_type(x.dtype, y.dtype), *_with_stacks(x.shape, y.shape, core), name)

    return _planned(plan)


def _with_stacks(x_shape: Shape, y_shape: Shape, core: str) -> tuple[Shape, Shape, str]:
    """The subscripts of `core` with the axes of the stacks in front, and the shapes without those of size 1 that
    broadcast: such an axis is not an axis of that operand."""
    x_core, y_core, z_core = parts(core)
    x_stack, y_stack = x_shape[:len(x_shape) - len(x_core)], y_shape[:len(y_shape) - len(y_core)]
    stack = np.broadcast_shapes(x_stack, y_stack)
    names = labels(3 + len(stack))[3:]

    def without_ones(own: Shape) -> tuple[Shape, str]:
        first = len(stack) - len(own)
        kept = [i for i, n in enumerate(own) if n == stack[first + i]]
        return tuple([own[i] for i in kept]), "".join([names[first + i] for i in kept])

    (x_kept, x_names), (y_kept, y_names) = without_ones(x_stack), without_ones(y_stack)
    return ((*x_kept, *x_shape[len(x_stack):]), (*y_kept, *y_shape[len(y_stack):]),
            f"{x_names}{x_core},{y_names}{y_core}->{names}{z_core}")


_matmul = _stacked("matmul", "ij,jk->ik", "ij,j->i", "i,ij->j", "i,i->")
_matvec = _stacked("matvec", "ij,j->i")
_vecdot = _stacked("vecdot", "i,i->")
_vecmat = _stacked("vecmat", "i,ij->j")


def _set(name: str, operands: Values, dtype: DTypeLike | None, settings: Iterable[str]) -> Sequence[Value]:
    """The operands in the dtype that the call names; other settings of a ufunc have no rule."""
    for setting in settings:
        raise missing_rule(f"numpy.{name}", "out=" if setting == "into" else f"{setting}=")
    return [as_array(x) if dtype is None else operand(as_array(x), np.dtype(dtype)) for x in operands]


@rule_for(np.matmul)
def matmul(x1: Value, x2: Value, /, *, dtype: DTypeLike | None = None, **settings: object) -> Value:
    """The product of matrices or vectors, and of stacks of them, which broadcast."""
    if settings or dtype is not None:
        x1, x2 = _set("matmul", (x1, x2), dtype, settings)
    return _matmul(x1, x2)


@rule_for(np.linalg.matmul)
def linalg_matmul(x1: Value, x2: Value, /) -> Value:
    return _matmul(x1, x2)


@rule_for(np.vecdot)
def vecdot(x1: Value, x2: Value, /, *, axis: int = -1, dtype: DTypeLike | None = None, **settings: object) -> Value:
    x, y = _set("vecdot", (x1, x2), dtype, settings)
    return _vecdot(_conjugated(with_last(x, axis)), with_last(y, axis))


@rule_for(np.linalg.vecdot)
def linalg_vecdot(x1: Value, x2: Value, /, *, axis: int = -1) -> Value:
    return vecdot(x1, x2, axis=axis)


def with_last(x: Value, axis: int) -> Value:
    """The array with this axis as its last one."""
    moved = normalize_axis_index(axis, x.ndim)
    return permute(x, (*[i for i in range(x.ndim) if i != moved], moved))


def matvec(x1: Value, x2: Value, /, *, dtype: DTypeLike | None = None, **settings: object) -> Value:
    """A matrix times a vector, for stacks of them."""
    x, y = _set("matvec", (x1, x2), dtype, settings)
    return _matvec(x, y)


def vecmat(x1: Value, x2: Value, /, *, dtype: DTypeLike | None = None, **settings: object) -> Value:
    """The conjugate of a vector times a matrix, for stacks of them."""
    x, y = _set("vecmat", (x1, x2), dtype, settings)
    return _vecmat(_conjugated(x), y)


for _rule in (matvec, vecmat):  # NumPy 2.2 and later
    if hasattr(np, _rule.__name__):
        rule_for(getattr(np, _rule.__name__))(_rule)


# -- tensordot ------------------------------------------------------------------------------------


@rule_for(np.tensordot)
def tensordot(a: Value, b: Value, axes: Pairing = 2) -> Value:
    x, y = product_operands(a, b)
    x_axes, y_axes = _paired_axes(axes, x.ndim, y.ndim)
    names = labels(x.ndim + y.ndim)
    of_x, of_y = list(names[:x.ndim]), list(names[x.ndim:])
    for i, j in zip(x_axes, y_axes, strict=True):
        of_y[j] = of_x[i]
    free = [name for i, name in enumerate(of_x) if i not in x_axes]
    result = free + [name for j, name in enumerate(of_y) if j not in y_axes]
    if list(x_axes) != sorted(x_axes):  # NumPy adds up in the order in which the axes are named
        order = [i for i in range(x.ndim) if i not in x_axes] + list(x_axes)
        x, of_x = permute(x, tuple(order)), [of_x[i] for i in order]
    subscripts = f"{''.join(of_x)},{''.join(of_y)}->{''.join(result)}"
    _aligned("np.tensordot", x, y, subscripts)
    return contract(x, y, subscripts, "" if x.ndim == y.ndim == 2 and len(x_axes) == 1 else "tensordot")


@rule_for(np.linalg.tensordot)
def linalg_tensordot(x1: Value, x2: Value, /, *, axes: Pairing = 2) -> Value:
    return tensordot(x1, x2, axes)


def _paired_axes(axes: Any, x_ndim: int, y_ndim: int) -> tuple[tuple[int, ...], tuple[int, ...]]:  # Any: a Pairing
    if not np.iterable(axes):
        axes = tuple(range(-axes, 0)), tuple(range(axes))
    x_axes, y_axes = (tuple(group) if np.iterable(group) else (group,) for group in axes)
    if len(x_axes) != len(y_axes):
        raise ValueError(f"shape-mismatch for sum: {len(x_axes)} axes of the first array, {len(y_axes)} of the second")
    return normalize_axis_tuple(x_axes, x_ndim), normalize_axis_tuple(y_axes, y_ndim)
