"""Differentiate an LU factorisation that overwrites its matrix, as it stands in the textbook.

Rows are swapped, columns divided and blocks updated in place; the choice of the pivot is a branch on values. Nothing
is rewritten, and the derivatives of determinants, inverses and solutions come out as linear algebra has them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

import fad
import fad.numpy as fnp
from fad.testing import check_grads

Array = NDArray[np.float64]


def lu(a: Array) -> tuple[Array, NDArray[np.int_], float]:
    """L without its diagonal of ones and U, in one matrix; the order of the rows; and its sign."""
    a = a.copy()
    n = len(a)
    order, sign = np.arange(n), 1.0
    for k in range(n - 1):
        pivot = k + int(np.argmax(np.abs(a[k:, k])))
        if pivot != k:
            a[[k, pivot]] = a[[pivot, k]]
            order[[k, pivot]] = order[[pivot, k]]
            sign = -sign
        a[k + 1:, k] /= a[k, k]
        a[k + 1:, k + 1:] -= np.outer(a[k + 1:, k], a[k, k + 1:])
    return a, order, sign


def solve(a: Array, b: Array) -> Array:
    packed, order, _ = lu(a)
    x: Array = fnp.array(b[order])  # to be assigned into, also where b alone is a plain array
    for i in range(1, len(x)):  # L y = P b
        x[i] -= packed[i, :i] @ x[:i]
    for i in range(len(x) - 1, -1, -1):  # U x = y
        x[i] = (x[i] - packed[i, i + 1:] @ x[i + 1:]) / packed[i, i]
    return x


def log_det(a: Array) -> np.float64:
    """The logarithm of |det a|."""
    packed, _, _ = lu(a)
    total: np.float64 = np.sum(np.log(np.abs(np.diag(packed))))
    return total


def det(a: Array) -> np.float64:
    packed, _, sign = lu(a)
    product: np.float64 = sign * np.prod(np.diag(packed))
    return product


def main() -> None:
    rng = np.random.default_rng(0)
    n = 25
    a, b, v = rng.standard_normal((n, n)), rng.standard_normal(n), rng.standard_normal((n, n))
    inverse = np.linalg.inv(a)

    def report(name: str, found: Array, wanted: NDArray[np.floating[Any]]) -> None:
        print(f"{name:<44} largest error {np.max(np.abs(found - wanted)) / np.max(np.abs(wanted)):.1e}")

    report("gradient of log|det A| is the inverse's Aᵀ", fad.grad(log_det)(a), inverse.T)
    report("its Hessian times V is -A⁻ᵀ Vᵀ A⁻ᵀ", fad.hvp(log_det, a, v), -(inverse @ v @ inverse).T)
    report("gradient of det A is the matrix of cofactors", fad.grad(det)(a), np.linalg.det(a) * inverse.T)
    x = np.linalg.solve(a, b)
    report("solution of A x = b", solve(a, b), x)
    report("its Jacobian in b is A⁻¹", fad.jacobian(solve, argnums=1)(a, b), inverse)
    report("its Jacobian in A is -A⁻¹ ⊗ x", fad.jacobian(solve)(a, b), -np.einsum("ij,k->ijk", inverse, x))

    few = rng.standard_normal((8, 4, 4))
    logs = fad.jit(log_det)
    report("log|det| again, compiled, other pivots", np.array([logs(m) for m in few]), np.linalg.slogdet(few)[1])
    check_grads(solve, (few[0], b[:4]))
    print("gradients and second derivatives of a solution agree with central differences")


if __name__ == "__main__":
    main()
