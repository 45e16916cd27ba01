"""Where do the knots of a spline belong? A cubic spline whose knots move to where the curve bends.

The natural spline through given values solves a tridiagonal system for its second derivatives. The best values at the
knots are linear least squares, so only the places of the knots are left to be sought: by SciPy, with a gradient
that goes through the least squares, the linear system and the search for each point's interval.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.optimize import minimize

import fad
from fad.testing import check_grads

Array = NDArray[np.floating[Any]]  # which is what NumPy says of least squares


def curvatures(knots: Array, values: Array) -> Array:
    """The second derivatives at the knots, 0 at both ends, of the spline through values of shape (knots, ...)."""
    h = np.diff(knots)
    system = np.diag(2.0 * (h[:-1] + h[1:])) + np.diag(h[1:-1], k=1) + np.diag(h[1:-1], k=-1)
    slopes = (np.diff(values, axis=0).T / h).T
    inner = np.linalg.solve(system, 6.0 * np.diff(slopes, axis=0))
    return np.pad(inner, [(1, 1)] + [(0, 0)] * (values.ndim - 1))


def spline(x: Array, knots: Array, values: Array) -> Array:
    m = curvatures(knots, values)
    i = np.clip(np.searchsorted(knots, x) - 1, 0, len(knots) - 2)
    h = knots[i + 1] - knots[i]
    a, b = (knots[i + 1] - x) / h, (x - knots[i]) / h
    p, q = (a ** 3 - a) * h ** 2 / 6.0, (b ** 3 - b) * h ** 2 / 6.0
    y: Array = (a * values[i].T + b * values[i + 1].T + p * m[i].T + q * m[i + 1].T).T
    return y


def knots_from(gaps: Array) -> Array:
    """Ordered knots on [0, 1], from any numbers: the logarithms of the gaps between them."""
    share = np.exp(gaps - np.max(gaps))
    return np.concatenate([[0.0], np.cumsum(share) / np.sum(share)])


def fit(knots: Array, x: Array, y: Array) -> Array:
    """The best values at the knots: a spline is linear in them."""
    basis = spline(x, knots, np.eye(len(knots)))
    return np.linalg.lstsq(basis, y)[0]


def misfit(gaps: Array, x: Array, y: Array) -> np.floating[Any]:
    knots = knots_from(gaps)
    return np.mean((spline(x, knots, fit(knots, x, y)) - y) ** 2) + 1e-5 * np.var(gaps)


def bend(x: Array) -> Array:
    """A curve with a steep place."""
    y: Array = np.tanh(30.0 * (x - 0.62)) + 0.3 * np.sin(5.0 * x)
    return y


def main() -> None:
    rng = np.random.default_rng(0)
    x = np.sort(rng.uniform(0.0, 1.0, 300))
    y = bend(x) + 0.02 * rng.standard_normal(x.size)
    start = np.zeros(9)
    even, values = knots_from(start), bend(knots_from(start))
    natural = CubicSpline(even, values, bc_type="natural")
    print(f"spline and SciPy's differ by {np.max(np.abs(spline(x, even, values) - natural(x))):.1e}")
    _, slope = fad.jvp(lambda at: spline(at, even, values), (x,), (np.ones_like(x),))
    print(f"its slopes by jvp and SciPy's differ by {np.max(np.abs(slope - natural(x, 1))):.1e}")

    check_grads(lambda g: misfit(g, x, y), (0.1 * rng.standard_normal(9),), order=1)
    found = minimize(fad.value_and_grad(misfit), start, args=(x, y), jac=True, method="BFGS")
    knots = knots_from(found.x)
    for name, places in (("even", even), ("moved", knots)):
        error = np.sqrt(np.mean((spline(x, places, fit(places, x, y)) - bend(x)) ** 2))
        print(f"{name:>5} knots {places.round(2)}: error {error:.4f}")
    d_value = fad.jacobian(fit, argnums=2)(knots, x, y)  # how each value at a knot depends on each measurement
    print(f"errors of the values at the knots: {(0.02 * np.linalg.norm(d_value, axis=1)).round(3)}")


if __name__ == "__main__":
    main()
