"""Products that are made of others: kron, cross, chains and powers of matrices."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from ..core.primitive import Value
from ..primitives.contraction import contract, labels
from ..primitives.structural import reshape
from .contractions import dot, matmul, product_operands, with_last
from .conventions import as_array, rule_for

__all__: list[str] = []


@rule_for(np.kron)
def kron(a: Value, b: Value) -> Value:
    x, y = product_operands(a, b)
    ndim = max(x.ndim, y.ndim)
    names = labels(2 * ndim)
    of_x, of_y = names[0:2 * ndim:2][ndim - x.ndim:], names[1:2 * ndim:2][ndim - y.ndim:]
    pairs = contract(x, y, f"{of_x},{of_y}->{''.join([n for n in names if n in of_x + of_y])}")
    sizes = ((1,) * (ndim - own.ndim) + own.shape for own in (x, y))
    return reshape(pairs, tuple([m * n for m, n in zip(*sizes, strict=True)]))


@rule_for(np.cross)
def cross(a: Value, b: Value, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None) -> Value:
    if axis is not None:
        axisa = axisb = axisc = axis
    x, y = product_operands(a, b)
    x, y = with_last(x, axisa), with_last(y, axisb)
    if x.shape[-1] not in (2, 3) or y.shape[-1] not in (2, 3):
        raise ValueError("incompatible dimensions for cross product\n(dimension must be 2 or 3)")
    x0, x1, x2 = _components(x)
    y0, y1, y2 = _components(y)
    last: Value = x0 * y1 - x1 * y0
    if x2 is None and y2 is None:
        return last
    if x2 is None:
        return np.stack([x1 * y2, -(x0 * y2), last], axisc)
    if y2 is None:
        return np.stack([-(x2 * y1), x2 * y0, last], axisc)
    return np.stack([x1 * y2 - x2 * y1, x2 * y0 - x0 * y2, last], axisc)


def _components(x: Value) -> tuple[Value, Value, Value | None]:
    """The entries of three-dimensional vectors, and of two-dimensional ones with None for the third."""
    return x[..., 0], x[..., 1], x[..., 2] if x.shape[-1] == 3 else None


@rule_for(np.linalg.cross)
def linalg_cross(x1: Value, x2: Value, /, *, axis: int = -1) -> Value:
    x, y = as_array(x1), as_array(x2)
    if x.shape[axis] != 3 or y.shape[axis] != 3:
        raise ValueError("Both input arrays must be (arrays of) 3-dimensional vectors, "
                         f"but they are {x.shape[axis]} and {y.shape[axis]} dimensional instead.")
    return cross(x, y, axis=axis)


# -- several matrices -----------------------------------------------------------------------------


@rule_for(np.linalg.multi_dot)
def multi_dot(arrays: Sequence[Value], *, out: None = None) -> Value:
    """The product in the order that needs the fewest multiplications."""
    if len(arrays) < 2:
        raise ValueError("Expecting at least two arrays.")
    matrices = [as_array(x) for x in arrays]
    if len(matrices) == 2:
        return dot(matrices[0], matrices[1])
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
def matrix_power(a: Value, n: int) -> Value:
    x = as_array(a)
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise np.linalg.LinAlgError("Last 2 dimensions of the array must be square")
    product: Callable[[Value, Value], Value] = dot if x.ndim == 2 else matmul
    if n == 0:
        return np.broadcast_to(np.eye(x.shape[-1], dtype=x.dtype), x.shape).copy()
    if n < 0:
        x, n = np.linalg.inv(x), -n
    if n == 3:
        return product(product(x, x), x)
    result: Value | None = None
    while True:  # the powers x, x², x⁴, ... of which n is made
        n, bit = divmod(n, 2)
        if bit:
            result = x if result is None else product(result, x)
            if n == 0:  # this was the highest bit
                return result
        x = product(x, x)


