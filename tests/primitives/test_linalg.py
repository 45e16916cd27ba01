"""What the laws do not see of linear algebra: results by name, singular matrices, and where there is no derivative."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import fad

_SINGULAR = np.array([[1.0, 2.0], [2.0, 4.0]])
_REAL, _COMPLEX = np.diag([1.0, 2.0]), np.array([[0.0, 1.0], [-1.0, 0.0]])


@pytest.mark.parametrize("f", [np.linalg.eigh, np.linalg.eig, np.linalg.svd, np.linalg.qr, np.linalg.slogdet])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex64])
def test_results_have_names(f: Callable[[Any], Any], dtype: Any) -> None:
    x = np.array([[2.0, 1.0], [1.0, 3.0]], dtype)
    plain, traced = f(x), fad.jit(f)(x)
    assert type(traced) is type(plain)
    for a, b in zip(traced, plain, strict=True):
        assert a.dtype == b.dtype
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("f", [
    lambda a: np.sum(np.linalg.inv(a)),
    lambda a: np.sum(np.linalg.solve(a, np.ones(2))),
    lambda a: np.sum(np.linalg.cholesky(a - np.eye(2))),
    lambda a: np.sum(np.linalg.tensorinv(a, ind=1)),
])
def test_singular_matrices(f: Callable[[Any], Any]) -> None:
    for g in (f, fad.grad(f), fad.jit(f), fad.hessian(f)):
        with pytest.raises(np.linalg.LinAlgError, match=r"Singular matrix|not positive definite"):
            g(_SINGULAR)


def test_derivatives_that_are_not_there() -> None:
    """slogdet, qr and the vectors of a defective matrix have values all the same."""
    assert fad.jit(lambda a: np.linalg.slogdet(a))(_SINGULAR)[1] == np.linalg.slogdet(_SINGULAR)[1]
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        fad.grad(lambda a: np.linalg.slogdet(a).logabsdet)(_SINGULAR)
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        fad.grad(lambda a: np.sum(np.linalg.qr(a).R))(np.zeros((2, 2)))
    assert fad.jit(lambda a: np.linalg.cond(a, 1))(_SINGULAR) == np.inf


@pytest.mark.parametrize(("f", "x", "expected"), [
    (np.linalg.det, _SINGULAR, [[4.0, -2.0], [-2.0, 1.0]]),
    (np.linalg.det, np.zeros((3, 3)), np.zeros((3, 3))),
    (np.linalg.det, np.diag([0.0, 2.0, 3.0]), np.diag([6.0, 0.0, 0.0])),
    (lambda a: np.linalg.norm(a, "nuc"), np.zeros((2, 2)), np.zeros((2, 2))),
    (lambda a: np.linalg.norm(a, "nuc"), np.diag([2.0, 0.0]), np.diag([1.0, 0.0])),
    (lambda a: np.linalg.norm(a, "nuc"), np.eye(2), np.eye(2)),
    (lambda a: np.linalg.norm(a, 2), np.zeros((2, 3)), np.zeros((2, 3))),
    (lambda a: np.linalg.norm(a, 2), np.eye(2), np.eye(2) / 2),
    (lambda a: np.sum(np.linalg.eigvalsh(a)), np.eye(3), np.eye(3)),
    (lambda a: np.sum(np.linalg.eigh(a).eigenvalues ** 2), np.zeros((3, 3)), np.zeros((3, 3))),
    (lambda a: np.sum(np.linalg.svd(a).S ** 2), np.ones((2, 2)), 2 * np.ones((2, 2))),
    (lambda a: np.sum(np.linalg.eigvals(a)).real, np.eye(2), np.eye(2)),
    (lambda a: np.linalg.eigvalsh(a)[1], np.diag([1.0, 2.0]), np.diag([0.0, 1.0])),
    (lambda a: np.sum(np.linalg.cholesky(a)), np.eye(2), [[0.5, 0.0], [1.0, 0.5]]),
])
def test_special_values(f: Callable[[Any], Any], x: Any, expected: Any) -> None:
    for dtype in (np.float64, np.float32):
        found = fad.grad(f)(np.asarray(x, dtype))
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, atol=1e-6 if dtype is np.float32 else 1e-14)


def test_det_at_a_singular_matrix_to_the_second_order() -> None:
    """The second derivatives of det are the entries of the matrix, here 0 but for one, and their negatives."""
    x = np.diag([0.0, 0.0, 2.0])
    found = fad.hessian(np.linalg.det)(x)
    expected = np.zeros((3, 3, 3, 3))
    expected[0, 0, 1, 1] = expected[1, 1, 0, 0] = 2.0
    expected[0, 1, 1, 0] = expected[1, 0, 0, 1] = -2.0
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_eigenvalues_are_real_where_numpys_are() -> None:
    compiled = fad.jit(np.linalg.eigvals)
    for x in (_REAL, _COMPLEX, _REAL):
        assert compiled(x).dtype == np.linalg.eigvals(x).dtype
        np.testing.assert_array_equal(compiled(x), np.linalg.eigvals(x))
    np.testing.assert_allclose(fad.grad(lambda a: np.sum(np.linalg.eigvals(a)).real)(_REAL), np.eye(2))
    np.testing.assert_allclose(fad.vmap(np.linalg.eigvals)(np.stack([_REAL, _COMPLEX])), [[1, 2], [1j, -1j]])


def test_refusals() -> None:
    with pytest.raises(fad.errors.MissingRuleError, match="mode='raw'"):
        fad.trace(lambda a: np.linalg.qr(a, "raw"), _REAL)
    with pytest.raises(fad.errors.MissingRuleError, match="an array for rcond"):
        fad.trace(lambda a: np.linalg.pinv(a, np.array([1e-3])), _REAL)
    with pytest.raises(fad.errors.ShapeError, match="for each row"):
        fad.trace(lambda a: np.linalg.solve(a, np.ones(3)), _REAL)
    with pytest.raises(fad.errors.DtypeError, match=r"numpy\.fft\.fft"):
        fad.trace(np.fft.rfft, _REAL * 1j)
    with pytest.raises(np.linalg.LinAlgError, match="must be square"):
        fad.trace(np.linalg.inv, np.ones((2, 3)))
    with pytest.raises(np.linalg.LinAlgError, match="at least two-dimensional"):
        fad.trace(np.linalg.det, np.ones(3))
