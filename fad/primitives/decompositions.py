"""Eigenvalues and singular values, with their vectors; and determinants, by way of them.

    eigh : a → w, v        a = v diag(w) vᴴ,  of the Hermitian matrix with a's lower (or upper) triangle
    svd  : a → u, s, vᴴ    a = u diag(s) vᴴ
    eig  : a → w, v        a = v diag(w) v⁻¹, complex
    det  : a → det a

T is the tangent of a. The rules divide by gaps, the differences of eigenvalues. Where a gap vanishes the vectors have
no derivative, as LAPACK has chosen some of many; there 0 is taken for the reciprocal of the gap. So all derivatives are
finite, and first ones of what does not depend on the choice are right: of symmetric functions of the equal values, of
the projection on all their vectors, of u vᴴ. But no linear rule can tell how equal values part: first derivatives of
v f(w) vᴴ, and second ones in general, lack a term there. At a singular value of 0, the tip of a cone, 0 is taken for the
derivative, as for the absolute value.

Vectors also have signs or phases that LAPACK is free to choose; the rules let them be still.

Giles, Collected matrix derivative results (2008); Townsend, Differentiating the singular value decomposition (2016);
Seeger et al., Auto-differentiating linear algebra (2017); Wan & Zhang, Automatic differentiation for complex valued
SVD (2019).
"""

from __future__ import annotations

from typing import Literal

import numpy as np

from ..core.avals import Aval, Dtype, make_aval
from ..core.primitive import Primitive, Tangent, Value, Values
from .elementwise import absolute, conjugate, equal, imag, less_equal, multiply, real, select
from .indexing import cut
from .linalg import (
    adjoint,
    columns,
    diagonal,
    grown,
    hermitian,
    inner_trace,
    inverse,
    matrix_primitive,
    of_columns,
    real_dtype,
    rows,
    times,
    turned,
)
from .reductions import prod_p
from .selection import argmax_p, max_p
from .structural import broadcast, convert, sum

__all__ = ["det_p", "eig_p", "eigh_p", "eigvals_p", "eigvalsh_p", "svd_p", "svdvals_p"]

_ROUNDINGS = 4  # gaps of so many roundings a row, relative to the largest value, are none


# -- reciprocals of what may vanish ---------------------------------------------------------------


def _vanishing(x: Value, values: Value) -> Value:
    """Where x is nothing but rounding, in the scale of the values of its matrix, of which there is one at least."""
    n, last = values.shape[-1], values.ndim - 1
    size = absolute(values)
    bound = max_p(size, axes=(last,)) * (_ROUNDINGS * n * float(np.finfo(size.dtype).eps))
    return less_equal(absolute(x), broadcast(bound, x.shape, tuple(range(last, x.ndim))))


def _reciprocal(x: Value, values: Value) -> Value:
    """1 / x, and 0 where x vanishes."""
    if not values.shape[-1]:
        return x
    none = _vanishing(x, values)
    one, zero = x.dtype.type(1), x.dtype.type(0)
    return select(none, zero, one / select(none, one, x))


def _over(x: Value, y: Value) -> tuple[Value, Value]:
    """Values x_j for each column j, and y_i for each row i, as matrices."""
    shape = (*x.shape, x.shape[-1])
    return broadcast(x, shape, (x.ndim - 1,)), broadcast(y, shape, (y.ndim,))


def _inverse_gaps(w: Value) -> Value:
    """The matrix of 1 / (w_j - w_i), with 0 on the diagonal and for gaps that vanish."""
    of_column, of_row = _over(w, w)
    return _reciprocal(of_column - of_row, w)


# -- eigh: with m = vᴴ T v,  dw = Re diag m,  dv = v (m_ij / (w_j - w_i)) -------------------------


def _triangle(lower: bool) -> Literal["L", "U"]:
    return "L" if lower else "U"


def _eigh_evaluate(a: Value, *, lower: bool) -> Values:
    w, v = np.linalg.eigh(a, _triangle(lower))
    return w, v


def _values_of(a: Aval) -> Aval:
    """The aval of min(rows, columns) real numbers for each matrix."""
    return make_aval((*a.shape[:-2], min(a.shape[-2:])), real_dtype(a.dtype))


def _real_part(x: Value) -> Value:
    return real(x) if x.dtype.kind == "c" else x


def _conjugate(x: Value) -> Value:
    return conjugate(x) if x.dtype.kind == "c" else x


def _eigh_rule(t: Value, results: tuple[Value, Value], a: Value, *, lower: bool) -> tuple[Value, Value]:
    w, v = results
    moved = times(hermitian(t, lower), v)
    turn = multiply(convert(_inverse_gaps(w), v.dtype), times(adjoint(v), moved))
    return _real_part(of_columns(_conjugate(v), moved)), times(v, turn)


eigh_p: Primitive[Values] = matrix_primitive("eigh", _eigh_evaluate, lambda a, *, lower: (_values_of(a), a), _eigh_rule,
                                             several=True)


def _eigvalsh_evaluate(a: Value, *, lower: bool) -> Value:
    return np.linalg.eigvalsh(a, _triangle(lower))


def _eigvalsh_infer(a: Aval, *, lower: bool) -> Aval:
    return _values_of(a)


def _eigvalsh_rule(t: Value, w: Value, a: Value, *, lower: bool) -> Value:
    _, v = eigh_p(a, lower=lower)
    return _real_part(of_columns(_conjugate(v), times(hermitian(t, lower), v)))


eigvalsh_p: Primitive = matrix_primitive("eigvalsh", _eigvalsh_evaluate, _eigvalsh_infer, _eigvalsh_rule)


# -- svd: with p = uᴴ T v,  ds = Re diag p, and v, u turn by --------------------------------------
#     (uᴴ du)_ij = ½ (p + pᴴ)_ij / (s_j - s_i) + ½ (p - pᴴ)_ij / (s_j + s_i)
#     (vᴴ dv)_ij = ½ (p + pᴴ)_ij / (s_j - s_i) - ½ (p - pᴴ)_ij / (s_j + s_i).
# The first terms cancel in u vᴴ, so that its derivative does not mind equal singular values. A tall matrix moves u also
# out of the space of its columns, by (1 - u uᴴ) T v s⁻¹, and a wide one moves v. With `full` matrices there is nothing
# outside: p is filled up with zeros to a square, as is s, and the same formulas say it all.


def _svd_evaluate(a: Value, *, full: bool) -> Values:
    u, s, vh = np.linalg.svd(a, full_matrices=full)
    return u, s, vh


def _svd_infer(a: Aval, *, full: bool) -> tuple[Aval, Aval, Aval]:
    *lead, m, n = a.shape
    k = min(m, n)
    return (make_aval((*lead, m, m if full else k), a.dtype), _values_of(a),
            make_aval((*lead, n if full else k, n), a.dtype))


def _svd_rule(t: Value, results: tuple[Value, Value, Value], a: Value, *, full: bool) -> tuple[Value, Value, Value]:
    u, s, vh = results
    (m, n), k = a.shape[-2:], s.shape[-1]
    v = adjoint(vh)
    moved = times(t, v)
    p = times(adjoint(u), moved)
    ds = _moved_values(s, cut(u, u.ndim - 1, 0, k), cut(moved, moved.ndim - 1, 0, k))
    size = max(p.shape[-2:])
    p, values = grown(p, size, size), _lengthened(s, size)
    of_column, of_row = _over(values, values)
    sums, gaps = (convert(_reciprocal(x, values), a.dtype) * 0.5 for x in (of_column + of_row, of_column - of_row))
    together, apart = multiply(gaps, p + adjoint(p)), multiply(sums, p - adjoint(p))
    du = times(u, _corner(together + apart, u.shape[-1]))
    dv = times(v, _corner(together - apart, v.shape[-1]))
    if u.shape[-1] < m:
        du = du + multiply(moved - times(u, times(adjoint(u), moved)), columns(_reciprocal(s, s), moved))
    if v.shape[-1] < n:
        back = times(adjoint(t), u)
        dv = dv + multiply(back - times(v, times(vh, back)), columns(_reciprocal(s, s), back))
    return du, ds, adjoint(dv)


def _moved_values(s: Value, u: Value, moved: Value) -> Value:
    """Re diag uᴴ moved, and 0 where a singular value is 0."""
    ds = _real_part(of_columns(_conjugate(u), moved))
    return select(_vanishing(s, s), s.dtype.type(0), ds) if s.shape[-1] else ds


def _corner(x: Value, k: int) -> Value:
    """The first k rows and columns."""
    return x if x.shape[-1] == k else cut(cut(x, x.ndim - 1, 0, k), x.ndim - 2, 0, k)


def _lengthened(s: Value, n: int) -> Value:
    if s.shape[-1] == n:
        return s
    flat = grown(broadcast(s, (*s.shape[:-1], 1, s.shape[-1]), (s.ndim - 1,)), 1, n)
    return sum(flat, (s.ndim - 1,))


svd_p: Primitive[Values] = matrix_primitive("svd", _svd_evaluate, _svd_infer, _svd_rule, several=True)


def _svdvals_rule(t: Value, s: Value, a: Value) -> Value:
    u, _, vh = svd_p(a, full=False)
    return _moved_values(s, u, times(t, adjoint(vh)))


svdvals_p: Primitive = matrix_primitive("svdvals", lambda a: np.linalg.svd(a, compute_uv=False), _values_of, _svdvals_rule)


# -- eig: with m = v⁻¹ T v,  dw = diag m,  dv = v (m_ij / (w_j - w_i)) + v c ----------------------
# LAPACK gives vectors of norm 1 whose largest entry is real. They stay so: that is what the c are for, one a vector.
# Real matrices have complex results too; NumPy takes the real parts, where all eigenvalues are real.


def _complex_dtype(dtype: Dtype) -> Dtype:
    return np.result_type(dtype, np.complex64)


def _eig_evaluate(a: Value) -> Values:
    w, v = np.linalg.eig(a)
    dtype = _complex_dtype(a.dtype)
    return w.astype(dtype, copy=False), v.astype(dtype, copy=False)


def _eigenvalues(a: Aval) -> Aval:
    return make_aval(a.shape[:-1], _complex_dtype(a.dtype))


def _eig_rule(t: Value, results: tuple[Value, Value], a: Value) -> tuple[Value, Value]:
    w, v = results
    m = times(inverse(v), times(convert(t, v.dtype), v))
    dv = times(v, multiply(_inverse_gaps(w), m))
    return diagonal(m), dv if not w.shape[-1] else dv - multiply(v, columns(_out_of_gauge(v, dv), v))


def _out_of_gauge(v: Value, dv: Value) -> Value:
    """How much of each vector has to be taken off its tangent, so that it keeps its norm and its real entry."""
    n, row = v.shape[-1], v.ndim - 2
    size = absolute(v)
    place = broadcast(argmax_p(size, axis=row), v.shape, (row,))
    numbers = np.broadcast_to(np.arange(n)[:, None], v.shape)
    largest = convert(equal(place, numbers), size.dtype)
    norm = real(of_columns(conjugate(v), dv))
    phase = of_columns(imag(dv), largest) / of_columns(real(v), largest)
    gauge: Value = convert(norm, v.dtype) + convert(phase, v.dtype) * 1j
    return gauge


eig_p: Primitive[Values] = matrix_primitive(
    "eig", _eig_evaluate, lambda a: (_eigenvalues(a), make_aval(a.shape, _complex_dtype(a.dtype))), _eig_rule,
    several=True)


def _eigvals_evaluate(a: Value) -> Value:
    w: Value = np.linalg.eigvals(a).astype(_complex_dtype(a.dtype), copy=False)
    return w


def _eigvals_rule(t: Value, w: Value, a: Value) -> Value:
    _, v = eig_p(a)
    return of_columns(turned(inverse(v)), times(convert(t, v.dtype), v))


eigvals_p: Primitive = matrix_primitive("eigvals", _eigvals_evaluate, _eigenvalues, _eigvals_rule)


# -- det: d det a = Σ_ij c_ij T_ij, with the cofactors c ------------------------------------------
# For a regular matrix they are det a · a⁻ᵀ. A singular one has cofactors, too: det is a polynomial. By a = u s vᴴ and
# p = uᴴ T v, and with the products of all singular values but one, or but two, of which nothing has to be divided out,
#     cᵀ = det(u vᴴ) v diag(Π_{k≠i} s_k) uᴴ
#     dcᵀ = det(u vᴴ) v x uᴴ,   x_ij = - Π_{k≠i,j} s_k p_ij,   x_ii = Σ_j≠i Π_{k≠i,j} s_k p_jj.


def _cofactors_evaluate(a: Value) -> Value:
    try:
        c = np.linalg.det(a)[..., None, None] * np.swapaxes(np.linalg.inv(a), -1, -2)
        if np.isfinite(c).all():
            return np.ascontiguousarray(c)
    except np.linalg.LinAlgError:  # one of them at least is singular
        pass
    u, s, vh = np.linalg.svd(a)
    n = a.shape[-1]
    others = np.where(np.eye(n, dtype=bool), s.dtype.type(1), s[..., None, :]).prod(-1)
    phase = (np.linalg.det(u) * np.linalg.det(vh))[..., None, None]
    adjugate: Value = np.matmul(np.conj(np.swapaxes(vh, -1, -2)) * others[..., None, :], np.conj(np.swapaxes(u, -1, -2)))
    cofactors: Value = phase * np.swapaxes(adjugate, -1, -2)
    return cofactors


def _cofactors_rule(t: Value, c: Value, a: Value) -> Value:
    u, s, vh = svd_p(a, full=False)
    n, lead = a.shape[-1], a.ndim - 2
    each = np.eye(n, dtype=bool)
    pair = each[:, None, :] | each[None, :, :]  # whether k is i or j
    shape = (*a.shape, n)
    spread = broadcast(s, shape, (lead, lead + 1))
    but_two = prod_p(select(np.broadcast_to(pair, shape), s.dtype.type(1), spread), axes=(lead + 2,))
    but_two = convert(select(np.broadcast_to(each, a.shape), s.dtype.type(0), but_two), a.dtype)
    p = times(times(adjoint(u), t), adjoint(vh))
    on_diagonal = multiply(rows(times(but_two, diagonal(p)), p), np.broadcast_to(each.astype(a.dtype), p.shape))
    x = on_diagonal - multiply(but_two, p)
    phase = multiply(det_p(u), det_p(vh))
    inside = turned(times(times(adjoint(vh), x), adjoint(u)))
    return multiply(inside, broadcast(phase, inside.shape, (lead, lead + 1)))


cofactors_p: Primitive = matrix_primitive("cofactors", _cofactors_evaluate, lambda a: a, _cofactors_rule)


def _det_rule(t: Value, z: Value, a: Value) -> Tangent:
    return inner_trace(cofactors_p(a), t)


det_p: Primitive = matrix_primitive("det", np.linalg.det, lambda a: make_aval(a.shape[:-2], a.dtype), _det_rule)
