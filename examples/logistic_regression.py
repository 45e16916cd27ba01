"""Logistic regression by gradient descent: the parameters are a dict, and their gradient is a dict."""

import numpy as np
from numpy.typing import NDArray

import fad

Array = NDArray[np.float64]
Parameters = dict[str, Array]


def loss(parameters: Parameters, x: Array, y: Array, *, penalty: float = 1e-3) -> np.float64:
    """The mean negative log-likelihood of labels y in {0, 1}, of shape (n,), at x of shape (n, features)."""
    logits = x @ parameters["weights"] + parameters["bias"]
    likelihood = np.logaddexp(0.0, logits) - y * logits
    return np.mean(likelihood) + penalty * np.sum(parameters["weights"] ** 2)


def descend(parameters: Parameters, x: Array, y: Array, *, rate: float, steps: int) -> Parameters:
    step = fad.value_and_grad(loss)
    for i in range(steps):
        value, gradient = step(parameters, x, y, penalty=1e-4)
        parameters = {name: p - rate * gradient[name] for name, p in parameters.items()}
        if i % 50 == 0:
            print(f"step {i:3d}: loss {value:.4f}")
    return parameters


def accuracy(parameters: Parameters, x: Array, y: Array) -> float:
    return float(np.mean((x @ parameters["weights"] + parameters["bias"] > 0.0) == (y > 0.5)))


def main() -> None:
    rng = np.random.default_rng(1)
    y = np.repeat([0.0, 1.0], 100)
    x = rng.standard_normal((200, 2)) + np.where(y[:, None] > 0.5, [1.5, 1.0], [-1.0, -0.5])  # two clouds
    fitted = descend({"weights": np.zeros(2), "bias": np.zeros(())}, x, y, rate=0.5, steps=200)
    print(f"weights {fitted['weights']}, bias {fitted['bias']:.3f}, accuracy {accuracy(fitted, x, y):.3f}")


if __name__ == "__main__":
    main()
