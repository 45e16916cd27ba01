"""numpy.linalg: stacks of matrices by NumPy's conventions, with its checks and its named results.

Norms are in norms, products in contractions, traces and diagonals in arranging. NumPy computes in double precision, and
rounds the results to float32 where all arguments are.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Literal

import numpy as np
from numpy.linalg import LinAlgError
from numpy.linalg._linalg import EighResult, EigResult, QRResult, SlogdetResult, SVDResult

from ..core.avals import Dtype
from ..core.dispatch import missing_rule, overrides
from ..core.primitive import Traced, Value, Values
from ..core.tracing import concrete
from ..errors import AbstractValueError, ShapeError
from ..primitives.decompositions import det_p, eig_p, eigh_p, eigvals_p, eigvalsh_p, svd_p, svdvals_p
from ..primitives.elementwise import absolute, imag, real, select, signbit
from ..primitives.least_squares import lstsq_p, pinv_p
from ..primitives.linalg import cholesky_p, inv_p, qr_p, real_dtype, slogdet_p, solve_p
from ..primitives.linalg import hermitian as hermitian_of
from ..primitives.structural import broadcast, convert, permute, reshape
from .conventions import UNSET, as_array, broadcast_to, operand, rule_for, since

__all__ = ["real_if_possible"]

_DOUBLE = np.dtype(np.float64)


# -- arguments ------------------------------------------------------------------------------------


def _dtype_of(x: Value) -> Dtype:
    if x.dtype.kind not in "fc":
        return _DOUBLE
    if x.dtype.char not in "fdFD":
        raise TypeError(f"array type {x.dtype.name} is unsupported in linalg")
    dtype: Dtype = x.dtype
    return dtype


def _arrays(*values: Value) -> list[Value]:
    """Arrays of one float or complex dtype."""
    arrays = [as_array(x) for x in values]
    dtype = np.result_type(*map(_dtype_of, arrays))
    return [operand(x, dtype) for x in arrays]


def _matrices(a: Value) -> Value:
    [x] = _arrays(a)
    if x.ndim < 2:
        raise LinAlgError(f"{x.ndim}-dimensional array given. Array must be at least two-dimensional")
    return x


def _check_square(x: Value) -> None:
    if x.ndim < 2:
        raise LinAlgError(f"{x.ndim}-dimensional array given. Array must be at least two-dimensional")
    if x.shape[-1] != x.shape[-2]:
        raise LinAlgError("Last 2 dimensions of the array must be square")


def _square(a: Value) -> Value:
    x = _matrices(a)
    _check_square(x)
    return x


def _is_lower(UPLO: str) -> bool:
    if UPLO.upper() not in ("L", "U"):
        raise ValueError("UPLO argument must be 'L' or 'U'")
    return UPLO.upper() == "L"


# -- systems of equations -------------------------------------------------------------------------


@rule_for(np.linalg.solve)
def solve(a: Value, b: Value) -> Value:
    x, y = _arrays(a, b)
    _check_square(x)
    core = 1 if y.ndim == 1 else 2  # NumPy 2 takes nothing but a single vector for vectors
    if y.ndim < core or y.shape[-core] != x.shape[-1]:
        raise ShapeError(
            f"numpy.linalg.solve of arrays of shapes {x.shape} and {y.shape}",
            why="the second has a row, or if it is a vector an entry, for each row of the first",
            edit="transpose or reshape the second; give a stack of vectors as matrices of one column, b[..., None]")
    lead = np.broadcast_shapes(x.shape[:-2], y.shape[:-core])
    return solve_p(broadcast_to(x, (*lead, *x.shape[-2:])), broadcast_to(y, (*lead, *y.shape[-core:])))


@rule_for(np.linalg.tensorsolve)
def tensorsolve(a: Value, b: Value, axes: Sequence[int] | None = None) -> Value:
    x, y = as_array(a), as_array(b)
    if axes is not None:
        order = list(range(x.ndim))
        for k in axes:
            order.remove(k)
            order.insert(x.ndim, k)
        x = permute(x, tuple(order))
    shape = x.shape[-(x.ndim - y.ndim):]
    n = prod(shape)
    if x.size != n**2:
        raise LinAlgError("Input arrays must satisfy the requirement prod(a.shape[b.ndim:]) == prod(a.shape[:b.ndim])")
    return reshape(solve(reshape(x, (n, n)), reshape(y, (prod(y.shape),))), shape)


@rule_for(np.linalg.inv)
def inv(a: Value) -> Value:
    return inv_p(_square(a), forgiving=False)


@rule_for(np.linalg.tensorinv)
def tensorinv(a: Value, ind: int = 2) -> Value:
    if ind <= 0:
        raise ValueError("Invalid ind argument.")
    x = as_array(a)
    before, after = x.shape[:ind], x.shape[ind:]
    return reshape(inv(reshape(x, (prod(before), prod(after)))), after + before)


@rule_for(np.linalg.lstsq)
def lstsq(a: Value, b: Value, rcond: float | None = None) -> Values:
    """The solution by least squares, the sums of squares left over, the rank, and the singular values.

    NumPy gives no sums where the matrix lacks rank. Here they do not depend on the rank, which is not known yet, but
    only on the shape: there are some where there are more equations than unknowns.
    """
    x, y = _arrays(a, b)
    vector = y.ndim == 1
    if vector:
        y = reshape(y, (*y.shape, 1))
    for z in (x, y):
        if z.ndim != 2:
            raise LinAlgError(f"{z.ndim}-dimensional array given. Array must be two-dimensional")
    if x.shape[0] != y.shape[0]:
        raise LinAlgError("Incompatible dimensions")
    eps = float(np.finfo(np.float64).eps)
    rcond = eps * max(x.shape) if rcond is None else eps if rcond < 0 else float(rcond)
    solution, squares, rank, s = lstsq_p(x, y, rcond=rcond)
    return reshape(solution, solution.shape[:1]) if vector else solution, squares, rank, s


@rule_for(np.linalg.pinv)
def pinv(a: Value, rcond: Value | float | None = None, hermitian: bool = False, *,
         rtol: Value | float | None = UNSET) -> Value:
    x = _matrices(a)
    if rcond is not None and rtol is not UNSET:
        raise ValueError("`rtol` and `rcond` can't be both set.")
    if rcond is None:
        rcond = 1e-15 if rtol is UNSET else rtol
    if rcond is None:
        n: int = max(x.shape[-2:])
        rcond = n * float(np.finfo(x.dtype).eps)
    if isinstance(rcond, Traced) or np.ndim(rcond):
        raise missing_rule("numpy.linalg.pinv", "an array for rcond")
    if hermitian:
        _check_square(x)
        x = hermitian_of(x)  # of which NumPy reads one triangle
    return pinv_p(x, rcond=float(rcond), hermitian=bool(hermitian))


# -- numbers that a matrix has --------------------------------------------------------------------


@rule_for(np.linalg.det)
def det(a: Value) -> Value:
    return det_p(_square(a))


@rule_for(np.linalg.slogdet)
def slogdet(a: Value) -> SlogdetResult:
    return SlogdetResult(*slogdet_p(_square(a)))


@rule_for(np.linalg.matrix_rank)
def matrix_rank(A: Value, tol: Value | float | None = None, hermitian: bool = False, *,
                rtol: Value | float | None = None) -> Value:
    """The number of singular values above a bound: a whole number, which does not move."""
    if rtol is not None and tol is not None:
        raise ValueError("`tol` and `rtol` can't be both set.")
    x = as_array(A)
    if x.ndim < 2:
        rank: Value = np.any(x != 0).astype(int)
        return rank
    s = _singular_values(x, hermitian)
    if tol is None:
        rtol = max(x.shape[-2:]) * float(np.finfo(s.dtype).eps) if rtol is None else np.asarray(rtol)[..., None]
        tol = np.max(s, axis=-1, keepdims=True) * rtol if s.shape[-1] else np.zeros(1)
    else:
        tol = np.asarray(tol)[..., None]
    ranks: Value = np.count_nonzero(s > tol, axis=-1)
    return ranks


@rule_for(np.linalg.cond)
def cond(x: Value, p: float | Literal["fro", "nuc"] | None = None) -> Value:
    """The condition number; of a singular matrix it is infinite."""
    matrix = as_array(x)
    if matrix.size == 0 and prod(matrix.shape[-2:]) == 0:
        raise LinAlgError("cond is not defined on empty arrays")
    if p is None or p in (2, -2):
        s = svdvals(matrix)
        largest, smallest = s[..., 0], s[..., -1]
        ratio = smallest / largest if p == -2 else largest / smallest
    else:
        matrix = _square(matrix)
        inverse = inv_p(operand(matrix, np.result_type(matrix.dtype, _DOUBLE)), forgiving=True)  # which is not rounded
        wide = np.linalg.norm(matrix, p, axis=(-2, -1)) * np.linalg.norm(inverse, p, axis=(-2, -1))
        ratio = convert(wide, real_dtype(matrix.dtype) if since("2.3.0") else matrix.dtype)
    undefined = np.logical_and(np.isnan(ratio), np.logical_not(np.any(np.isnan(matrix), axis=(-2, -1))))
    return select(undefined, operand(np.inf, ratio.dtype), ratio)


# -- decompositions -------------------------------------------------------------------------------


@rule_for(np.linalg.cholesky)
def cholesky(a: Value, /, *, upper: bool = False) -> Value:
    return cholesky_p(_square(a), lower=not upper)


@rule_for(np.linalg.qr)
def qr(a: Value, mode: str = "reduced") -> QRResult | Value:
    x = _matrices(a)
    if mode not in ("reduced", "complete", "r"):
        if mode not in ("raw", "f", "full", "e", "economic"):
            raise ValueError(f"Unrecognized mode '{mode}'")
        raise missing_rule("numpy.linalg.qr", f"mode={mode!r}")
    q, r = qr_p(x, complete=mode == "complete" and x.shape[-2] > x.shape[-1])
    return r if mode == "r" else QRResult(q, r)


@rule_for(np.linalg.eigh)
def eigh(a: Value, UPLO: str = "L") -> EighResult:
    return EighResult(*eigh_p(_square(a), lower=_is_lower(UPLO)))


@rule_for(np.linalg.eigvalsh)
def eigvalsh(a: Value, UPLO: str = "L") -> Value:
    return eigvalsh_p(_square(a), lower=_is_lower(UPLO))


@rule_for(np.linalg.svd)
def svd(a: Value, full_matrices: bool = True, compute_uv: bool = True, hermitian: bool = False) -> SVDResult | Value:
    if not compute_uv:
        return _singular_values(a, hermitian)
    return _svd_of_hermitian(_square(a)) if hermitian else SVDResult(*svd_p(_matrices(a), full=bool(full_matrices)))


def _singular_values(a: Value, hermitian: bool) -> Value:
    return np.sort(absolute(eigvalsh_p(_square(a), lower=True)))[..., ::-1] if hermitian else svdvals(a)


def _svd_of_hermitian(x: Value) -> SVDResult:
    """From the eigenvalues, of which the singular values are the absolute ones, in falling order."""
    w, v = eigh_p(x, lower=True)
    size = absolute(w)
    sign = select(signbit(w), w.dtype.type(-1), w.dtype.type(1))
    order = np.argsort(size)[..., ::-1]
    sign, s = np.take_along_axis(sign, order, axis=-1), np.take_along_axis(size, order, axis=-1)
    wide = broadcast(order, x.shape, (x.ndim - 2,))
    u = np.take_along_axis(v, wide, axis=-1)
    return SVDResult(u, s, np.conjugate(np.swapaxes(u * sign[..., None, :], -1, -2)))


@rule_for(np.linalg.svdvals)
def svdvals(x: Value, /) -> Value:
    return svdvals_p(_matrices(x))


@rule_for(np.linalg.eig)
def eig(a: Value) -> EigResult:
    """Eigenvalues and eigenvectors; before NumPy 2.5 real where all eigenvalues of a real matrix are."""
    x = _square(a)
    return EigResult(*(eig_p(x) if since("2.5.0") else real_if_possible(x, *eig_p(x))))


@rule_for(np.linalg.eigvals)
def eigvals(a: Value) -> Value:
    x = _square(a)
    w: Value = eigvals_p(x)
    return w if since("2.5.0") else real_if_possible(x, w)[0]


def real_if_possible(x: Value, w: Value, *v: Value) -> Sequence[Value]:
    """The eigenvalues of x, and the vectors, in a dtype that depends on the eigenvalues: so it is asked for them.

    Under vmap there is no single answer, and the results are complex.
    """
    if x.dtype.kind == "c":
        return w, *v
    try:
        asked: Value = overrides[np.all](imag(w) == 0)
        all_real = bool(concrete(asked, "np.linalg.eig, for the dtype of its results"))
    except AbstractValueError:
        return w, *v
    return [real(z) for z in (w, *v)] if all_real else (w, *v)
