"""Fit a Gaussian process by its marginal likelihood, and ask the fitted process where it rises.

One length scale for each input, so that the fit finds out that the third input does not matter. The likelihood goes
through a Cholesky factor, and the posterior mean is differentiated in the place where it is asked for.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import solve_triangular

import fad
from fad.testing import check_grads

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Kernel:
    log_scales: Array  # of the inputs
    log_height: float
    log_noise: float

    def __call__(self, a: Array, b: Array) -> Array:
        """The covariances of the values at a, of shape (n, inputs), with those at b, of shape (m, inputs)."""
        difference = (a[:, None, :] - b[None, :, :]) / np.exp(self.log_scales)
        covariance: Array = np.exp(2.0 * self.log_height - 0.5 * np.sum(difference ** 2, axis=-1))
        return covariance

    def factor(self, x: Array) -> Array:
        return np.linalg.cholesky(self(x, x) + np.exp(2.0 * self.log_noise) * np.eye(len(x)))


def negative_log_likelihood(kernel: Kernel, x: Array, y: Array) -> np.float64:
    L = kernel.factor(x)
    white = solve_triangular(L, y, lower=True)
    total: np.float64 = 0.5 * white @ white + np.sum(np.log(np.diag(L))) + 0.5 * len(y) * np.log(2.0 * np.pi)
    return total


def predict(at: Array, kernel: Kernel, x: Array, y: Array) -> tuple[np.float64, np.float64]:
    """The mean and the standard deviation of the value at one point, of shape (inputs,)."""
    L = kernel.factor(x)
    shared = solve_triangular(L, kernel(x, at[None, :])[:, 0], lower=True)
    mean = shared @ solve_triangular(L, y, lower=True)
    return mean, np.sqrt(np.exp(2.0 * kernel.log_height) - shared @ shared)


def surface(x: Array) -> Array:
    height: Array = np.sin(3.0 * x[..., 0]) + 0.5 * x[..., 1] ** 2
    return height


def main() -> None:
    rng = np.random.default_rng(0)
    x = rng.uniform(-1.0, 1.0, (120, 3))
    y = surface(x) + 0.1 * rng.standard_normal(len(x))
    start = Kernel(np.zeros(3), 0.0, -1.0)
    check_grads(lambda kernel: negative_log_likelihood(kernel, x[:30], y[:30]), (start,))

    found = fad.optimize.minimize(negative_log_likelihood, start, args=(x, y), jit=True)
    kernel = found.x
    print(f"negative log-likelihood {found.fun:.2f} after {found.nit} iterations")
    print(f"length scales {', '.join(f'{s:.3g}' for s in np.exp(kernel.log_scales))}")
    print(f"noise {np.exp(kernel.log_noise):.3f} (true: 0.1)")

    points = rng.uniform(-0.8, 0.8, (5, 3))
    slope = fad.vmap(fad.value_and_grad(predict, has_aux=True), in_axes=(0, None, None, None))
    (means, deviations), slopes = slope(points, kernel, x, y)
    true = np.stack([3.0 * np.cos(3.0 * points[:, 0]), points[:, 1], np.zeros(5)], axis=1)
    differences = np.array([[(predict(p + h, kernel, x, y)[0] - predict(p - h, kernel, x, y)[0]) / 2e-5
                             for h in 1e-5 * np.eye(3)] for p in points])
    error, slope_error = np.abs(means - surface(points)), np.abs(slopes - true)
    print(f"means are within {np.max(error / deviations):.1f} standard deviations of the truth")
    print(f"slopes are within {np.max(slope_error):.2f} of the truth, "
          f"and within {np.max(np.abs(slopes - differences)):.0e} of central differences")


if __name__ == "__main__":
    main()
