"""A function that wraps a Variable, called in a loop: a value and a slope for each point of a line."""

import sys

import autograd as ad
import numpy as np
from autograd.variable import Variable

ad.set_mode("reverse" if "reverse" in sys.argv else "forward")


def f(at: float) -> tuple[float, float]:
    """Value and derivative of exp(-x²/20) sin(2x) at a number."""
    x = Variable(at)
    y = ad.exp(-(x ** 2) / 20) * ad.sin(2 * x)
    y.compute_gradients()
    ad.reset_graph()
    return y.data[0], y.gradient[0, 0]


xs = np.linspace(-2 * np.pi, 2 * np.pi)
values, slopes = np.transpose([f(at) for at in xs])

for at, value, slope in zip(xs[::10], values[::10], slopes[::10], strict=True):
    print(f"{at:8.4f} {value:9.5f} {slope:9.5f}")
bell = np.exp(-xs ** 2 / 20)
assert np.allclose(values, bell * np.sin(2 * xs))
assert np.allclose(slopes, bell * (2 * np.cos(2 * xs) - xs / 10 * np.sin(2 * xs)))
