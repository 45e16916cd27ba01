"""Fit lifetimes by maximum likelihood, when the test ended before all had failed.

A Weibull distribution of lifetimes; of the survivors it is known only that they lived
longer than the test. The parameters are sought by their logarithms, which may be any numbers. The Hessian of the negative
log-likelihood is the inverse of their covariance, and the Jacobian of what is asked for takes that along.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

import fad
from fad.optimize import minimize

Array = NDArray[np.float64]

SHAPE, SCALE = 1.8, 1200.0  # true; the scale in hours
END = 1500.0  # h, of the test


class Weibull(NamedTuple):
    log_shape: float
    log_scale: float


def log_likelihood(p: Weibull, hours: Array, failed: NDArray[np.bool_]) -> np.float64:
    """The sum of log f over the failures, and of log S over the survivors; S is the chance to live longer."""
    shape = np.exp(p.log_shape)
    z = np.log(hours) - p.log_scale
    log_survival = -np.exp(shape * z)
    log_hazard = p.log_shape - np.log(hours) + shape * z
    total: np.float64 = np.sum(np.where(failed, log_hazard + log_survival, log_survival))
    return total


def quantities(vector: Array) -> Array:
    """What is asked for: shape, scale and median lifetime."""
    shape, scale = np.exp(vector[0]), np.exp(vector[1])
    return np.stack([shape, scale, scale * np.log(2.0) ** (1.0 / shape)])


def fit(hours: Array, failed: NDArray[np.bool_]) -> tuple[Array, Array]:
    """The quantities, and their standard errors."""
    found = minimize(lambda p: -log_likelihood(p, hours, failed), Weibull(0.0, float(np.log(np.mean(hours)))),
                     method="trust-exact")
    assert found.success, found.message
    best, back = fad.tree.ravel(found.x)
    information = fad.hessian(lambda v: -log_likelihood(back(v), hours, failed))(best)
    jacobian = fad.jacobian(quantities)(best)
    covariance = jacobian @ np.linalg.inv(information) @ jacobian.T
    return quantities(best), np.sqrt(np.diag(covariance))


def main() -> None:
    lifetimes = SCALE * np.random.default_rng(1).weibull(SHAPE, size=400)
    failed = lifetimes < END
    values, errors = fit(np.minimum(lifetimes, END), failed)
    print(f"{np.sum(failed)} of {failed.size} failed within {END:.0f} h")
    for name, value, error, true in zip(("shape", "scale (h)", "median (h)"), values, errors,
                                        quantities(np.log(np.array([SHAPE, SCALE]))), strict=True):
        print(f"{name:>10} = {value:.3f} ± {error:.3f}   (true: {true:.3f})")


if __name__ == "__main__":
    main()
