"""Find how noisy a drone and its receiver are, by the likelihood that a Kalman filter gives to a track.

The filter is the textbook loop, with positions that were lost now and then. The likelihood is maximised over the
logarithms of three standard deviations by SciPy's BFGS; the Hessian at the maximum gives their errors.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

import fad
from fad.testing import check_grads

Array = NDArray[np.float64]

DT = 0.5  # s
TRUTH = np.array([2.0, 3.0, 1.5])  # gusts (m/s²), errors of the receiver along x and y (m)
MOVE = np.kron(np.array([[1.0, DT], [0.0, 1.0]]), np.eye(2))  # of x, y and their velocities
LOOK = np.eye(2, 4)
PUSH = np.kron(np.array([[0.5 * DT ** 2], [DT]]), np.eye(2))


def simulate(steps: int, seed: int) -> Array:
    """Measured positions of shape (steps, 2), NaN where one was lost."""
    rng = np.random.default_rng(seed)
    state, track = np.array([0.0, 0.0, 4.0, -2.0]), np.empty((steps, 2))
    for i in range(steps):
        state = MOVE @ state + PUSH @ (TRUTH[0] * rng.standard_normal(2))
        track[i] = LOOK @ state + TRUTH[1:] * rng.standard_normal(2)
    track[rng.random(steps) < 0.1] = np.nan
    return track


def negative_log_likelihood(log_sigma: Array, track: Array) -> np.float64:
    sigma = np.exp(log_sigma)
    process = sigma[0] ** 2 * PUSH @ PUSH.T
    receiver = np.diag(sigma[1:] ** 2)
    mean, covariance = np.zeros(4), np.diag([100.0, 100.0, 25.0, 25.0])
    total = np.float64(0.0)
    for position in track:
        mean = MOVE @ mean
        covariance = MOVE @ covariance @ MOVE.T + process
        if np.isnan(position).any():
            continue  # nothing seen, nothing learnt
        surprise = position - LOOK @ mean
        spread = LOOK @ covariance @ LOOK.T + receiver
        gain = np.linalg.solve(spread, LOOK @ covariance).T
        mean = mean + gain @ surprise
        kept = np.eye(4) - gain @ LOOK
        covariance = kept @ covariance @ kept.T + gain @ receiver @ gain.T  # Joseph's form stays symmetric
        _, log_det = np.linalg.slogdet(2.0 * np.pi * spread)
        total += 0.5 * (surprise @ np.linalg.solve(spread, surprise) + log_det)
    return total


def main() -> None:
    track = simulate(50, seed=3)
    start = np.zeros(3)
    check_grads(lambda s: negative_log_likelihood(s, track[:10]), (start,), modes=("rev",))
    print("gradient and Hessian agree with central differences")

    objective = fad.jit(fad.value_and_grad(negative_log_likelihood))  # the loop is traced once
    found = minimize(objective, start, args=(track,), jac=True, method="BFGS")
    covariance = np.linalg.inv(fad.hessian(negative_log_likelihood)(found.x, track))
    print(f"negative log-likelihood: {objective(start, track)[0]:.2f} -> {found.fun:.2f} in {found.nit} iterations")
    for name, log, error, true in zip(("gusts", "x", "y"), found.x, np.sqrt(np.diag(covariance)), TRUTH, strict=True):
        print(f"{name:>6} = {np.exp(log):.3f} ± {np.exp(log) * error:.3f}   (true: {true})")


if __name__ == "__main__":
    main()
