"""NumPy's products of vectors, matrices and stacks of them: dot, matmul, inner, outer, tensordot, vdot and their kin.

Each makes an equation of `contract` that asks for NumPy's own call where that call rounds in a way of its own.
Python numbers do not give way here: NumPy makes float64 arrays of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..avals import Shape
from ..errors import ShapeError
from ..primitive import Value
from ..primitives.contraction import contract, labels
from ..primitives.elementwise import conjugate, multiply
from ..primitives.structural import permute, reshape
from ..tracer import missing_rule
from .conventions import as_array, operand, rule_for

__all__ = ["product_operands"]


def product_operands(*values: Any) -> list[Value]:
    """The operands of a product: arrays of the dtype to which they are promoted."""
    arrays = [as_array(x) for x in values]
    dtype = arrays[0].dtype
    if any(x.dtype != dtype for x in arrays):
        dtype = np.result_type(*[x.dtype for x in arrays])
    return [operand(x, dtype) if x.shape else operand(x, dtype)[()] for x in arrays]


def _product(name: str, x: Value, y: Value, subscripts: str, by: str = "") -> Value:
    """The contraction, after a look at the sizes that it needs to be equal."""
    of_x, of_y = subscripts.split("->")[0].split(",")
    for i, a in enumerate(of_x):
        j = of_y.find(a)
        if j >= 0 and x.shape[i] != y.shape[j]:
            raise ShapeError(
                f"{name} of arrays of shapes {x.shape} and {y.shape}",
                why=f"axis {i} of the first, of size {x.shape[i]}, and axis {j} of the second, of size {y.shape[j]}, "
                    "go together, and must have one size",
                edit="transpose or reshape one of them, or name other axes with np.tensordot or np.einsum")
    return contract(x, y, subscripts, by)


# -- dot, inner, outer, vdot ----------------------------------------------------------------------


@rule_for(np.dot)
def dot(a: Any, b: Any, out: Any = None) -> Any:
    x, y = product_operands(a, b)
    if not x.shape or not y.shape:
        return _scaled(x, y, "dot")
    names = labels(x.ndim + y.ndim - 1)
    of_x, rest = names[:x.ndim], names[x.ndim:]
    summed = of_x[-1]
    of_y = rest[:-1] + summed + rest[-1:]
    return _product("np.dot", x, y, f"{of_x},{of_y}->{of_x[:-1]}{rest}", "dot" if max(x.ndim, y.ndim) > 2 else "")


@rule_for(np.inner)
def inner(a: Any, b: Any, /) -> Any:
    x, y = product_operands(a, b)
    if not x.shape or not y.shape:
        return _scaled(x, y, "inner")
    names = labels(x.ndim + y.ndim - 1)
    of_x, rest = names[:x.ndim], names[x.ndim:]
    return _product("np.inner", x, y, f"{of_x},{rest}{of_x[-1]}->{of_x[:-1]}{rest}",
                    "inner" if max(x.ndim, y.ndim) > 1 else "")


def _scaled(x: Value, y: Value, by: str) -> Value:
    """A number times an array: a multiplication, which for complex numbers rounds otherwise."""
    names = labels(max(x.ndim, y.ndim))
    return contract(x, y, f"{names[:x.ndim]},{names[:y.ndim]}->{names}", by if x.dtype.kind == "c" else "")


def _flat(x: Value) -> Value:
    return reshape(as_array(x), (prod(x.shape),))


@rule_for(np.outer)
def outer(a: Any, b: Any, out: Any = None) -> Any:
    return contract(*map(_flat, product_operands(a, b)), "i,j->ij")


@rule_for(np.linalg.outer)
def linalg_outer(x1: Any, x2: Any, /) -> Any:
    x, y = product_operands(x1, x2)
    if x.ndim != 1 or y.ndim != 1:
        raise ValueError(f"Input arrays must be one-dimensional, but they are x1.ndim={x.ndim} and x2.ndim={y.ndim}.")
    return contract(x, y, "i,j->ij")


@rule_for(np.vdot)
def vdot(a: Any, b: Any, /) -> Any:
    x, y = map(_flat, product_operands(a, b))
    return _product("np.vdot", _conjugated(x), y, "i,i->", "vdot" if x.dtype.kind == "c" else "")


def _conjugated(x: Value) -> Value:
    return conjugate(x) if x.dtype.kind == "c" else x


# -- the ufuncs: stacks of products that broadcast ------------------------------------------------


@lru_cache(maxsize=4096)
def _stacked(x_shape: Shape, y_shape: Shape, core: str) -> tuple[Shape, Shape, str]:
    """The subscripts of `core` with the axes of the stacks in front, and the shapes without those of size 1 that
    broadcast: such an axis is not an axis of that operand."""
    (x_core, y_core), z_core = core.split("->")[0].split(","), core.split("->")[1]
    x_stack, y_stack = x_shape[:len(x_shape) - len(x_core)], y_shape[:len(y_shape) - len(y_core)]
    stack = np.broadcast_shapes(x_stack, y_stack)
    names = labels(len(set(core)) + len(stack))[-len(stack):] if stack else ""

    def without_ones(own: Shape) -> tuple[Shape, str]:
        first = len(stack) - len(own)
        kept = [i for i, n in enumerate(own) if n == stack[first + i]]
        return tuple([own[i] for i in kept]), "".join([names[first + i] for i in kept])

    (x_kept, x_names), (y_kept, y_names) = without_ones(x_stack), without_ones(y_stack)
    return ((*x_kept, *x_shape[len(x_stack):]), (*y_kept, *y_shape[len(y_stack):]),
            f"{x_names}{x_core},{y_names}{y_core}->{names}{z_core}")


def _stack_product(name: str, x1: Any, x2: Any, core: str, by: str = "") -> Value:
    x, y = product_operands(x1, x2)
    x_shape, y_shape, subscripts = _stacked(x.shape, y.shape, core)
    return _product(name, reshape(x, x_shape), reshape(y, y_shape), subscripts, by)


def _check_settings(name: str, settings: dict[str, Any], operands: Sequence[Any]) -> Sequence[Any]:
    """The operands in the dtype that the call names; other settings of a ufunc have no rule."""
    dtype = settings.pop("dtype", None)
    for setting in settings:
        raise missing_rule(f"numpy.{name}", "out=" if setting == "into" else f"{setting}=")
    return operands if dtype is None else [operand(as_array(x), np.dtype(dtype)) for x in operands]


def _with_core(name: str, operands: Sequence[Any], n_core: Sequence[int]) -> list[Value]:
    arrays = [as_array(x) for x in operands]
    for i, (x, n) in enumerate(zip(arrays, n_core, strict=True)):
        if x.ndim < n:
            raise ShapeError(f"np.{name} of arrays of shapes {arrays[0].shape} and {arrays[1].shape}",
                             why=f"operand {i} needs {'an axis' if n == 1 else 'two axes'} at least",
                             edit="use np.multiply for numbers, or np.dot, which takes both")
    return arrays


_MATMUL = {(False, False): "i,i->", (True, False): "ij,j->i", (False, True): "i,ij->j", (True, True): "ij,jk->ik"}


@rule_for(np.matmul)
def matmul(x1: Any, x2: Any, /, **settings: Any) -> Any:
    x, y = _with_core("matmul", _check_settings("matmul", settings, (x1, x2)), (1, 1))
    return _stack_product("np.matmul", x, y, _MATMUL[x.ndim > 1, y.ndim > 1], "matmul")


@rule_for(np.linalg.matmul)
def linalg_matmul(x1: Any, x2: Any, /) -> Any:
    return matmul(x1, x2)


@rule_for(np.vecdot)
def vecdot(x1: Any, x2: Any, /, *, axis: int = -1, **settings: Any) -> Any:
    x, y = _with_core("vecdot", _check_settings("vecdot", settings, (x1, x2)), (1, 1))
    return _stack_product("np.vecdot", _conjugated(_last(x, axis)), _last(y, axis), "i,i->", "vecdot")


@rule_for(np.linalg.vecdot)
def linalg_vecdot(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    return vecdot(x1, x2, axis=axis)


def _last(x: Value, axis: int) -> Value:
    """The array with this axis as its last one."""
    moved = normalize_axis_index(axis, x.ndim)
    order = (*[i for i in range(x.ndim) if i != moved], moved)
    return permute(x, order) if order != tuple(range(x.ndim)) else x


def matvec(x1: Any, x2: Any, /, **settings: Any) -> Any:
    """A matrix times a vector, for stacks of them."""
    x, y = _with_core("matvec", _check_settings("matvec", settings, (x1, x2)), (2, 1))
    return _stack_product("np.matvec", x, y, "ij,j->i", "matvec")


def vecmat(x1: Any, x2: Any, /, **settings: Any) -> Any:
    """The conjugate of a vector times a matrix, for stacks of them."""
    x, y = _with_core("vecmat", _check_settings("vecmat", settings, (x1, x2)), (1, 2))
    return _stack_product("np.vecmat", _conjugated(x), y, "i,ij->j", "vecmat")


for _rule in (matvec, vecmat):  # NumPy 2.2 and later
    if hasattr(np, _rule.__name__):
        rule_for(getattr(np, _rule.__name__))(_rule)


# -- tensordot, kron, cross -----------------------------------------------------------------------


@rule_for(np.tensordot)
def tensordot(a: Any, b: Any, axes: Any = 2) -> Any:
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
    plain = x.ndim == y.ndim == 2 and len(x_axes) == 1
    return _product("np.tensordot", x, y, f"{''.join(of_x)},{''.join(of_y)}->{''.join(result)}",
                    "" if plain else "tensordot")


@rule_for(np.linalg.tensordot)
def linalg_tensordot(x1: Any, x2: Any, /, *, axes: Any = 2) -> Any:
    return tensordot(x1, x2, axes)


def _paired_axes(axes: Any, x_ndim: int, y_ndim: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    if not np.iterable(axes):
        axes = tuple(range(-axes, 0)), tuple(range(axes))
    x_axes, y_axes = (tuple(group) if np.iterable(group) else (group,) for group in axes)
    if len(x_axes) != len(y_axes):
        raise ValueError(f"shape-mismatch for sum: {len(x_axes)} axes of the first array and {len(y_axes)} of the second")
    return normalize_axis_tuple(x_axes, x_ndim), normalize_axis_tuple(y_axes, y_ndim)


@rule_for(np.kron)
def kron(a: Any, b: Any) -> Any:
    x, y = product_operands(a, b)
    if not x.shape or not y.shape:
        return multiply(x, y)
    ndim = max(x.ndim, y.ndim)
    names = labels(2 * ndim)
    of_x, of_y = names[0:2 * ndim:2][ndim - x.ndim:], names[1:2 * ndim:2][ndim - y.ndim:]
    pairs = contract(x, y, f"{of_x},{of_y}->{''.join([n for n in names if n in of_x + of_y])}")
    sizes = ((1,) * (ndim - own.ndim) + own.shape for own in (x, y))
    return reshape(pairs, tuple([m * n for m, n in zip(*sizes, strict=True)]))


@rule_for(np.cross)
def cross(a: Any, b: Any, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Any:
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = product_operands(a, b)
    x, y = _last(x, axisa), _last(y, axisb)
    if x.shape[-1] not in (2, 3) or y.shape[-1] not in (2, 3):
        raise ValueError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    x0, x1, x2 = _components(x)
    y0, y1, y2 = _components(y)
    last = x0 * y1 - x1 * y0
    if x2 is None and y2 is None:
        return last
    if x2 is None:
        return np.stack([x1 * y2, -(x0 * y2), last], axisc)
    if y2 is None:
        return np.stack([-(x2 * y1), x2 * y0, last], axisc)
    return np.stack([x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, last], axisc)


def _components(x: Value) -> tuple[Value, Value, Value]:
    """The entries of three-dimensional vectors, and of two-dimensional ones with None for the third."""
    return x[..., 0], x[..., 1], x[..., 2] if x.shape[-1] == 3 else None


@rule_for(np.linalg.cross)
def linalg_cross(x1: Any, x2: Any, /, *, axis: int = -1) -> Any:
    x, y = as_array(x1), as_array(x2)
    if x.shape[axis] != 3 or y.shape[axis] != 3:
        raise ValueError("Both input arrays must be (arrays of) 3-dimensional vectors, "
                         f"but they are {x.shape[axis]} and {y.shape[axis]} dimensional instead.")
    return cross(x, y, axis=axis)


# -- several matrices -----------------------------------------------------------------------------


@rule_for(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Any], *, out: Any = None) -> Any:
    """The product in the order that needs the fewest multiplications."""
    if len(arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    matrices = [as_array(x) for x in arrays]
    if len(matrices) == 2:
        return dot(*matrices)
    first, last = matrices[0].ndim, matrices[-1].ndim
    if first == 1:
        matrices[0] = reshape(matrices[0], (1, *matrices[0].shape))
    if last == 1:
        matrices[-1] = reshape(matrices[-1], (*matrices[-1].shape, 1))
    for x in matrices:
        if x.ndim != 2:
            raise np.linalg.LinAlgError(f"{x.ndim}-dimensional array given. Array must be two-dimensional")
    cuts = _cheapest_cuts(tuple([x.shape[0] for x in matrices] + [matrices[-1].shape[1]]))

    def product(i: int, j: int) -> Value:
        return matrices[i] if i == j else dot(product(i, cuts[i, j]), product(cuts[i, j] + 1, j))

    z = product(0, len(matrices) - 1)
    return reshape(z, z.shape[first == 1:2 - (last == 1)])


@lru_cache(maxsize=256)
def _cheapest_cuts(sizes: tuple[int, ...]) -> dict[tuple[int, int], int]:
    """Where to cut the chain of matrices i to j, of sizes[i] × sizes[i+1] each: Cormen et al., Introduction to
    Algorithms, 15.2."""
    n = len(sizes) - 1
    cost = {(i, i): 0 for i in range(n)}
    cuts: dict[tuple[int, int], int] = {}
    for length in range(1, n):
        for i in range(n - length):
            j = i + length
            cost[i, j], cuts[i, j] = min(
                (cost[i, k] + cost[k + 1, j] + sizes[i] * sizes[k + 1] * sizes[j + 1], k) for k in range(i, j))
    return cuts


@rule_for(np.linalg.matrix_power)
def matrix_power(a: Any, n: int) -> Any:
    x = as_array(a)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
    product = dot if x.ndim == 2 else matmul
    if n == 0:
        return np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape).copy()
    if n < 0:
        x, n = np.linalg.inv(x), -n
    if n == 3:
        return product(product(x, x), x)
    result: Value = None
    while True:  # the powers x, x², x⁴, ... of which n is made
        n, bit = divmod(n, 2)
        if bit:
            result = x if result is None else product(result, x)
        if n == 0:
            return result
        x = product(x, x)


