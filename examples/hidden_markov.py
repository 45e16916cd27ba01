"""A hidden Markov model's forward pass, whose gradient is the backward pass.

The derivative of the logarithm of the likelihood in the log probability of one observation in one state is the
probability of having been in that state then, given all observations. So the pass that finds these probabilities,
written by hand in most programs, need not be written. The model's parameters are found by the same gradient.
"""

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, logsumexp
from scipy.stats import norm

import fad
from fad.testing import check_grads

Array = NDArray[np.float64]
Model = dict[str, Array]  # first, of shape (states,); moves, of shape (states, states); means and log_deviations

TRUE_MOVES = np.array([[0.95, 0.04, 0.01], [0.05, 0.90, 0.05], [0.02, 0.08, 0.90]])
TRUE_MEANS, TRUE_DEVIATIONS = np.array([-2.0, 0.0, 3.0]), np.array([1.0, 0.5, 1.5])


def simulate(n: int, seed: int) -> tuple[NDArray[np.int_], Array]:
    rng = np.random.default_rng(seed)
    states = np.zeros(n, int)
    for i in range(1, n):
        states[i] = rng.choice(3, p=TRUE_MOVES[states[i - 1]])
    return states, rng.normal(TRUE_MEANS[states], TRUE_DEVIATIONS[states])


def emissions(model: Model, y: Array) -> Array:
    """The log density of each observation in each state, of shape (n, states)."""
    density: Array = norm.logpdf(y[:, None], loc=model["means"], scale=np.exp(model["log_deviations"]))
    return density


def forward(log_emissions: Array, model: Model) -> np.float64:
    """The log likelihood of all observations."""
    log_moves = log_softmax(model["moves"], axis=1)
    alpha = log_softmax(model["first"]) + log_emissions[0]
    for row in log_emissions[1:]:
        alpha = logsumexp(alpha[:, None] + log_moves, axis=0) + row
    total: np.float64 = logsumexp(alpha)
    return total


def loss(model: Model, y: Array) -> np.float64:
    return -forward(emissions(model, y), model) / len(y)


def backward(log_emissions: Array, model: Model) -> Array:
    """The states' probabilities by the pass in the other direction, for comparison."""
    moves, alphas = log_softmax(model["moves"], axis=1), [log_softmax(model["first"]) + log_emissions[0]]
    for row in log_emissions[1:]:
        alphas.append(logsumexp(alphas[-1][:, None] + moves, axis=0) + row)
    betas = [np.zeros(3)]
    for row in log_emissions[:0:-1]:
        betas.append(logsumexp(moves + row + betas[-1], axis=1))
    probabilities: Array = np.exp(np.array(alphas) + np.array(betas[::-1]) - logsumexp(alphas[-1]))
    return probabilities


def main() -> None:
    states, y = simulate(150, seed=4)
    start = {"first": np.zeros(3), "moves": 2.0 * np.eye(3), "means": np.array([-1.0, 0.5, 2.0]),
             "log_deviations": np.zeros(3)}
    check_grads(lambda model: loss(model, y[:20]), (start,), order=1)
    found = fad.optimize.minimize(loss, start, args=(y,), method="L-BFGS-B", jit=True, tol=1e-5)
    model = found.x
    print(f"loss {loss(start, y):.4f} -> {found.fun:.4f} in {found.nit} iterations")
    print(f"means {model['means'].round(2)} (true: {TRUE_MEANS})")
    print(f"deviations {np.exp(model['log_deviations']).round(2)} (true: {TRUE_DEVIATIONS})")

    log_emissions = emissions(model, y)
    posterior = fad.grad(forward)(log_emissions, model)
    error = np.max(np.abs(posterior - backward(log_emissions, model)))
    print(f"probabilities of states: gradient and backward pass differ by {error:.1e}")
    print(f"states guessed right: {np.mean(posterior.argmax(axis=1) == states):.3f}")


if __name__ == "__main__":
    main()
