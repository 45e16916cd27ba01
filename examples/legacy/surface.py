"""A surface over the plane, as a function of one vector Variable and of two Variables."""

import sys

import autograd as ad
import numpy as np
from autograd.variable import Variable

ad.set_mode("reverse" if "reverse" in sys.argv else "forward")


def f(x: Variable, y: Variable) -> Variable:
    """exp(-0.1(x² + y²)) cos(0.5(x + y)) + 0.1(x + y) + exp(0.1(3 - (x + y)))."""
    s = x + y
    return ad.exp(-0.1 * (x ** 2 + y ** 2)) * ad.cos(0.5 * s) + 0.1 * s + ad.exp(0.1 * (3 - s))


vector = Variable([1.5, -0.5])
z = f(vector[0], vector[1])
z.compute_gradients()
print("one vector:   ", z.data, z.gradient)
assert z.gradient.shape == (1, 2)

x, y = Variable.multi_variables(1.5, -0.5)
z2 = f(x, y)
z2.compute_gradients()
print("two variables:", z2.data, z2.gradient)
assert [g.shape for g in z2.gradient] == [(1, 1), (1, 1)]

assert np.allclose(np.hstack(z2.gradient), z.gradient)
bell, s = np.exp(-0.1 * (1.5 ** 2 + 0.5 ** 2)), 1.0
common = -0.5 * bell * np.sin(0.5 * s) + 0.1 - 0.1 * np.exp(0.1 * (3 - s))
assert np.allclose(z.gradient, [[-0.2 * 1.5 * bell * np.cos(0.5) + common, 0.2 * 0.5 * bell * np.cos(0.5) + common]])
