"""The minimum of (x + 5)² + (y + 3)², found by GD and by Adam."""

import sys

import autograd as ad
import numpy as np
from autograd.optimize import GD, Adam
from autograd.variable import Variable
from numpy.typing import NDArray

ad.set_mode("reverse" if "reverse" in sys.argv else "forward")


def loss(params: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    var = Variable(params)
    x, y = var
    value = (x + 5) ** 2 + (y + 3) ** 2
    value.compute_gradients()
    return value.data, value.gradient


start = [10, 4]
for optimizer in (GD(loss, start, lr=0.1, max_iter=1000, tol=1e-13),
                  Adam(loss, start, lr=0.1, max_iter=1000, tol=1e-13)):
    minimum, steps = optimizer.solve(return_steps=True)
    print(f"{type(optimizer).__name__:>4}: {minimum} after {len(steps)} steps")
    assert np.allclose(minimum, [-5, -3], atol=1e-3)
assert start == [10, 4]
