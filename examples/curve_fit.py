"""Fit a damped oscillation to noisy measurements, with error bars from the Hessian.

Newton's method on the weighted sum of squares; at
the minimum, the inverse of half the Hessian is the covariance of the parameters.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

import fad

Array = NDArray[np.float64]

TRUTH = np.array([2.0, 0.3, 4.0])  # amplitude (V), decay (1/s), angular frequency (rad/s)
NOISE = 0.05  # V


@dataclass(frozen=True)
class Measurements:
    t: Array  # s
    v: Array  # V


def model(p: Array, t: Array) -> Array:
    amplitude, decay, omega = p
    voltage: Array = amplitude * np.exp(-decay * t) * np.cos(omega * t)
    return voltage


def chi_squared(p: Array, data: Measurements) -> np.float64:
    return np.sum(((data.v - model(p, data.t)) / NOISE) ** 2)


def fit(p: Array, data: Measurements, tolerance: float = 1e-10) -> tuple[Array, Array]:
    """The best parameters and their standard errors."""
    gradient, hessian = fad.grad(chi_squared), fad.hessian(chi_squared)
    for _ in range(50):
        step = np.linalg.solve(hessian(p, data), gradient(p, data))
        p = p - step
        if np.max(np.abs(step)) < tolerance:
            break
    covariance = np.linalg.inv(0.5 * hessian(p, data))
    return p, np.sqrt(np.diag(covariance))


def main() -> None:
    t = np.linspace(0.0, 6.0, 120)
    data = Measurements(t, model(TRUTH, t) + NOISE * np.random.default_rng(0).standard_normal(t.size))
    best, error = fit(np.array([1.8, 0.25, 3.9]), data)
    for name, value, sigma, true in zip(("amplitude", "decay", "omega"), best, error, TRUTH, strict=True):
        print(f"{name:>9} = {value:.4f} ± {sigma:.4f}   (true: {true})")
    print(f"chi² per degree of freedom: {chi_squared(best, data) / (t.size - best.size):.2f}")


if __name__ == "__main__":
    main()
