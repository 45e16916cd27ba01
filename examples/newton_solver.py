"""Newton's method for a system of nonlinear equations, with the exact Jacobian.

The system is the Bratu problem, u'' + λ exp(u) = 0 with u(0) = u(1) = 0: a layer of fuel that heats itself, on a
grid. Its Jacobian is tridiagonal, which nobody has to work out.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

import fad

Array = NDArray[np.float64]


def residual(u: Array, lam: float) -> Array:
    """What the equation leaves over at the inner points of the grid."""
    h = 1.0 / (u.size + 1)
    padded = np.concatenate([np.zeros(1), u, np.zeros(1)])
    left_over: Array = (padded[2:] - 2.0 * padded[1:-1] + padded[:-2]) / h ** 2 + lam * np.exp(u)
    return left_over


def solve(equations: Callable[[Array, float], Array], u: Array, lam: float, *, tolerance: float = 1e-9) -> Array:
    derivative = fad.jacobian(equations)
    for iteration in range(20):
        r = equations(u, lam)
        print(f"  iteration {iteration}: largest residual {np.max(np.abs(r)):.1e}")
        if np.max(np.abs(r)) < tolerance:
            return u
        u = u - np.linalg.solve(derivative(u, lam), r)
    raise RuntimeError("Newton's method did not converge")


def main() -> None:
    u = np.zeros(49)
    for lam in (1.0, 2.0, 3.0):  # each solution is the next one's first guess
        print(f"λ = {lam}")
        u = solve(residual, u, lam)
        print(f"  hottest: u(1/2) = {u[u.size // 2]:.5f}")


if __name__ == "__main__":
    main()
