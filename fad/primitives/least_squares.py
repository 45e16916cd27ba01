"""The best that can be done where a system of equations has no solution, or many.

    pinv  : a    →  a⁺
    lstsq : a, b →  x = a⁺ b, the squares of b - a x added up column by column, the rank of a, its singular values

T is the tangent of a, whose rank is to stay what it is. Golub & Pereyra, The differentiation of pseudo-inverses and
nonlinear least squares problems whose variables separate (1973).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..core.avals import Aval, Dtype, make_aval
from ..core.primitive import Primitive, Tangent, Traced, Value, Values, Zero
from .decompositions import svdvals_p
from .elementwise import conjugate, real
from .linalg import adjoint, matrix_primitive, of_columns, real_dtype, stacked, times

__all__ = ["lstsq_p", "pinv_p"]

_RANK: Dtype = np.dtype(np.intc)


# -- pinv: da⁺ = -a⁺ T a⁺ + a⁺ a⁺ᴴ Tᴴ (1 - a a⁺) + (1 - a⁺ a) Tᴴ a⁺ᴴ a⁺ ---------------------------


def _pinv_infer(a: Aval, *, rcond: float, hermitian: bool) -> Aval:
    *lead, m, n = a.shape
    return make_aval((*lead, n, m), a.dtype)


def _pinv_rule(t: Value, z: Value, a: Value, *, rcond: float, hermitian: bool) -> Value:
    back, z_h = adjoint(t), adjoint(z)
    out_of_columns = back - times(times(back, a), z)
    out_of_rows = back - times(z, times(a, back))
    return times(times(z, z_h), out_of_columns) + times(out_of_rows, times(z_h, z)) - times(z, times(t, z))


pinv_p: Primitive = matrix_primitive("pinv", lambda a, *, rcond, hermitian: np.linalg.pinv(a, rcond, hermitian),
                                     _pinv_infer, _pinv_rule)


# -- lstsq: dx = a⁺ (db - T x) + a⁺ a⁺ᴴ Tᴴ r + (1 - a⁺ a) Tᴴ a⁺ᴴ x,  r = b - a x ------------------
# As aᴴ r = 0, the change of x plays no part in that of the squares: d(rᴴ r) = 2 Re rᴴ (db - T x).


def _lstsq_evaluate(a: Value, b: Value, *, rcond: float) -> Values:
    if a.ndim == 2:
        return _lstsq_of_one(a, b, rcond)
    avals = _lstsq_infer(make_aval(a.shape, a.dtype), make_aval(b.shape, b.dtype), rcond=rcond)
    results = tuple([np.empty(aval.shape, aval.dtype) for aval in avals])
    for place in np.ndindex(a.shape[:-2]):
        for result, one in zip(results, _lstsq_of_one(a[place], b[place], rcond), strict=True):
            result[place] = one
    return results


def _lstsq_of_one(a: Value, b: Value, rcond: float) -> Values:
    x, squares, rank, s = np.linalg.lstsq(a, b, rcond)
    if a.shape[0] > a.shape[1] and len(squares) != b.shape[1]:  # as NumPy has it for a matrix that lacks rank
        squares = (np.abs(b - a @ x) ** 2).sum(0)
    return x, squares, _RANK.type(rank), s


def _lstsq_infer(a: Aval, b: Aval, *, rcond: float) -> tuple[Aval, ...]:
    *lead, m, n = a.shape
    k = b.shape[-1]
    assert b.shape == (*lead, m, k) and a.dtype == b.dtype, (a, b)
    real = real_dtype(a.dtype)
    return (make_aval((*lead, n, k), a.dtype), make_aval((*lead, k if m > n else 0), real),
            make_aval(tuple(lead), _RANK), make_aval((*lead, min(m, n)), real))


def _lstsq_jvp(primals: Sequence[Value], tangents: Sequence[Tangent], results: tuple[Traced, ...], /, *,
               rcond: float) -> tuple[Tangent, ...]:
    (a, b), (t, db), (x, squares, rank, s) = primals, tangents, results
    z = pinv_p(a, rcond=rcond, hermitian=False)
    ds: Tangent = Zero(s.aval)
    if isinstance(t, Zero):
        assert not isinstance(db, Zero)
        moved = db
        dx = times(z, moved)
    else:
        moved = -times(t, x) if isinstance(db, Zero) else db - times(t, x)
        back, z_h = adjoint(t), adjoint(z)
        to_x = times(back, times(z_h, x))
        dx = (times(z, moved) + times(z, times(z_h, times(back, b - times(a, x)))) + (to_x - times(z, times(a, to_x))))
        ds = svdvals_p.jvp((a,), (t,), s)
    d_squares: Tangent = Zero(squares.aval)
    if squares.shape[-1]:
        r = b - times(a, x)
        d_squares = of_columns(r, moved) if r.dtype.kind != "c" else real(of_columns(conjugate(r), moved))
        d_squares = d_squares * 2.0
    return dx, d_squares, Zero(rank.aval), ds


def _lstsq_batch(operands: Sequence[Value], mapped: Sequence[bool], *, rcond: float) -> Values:
    return lstsq_p(*stacked(operands, mapped), rcond=rcond)


lstsq_p: Primitive[Values] = Primitive("lstsq", _lstsq_evaluate, _lstsq_infer, _lstsq_jvp, _lstsq_batch, several=True)
