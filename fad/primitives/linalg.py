"""Matrices as linear maps: systems of equations, inverses and determinants.

    solve : a, b →  x,  a x = b;     linear in b, and transposed by solving with the transposed matrix
    inv   : a    →  a⁻¹
    slogdet : a  →  the sign of the determinant, and the logarithm of its absolute value
    cholesky : a →  l,  a = l lᴴ
    qr : a       →  q, r,  a = q r

A matrix is the last two axes of an array, and the axes before them are a stack of matrices. The operands of a
primitive are stacks of one shape, so a stack of stacks is just a larger one, and batching is nothing but that.

The rules are those of Giles, Collected matrix derivative results (2008), and of Seeger et al., Auto-differentiating
linear algebra (2017). T is the tangent of the matrix a, and ᴴ transposes and conjugates. They read T alone in what is
linear, so that the transpose of a rule has products of matrices in it and hardly anything else.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np

from ..core.avals import Aval, Dtype, make_aval
from ..core.primitive import Infer, Linear, Out, Primitive, Tangent, Traced, Value, Values, Zero, partials
from .contraction import contract, labels
from .elementwise import conjugate, multiply, real
from .indexing import cut
from .joining import diagonal_p, pad_p
from .structural import broadcast, convert, permute, reshape

__all__ = ["adjoint", "cholesky_p", "columns", "diagonal", "grown", "halved", "hermitian", "inner_trace", "inv_p",
           "inverse", "matrix_primitive", "of_columns", "qr_p", "real_dtype", "rows", "slogdet_p", "solve_p", "stacked",
           "times", "turned", "upper"]


# -- products and pieces of stacks of matrices ----------------------------------------------------


def times(a: Value, x: Value) -> Value:
    """The product of matrices with matrices or, if these have an axis less, with vectors."""
    names = labels(a.ndim + 1)
    lead, i, j, k = names[:-3], names[-3], names[-2], names[-1] if x.ndim == a.ndim else ""
    return contract(a, x, f"{lead}{i}{j},{lead}{j}{k}->{lead}{i}{k}")


def inner_trace(a: Value, b: Value) -> Value:
    """Σ_ij a_ij b_ij, matrix by matrix."""
    names = labels(a.ndim)
    return contract(a, b, f"{names},{names}->{names[:-2]}")


def of_columns(x: Value, y: Value) -> Value:
    """Σ_i x_ik y_ik: the products of the columns of x with those of y."""
    names = labels(x.ndim)
    return contract(x, y, f"{names},{names}->{names[:-2]}{names[-1]}")


def turned(x: Value) -> Value:
    """The matrices transposed."""
    n = x.ndim
    return permute(x, (*range(n - 2), n - 1, n - 2))


def adjoint(x: Value) -> Value:
    """The matrices transposed and conjugated."""
    return turned(conjugate(x) if x.dtype.kind == "c" else x)


def diagonal(x: Value) -> Value:
    """The entries on the diagonals, as vectors."""
    return diagonal_p(x, offset=0, axes=(x.ndim - 2, x.ndim - 1))


def columns(v: Value, like: Value) -> Value:
    """Vectors as matrices of this shape, with an entry for each column: multiplying by them scales the columns."""
    return convert(broadcast(v, like.shape, (like.ndim - 2,)), like.dtype)


def rows(v: Value, like: Value) -> Value:
    """Vectors as matrices of this shape, with an entry for each row: multiplying by them scales the rows."""
    return convert(broadcast(v, like.shape, (like.ndim - 1,)), like.dtype)


def grown(x: Value, n_rows: int, n_columns: int) -> Value:
    """Matrices with zeros added below and to the right, up to this size."""
    more = (*(0,) * (x.ndim - 2), n_rows - x.shape[-2], n_columns - x.shape[-1])
    return pad_p(x, low=(0,) * x.ndim, high=more, gap=(0,) * x.ndim) if any(more) else x


@lru_cache(maxsize=256)
def _weights(n: int, m: int, dtype: Dtype, which: str) -> Value:
    """Ones on one side of the diagonal, and 1/2 or 1 on it."""
    ones = np.ones((n, m), dtype)
    weights = np.triu(ones) if which == "upper" else np.tril(ones, -1) + np.eye(n, m, dtype=dtype) / dtype.type(2)
    weights.flags.writeable = False  # so that graphs can share it
    return weights


def _weighted(x: Value, which: str) -> Value:
    return multiply(x, broadcast(_weights(*x.shape[-2:], x.dtype, which), x.shape, tuple(range(x.ndim - 2))))


def halved(x: Value) -> Value:
    """The lower triangles, with half of what is on the diagonal. It is Murray's Φ."""
    return _weighted(x, "lower")


def upper(x: Value) -> Value:
    """The upper triangles, diagonal included."""
    return _weighted(x, "upper")


def hermitian(x: Value, lower: bool = True) -> Value:
    """The Hermitian matrices with these lower (or upper) triangles: what NumPy takes x for where it reads only that."""
    half = halved(x if lower else adjoint(x))
    return half + adjoint(half)


def real_dtype(dtype: Dtype) -> Dtype:
    """The dtype of the absolute values."""
    return np.real(np.empty(0, dtype)).dtype


# -- the family -----------------------------------------------------------------------------------


def matrix_primitive(name: str, evaluate: Callable[..., Out], infer: Infer, jvp: Callable[..., Tangent | Sequence[Tangent]],
                     *, several: bool = False) -> Primitive[Out]:
    """A primitive of one matrix, which NumPy applies to stacks: a stack more is nothing new to it.

    The jvp takes (t, results, matrix, **params); there is but one operand, so a tangent there is.
    """
    def rule(primals: Sequence[Value], tangents: Sequence[Tangent], result: object, /,
             **params: object) -> Tangent | Sequence[Tangent]:
        return jvp(tangents[0], result, primals[0], **params)

    def batch(operands: Sequence[Value], mapped: Sequence[bool], /, **params: object) -> Out:
        return primitive(operands[0], **params)

    primitive: Primitive[Out] = Primitive(name, evaluate, infer, rule, batch, several=several)
    return primitive


def stacked(operands: Sequence[Value], mapped: Sequence[bool]) -> list[Value]:
    """All operands as stacks: those that are not mapped are repeated."""
    n = next(x.shape[0] for x, m in zip(operands, mapped, strict=True) if m)
    return [x if m else broadcast(x, (n, *x.shape), (0,)) for x, m in zip(operands, mapped, strict=True)]


# -- solve: b is a stack of matrices or, with an axis less than a, of vectors ---------------------
# a x = b;  a dx = db - T x;  b̄ = a⁻ᵀ x̄


def _solve_evaluate(a: Value, b: Value) -> Value:
    if b.ndim == a.ndim - 1 and b.ndim > 1:
        return np.linalg.solve(a, b[..., None])[..., 0]
    return np.linalg.solve(a, b)


def _solve_infer(a: Aval, b: Aval) -> Aval:
    lead = a.shape[:-1]
    assert a.shape[-1] == a.shape[-2] and b.shape[:a.ndim - 1] == lead and b.ndim <= a.ndim, (a, b)
    assert a.dtype == b.dtype, (a, b)
    return b


def _solve_by_matrix(t: Value, x: Value, a: Value, b: Value) -> Value:
    return -solve_p(a, times(t, x))


def _solve_batch(operands: Sequence[Value], mapped: Sequence[bool]) -> Value:
    a, b = operands
    if mapped[0]:
        return solve_p(*stacked(operands, mapped))
    n, vectors = b.shape[0], b.ndim == a.ndim  # the stack becomes columns, for which the matrix is factorised once
    k = 1 if vectors else b.shape[-1]
    lead = a.ndim - 1
    side_by_side = permute(b, (*range(1, lead + 1), 0, *range(lead + 1, b.ndim)))
    x = solve_p(a, reshape(side_by_side, (*a.shape[:-1], n * k)))
    apart = reshape(x, side_by_side.shape)
    return permute(apart, (lead, *range(lead), *range(lead + 1, b.ndim)))


def _solve_transpose(ct: Value, a: Value, b: Linear) -> Sequence[Tangent | None]:
    return None, solve_p(turned(a), ct)


solve_p: Primitive = Primitive(
    "solve", _solve_evaluate, _solve_infer, partials(_solve_by_matrix, lambda t, x, a, b: solve_p(a, t)), _solve_batch,
    _solve_transpose)


# -- inv: d(a⁻¹) = -a⁻¹ T a⁻¹ ---------------------------------------------------------------------


def _inv_evaluate(a: Value, *, forgiving: bool) -> Value:
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        if not forgiving:
            raise
    if a.ndim == 2:
        return np.full_like(a, np.nan)
    return np.stack([_inv_evaluate(one, forgiving=True) for one in a])


inv_p: Primitive = matrix_primitive("inv", _inv_evaluate, lambda a, *, forgiving: a,
                                    lambda t, z, a, *, forgiving: -times(times(z, t), z))
"""The inverse; `forgiving` gives NaNs for a singular matrix, and else it is NumPy's LinAlgError."""


def inverse(a: Value) -> Value:
    """The inverse of regular matrices.

    Raises:
        LinAlgError: NumPy's, when it is computed, if one of them is singular.
    """
    return inv_p(a, forgiving=False)


# -- slogdet: d log det a = tr(a⁻¹ T), of which the absolute value takes the real part, the sign the imaginary


def _slogdet_evaluate(a: Value) -> Values:
    sign, logarithm = np.linalg.slogdet(a)
    return sign, logarithm


def _slogdet_infer(a: Aval) -> tuple[Aval, Aval]:
    return make_aval(a.shape[:-2], a.dtype), make_aval(a.shape[:-2], real_dtype(a.dtype))


def _slogdet_rule(t: Value, results: tuple[Traced, Traced], a: Value) -> tuple[Tangent, Tangent]:
    sign, _ = results
    moved = inner_trace(turned(inverse(a)), t)
    if a.dtype.kind != "c":
        return Zero(sign.aval), moved
    return multiply(sign, moved - convert(real(moved), a.dtype)), real(moved)


slogdet_p: Primitive[Values] = matrix_primitive("slogdet", _slogdet_evaluate, _slogdet_infer, _slogdet_rule, several=True)


# -- cholesky: dl = l Φ(l⁻¹ T l⁻ᴴ) ----------------------------------------------------------------
# Murray, Differentiation of the Cholesky decomposition (2016). NumPy reads one triangle of a, and so T is, too,
# what has this triangle and is Hermitian: the other triangle of a has no part in the result.


def _cholesky_evaluate(a: Value, *, lower: bool) -> Value:
    factor: Callable[..., Value] = np.linalg.cholesky  # whose `upper` the stubs of NumPy 2.0 lack
    return factor(a, upper=not lower)


def _cholesky_rule(t: Value, z: Value, a: Value, *, lower: bool) -> Value:
    factor = z if lower else adjoint(z)
    back = inverse(factor)
    moved = times(factor, halved(times(times(back, hermitian(t, lower)), adjoint(back))))
    return moved if lower else adjoint(moved)


cholesky_p: Primitive = matrix_primitive("cholesky", _cholesky_evaluate, lambda a, *, lower: a, _cholesky_rule)


# -- qr: of matrices whose first columns, as many as there are rows, are independent --------------
# a = q r, of which a₁ = q r₁ is the part where r₁ is square. With c = qᴴ T₁ r₁⁻¹,
#     dq = q Ω + (1 - q qᴴ) T₁ r₁⁻¹,   dr = qᴴ T - Ω r,   Ω = Φ(c) - Φ(c)ᴴ,
# as LAPACK makes the diagonal of r real. Where q is square the last term of dq is 0; where it has more columns than
# there are in a (`complete`), c is filled up with zeros: then the new columns turn no more than they must.
# Walter & Lehmann, Algorithmic differentiation of linear algebra functions (2010); Roberts & Roberts, QR and LQ
# decomposition matrix backpropagation algorithms for square, wide, and deep matrices (2020).


def _qr_evaluate(a: Value, *, complete: bool) -> Values:
    q, r = np.linalg.qr(a, "complete" if complete else "reduced")
    return q, r


def _qr_infer(a: Aval, *, complete: bool) -> tuple[Aval, Aval]:
    *lead, m, n = a.shape
    inner = m if complete else min(m, n)
    return make_aval((*lead, m, inner), a.dtype), make_aval((*lead, inner, n), a.dtype)


def _qr_rule(t: Value, results: tuple[Value, Value], a: Value, *, complete: bool) -> tuple[Value, Value]:
    q, r = results
    k, inner = min(a.shape[-2:]), q.shape[-1]
    square = cut(cut(r, r.ndim - 2, 0, k), r.ndim - 1, 0, k)
    x = times(cut(t, t.ndim - 1, 0, k), inverse(square))
    c = times(adjoint(q), x)
    half = halved(grown(c, inner, inner))
    turn = half - adjoint(half)
    dq = times(q, turn)
    if inner < a.shape[-2]:
        dq = dq + (x - times(q, c))
    return dq, upper(times(adjoint(q), t) - times(turn, r))


qr_p: Primitive[Values] = matrix_primitive("qr", _qr_evaluate, _qr_infer, _qr_rule, several=True)
