"""Functions of square matrices (expm, sqrtm, logm, sinm, ...) and all of their derivatives.

    f, a          →  f(a)
    f, a, e₁...eₖ →  Dᵏf(a)[e₁, ..., eₖ], the k-th Fréchet derivative, linear in each of the e

The derivative is a block of the function of a larger matrix, exactly, whatever f is:

    f([a e]) = [f(a) Df(a)[e]]
      [0 a]    [ 0     f(a)  ]

and of higher ones of a matrix 2ᵏ times as large. So a primitive with its derivatives is one primitive, which moves with
a into one with an e more. And since tr(c Dᵏf(a)[e₁, ..., eₖ]) is symmetric in c and all e, its transpose in one of them
is itself, with the cotangent in that place and all matrices transposed.

Mathias, A chain rule for matrix functions and applications (1996); Higham & Relton, Higher order Fréchet derivatives of
matrix functions and the level-2 condition number (2014).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import scipy.linalg as sl  # type: ignore[import-untyped]  # SciPy has no types

from ..avals import Aval
from ..errors import DtypeError
from ..numpy.conventions import as_array, operand
from ..numpy.linalg import check_square
from ..primitive import Linear, Primitive, Tangent, Value, Zero
from ..primitives.linalg import stacked, turned
from ..tracing import concrete

__all__ = ["matrix_function"]

_DOUBLE = np.dtype(np.float64)


def _one(function: Callable[..., Any], a: Any, es: Sequence[Any]) -> Any:
    """f of one matrix, or a derivative of it: the last block of the first row of f of the large matrix."""
    n = a.shape[-1]
    large = a
    for k, e in enumerate(es):
        spread = np.kron(np.eye(2 ** k, dtype=a.dtype), e)
        large = np.block([[large, spread], [np.zeros_like(large), large]])
    result = np.asarray(function(large))[:n, -n:]
    if result.dtype.kind == "c" and a.dtype.kind != "c":
        raise DtypeError(f"{function.__name__} of a real matrix, whose result was taken to be real, is complex",
                         why="under vmap there is one dtype for all results, and it is not known beforehand",
                         edit="make the matrices complex")
    return result.astype(a.dtype, copy=False)


def _evaluate(a: Any, *es: Any, function: Callable[..., Any]) -> Any:
    if not a.size:
        return np.zeros_like(a)
    if a.ndim == 2:
        return _one(function, a, es)
    result = np.empty_like(a)
    for i in np.ndindex(a.shape[:-2]):
        result[i] = _one(function, a[i], [e[i] for e in es])
    return result


def _infer(a: Aval, *es: Aval, function: Callable[..., Any]) -> Aval:
    assert all(e is a for e in es), (a, es)
    return a


def _jvp(primals: Sequence[Value], tangents: Sequence[Tangent], result: Value, /, *, function: Callable[..., Any]) -> Tangent:
    a, *es = primals
    total: Tangent = Zero(result.aval)
    for i, t in enumerate(tangents):
        if not isinstance(t, Zero):
            moved = [*es, t] if i == 0 else [t if j == i - 1 else e for j, e in enumerate(es)]
            term = matrix_function(a, *moved, function=function)
            total = term if isinstance(total, Zero) else total + term
    return total


def _batch(operands: Sequence[Value], mapped: Sequence[bool], /, *, function: Callable[..., Any]) -> Value:
    return matrix_function(*stacked(operands, mapped), function=function)


def _transpose(ct: Value, a: Value, *es: Any, function: Callable[..., Any]) -> Sequence[Tangent | None]:
    places = [i for i, e in enumerate(es) if isinstance(e, Linear)]
    moved = [turned(ct if i in places else e) for i, e in enumerate(es)]
    pulled = turned_back(matrix_function(turned(a), *moved, function=function))
    return [None, *[pulled if i in places else None for i in range(len(es))]]


turned_back = turned
matrix_function: Primitive = Primitive("matrix_function", _evaluate, _infer, _jvp, _batch, _transpose)
