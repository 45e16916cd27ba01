"""The table of linear algebra: square, tall and wide matrices and stacks of them, real and complex.

Vectors of a decomposition have signs or phases that LAPACK may choose. Where it chooses them steadily (real vectors,
and those of eig, which have a real entry) they are rows as they are; elsewhere what does not depend on the choice is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .elementwise import ComplexOp
from .row import Op

__all__ = ["ROWS"]

Shape = tuple[int, ...]

ROWS: list[Op] = []


def _adjoint(x: Any) -> Any:
    return np.conj(np.swapaxes(x, -1, -2))


def _regular(x: Any) -> Any:
    """A well-conditioned matrix."""
    return x + 4 * np.eye(x.shape[-1], dtype=x.dtype)


def _tensor(x: Any) -> Any:
    """The same, as a map from vectors to matrices."""
    return _regular(x.reshape(4, 4)).reshape(2, 2, 4)


def _tall(x: Any) -> Any:
    """Tall or wide matrices of full rank, with singular values that are far from each other."""
    m, n = x.shape[-2:]
    return x + np.eye(m, n, dtype=x.dtype) * np.arange(4, 4 + 6 * n, 6).astype(x.real.dtype)


def _positive(x: Any) -> Any:
    """A positive definite matrix, with far-off eigenvalues; only its lower triangle is right."""
    return x + np.diag(np.arange(8, 8 + 6 * x.shape[-1], 6).astype(x.real.dtype))


def _both(name: str, fun: Callable[..., Any], *shapes: Shape, complex: bool = True, **settings: Any) -> None:
    for shape in shapes:
        ROWS.append(Op(f"{name}{list(shape)}", fun, (shape,), **settings))
        if complex:
            ROWS.append(ComplexOp(f"complex {name}{list(shape)}", fun, (shape,), **settings))


_SQUARE: tuple[Shape, ...] = ((1, 1), (2, 2), (3, 3), (2, 2, 2))
_SHAPES: tuple[Shape, ...] = ((2, 2), (3, 2), (2, 3), (2, 3, 2))

# -- systems of equations -------------------------------------------------------------------------

for _shape, _right in (((2, 2), (2,)), ((3, 3), (3, 2)), ((2, 3, 3), (3,)), ((2, 2, 2), (2, 3)), ((2, 2), (3, 2, 1)),
                       ((2, 1, 2, 2), (3, 2, 1)), ((1, 1), (1,)), ((0, 2, 2), (2, 1)), ((2, 2), (2, 0))):
    for _kind in (Op, ComplexOp):
        _name = f"{'complex ' if _kind is ComplexOp else ''}solve{list(_shape)}{list(_right)}"
        ROWS.append(_kind(_name, lambda a, b: np.linalg.solve(_regular(a), b), (_shape, _right)))
_both("inv", lambda x: np.linalg.inv(_regular(x)), *_SQUARE, (0, 2, 2))
_both("pinv", lambda x: np.linalg.pinv(_tall(x)), *_SHAPES, (2, 3, 3), (1, 1), ulps=0)
_both("pinv hermitian", lambda x: np.linalg.pinv(_positive(x), hermitian=True), (2, 2), (2, 3, 3))
_both("tensorinv", lambda x: np.linalg.tensorinv(_tensor(x), ind=2), (2, 2, 4))
_both("tensorinv ind=1", lambda x: np.linalg.tensorinv(_regular(x.reshape(4, 4)).reshape(4, 2, 2), ind=1), (4, 2, 2))
ROWS += [
    Op("solve with a constant matrix", lambda b: np.linalg.solve(np.array([[2.0, 1.0], [0.5, 3.0]]), b), ((2, 2),)),
    Op("solve with a constant vector", lambda a: np.linalg.solve(_regular(a), np.array([1.0, 2.0])), ((2, 2),)),
    Op("solve with a list", lambda a: np.linalg.solve(_regular(a), [[1], [2]]), ((2, 2),)),
    Op("complex solve of real", lambda a, b: np.linalg.solve(_regular(a), b * 1j), ((2, 2), (2,))),
    Op("pinv with a cutoff", lambda a: np.linalg.pinv(np.outer(a, a), rcond=1e-3), ((3,),), low=0.5),
    Op("pinv with rtol", lambda a: np.linalg.pinv(_tall(a), rtol=1e-5), ((3, 2),)),
    Op("tensorsolve", lambda a, b: np.linalg.tensorsolve(_tensor(a), b), ((2, 2, 4), (2, 2))),
    Op("tensorsolve axes", lambda a, b: np.linalg.tensorsolve(_tensor(a).transpose(2, 0, 1), b, axes=(0,)),
       ((2, 2, 4), (2, 2))),
    Op("matrix_power -2", lambda x: np.linalg.matrix_power(_regular(x), -2), ((2, 2),)),
]
for _shape, _right in (((3, 2), (3,)), ((3, 2), (3, 2)), ((2, 3), (2,)), ((2, 2), (2, 1)), ((4, 3), (4, 2)),
                       ((2, 3), (2, 2))):
    for _kind in (Op, ComplexOp):
        _name = f"{'complex ' if _kind is ComplexOp else ''}lstsq{list(_shape)}{list(_right)}"
        ROWS.append(_kind(_name, lambda a, b: np.linalg.lstsq(_tall(a), b), (_shape, _right)))
ROWS += [
    Op("lstsq, x alone", lambda a, b: np.linalg.lstsq(_tall(a), b, rcond=None)[0], ((4, 2), (4,))),
    Op("lstsq without rank", lambda a, b: np.linalg.lstsq(np.outer(a, a[:2]), b, rcond=1e-3)[0], ((3,), (3,)), low=0.5),
]

# -- numbers that a matrix has --------------------------------------------------------------------

_SINGULAR = np.array([[1.0, 2.0, 1.0], [2.0, 4.0, 3.0], [3.0, 6.0, 4.0]])
_LITTLE = np.array([[[0.0, 0.0], [0.0, 0.0]], [[0.0, 1.0], [0.0, 0.0]]])  # of rank 0, and 1

_both("det", np.linalg.det, *_SQUARE, (4, 4), (0, 2, 2), (0, 0))
_both("slogdet", lambda x: tuple(np.linalg.slogdet(_regular(x))), *_SQUARE)
ROWS += [
    Op("det at a singular matrix", lambda x: np.linalg.det(_SINGULAR + x), ((3, 3),), 0.0, 0.0),
    Op("det at matrices of little rank", lambda x: np.linalg.det(_LITTLE + x), ((2, 2, 2),), 0.0, 0.0),
    Op("slogdet of a negative", lambda x: np.linalg.slogdet(-_regular(x)).logabsdet, ((3, 3),)),
    Op("log det", lambda x: np.log(np.linalg.det(_regular(x))), ((2, 2),)),
    Op("det of integers", lambda x: np.linalg.det(x * np.array([[1, 2], [3, 4]])), ((),)),
    Op("trace of inv", lambda x: np.trace(np.linalg.inv(_regular(x))), ((3, 3),)),
]
_both("matrix_rank", lambda x: np.linalg.matrix_rank(_tall(x)), *_SHAPES)
ROWS += [
    Op("matrix_rank with tol", lambda x: np.linalg.matrix_rank(_tall(x), tol=5.0), ((2, 3, 2),)),
    Op("matrix_rank with rtol", lambda x: np.linalg.matrix_rank(_tall(x), rtol=0.5), ((3, 2),)),
    Op("matrix_rank hermitian", lambda x: np.linalg.matrix_rank(_positive(x), hermitian=True), ((3, 3),)),
    Op("matrix_rank of a vector", np.linalg.matrix_rank, ((3,),)),
]
for _p in (None, 2, -2):
    _both(f"cond {_p}", lambda x, p=_p: np.linalg.cond(_tall(x), p), (3, 2), (2, 2, 2))
for _p in (1, -1, np.inf, -np.inf, "fro", "nuc"):
    _both(f"cond {_p}", lambda x, p=_p: np.linalg.cond(_regular(x), p), (2, 2), (2, 2, 2), low=-1.0, high=1.0,
          ulps=8 if _p == "fro" else 0)
for _p in (2, -2, "nuc"):
    _both(f"norm {_p}", lambda x, p=_p: np.linalg.norm(_tall(x), p), (3, 2), (2, 3))
    _both(f"norm {_p} along axes", lambda x, p=_p: np.linalg.norm(x, p, axis=(2, 0)), (3, 2, 2))
_both("matrix_norm 2", lambda x: np.linalg.matrix_norm(_tall(x), ord=2), (2, 3, 2))

# -- cholesky and qr ------------------------------------------------------------------------------

_both("cholesky", lambda x: np.linalg.cholesky(_positive(x)), *_SQUARE)
_both("cholesky upper", lambda x: np.linalg.cholesky(_positive(x), upper=True), *_SQUARE)
_both("cholesky of x xᴴ", lambda x: np.linalg.cholesky(x @ _adjoint(x) + np.eye(2)), (2, 3))
for _mode in ("reduced", "complete"):
    _both(f"qr {_mode}", lambda x, mode=_mode: tuple(np.linalg.qr(_tall(x), mode)),
          *(s for s in (*_SHAPES, (3, 3)) if _mode == "reduced" or s[-2] <= s[-1]))
_both("qr r", lambda x: np.linalg.qr(_tall(x), "r"), (3, 2), (2, 3), (2, 3, 2))


def _parts_of_qr(x: Any) -> Any:
    q, r = np.linalg.qr(_tall(x), "complete")
    k = min(x.shape[-2:])
    return q[..., :k], q[..., k:] @ _adjoint(q[..., k:]), r


_both("qr complete, tall", _parts_of_qr, (3, 2), (4, 2), (2, 3, 2), ulps=16)
_both("|det| by qr", lambda x: np.sum(np.log(np.abs(np.diagonal(np.linalg.qr(_regular(x))[1])))), (3, 3), ulps=16)

# -- eigenvalues ----------------------------------------------------------------------------------

_both("eigvalsh", lambda x: np.linalg.eigvalsh(_positive(x)), *_SQUARE)
_both("eigvalsh U", lambda x: np.linalg.eigvalsh(_positive(x), "U"), (3, 3))
_both("eigh", lambda x: tuple(np.linalg.eigh(_positive(x))), *_SQUARE, complex=False)
_both("eigh U", lambda x: tuple(np.linalg.eigh(_positive(x), UPLO="U")), (3, 3), complex=False)


def _by_eigh(f: Callable[[Any], Any], x: Any) -> Any:
    """A function of a Hermitian matrix, and the projection on an eigenvector."""
    w, v = np.linalg.eigh(_positive(x))
    first = v[..., :, :1]
    return (v * f(w)[..., None, :]) @ _adjoint(v), first @ _adjoint(first)


_both("function by eigh", lambda x: _by_eigh(np.log, x), (2, 2), (3, 3), (2, 2, 2), ulps=64)
_both("eigvals", lambda x: np.linalg.eigvals(_positive(x)), *_SQUARE)
_both("eig", lambda x: tuple(np.linalg.eig(_positive(x))), *_SQUARE)
_TURN = np.array([[0.0, -3.0, 0.5], [5.0, 1.0, 0.0], [0.5, 1.0, 9.0]])
ROWS += [
    Op("eigvals, complex ones", lambda x: np.linalg.eigvals(_TURN + x), ((3, 3),), -0.5, 0.5),
    Op("eig, complex ones", lambda x: tuple(np.linalg.eig(_TURN + x)), ((3, 3),), -0.5, 0.5),
    Op("eig of a stack, complex ones", lambda x: tuple(np.linalg.eig(_TURN + x)), ((2, 3, 3),), -0.5, 0.5),
    Op("spectral radius", lambda x: np.max(np.abs(np.linalg.eigvals(_TURN + x))), ((3, 3),), -0.5, 0.5),
    Op("inverse by eig", lambda x: (lambda w, v: (v / w) @ np.linalg.inv(v))(*np.linalg.eig(_TURN + x)).real, ((3, 3),),
       -0.5, 0.5, ulps=64),
]

# -- singular values ------------------------------------------------------------------------------

_both("svdvals", lambda x: np.linalg.svdvals(_tall(x)), *_SHAPES, (3, 3))
_both("svd without uv", lambda x: np.linalg.svd(_tall(x), compute_uv=False), (3, 2))
_both("svd", lambda x: tuple(np.linalg.svd(_tall(x), full_matrices=False)), *_SHAPES, (3, 3), complex=False)
_both("svd full, square", lambda x: tuple(np.linalg.svd(_tall(x))), (3, 3), (2, 2, 2), complex=False)


def _by_svd(x: Any, full: bool) -> Any:
    """What does not depend on signs and phases: a function of the singular values, and projections."""
    u, s, vh = np.linalg.svd(_tall(x), full)
    k = s.shape[-1]
    most, last = (u[..., :k] * np.log(s)[..., None, :]) @ vh[..., :k, :], u[..., :, -1:]
    return s, most, last @ _adjoint(last), _adjoint(vh[..., -1:, :]) @ vh[..., -1:, :]


for _full in (False, True):
    _both(f"function by svd, full_matrices={_full}", lambda x, full=_full: _by_svd(x, full), *_SHAPES, (3, 3), ulps=64)
_both("svd hermitian", lambda x: tuple(np.linalg.svd(_positive(x), hermitian=True)), (2, 2), (2, 3, 3), complex=False)
_both("svd hermitian, values", lambda x: np.linalg.svd(-_positive(x), compute_uv=False, hermitian=True), (3, 3))
_both("polar factor", lambda x: (lambda u, s, vh: u @ vh)(*np.linalg.svd(_tall(x), False)), (3, 2), ulps=64)

# -- where values coincide, or vanish: at one point, 0 ---------------------------------------------

_TWICE = np.array([[3.0, 0.0, 0.0], [0.0, 3.0, 0.0], [0.0, 0.0, 5.0]])
_EQUAL = 3 * np.eye(3, 2)
_AT_ZERO: dict[str, Any] = {"low": 0.0, "high": 0.0}

_both("Σ exp w, equal", lambda x: np.sum(np.exp(np.linalg.eigvalsh(_TWICE + x))), (3, 3), smooth=1, **_AT_ZERO)
_both("Σ w², by eigh", lambda x: np.sum(np.linalg.eigh(_TWICE + x)[0] ** 2), (3, 3), smooth=1, **_AT_ZERO)
_both("w of an own space", lambda x: (lambda w, v: (v[:, 2:] @ _adjoint(v[:, 2:]), w[2]))(*np.linalg.eigh(_TWICE + x)),
      (3, 3), smooth=1, ulps=64, **_AT_ZERO)
_both("projection on equal values", lambda x: (lambda v: v @ _adjoint(v))(np.linalg.eigh(_TWICE + x)[1][:, :2]), (3, 3),
      smooth=1, ulps=64, **_AT_ZERO)
_both("nuclear norm, equal", lambda x: np.linalg.norm(_EQUAL + x, "nuc"), (3, 2), **_AT_ZERO)
_both("Σ s³, equal", lambda x: np.sum(np.linalg.svdvals(_EQUAL + x) ** 3), (3, 2), smooth=1, **_AT_ZERO)
_both("Σ s², without rank", lambda x: np.sum(np.linalg.svdvals(_SINGULAR + x) ** 2), (3, 3), smooth=1, **_AT_ZERO)
_both("polar factor, equal", lambda x: (lambda u, s, vh: u @ vh)(*np.linalg.svd(_EQUAL + x, False)), (3, 2), smooth=1,
      ulps=64, **_AT_ZERO)
_both("Σ eig, equal", lambda x: np.sum(np.linalg.eigvals(_TWICE + x) ** 2), (3, 3), smooth=1, **_AT_ZERO)
