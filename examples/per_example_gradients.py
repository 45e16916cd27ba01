"""Which measurements pull hardest on a fit? The gradient of the loss of each of them, all at once.

`grad` of the loss of one example, then `vmap` over the examples: no loop, and no sum that hides who pulls.
"""

import numpy as np
from numpy.typing import NDArray

import fad

Array = NDArray[np.float64]


def loss(w: Array, x: Array, y: float) -> np.float64:
    """The squared error of one prediction; x has shape (features,)."""
    error: np.float64 = np.dot(x, w) - y
    return error ** 2 / 2


def influences(w: Array, x: Array, y: Array) -> Array:
    """The norm of each example's gradient, of shape (examples,)."""
    gradients = fad.vmap(fad.grad(loss), in_axes=(None, 0, 0))(w, x, y)
    norms: Array = np.sqrt(np.sum(gradients ** 2, axis=1))
    return norms


def main() -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((50, 3))
    y = x @ np.array([1.0, -2.0, 0.5]) + 0.1 * rng.standard_normal(50)
    y[17] += 5.0  # somebody misread the instrument
    w = np.linalg.lstsq(x, y)[0]
    pull = influences(w, x, y)
    print(f"weights: {w}")
    for i in np.argsort(pull)[:-4:-1]:
        print(f"  measurement {i:2d}: |gradient| = {pull[i]:.3f}")
    print(f"the gradients sum to {np.abs(fad.grad(lambda w: np.sum((x @ w - y) ** 2))(w)).max():.0e}, "
          "as they must at the minimum")


if __name__ == "__main__":
    main()
