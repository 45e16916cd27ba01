"""scipy.linalg: systems of equations, factorisations, structured matrices.

They end in the primitives of numpy.linalg, except for the triangular systems, which NumPy does not have.
Functions of matrices (expm, sqrtm, logm) are in matrix_functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal

import numpy as np
import scipy.linalg as sl

from ..core.avals import Aval
from ..core.dispatch import Rule, missing_rule
from ..core.primitive import Linear, Primitive, Tangent, Value, Values, partials
from ..errors import ShapeError
from ..numpy.conventions import as_array, broadcast_to, operand
from ..numpy.linear_algebra import _arrays, _check_square, _square
from ..numpy.linear_algebra import solve as solve_general
from ..primitives.decompositions import det_p
from ..primitives.linalg import adjoint, cholesky_p, hermitian, inv_p, stacked, times, turned
from .functions import enter

__all__ = ["triangular_p"]

_CLEAN = not sl.cho_factor(np.ones((2, 2)) + np.eye(2))[0][1, 0]  # since SciPy 1.18 what is no part of the factor is 0


# -- triangular systems: a x = b, of which one triangle of a is read ------------------------------
# dx = a⁻¹ (db - T x);  b̄ = a⁻ᵀ x̄


def _triangular_evaluate(a: Value, b: Value, *, lower: bool, unit: bool) -> Value:
    result: Value
    if a.ndim == 2 and a.size:
        result = sl.solve_triangular(a, b, lower=lower, unit_diagonal=unit)
        return result
    result = np.empty_like(b)
    for i in np.ndindex(a.shape[:-2]) if b.size else ():
        result[i] = sl.solve_triangular(a[i], b[i], lower=lower, unit_diagonal=unit)
    return result


def _triangular_infer(a: Aval, b: Aval, *, lower: bool, unit: bool) -> Aval:
    assert a.shape[-1] == a.shape[-2] and b.shape[:a.ndim - 1] == a.shape[:-1] and b.ndim <= a.ndim, (a, b)
    assert a.dtype == b.dtype, (a, b)
    return b


def _triangular_by_matrix(t: Value, x: Value, a: Value, b: Value, *, lower: bool, unit: bool) -> Value:
    part = np.tril(t, -1 if unit else 0) if lower else np.triu(t, 1 if unit else 0)
    return -triangular_p(a, times(part, x), lower=lower, unit=unit)


def _triangular_by_right(t: Value, x: Value, a: Value, b: Value, *, lower: bool, unit: bool) -> Value:
    return triangular_p(a, t, lower=lower, unit=unit)


def _triangular_batch(operands: Sequence[Value], mapped: Sequence[bool], *, lower: bool, unit: bool) -> Value:
    return triangular_p(*stacked(operands, mapped), lower=lower, unit=unit)


def _triangular_transpose(ct: Value, a: Value, b: Linear, *, lower: bool, unit: bool) -> Sequence[Tangent | None]:
    return None, triangular_p(turned(a), ct, lower=not lower, unit=unit)


triangular_p: Primitive = Primitive(
    "solve_triangular", _triangular_evaluate, _triangular_infer, partials(_triangular_by_matrix, _triangular_by_right),
    _triangular_batch, _triangular_transpose)


def _system(name: str, a: Value, b: Value) -> list[Value]:
    """A stack of square matrices and one of right-hand sides, of the same length; a single vector is a vector."""
    x, y = _arrays(a, b)
    _check_square(x)
    core = 1 if y.ndim == 1 else 2
    if y.ndim < core or y.shape[-core] != x.shape[-1]:
        raise ShapeError(f"scipy.linalg.{name} of arrays of shapes {x.shape} and {y.shape}",
                         why="the second has a row, or if it is a vector an entry, for each row of the first",
                         edit="transpose or reshape the second")
    lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-core])
    return [broadcast_to(x, (*lead, *x.shape[-2:])), broadcast_to(y, (*lead, *y.shape[-core:]))]


def solve_triangular(a: Value, b: Value, trans: int | str = 0, lower: bool = False, unit_diagonal: bool = False,
                     overwrite_b: bool = False, check_finite: bool = True) -> Value:
    x, y = _system("solve_triangular", a, b)
    if trans in (1, "T"):
        x, lower = turned(x), not lower
    elif trans in (2, "C"):
        x, lower = adjoint(x), not lower
    return triangular_p(x, y, lower=bool(lower), unit=bool(unit_diagonal))


# -- factorisations -------------------------------------------------------------------------------


def cholesky(a: Value, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True) -> Value:
    return cholesky_p(_square(a), lower=bool(lower))


def cho_factor(a: Value, lower: bool = False, overwrite_a: bool = False,
               check_finite: bool = True) -> tuple[Value, bool]:
    """The factor for cho_solve; the triangle that is not a part of it is as in a or, in newer versions of SciPy, 0."""
    x = _square(a)
    if _CLEAN:
        return cholesky_p(x, lower=bool(lower)), lower
    kept = np.tri(x.shape[-1], dtype=np.bool_)
    return np.where(kept if lower else kept.T, cholesky_p(x, lower=bool(lower)), x), lower


def cho_solve(c_and_lower: tuple[Value, bool], b: Value, overwrite_b: bool = False, check_finite: bool = True) -> Value:
    c, lower = c_and_lower
    x, y = _system("cho_solve", c, b)
    first, second = (x, adjoint(x)) if lower else (adjoint(x), x)
    return triangular_p(second, triangular_p(first, y, lower=True, unit=False), lower=False, unit=False)


# -- systems, inverses, determinants --------------------------------------------------------------

_ASSUMED = {None: "general", "gen": "general", "general": "general", "sym": "symmetric", "symmetric": "symmetric",
            "her": "hermitian", "hermitian": "hermitian", "pos": "hermitian", "positive definite": "hermitian",
            "upper triangular": "upper", "lower triangular": "lower"}


def _assumed(function: str, assume_a: str | None) -> str:
    if assume_a not in _ASSUMED:
        raise missing_rule(f"scipy.linalg.{function}", f"assume_a={assume_a!r}")
    return _ASSUMED[assume_a]


def _completed(x: Value, kind: str, lower: bool) -> Value:
    """The matrices that SciPy takes these for, where it reads one triangle alone."""
    if kind == "general":
        return x
    if kind in ("upper", "lower"):
        return np.triu(x) if kind == "upper" else np.tril(x)
    if kind == "hermitian" or x.dtype.kind != "c":
        return hermitian(x, lower)
    half = np.tril(x, -1) if lower else np.triu(x, 1)
    whole: Value = x - (np.triu(x, 1) if lower else np.tril(x, -1)) + turned(half)
    return whole


def solve(a: Value, b: Value, lower: bool = False, overwrite_a: bool = False, overwrite_b: bool = False,
          check_finite: bool = True, assume_a: str | None = None, transposed: bool = False) -> Value:
    kind = _assumed("solve", assume_a)
    x, y = _system("solve", a, b)
    if kind in ("upper", "lower"):
        return solve_triangular(x, y, 1 if transposed else 0, kind == "lower")
    x = _completed(x, kind, bool(lower))
    return solve_general(turned(x) if transposed else x, y)


def inv(a: Value, overwrite_a: bool = False, check_finite: bool = True, *, assume_a: str | None = None,
        lower: bool = False) -> Value:
    return inv_p(_completed(_square(a), _assumed("inv", assume_a), bool(lower)), forgiving=False)


def det(a: Value, overwrite_a: bool = False, check_finite: bool = True) -> Value:
    """The determinant, in double precision whatever the matrix is in."""
    x = _square(a)
    return det_p(operand(x, np.result_type(x.dtype, np.float64)))


# -- structured matrices --------------------------------------------------------------------------


def block_diag(*arrs: Value) -> Value:
    blocks = [np.atleast_2d(as_array(x)) for x in arrs]
    if any(x.ndim > 2 for x in blocks):
        raise missing_rule("scipy.linalg.block_diag", "stacks of matrices")
    n = sum(x.shape[1] for x in blocks)
    at, rows = 0, []
    for x in blocks:
        rows.append(np.pad(x, ((0, 0), (at, n - at - x.shape[1]))))
        at += x.shape[1]
    return np.concatenate(rows)


def toeplitz(c: Value, r: Value | None = None) -> Value:
    c = np.atleast_1d(as_array(c))
    r = np.conjugate(c) if r is None else np.atleast_1d(as_array(r))
    lead = np.broadcast_shapes(c.shape[:-1], r.shape[:-1])
    c, r = (np.broadcast_to(x, (*lead, x.shape[-1])) for x in (c, r))
    n, m = c.shape[-1], r.shape[-1]
    line = np.concatenate([c[..., ::-1], r[..., 1:]], axis=-1)
    matrix: Value = line[..., np.arange(n - 1, -1, -1)[:, None] + np.arange(m)]
    return matrix


# -- as in numpy.linalg ---------------------------------------------------------------------------


def norm(a: Value, ord: float | Literal["fro", "nuc"] | None = None, axis: int | tuple[int, int] | None = None,
         keepdims: bool = False, check_finite: bool = True) -> Value:
    of_numpy: Callable[..., Value] = np.linalg.norm  # to some stubs a number
    return of_numpy(a, ord, axis, keepdims)


def svdvals(a: Value, overwrite_a: bool = False, check_finite: bool = True) -> Value:
    return np.linalg.svdvals(a)


def eigh(a: Value, b: object = None, *, lower: bool = True, eigvals_only: bool = False, overwrite_a: bool = False,
         overwrite_b: bool = False, check_finite: bool = True, **settings: object) -> Value | Values:
    form = "b=" if b is not None else next((f"{k}=" for k, v in settings.items() if v is not None), "")
    if form:
        raise missing_rule("scipy.linalg.eigh", form)
    if eigvals_only:
        return np.linalg.eigvalsh(a, "L" if lower else "U")
    return tuple(np.linalg.eigh(a, "L" if lower else "U"))


def eigvalsh(a: Value, b: object = None, *, lower: bool = True, overwrite_a: bool = False, overwrite_b: bool = False,
             check_finite: bool = True, **settings: Any) -> Value | Values:  # Any: what eigh takes
    return eigh(a, b, lower=lower, eigvals_only=True, **settings)


_RULES: tuple[Rule, ...] = (
    solve, solve_triangular, cholesky, cho_factor, cho_solve, inv, det, block_diag, toeplitz, norm, svdvals, eigh, eigvalsh)
for _rule in _RULES:
    enter(getattr(sl, _rule.__name__), _rule)
