"""Jacobians and stacks of cotangents, with the one structure that pays: a diagonal is stored as a vector.

A `Matrix` with two axes holds every entry. One with a single axis is diagonal, and holds its diagonal: a
composition of elementwise functions of a vector never needs more, in either mode.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Matrix", "dense", "ones", "plus"]

Array = NDArray[np.float64]
Matrix = NDArray[np.float64]
"""Of shape (p, n) or, if it is diagonal, (n,)."""

_ones: dict[int, Array] = {}


def ones(n: int) -> Array:
    """A vector of ones, read-only and shared: as a Matrix, the identity."""
    known = _ones.get(n)
    if known is None:
        known = np.ones(n)
        known.flags.writeable = False
        if n <= 1024:
            _ones[n] = known
    return known


def dense(matrix: Matrix) -> Array:
    """The same matrix with every entry written out."""
    return matrix if matrix.ndim == 2 else _written_out(matrix)


def _written_out(diagonal: Matrix) -> Array:
    n = diagonal.size
    full: NDArray[Any] = np.zeros((n, n))
    full.reshape(-1)[::n + 1] = diagonal
    return full


def plus(a: Matrix, b: Matrix) -> Matrix:
    """The sum; diagonal if both are."""
    total: Matrix = a + b if a.ndim == b.ndim else dense(a) + dense(b)
    return total
