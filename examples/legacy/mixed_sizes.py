"""Several inputs of different sizes: a scalar and two vectors."""

import sys

import autograd as ad
import numpy as np
from autograd.variable import Variable

ad.set_mode("reverse" if "reverse" in sys.argv else "forward")

x, L, N = Variable.multi_variables(3.0, [1.0, 2.0, 3.0], [4.0, 5.0, 6.0])
b1 = x * L
b2 = N * L
b3 = b2[0]
b4 = x + b1
b5 = b4 + b3
b5.compute_gradients()

print("value", b5.data)
for name, jacobian in zip(("x", "L", "N"), b5.gradient, strict=True):
    print(f"with respect to {name}:\n{jacobian}")

assert np.allclose(b5.data, [10.0, 13.0, 16.0])
assert np.allclose(b5.gradient[0], [[2.0], [3.0], [4.0]])
assert np.allclose(b5.gradient[1], np.diag([3.0, 3.0, 3.0]) + [[4.0, 0.0, 0.0]] * 3)
assert np.allclose(b5.gradient[2], [[1.0, 0.0, 0.0]] * 3)
