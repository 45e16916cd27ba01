"""Bayesian logistic regression with a prior whose width is unknown too: Laplace's approximation, then sampling.

The parameters are a dict. Newton's method and the Hessian give the mode and a normal distribution about it; then four
chains of Hamiltonian Monte Carlo run side by side, as one compiled function of stacked parameters.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit
from scipy.stats import norm

import fad
from fad.testing import check_grads

Array = NDArray[np.float64]
Parameters = dict[str, Array]

TRUTH = np.array([-0.5, 1.5, -1.0, 0.0, 0.0, 0.5])
CHAINS, DRAWS, WARM_UP, LEAPS, STEP = 4, 250, 50, 8, 0.4


def log_posterior(parameters: Parameters, x: Array, y: Array) -> np.float64:
    """Of labels y in {-1, 1}, of shape (n,), at x of shape (n, features): up to a constant."""
    weights, log_width = parameters["weights"], parameters["log_width"]
    likelihood = np.sum(log_expit(y * (x @ weights)))
    prior = np.sum(norm.logpdf(weights, scale=np.exp(log_width))) + norm.logpdf(log_width)
    total: np.float64 = likelihood + prior
    return total


def sample(density: Callable[[Array], np.float64], size: int, rng: np.random.Generator) -> tuple[Array, float]:
    """Draws of shape (DRAWS, CHAINS, size) from a density near the standard normal one, and how many were accepted."""
    climb = fad.jit(fad.vmap(fad.value_and_grad(density)))  # for all chains at once
    z = rng.standard_normal((CHAINS, size))
    value, slope = climb(z)
    draws, accepted = [], 0
    for _ in range(WARM_UP + DRAWS):
        momentum = rng.standard_normal(z.shape)
        energy = value - 0.5 * np.sum(momentum ** 2, axis=1)
        z_new, value_new, slope_new, step = z, value, slope, STEP * rng.uniform(0.8, 1.2)
        for _ in range(LEAPS):
            momentum = momentum + 0.5 * step * slope_new
            z_new = z_new + step * momentum
            value_new, slope_new = climb(z_new)
            momentum = momentum + 0.5 * step * slope_new
        gain = value_new - 0.5 * np.sum(momentum ** 2, axis=1) - energy
        taken = np.log(rng.random(CHAINS)) < gain
        z, slope = np.where(taken[:, None], z_new, z), np.where(taken[:, None], slope_new, slope)
        value = np.where(taken, value_new, value)
        draws.append(z)
        accepted += int(np.sum(taken))
    return np.array(draws[WARM_UP:]), accepted / (CHAINS * len(draws))


def main() -> None:
    rng = np.random.default_rng(0)
    x = np.column_stack([np.ones(250), rng.standard_normal((250, 5))])
    y = np.where(rng.random(250) < 1.0 / (1.0 + np.exp(-x @ TRUTH)), 1.0, -1.0)
    start: Parameters = {"weights": np.zeros(6), "log_width": np.zeros(())}
    check_grads(lambda q: log_posterior(q, x, y), (start,))

    mode = fad.optimize.minimize(lambda q: -log_posterior(q, x, y), start, method="trust-exact").x
    centre, unravel = fad.tree.ravel(mode)
    covariance = np.linalg.inv(-fad.hessian(lambda q: log_posterior(unravel(q), x, y))(centre))
    spread = unravel(np.sqrt(np.diag(covariance)))
    whiten = np.linalg.cholesky(covariance)

    z, accepted = sample(lambda z: log_posterior(unravel(centre + whiten @ z), x, y), centre.size, rng)
    samples = fad.vmap(fad.vmap(lambda z: unravel(centre + whiten @ z)))(z)
    within, between = np.mean(np.var(z, axis=0), axis=0), np.var(np.mean(z, axis=0), axis=0, ddof=1)
    print(f"accepted {accepted:.0%}, R̂ at most {np.max(np.sqrt(1.0 + between / within)):.3f}")
    print("                 Laplace        sampled    true")
    for i, true in enumerate(TRUTH):
        drawn = samples["weights"][..., i]
        print(f"weight {i}   {mode['weights'][i]:6.2f} ± {spread['weights'][i]:.2f}  {drawn.mean():6.2f} ± {drawn.std():.2f}"
              f"  {true:6.2f}")
    width, drawn = mode["log_width"], samples["log_width"]
    print(f"log width  {width:6.2f} ± {spread['log_width']:.2f}  {drawn.mean():6.2f} ± {drawn.std():.2f}")


if __name__ == "__main__":
    main()
